/// Transactions that have done nothing for minutes, whatever their verdicts.
public struct IdleTransactions: Sendable, Equatable {
  public var count: Int
  /// How long the longest of them has done nothing.
  public var longest: Duration
}

extension AuditReport {
  /// From when on an idle transaction is worth a word. A program that is at work is back within
  /// seconds; after five minutes, the time that a restart may take, nobody waits for an answer any
  /// more, and what is locked begins to hurt. Somebody who calls less than that stale hears sooner.
  public var idleTransactionThreshold: Duration { min(.seconds(300), judgedWith.staleAfter) }

  /// nil where there is none. A backup's is at work in another session.
  public var idleTransactions: IdleTransactions? {
    var found = IdleTransactions(count: 0, longest: .zero)
    for index in sessions.indices where isIdleTransaction(sessions[index]) {
      found.count += 1
      found.longest = max(found.longest, sessions[index].times.stateAge ?? .zero)
    }
    return found.count == 0 ? nil : found
  }

  func isIdleTransaction(_ judged: JudgedSession) -> Bool {
    guard judged.session.state?.isInTransaction == true, let age = judged.times.stateAge,
      age > idleTransactionThreshold
    else { return false }
    return !judged.protections.contains { $0.kind == .ownSession || $0.kind == .backup }
  }
}

extension IdleTransactions {
  /// A sentence's lead and the rest of it.
  /// - Parameter threshold: beyond which they were counted.
  package func words(beyond threshold: Duration) -> (lead: String, rest: String) {
    let longest = DurationText.brief(longest)
    return count == 1
      ? ("1 transaction", " has done nothing for \(longest)")
      : (
        "\(count) transactions",
        " have done nothing for more than \(DurationText.exact(threshold)), the longest for \(longest)"
      )
  }
}
