import SessionAudit

/// Each kind of evidence as a sentence of the docs has it.
extension EvidenceOracle {
  /// The kinds that hold, each with what makes it uncertain.
  func expected(_ session: Session) -> [Evidence.Kind: Doubt?] {
    guard let heard = heard(session) else { return [:] }
    var found: [Evidence.Kind: Doubt?] = [:]
    let silent = max(.zero, now - heard)
    if session.state == .idle && silent >= staleAfter(session) {
      found[.idleBeyondThreshold] = .some(nil)
    }
    if isSilentClient(session, silent) { found[.silentClient] = .some(nil) }
    if isPooled(session) { return found }
    if isPastMaxAge(session, heard, silent) { found[.pastMaxAge] = .some(nil) }
    if isBeyondPoolSize(session, heard) { found[.beyondPoolSize] = .some(nil) }
    if isBusy(session) { return found }
    if let life = life(session) {
      if others(session).contains(where: { supersedes($0, life, session) }) {
        let doubt: Doubt? =
          name(session).meaning == .shared
          ? .sharedName : areHeardSideBySide(session) ? .heardSideBySide : hiddenDoubt(session)
        found[.superseded] = .some(doubt)
      }
      if let limit = declared(policy.instances, session),
        moments(session).contains(where: { isCrowded($0, limit, life, session) })
      {
        found[.beyondInstances] = .some(hiddenDoubt(session))
      }
      if others(session).contains(where: { replaces($0, life, session) }) {
        found[.replacedAddress] = .some(nil)
      }
    }
    if let restart = declared(policy.restarts, session)?.moment(at: now),
      isBefore(restart, session)
    {
      found[.beforeRestart] = .some(life(session) == nil ? .noAddress : hiddenDoubt(session))
    }
    found.merge(byRoster(session, heard)) { $1 }
    return found
  }

  /// Whether the figures of a piece of evidence are such as its sentence says.
  func holds(_ finding: Evidence.Finding, _ session: Session) -> Bool {
    guard let heard = heard(session) else { return false }
    let roster = policy.roster
    switch finding {
    case .idleBeyondThreshold(let threshold), .silentClient(let threshold):
      return threshold == staleAfter(session)
    case .pastMaxAge(let maxAge, let closesItself):
      return declared(policy.maxAges, session) == maxAge
        && (declared(policy.closesItself, session) ?? false) == closesItself
    case .beyondPoolSize(let limit, let sessions):
      return declared(policy.poolSizes, session) == limit && mates(session).count == sessions
    case .superseded(let newcomer):
      return others(session).contains {
        $0.address == newcomer.address && $0.start == newcomer.began
          && supersedes($0, life(session), session)
      }
    case .replacedAddress(let newcomer):
      return others(session).contains {
        $0.address == newcomer.address && $0.start == newcomer.began
          && replaces($0, life(session), session)
      }
    case .beyondInstances(let limit, let moment):
      return declared(policy.instances, session) == limit
        && isCrowded(moment, limit, life(session), session)
    case .beforeRestart(let restart):
      return declared(policy.restarts, session)?.moment(at: now) == restart
    case .ownerGone(_, let missing):
      return [session.applicationName, session.clientAddress].contains(missing)
    case .predatesOwner(_, let startedAt):
      return roster?.entries.contains { $0.isAlive && $0.startedAt == startedAt } == true
        && startedAt > heard
    case .predatesAll(let startedAt):
      return roster?.entries.filter(\.isAlive).compactMap(\.startedAt).min() == startedAt
    }
  }

  func hiddenDoubt(_ session: Session) -> Doubt? {
    let count = hiddenNamesakes(session)
    return count > 0 ? .hiddenNamesakes(count) : nil
  }

  private func isSilentClient(_ session: Session, _ silent: Duration) -> Bool {
    guard let state = session.state, let change = session.stateChange else { return false }
    let waits = state.isActive && heard(session) != now
    return (waits || state.isInTransaction) && silent >= staleAfter(session)
      && now - change >= staleAfter(session)
  }

