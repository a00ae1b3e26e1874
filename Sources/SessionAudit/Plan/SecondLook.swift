/// When one look at the server is not enough. A client that pings with a bare Sync moves
/// `state_change` and nothing else, which only two looks show.
extension TerminationPlan {
  /// Whether a second look may change the plan: it ends suspects, of which silence is all that
  /// speaks against them; or it keeps the last of an application where one that pings may be alive.
  /// - Parameters:
  ///   - report: what it was made from.
  ///   - isCarriedOut: it is about to be.
  public func asksSecondLook(at report: AuditReport, isCarriedOut: Bool) -> Bool {
    if isCarriedOut,
      selected.contains(where: { !$0.isOrphan && $0.judged.verdict == .suspect })
    {
      return true
    }
    let last = Set(
      kept.filter { $0.isKept(for: .lastOfApplication) }
        .map { ApplicationOfDatabase($0.judged.session, in: report) })
    return !last.isEmpty
      && report.sessions.contains { judged in
        judged.verdict != .orphan && judged.mayPing(by: report.judgedWith)
          && last.contains(ApplicationOfDatabase(judged.session, in: report))
      }
  }
}

extension JudgedSession {
  /// Whether its state changed of late though nothing was asked: by a ping, or by the end of a query
  /// that took long.
  func mayPing(by policy: Policy) -> Bool {
    guard session.kind == .client, let silent = times.silent, let quiet = times.quiet else {
      return false
    }
    let stale = policy.staleAfter(of: session)
    return silent >= stale && quiet < stale
  }
}
