import OperatingSystem
import PostgresClient
import ServerAccess
import SessionAudit

/// Tries again and again to get a connection slot (`--wait-for-slot`), one connection at a time.
struct SlotRetry {
  /// For how long at most.
  var limit: Duration
  /// What tells the target from others that are asked beside it.
  var name: String?
  /// How many of us wait at the same server, which is to have no more attempts for it.
  var neighbours = 1
  /// Says nothing of the wait: in vain, it ends with an error all the same.
  var isQuiet = false
  var interruption: Interruption?

  /// What the first attempt that succeeds gives.
  /// - Throws: at once a refusal that a freed slot would not cure, else at the end the last one.
  /// - Parameter attempt: connects, and leaves no connection where it fails. It adds the time that a
  ///   person took to type, which is no part of the wait.
  func first<Value>(
    _ attempt: (_ isRetry: Bool, _ typing: inout Duration) throws(PostgresError) -> Value
  ) throws(PostgresError) -> Value {
    let start = ContinuousClock.now
    var typing = Duration.zero
    var attempts = 0
    while true {
      attempts += 1
      let (attemptStart, typedBefore) = (ContinuousClock.now, typing)
      do throws(PostgresError) {
        let value = try attempt(attempts > 1, &typing)
        if attempts > 1 {
          note("got a slot after \(DurationText.brief(start.duration(to: .now) - typing))")
        }
        return value
      } catch {
        // Not the whole failure with its words: what is computed here is time without an attempt.
        let refusal = Refusal(error)
        // A pooler that was refused says only that, for a while, and no longer why.
        let isCurable =
          refusal.kind == .tooManyConnections || attempts > 1 && refusal == .poolerCannotLogIn
        guard isCurable else { throw error }
        if attempts == 1 {
          note(
            "no slot is free: \(refusal.limit?.clause ?? "refused"); trying again for "
              + DurationText.brief(limit))
        }
        let now = ContinuousClock.now
        let waited = start.duration(to: now) - typing
        guard waited < limit else {
          note("no slot came free in \(DurationText.brief(waited))")
          throw error
        }
        let pause = SlotPauses.pause(
          after: waited, before: refusal.limit?.kind,
          attempt: attemptStart.duration(to: now) - (typing - typedBefore),
          chance: .random(in: 0...1))
        guard
          Interruption.sleep(min(pause * neighbours, limit - waited), or: interruption)
        else {
          throw .interrupted
        }
      }
    }
  }

  private func note(_ sentence: String) {
    if !isQuiet { Diagnostics.note(sentence, of: name) }
  }
}

/// How long to pause between two attempts.
///
/// A slot that frees is another's within a millisecond or two where its client comes back at once,
/// and an attempt takes some three, nearly all of it the server's. So each millisecond between two
/// attempts takes some of the chance to get such a slot; docs/benchmarks.md has the figures. But each
/// attempt costs the server a process, and a line in its log, and whether a limit can ever be cured
/// (one of 0 can't) is not known without a session. So they are no denser than a server takes them
/// anyway, and get gentle.
enum SlotPauses {
  /// - Parameters:
  ///   - waited: so far. From start to start it is 4 ms at first (10 for a pooler, which has a slot
  ///     ready in no time), 8 ms at a minute, 80 ms at ten, 250 ms at most.
  ///   - limit: what refused us; nil where that is not known.
  ///   - attempt: how long the last one took.
  ///   - chance: 0 to 1, for half to one and a half times that, so that several who wait don't keep
  ///     coming together.
  static func pause(
    after waited: Duration, before limit: LimitKind?, attempt: Duration, chance: Double
  ) -> Duration {
    let least: Duration =
      limit == .pooler || limit == nil ? .milliseconds(10) : .milliseconds(4)
    let between = min(max(waited / 7_500, least), .milliseconds(250))
    return max(between * (0.5 + chance) - attempt, .zero)
  }
}
