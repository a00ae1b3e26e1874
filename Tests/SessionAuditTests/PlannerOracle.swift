import SessionAudit

/// The rules of selection written a second time, session by session from the raw columns and the
/// verdicts alone, against which plans of random snapshots are held.
struct PlannerOracle {
  let snapshot: Snapshot
  let report: AuditReport
  let selection: Selection

  /// The pids that a run would end were there no `--max`, and whether a breaker stops it.
  func victims() -> (pids: Set<Int32>, isStopped: Bool) {
    var chosen = clients.filter { mayBeEnded($0) }
    let newest = newestOfEach()
    chosen.removeAll { !isTakenAsOrphan($0) && newest.contains($0.pid) }
    var lost = false
    if !selection.allowsEmpty || !selection.allowsEmpties.isEmpty {
      let rest = clients.filter { session in
        session.pid != snapshot.role.ownPID && session.kind == .client
          && !chosen.contains { $0.pid == session.pid } && judged(session).verdict != .orphan
      }
      let emptied = chosen.filter { victim in
        isTakenAsOrphan(victim)
          && !(said(selection.allowsEmpties, victim) ?? selection.allowsEmpty)
          && !rest.contains { other in
            family(other) == family(victim) && other.database == victim.database
              && isHeard(other)
          }
      }
      lost = !emptied.isEmpty
      chosen.removeAll { victim in emptied.contains { $0.pid == victim.pid } }
    }
    let others = chosen.count { !isTakenAsOrphan($0) }
    let visible = clients.count { $0.kind == .client }
    if others >= 10 && Double(others) > Double(visible) * Double(selection.maximumShare) / 100 {
      return ([], true)
    }
    return (Set(chosen.map(\.pid)), chosen.isEmpty && lost)
  }

  private var clients: [Session] { snapshot.sessions.filter { $0.kind != .background } }

  private func judged(_ session: Session) -> JudgedSession { report[pid: session.pid]! }

  private func family(_ session: Session) -> String {
    // Of the names in these worlds.
    guard let dot = session.applicationName.firstIndex(of: ".") else {
      return session.applicationName
    }
    return session.applicationName[..<dot] + ".*"
  }

  private func isHeard(_ session: Session) -> Bool {
    guard session.backendStart != nil, let silent = judged(session).times.silent else {
      return false
    }
    return silent < staleAfter(session)
  }

  private func isTakenAsOrphan(_ session: Session) -> Bool {
    selection.orphans && judged(session).verdict == .orphan
  }

  private func basis(_ session: Session) -> Basis {
    judged(session).evidence.filter { $0.verdict == .orphan }.map(\.basis).max() ?? .inferred
  }

  private func age(_ moment: Timestamp?) -> Duration? {
    moment.map { max(.zero, snapshot.capturedAt - $0) }
  }

  /// What the last matching declaration says; they all have a name and speak of any database.
  private func said<Value>(_ declarations: [Declaration<Value>], _ session: Session) -> Value? {
    declarations.last { declaration in
      guard let pattern = declaration.application else { return true }
      let matches = { (glob: String?, text: String?) in
        glob.map { glob in text.map { Glob(glob).matches($0) } ?? false } ?? true
      }
      return matches(pattern.text, session.applicationName) && matches(pattern.user, session.user)
        && matches(pattern.database, session.database)
    }?.value
  }

  private func staleAfter(_ session: Session) -> Duration {
    said(report.judgedWith.staleAfters, session) ?? report.judgedWith.staleAfter
  }

  /// Whether the policy lets it be ended, whatever else speaks for that.
  private func isAllowed(_ session: Session) -> Bool {
    if said(report.judgedWith.protected, session) == true { return false }
    switch said(selection.trusts, session) {
    case nil: return true
    case .never?: return false
    case .suspects?:
      return isTakenAsOrphan(session)
        || selection.suspects && judged(session).verdict == .suspect
    case .roster?, .declared?, .inferred?: return isTakenAsOrphan(session)
    }
  }

  private func trust(_ session: Session) -> Basis {
    switch said(selection.trusts, session) {
    case nil: selection.trust
    case .roster?: .roster
    case .declared?: .declared
    case .inferred?, .suspects?, .never?: .inferred
    }
  }

  private func isTrusted(_ session: Session) -> Bool {
    judged(session).evidence.contains { evidence in
      evidence.verdict == .orphan && evidence.basis >= trust(session)
    }
  }