  private func isPastMaxAge(
    _ session: Session, _ heard: Timestamp, _ silent: Duration
  ) -> Bool {
    guard let maxAge = declared(policy.maxAges, session), let start = session.backendStart else {
      return false
    }
    if declared(policy.closesItself, session) == true {
      return session.state == .idle && now - start > maxAge + policy.maxAgeSlack
        && quiet(session, silent) >= policy.restartGrace
    }
    let alone = session.state == .idle ? quiet(session, silent) : silent
    return now - start > maxAge && alone > maxAge && heard - start <= maxAge
  }

  /// The lesser of silence and state age.
  private func quiet(_ session: Session, _ silent: Duration) -> Duration {
    session.stateChange.map { min(silent, max(.zero, now - $0)) } ?? silent
  }

  /// Each of a pool's worth was heard after it.
  private func isBeyondPoolSize(_ session: Session, _ heard: Timestamp) -> Bool {
    guard life(session) != nil, let size = declared(policy.poolSizes, session) else { return false }
    return session.state == .idle && quiet(session, max(.zero, now - heard)) >= policy.restartGrace
      && mates(session).count { (self.heard($0) ?? now) > heard } >= size
  }

  // MARK: - By addresses

  private func isSilentLong(_ life: Life, _ session: Session) -> Bool {
    now - life.end >= staleAfter(session) && now - lastChange(session) >= staleAfter(session)
  }

  private func supersedes(_ newcomer: Life, _ life: Life?, _ session: Session) -> Bool {
    guard let life, name(session).meaning != .neverRecurs else { return false }
    return newcomer.start > life.end
      && (now - newcomer.start >= policy.restartGrace || isSilentLong(life, session))
  }

  private func replaces(_ newcomer: Life, _ life: Life?, _ session: Session) -> Bool {
    guard let life, name(session).meaning == .shared else { return false }
    return now - life.end >= policy.restartGrace && newcomer.start > life.end
      && newcomer.start - life.end <= policy.restartGrace
  }

  /// All at which the number of addresses in use may change, and right before and after them.
  func moments(_ session: Session) -> [Timestamp] {
    lives(session).flatMap { life in
      [life.end] + life.spans.flatMap { [$0.start, $0.end] }
    }.flatMap { moment in
      (-1...1).map { Timestamp(microseconds: moment.microseconds + $0) }
    }
  }

  func isCrowded(_ moment: Timestamp, _ limit: Int, _ life: Life?, _ session: Session) -> Bool {
    guard let life, moment > life.end, moment <= now else { return false }
    return inUse(others(session), at: moment) >= limit
      && (now - moment >= policy.restartGrace || isSilentLong(life, session))
  }

  // MARK: - By what was said

  private func isBefore(_ restart: Timestamp, _ session: Session) -> Bool {
    guard let start = session.backendStart else { return false }
    let lastHeard = lastHeard(session)
    return start < restart && lastHeard < restart && now - restart >= policy.restartGrace
      && restart - lastHeard >= policy.clockTolerance
  }

  private func byRoster(_ session: Session, _ heard: Timestamp) -> [Evidence.Kind: Doubt?] {
    guard let roster = policy.roster, isConnected(session), let start = session.backendStart,
      start < min(roster.takenAt ?? now, now)
    else { return [:] }
    var found: [Evidence.Kind: Doubt?] = [:]
    let view = RosterView(roster, self, session)
    if view.isOwnerGone { found[.ownerGone] = .some(nil) }
    if let began = view.ownersStart, began > heard {
      let isNear = began - heard < policy.clockTolerance
      found[.predatesOwner] = .some(isNear ? .withinTolerance(policy.clockTolerance) : nil)
    }
    let starts = view.starts
    if roster.isComplete, !starts.isEmpty, session.user == snapshot.target.user,
      starts.allSatisfy({ $0.map { $0 > heard && $0 - heard >= policy.clockTolerance } ?? false })
    {
      found[.predatesAll] = .some(life(session) == nil ? .noAddress : nil)
    }
    return found
  }
}
