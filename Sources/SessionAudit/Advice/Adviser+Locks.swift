/// Who keeps others waiting, and how to end it.
extension Adviser {
  /// Roots that get a piece of advice each; the rest follows from them or is in the report.
  private static let mostRoots = 3

  var locks: [Advice] { (report.blocking ?? []).prefix(Self.mostRoots).map(advice) }

  private func advice(on blocker: Blocker) -> Advice {
    let (what, remedy) = cure(for: blocker)
    return Advice(
      "lock_root", severity(of: blocker),
      "\(who(blocker)) keeps \(blocker.waiters) waiting for a lock\(since(blocker)). \(what)",
      remedies: remedy.map { [.statement($0)] } ?? [])
  }

  /// In short: the report says more of each.
  private func who(_ blocker: Blocker) -> String {
    guard blocker.pid != Blocking.preparedTransaction else { return "A prepared transaction" }
    return "pid \(blocker.pid)" + (blocker.applicationName.map { " of \(Self.label($0))" } ?? "")
  }

  private func since(_ blocker: Blocker) -> String {
    blocker.heldSince.map {
      ", in its transaction since \($0.clock(seenFrom: report.capturedAt)) "
        + "(\(DurationText.brief(max(.zero, report.capturedAt - $0))))"
    } ?? ""
  }

  /// Locks are waited for all the time; many that wait, or one transaction that lasts, are worse.
  private func severity(of blocker: Blocker) -> Advice.Severity {
    let held = blocker.heldSince.map { report.capturedAt - $0 } ?? .zero
    let lasts = blocker.pid == Blocking.preparedTransaction || held >= .seconds(60)
    return lasts || blocker.waiters >= 10 ? .critical : .warning
  }

  private func cure(for blocker: Blocker) -> (what: String, remedy: String?) {
    if blocker.pid == Blocking.preparedTransaction {
      return (
        "It has no session that could be ended: its owner undoes it with ROLLBACK PREPARED, or "
          + "keeps it with COMMIT PREPARED, in its own database. This lists what to type:",
        "SELECT pg_catalog.format('ROLLBACK PREPARED %L;', gid), database, owner, prepared "
          + "FROM pg_catalog.pg_prepared_xacts ORDER BY prepared;"
      )
    }
    guard let judged = report.session(of: blocker) else {
      return ("It is no client's, so find out what it does before anything else.", nil)
    }
    guard let identity = judged.session.identity else {
      return ("A role that sees it can tell what it does and end it.", nil)
    }
    // Without a transaction it is a lock of the session itself (pg_advisory_lock).
    let loss =
      judged.session.transactionStart == nil
      ? "It is in no transaction: the lock is the session's own, as pg_advisory_lock takes it. Ending it closes its connection."
      : judged.session.state?.isActive == true
        ? "Its query is still running; ending it rolls its transaction back and closes its connection."
        : "Ending it rolls its transaction back and closes its connection."
    return (
      "\(backup(judged.session))\(loss) \(whoMay(end: judged)) only while it is still \(asSeen(judged.session)):",
      statement(identity, judged.session)
    )
  }

  /// What is behind such a session notices nothing when it goes: pg_dump's workers read on.
  private func backup(_ session: Session) -> String {
    guard let backup = session.backup else { return "" }
    return
      "\(backup.prefix(1).uppercased() + backup.dropFirst()), and without it the backup may be "
      + "wrong and still report success: let it finish, or stop the backup itself. "
  }

  private func whoMay(end judged: JudgedSession) -> String {
    func isProtected(_ kind: Protection.Kind) -> Bool {
      judged.protections.contains { $0.kind == kind }
    }
    if isProtected(.superuser) { return "Only a superuser may. This does it," }
    if isProtected(.notPermitted) {
      let role = report.target.user ?? "this role"
      return "\(role) may not: it takes its role or pg_signal_backend. This does it,"
    }
    return "This does it,"
  }

  private func asSeen(_ session: Session) -> String {
    session.transactionStart == nil ? "as it was seen" : "in that transaction"
  }

  /// Ends it only if it is the same session, and in the same transaction or state: whoever has let
  /// go of the lock since is left alone.
  private func statement(_ identity: SessionIdentity, _ session: Session) -> String {
    func isAt(_ column: String, _ moment: Timestamp?) -> String {
      moment.map { "\(column) = '\($0.iso8601)'" } ?? "\(column) IS NULL"
    }
    let use =
      session.transactionStart == nil
      ? isAt("state_change", session.stateChange) : isAt("xact_start", session.transactionStart)
    return "SELECT pg_catalog.pg_terminate_backend(pid) "
      + "FROM pg_catalog.pg_stat_get_activity(\(identity.pid)) WHERE \(isAt("backend_start", identity.backendStart)) AND \(use);"
  }
}