  private func hasLasted(_ session: Session) -> Bool {
    guard let silent = judged(session).times.silent, let state = age(session.stateChange) else {
      return false
    }
    return silent >= staleAfter(session) && state >= staleAfter(session)
  }

  private func newestOfEach() -> Set<Int32> {
    let sessions = clients.filter {
      $0.kind == .client && $0.backendStart != nil && $0.pid != snapshot.role.ownPID
    }
    return Set(
      sessions.filter { session in
        let mates = sessions.filter {
          $0.applicationName == session.applicationName && $0.database == session.database
        }
        let count = mates.map { said(selection.keeps, $0) ?? selection.keep }.max() ?? 0
        return mates.count { other in
          (other.backendStart!, other.pid) > (session.backendStart!, session.pid)
        } < count
      }.map(\.pid))
  }

  private func mayBeEnded(_ session: Session) -> Bool {
    guard session.backendType == "client backend", session.pid != snapshot.role.ownPID,
      let start = session.backendStart
    else { return false }
    guard session.database == "shop" || selection.allDatabases else { return false }
    let isBackup = session.applicationName == "pg_dump" || session.beginsBackup
    guard !isBackup || selection.includeBackups else { return false }
    guard hasRight(to: session), passesFilters(session), isAllowed(session) else { return false }
    let verdict = judged(session).verdict
    if selection.orphans || selection.suspects {
      guard
        selection.orphans && verdict == .orphan || selection.suspects && verdict == .suspect
      else { return false }
    }
    guard hasState(session) else { return false }
    if let threshold = selection.sessionOlderThan {
      guard snapshot.capturedAt - start > threshold else { return false }
    }
    let asOrphan = isTakenAsOrphan(session)
    if asOrphan && !isTrusted(session) { return false }
    // What is held in another database can't be known.
    if session.database != "shop" && !selection.includeStateful {
      return asOrphan && (basis(session) != .inferred || hasLasted(session))
    }
    return true
  }

  private func hasState(_ session: Session) -> Bool {
    let isInTransaction =
      session.state == .idleInTransaction || session.state == .idleInTransactionAborted
    let isActive = session.state == .active || session.state == .fastpathFunctionCall
    let thresholds = [
      session.state == .idle ? selection.idleLongerThan : nil,
      isInTransaction ? selection.inTransactionLongerThan : nil,
      isActive ? selection.activeLongerThan : nil,
    ].compactMap { $0 }
    if selection.idleLongerThan != nil || selection.inTransactionLongerThan != nil
      || selection.activeLongerThan != nil
    {
      return thresholds.contains { threshold in
        age(session.stateChange).map { $0 > threshold } ?? false
      }
    }
    if session.state == .idle { return true }
    guard selection.orphans || selection.suspects else { return false }
    if isActive { return selection.includeActive }
    guard isInTransaction else { return false }
    return selection.includeStateful
      || isTakenAsOrphan(session) && (basis(session) != .inferred || hasLasted(session))
  }

  private func hasRight(to session: Session) -> Bool {
    let role = snapshot.role
    guard let userID = session.userID else { return role.isSuperuser || selection.isForOthers }
    if snapshot.server.superuserRoles.contains(userID) { return false }
    return role.isSuperuser || role.canSignalBackends || role.usableRoles.contains(userID)
      || selection.isForOthers
  }

  private func passesFilters(_ session: Session) -> Bool {
    func passes(_ filter: VictimFilter<Glob>, _ text: String?) -> Bool {
      if filter.excluded.contains(where: { $0.matches(text ?? "") }) { return false }
      return filter.values.isEmpty || filter.values.contains { $0.matches(text ?? "") }
    }
    guard passes(selection.applications, session.applicationName),
      passes(selection.users, session.user), passes(selection.databases, session.database)
    else { return false }
    let address = session.clientAddress.flatMap { NetworkAddress($0) }
    func isFrom(_ pattern: ClientPattern) -> Bool {
      switch pattern {
      case .network(let network): address.map { network.contains($0) } ?? false
      case .glob(let glob): glob.matches(session.clientAddress ?? "")
      }
    }
    if selection.clients.excluded.contains(where: isFrom) { return false }
    return selection.clients.values.isEmpty || selection.clients.values.contains(where: isFrom)
  }
}
