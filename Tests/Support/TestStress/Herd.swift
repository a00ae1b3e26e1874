import OperatingSystem
import PostgresClient
import Synchronization
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Sessions that have run one query each and are of no use to anybody since: what sweeps are for.
/// Threads of its own open new ones all the time, so that a sweep soon finds enough again.
final class Herd: Sendable {
  /// How many a sweep needs, and how many there are at most.
  let size: Int
  var limit: Int { size * 3 / 2 }

  /// Opened by one thread, then kept here and never used again.
  private struct Member: @unchecked Sendable {
    let session: Connection
    let used: ContinuousClock.Instant
  }
  private let members = Mutex<[Int32: Member]>([:])
  private let parameters: ConnectionParameters
  private let ledger: Ledger
  private let stop: StopSign

  init(_ parameters: ConnectionParameters, size: Int, _ ledger: Ledger, _ stop: StopSign) {
    (self.parameters, self.size, self.ledger, self.stop) = (parameters, size, ledger, stop)
  }

  /// Starts to open sessions, until the stop sign.
  func start() -> [Background<Void>] {
    (0..<4).map { _ in Background { [self] in try open() } }
  }

  private func open() throws {
    while !stop.isGiven {
      guard members.withLock({ $0.count }) < limit else {
        usleep(5_000)
        continue
      }
      let session = try Connection.open(parameters, deadline: Deadline(after: .seconds(30)))
      try session.execute("SELECT 1")
      ledger.opened(session.backendPID)
      let member = Member(session: session, used: .now)
      members.withLock { $0[session.backendPID] = member }
    }
  }

  /// Waits until enough of them have been idle for longer than the threshold.
  /// - Returns: the pids of all that have.
  func waitForStale(_ threshold: Duration) throws -> Set<Int32> {
    let deadline = Deadline(after: .seconds(60))
    while !deadline.hasPassed {
      let before = ContinuousClock.now - threshold - .milliseconds(50)
      let stale = members.withLock { $0.filter { $0.value.used < before }.keys }
      if stale.count >= size { return Set(stale) }
      usleep(5_000)
    }
    throw SupportError("there were not \(size) stale sessions within a minute")
  }

  /// Forgets those that a sweep has ended. One that was opened meanwhile and got the pid of such a
  /// one goes with them; it is closed, which harms nobody.
  func forget(_ ended: Set<Int32>) {
    // Closed when this goes, which takes a while and is nothing to wait for under the lock.
    let gone = members.withLock { members in
      let gone = members.filter { ended.contains($0.key) }
      for pid in gone.keys { members[pid] = nil }
      return gone
    }
    withExtendedLifetime(gone) {}
  }
}
