import OperatingSystem
import PostgresClient
import Rendering
import ServerAccess
import SessionAudit
import Synchronization

/// Does the same for several targets side by side, each on a thread of its own, so that one that
/// hangs costs the others nothing.
package struct Fleet<Report: TargetReport> {
  package typealias Run = TargetRun<Report>

  /// Threads; with more targets each that is done makes room for another.
  static var mostAtOnce: Int { 64 }

  package var targets: [ResolvedTarget]
  /// A target's whole time.
  var timeout: Duration
  /// A failure as a result.
  var refused: @Sendable (Failure, ResolvedTarget) -> TargetResult<Report>
  /// On a thread of its own. What it throws is that target's failure alone.
  package var work: @Sendable (ResolvedTarget) throws -> Run

  /// What came of each target, in their order.
  /// - Parameter take: on the calling thread, each as it comes.
  package func runs(take: (Run) -> Void = { _ in }) -> [Run] {
    var runs = [Run?](repeating: nil, count: targets.count)
    let start = ContinuousClock.now
    let (targets, work, refused) = (targets, work, refused)
    let turns = PerServerLimit(patience: min(timeout / 30, .seconds(2)))
    Self.run(
      targets.count,
      work: { place in
        let target = targets[place]
        return turns.take(at: target.server) {
          do {
            return try work(target)
          } catch {
            return Run(
              refused(Failure(ofOne: error), target), status: (error as? ExitError)?.status)
          }
        }
      },
      wait: { open in
        let waited = start.duration(to: .now)
        guard waited > .milliseconds(400) else { return }
        let text =
          "\(targets.count - open.count) of \(targets.count) targets done, \(DurationText.brief(waited)): "
          + "waiting for \(targets[open[0]].name ?? "?")"
          + (open.count > 1 ? " and \(open.count - 1) more" : "")
        StatusLine.show { CellWidth.fit(HostileText.escaped(text), to: $0, unicode: false) }
      },
      take: { place, run in
        runs[place] = run
        StatusLine.clear()
        take(run)
      })
    return runs.compactMap(\.self)
  }

  /// - Parameters:
  ///   - work: for the target at this place; on a thread of its own.
  ///   - wait: on the calling thread, every now and then: the places that are not done.
  ///   - take: on the calling thread, as they come.
  private static func run(
    _ count: Int, work: @escaping @Sendable (Int) -> Run, wait: ([Int]) -> Void,
    take: (Int, Run) -> Void
  ) {
    guard let board = try? WorkQueue<Run>() else {
      // Without a pipe there is no descriptor for a connection either: each will say so.
      for place in 0..<count { take(place, work(place)) }
      return
    }
    // The threads inherit that they get none of them: a password may be asked for on one, with the
    // terminal silent, and it must talk again before a signal ends us.
    let signals = BlockedSignals.holdBack()
    defer { signals.letThrough() }
    let started = (0..<min(count, mostAtOnce)).count { _ in
      detachThread { board.work(count, work) }
    }
    if started == 0 { board.work(count, work) }
    var isOpen = [Bool](repeating: true, count: count)
    while isOpen.contains(true) {
      for (place, run) in board.taken(within: .milliseconds(200)) {
        isOpen[place] = false
        take(place, run)
      }
      Terminal.turn.withLockIfAvailable { _ in
        signals.letThrough()
        _ = BlockedSignals.holdBack()
      }
      let open = isOpen.indices.filter { isOpen[$0] }
      if !open.isEmpty { wait(open) }
    }
  }
}

extension Failure {
  /// What one target failed with, where a single one would end the program.
  init(ofOne error: any Error) {
    let failure = error as? ExitError
    self.init(
      kind: .unknown, sqlState: nil, message: failure?.sentence ?? "\(error)",
      hints: [failure?.nextStep].compactMap { $0 })
  }
}

/// Whose turn it is at a server that is asked about several of its databases: our own sessions must
/// not be what fills its slots.
private final class PerServerLimit: Sendable {
  static var mostAtOnce: Int { 4 }

  /// One that hangs must not keep the others from their turns for long.
  private let patience: Duration
  private let running = Lock<[[String?]: Int]>([:])

  init(patience: Duration) { self.patience = patience }

  func take<Value>(at server: [String?], _ body: () -> Value) -> Value {
    let deadline = Deadline(after: patience)
    while !enter(server, anyway: deadline.hasPassed) {
      _ = Interruption.sleep(.milliseconds(2), or: nil)
    }
    defer { running.withLock { $0[server, default: 1] -= 1 } }
    return body()
  }

  private func enter(_ server: [String?], anyway: Bool) -> Bool {
    running.withLock { running in
      let count = running[server, default: 0]
      guard anyway || count < Self.mostAtOnce else { return false }
      running[server] = count + 1
      return true
    }
  }
}

/// Where threads pick up the next target and put down what came of it.
private final class WorkQueue<Value: Sendable>: Sendable {
  private let next = Atomic(0)
  private let done = Lock<[(place: Int, value: Value)]>([])
  // Closed by its last owner, which may be a thread that nobody waits for any more.
  private let pipe: Pipe

  init() throws(SystemError) { pipe = try Pipe() }

  func work(_ count: Int, _ work: (Int) -> Value) {
    while true {
      let place = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard place < count else { return }
      let value = work(place)
      done.withLock { $0.append((place, value)) }
      pipe.writer.wake()
    }
  }

  /// What has been put down since the last call, waiting for something so long.
  func taken(within patience: Duration) -> [(place: Int, value: Value)] {
    if pipe.reader.isReady(within: patience) { pipe.reader.read() }
    return done.withLock { done in
      defer { done = [] }
      return done
    }
  }
}
