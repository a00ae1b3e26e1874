/// What the contract's words make of the true history, moment by moment and session by session.
public struct ContractOracle {
  let facts: [SessionFact]
  let now: Int64
  let limits: OracleLimits
  /// The most instances that may run at once, by application.
  let instances: [String: Int]
  /// By application.
  let restarts: [String: OracleRestart]
  let roster: OracleRoster?
  /// The one that is judged from, and as whom.
  let database: String
  let user: String

  /// - Parameters:
  ///   - now: the server's clock.
  ///   - instances: the most instances that may run at once, by application.
  public init(
    facts: [SessionFact], now: Int64, limits: OracleLimits, instances: [String: Int] = [:],
    restarts: [String: OracleRestart] = [:], roster: OracleRoster? = nil,
    database: String = "shop", user: String = "app"
  ) {
    (self.facts, self.now, self.limits) = (facts, now, limits)
    (self.instances, self.restarts, self.roster) = (instances, restarts, roster)
    (self.database, self.user) = (database, user)
  }

  /// The orphans, and the kinds of evidence that make each one.
  public func orphans() -> [SessionKey: Set<String>] {
    let fromAddresses = fromAddresses()
    var found: [SessionKey: Set<String>] = [:]
    for session in facts where session.database == database {
      var kinds = fromAddresses[session.key] ?? []
      if isBeforeRestart(session) { kinds.insert("before_restart") }
      kinds.formUnion(fromRoster(session))
      if !kinds.isEmpty { found[session.key] = kinds }
    }
    return found
  }

  // MARK: - Signs of life

  func lastHeard(_ session: SessionFact) -> Int64 {
    session.isActive ? now : max(session.start, session.queryStart)
  }

  func lastHeard(_ sessions: [SessionFact]) -> Int64 {
    sessions.map { lastHeard($0) }.max() ?? 0
  }

  func isBusy(_ session: SessionFact) -> Bool {
    session.isActive || now - session.stateChange < limits.grace
  }

  /// Those of its name from its address: one process, in whatever database it is seen.
  func namesakes(_ session: SessionFact) -> [SessionFact] {
    facts.filter { ($0.name, $0.address) == (session.name, session.address) }
  }

  /// All from its address, by whatever name.
  func host(_ session: SessionFact) -> [SessionFact] {
    facts.filter { $0.address == session.address }
  }

  /// Whether its address bears two names that mean an instance: then it is none by itself.
  func hasSeveralNames(_ address: String) -> Bool {
    let names = facts.filter { $0.address == address && !TestName.isShared($0.name) }.map(\.name)
    return Set(names).count > 1
  }

  // MARK: - Restarts

  private func isBeforeRestart(_ session: SessionFact) -> Bool {
    guard let restart = restarts[session.name], restart.at <= now - limits.grace,
      session.start < restart.at, lastHeard(session) <= restart.at - limits.tolerance
    else { return false }
    let host = host(session)
    if !host.contains(where: isBusy), lastHeard(host) <= restart.at - limits.tolerance {
      return !hasSeveralNames(session.address)
    }
    return restart.isNamed
      && wasReplacedInPlace(session, at: restart.at, others: namesakes(session))
  }

  /// Whether the session's own times count though its address is heard: another began there since,
  /// and of what began before nothing shows life.
  func wasReplacedInPlace(
    _ session: SessionFact, at start: Int64, others: [SessionFact]
  ) -> Bool {
    let hasSuccessor = facts.contains {
      ($0.name, $0.user, $0.database) == (session.name, session.user, session.database)
        && $0.address == session.address && $0.start > start
    }
    let older = others.filter { $0.start < start }
    return hasSuccessor && !hasSeveralNames(session.address)
      && !older.contains { isBusy($0) || lastHeard($0) >= start }
  }
}
