import SessionAudit

/// Each kind of evidence as a sentence of the docs has it.
extension EvidenceOracle {
  /// The kinds that hold, each with what makes it uncertain.
  func expected(_ session: Session) -> [Evidence.Kind: Doubt?] {
    guard let heard = heard(session), let quiet = quiet(session) else { return [:] }
    var found: [Evidence.Kind: Doubt?] = [:]
    let silent = max(.zero, now - heard)
    if session.state == .idle && quiet >= staleAfter(session) {
      found[.idleBeyondThreshold] = .some(nil)
    }
    if isSilentClient(session, silent) { found[.silentClient] = .some(nil) }
    if isPooled(session) { return found }
    if isPastMaxAge(session, heard, silent) { found[.pastMaxAge] = .some(nil) }
    if isBeyondPoolSize(session, heard) { found[.beyondPoolSize] = .some(nil) }
    if !isBusy(session), let life = life(session) {
      if tellsInstance(session), others(session).contains(where: { supersedes($0, life, session) })
      {
        let doubt: Doubt? =
          name(session).meaning == .shared
          ? .sharedName
          : !meansInstance(session)
            ? .numberedName : areHeardSideBySide(session) ? .heardSideBySide : doubt(session)
        found[.superseded] = .some(doubt)
      }
      if let limit = declared(policy.instances, session),
        moments(session).contains(where: { isCrowded($0, limit, session) })
      {
        found[.beyondInstances] = .some(doubt(session))
      }
      if tellsInstance(session), others(session).contains(where: { replaces($0, life, session) }) {
        found[.replacedAddress] = .some(nil)
      }
    }
    if let doubt = beforeRestart(session, quiet) { found[.beforeRestart] = doubt }
    found.merge(byRoster(session, heard, quiet)) { $1 }
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
        && isCrowded(moment, limit, session)
    case .beforeRestart(let restart, _):
      return declared(policy.restarts, session)?.moment(at: now) == restart
    case .ownerGone(_, let missing):
      return [session.applicationName, session.clientAddress].contains(missing)
    case .predatesOwner(_, let startedAt, _):
      return roster?.entries.contains { $0.isAlive && $0.startedAt == startedAt } == true
        && startedAt > heard
    case .predatesAll(let startedAt):
      return roster?.entries.filter(\.isAlive).compactMap(\.startedAt).min() == startedAt
    }
  }

  /// What makes evidence by addresses less than sure.
  func doubt(_ session: Session) -> Doubt? {
    let count = hiddenNamesakes(session)
    return count > 0 ? .hiddenNamesakes(count) : mayBePooled(session) ? .mayBePooled : nil
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

  private func isSilentLong(_ end: Timestamp, _ session: Session) -> Bool {
    now - end >= staleAfter(session) && now - lastChange(session) >= staleAfter(session)
  }

  private func supersedes(_ newcomer: Life, _ life: Life?, _ session: Session) -> Bool {
    guard let life, name(session).meaning != .neverRecurs else { return false }
    return newcomer.start > life.end
      && (now - newcomer.start >= policy.restartGrace || isSilentLong(life.end, session))
  }

  private func replaces(_ newcomer: Life, _ life: Life?, _ session: Session) -> Bool {
    guard let life, name(session).meaning != .neverRecurs, !meansInstance(session) else {
      return false
    }
    return now - life.end >= policy.restartGrace && newcomer.start > life.end
      && newcomer.start - life.end <= policy.restartGrace
  }

  /// All at which the number of addresses in use may change, and right before and after them.
  func moments(_ session: Session) -> [Timestamp] {
    let lives = counted(session)
    return
      (lives.flatMap { life in
        [life.end, life.end - policy.restartGrace] + life.spans.flatMap { [$0.start, $0.end] }
      }
      + [countedEnd(session)].compactMap { $0 })
      .flatMap { moment in
        (-1...1).map { Timestamp(microseconds: moment.microseconds + $0) }
      }
  }

  func isCrowded(_ moment: Timestamp, _ limit: Int, _ session: Session) -> Bool {
    guard let end = countedEnd(session), moment > end, moment <= now else { return false }
    return inUse(countedOthers(session), at: moment) >= limit
  }

  // MARK: - By what was said

  /// What began before a moment and has shown since that it lives, or can't be dated.
  private func isHeardFromBefore(_ moment: Timestamp, _ sessions: [Session]) -> Bool {
    sessions.contains { session in
      guard let start = session.backendStart else { return true }
      return start < moment && (isBusyItself(session) || (heard(session) ?? now) >= moment)
    }
  }

  /// What keeps a restart at an address that is heard from telling its sessions apart.
  private func inPlaceDoubt(_ session: Session, _ moment: Timestamp, among: [Session]) -> Doubt? {
    if bearsSeveralNames(session) { return .severalNames(instanceNames(session.clientAddress)) }
    if life(session) == nil { return .noAddress }
    if !mates(session).contains(where: { $0.backendStart.map { $0 > moment } ?? false }) {
      return .restartInPlace(.nobodyNew)
    }
    return isHeardFromBefore(moment, among) ? .restartInPlace(.olderHeard) : doubt(session)
  }

  /// nil: there is no such evidence.
  private func beforeRestart(_ session: Session, _ quiet: Duration) -> Doubt?? {
    guard let place = place(policy.restarts, session), let start = session.backendStart else {
      return nil
    }
    let restart = policy.restarts[place].value.moment(at: now)
    guard start < restart, now - restart >= policy.restartGrace else { return nil }
    func isBefore(_ heard: Timestamp) -> Bool {
      heard < restart && restart - heard >= policy.clockTolerance
    }
    let isHost = life(session) != nil
    let last = isHost ? max(lastHeard(session), clientHeard(session)) : lastHeard(session)
    if !isBusy(session), !(isHost && isClientBusy(session)), isBefore(last) {
      return .some(
        bearsSeveralNames(session)
          ? .severalNames(instanceNames(session.clientAddress))
          : life(session) == nil ? .noAddress : doubt(session))
    }
    guard isBefore(max(start, session.queryStart ?? start)), quiet >= policy.restartGrace,
      session.state?.isActive != true
    else { return nil }
    return .some(
      policy.restarts[place].application == nil
        ? .restartInPlace(.notNamed) : inPlaceDoubt(session, restart, among: namesakes(session)))
  }

  private func byRoster(
    _ session: Session, _ heard: Timestamp, _ quiet: Duration
  ) -> [Evidence.Kind: Doubt?] {
    guard let roster = policy.roster, isConnected(session), let start = session.backendStart,
      start < min(roster.takenAt ?? now, now)
    else { return [:] }
    var found: [Evidence.Kind: Doubt?] = [:]
    let view = RosterView(roster, self, session)
    if view.isOwnerGone {
      found[.ownerGone] = .some(
        view.witness.map(Doubt.rosterLacks) ?? view.listedNeighbour.map(Doubt.hostIsListed)
          ?? (view.gap?.isByName == false && mayBePooled(session) ? .mayBePooled : nil))
    }
    if let began = view.ownersStart, began > heard {
      let isNear = began - heard < policy.clockTolerance
      let near: Doubt? = isNear ? .withinTolerance(policy.clockTolerance) : nil
      let isByName = view.isOwnedByName
      let isBusy = isBusy(session) || !isByName && isClientBusy(session)
      let last = isByName ? lastHeard(session) : max(lastHeard(session), clientHeard(session))
      if !isBusy && last < began {
        found[.predatesOwner] = .some(
          near ?? (!isByName && mayBePooled(session) ? .mayBePooled : nil))
      } else if quiet >= policy.restartGrace, session.state?.isActive != true {
        let neighbours = visible.filter { $0.clientAddress == session.clientAddress }
        found[.predatesOwner] = .some(
          near
            ?? (view.isAloneAtAddress
              ? inPlaceDoubt(session, began, among: neighbours) : .restartInPlace(.notAlone)))
      }
    }
    let starts = view.starts
    if !isBusy(session), roster.isComplete, !starts.isEmpty, session.user == snapshot.target.user,
      starts.allSatisfy({ $0.map { $0 > heard && $0 - heard >= policy.clockTolerance } ?? false })
    {
      found[.predatesAll] = .some(
        life(session) == nil || bearsSeveralNames(session)
          ? .noAddress
          : view.witnessOfUser.map(Doubt.rosterLacks)
            ?? (mayBePooled(session) ? .mayBePooled : nil))
    }
    return found
  }
}
