import OperatingSystem
import PostgresClient
import Synchronization
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Keeps live sessions in use: a tiny query on each, about three times a second, on a thread of
/// its own, so that none of them ever looks left behind.
final class Heartbeat: Sendable {
  /// Handed to the thread once and touched by no other afterwards.
  private struct Connections: @unchecked Sendable {
    var list: [Connection]
  }

  private let isStopped = Mutex(false)
  private let worker = Mutex<Background<Int>?>(nil)

  init(_ connections: [Connection]) {
    let handed = Connections(list: connections)
    worker.withLock { $0 = Background { self.beat(handed) } }
  }

  /// - Returns: how many sessions failed on the way.
  private func beat(_ connections: Connections) -> Int {
    var failed: Set<Int> = []
    while !isStopped.withLock({ $0 }) {
      let next = Deadline(after: .milliseconds(300))
      for (index, connection) in connections.list.enumerated() where !failed.contains(index) {
        do {
          try connection.execute(Scene.request, timeout: .seconds(3))
        } catch {
          failed.insert(index)
          say("A live session failed: \(error)", to: 2)
        }
      }
      usleep(UInt32(seconds(next.remaining) * 1e6))
    }
    return failed.count
  }

  func stop() {
    isStopped.withLock { $0 = true }
    _ = try? worker.withLock { $0 }?.value(timeout: .seconds(10))
  }
}
