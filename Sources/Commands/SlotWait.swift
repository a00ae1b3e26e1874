import PostgresClient
import ServerAccess
import SessionAudit

/// Tries again and again to get a connection slot (`--wait-for-slot`), one connection at a time.
struct SlotWait {
  /// For how long at most.
  var limit: Duration
  var interruption: Interruption?

  /// What the first attempt that succeeds gives.
  /// - Throws: at once a refusal that a freed slot would not cure, else at the end the last one.
  /// - Parameter attempt: connects, and leaves no connection where it fails.
  func first<Value>(
    _ attempt: (_ isRetry: Bool) throws(PostgresError) -> Value
  ) throws(PostgresError) -> Value {
    let start = ContinuousClock.now
    let patience = Deadline(after: limit)
    var attempts = 0
    while true {
      attempts += 1
      do throws(PostgresError) {
        let value = try attempt(attempts > 1)
        if attempts > 1 { Diagnostics.note("got a slot after \(Self.waited(since: start))") }
        return value
      } catch {
        // Not the whole failure with its words: what is computed here is time without an attempt.
        let refusal = Refusal(error)
        // A pooler that was refused says only that, for a while, and no longer why.
        let isCurable =
          refusal.kind == .tooManyConnections || attempts > 1 && refusal == .poolerCannotLogIn
        guard isCurable else { throw error }
        if attempts == 1 {
          Diagnostics.note(
            "no slot is free: \(refusal.limit?.clause ?? "refused"); trying again for "
              + DurationText.brief(limit))
        }
        guard !patience.hasPassed else {
          Diagnostics.note("no slot came free in \(Self.waited(since: start))")
          throw error
        }
        let pause = SlotPauses.pause(
          after: start.duration(to: .now), chance: .random(in: 0...1))
        guard Interruption.sleep(min(pause, patience.remaining), or: interruption) else {
          throw .interrupted
        }
      }
    }
  }

  private static func waited(since start: ContinuousClock.Instant) -> String {
    DurationText.brief(start.duration(to: .now))
  }
}

/// How long to pause between two attempts.
///
/// A slot that frees is another's within a millisecond or two where its client comes back at once,
/// and an attempt takes some three, nearly all of it the server's. So who waits gets such a slot with
/// a probability of 0.45 or so, and each millisecond of pause takes some of it; docs/benchmarks.md has
/// the figures. Each attempt costs the server a process, so long waits get gentle.
enum SlotPauses {
  /// - Parameters:
  ///   - waited: so far. The pause grows with it: 1 ms at 30 s, 20 ms at 10 minutes, 250 ms at most.
  ///   - chance: 0 to 1, for half to one and a half times the pause, so that several who wait don't
  ///     keep coming together.
  static func pause(after waited: Duration, chance: Double) -> Duration {
    min(waited / 30_000, .milliseconds(250)) * (0.5 + chance)
  }
}
