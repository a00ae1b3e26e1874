/// Finds what speaks against a session. Each kind of evidence is one function; docs/evidence.md
/// has a picture of each.
struct EvidenceFinder {
  let policy: Policy
  let now: Timestamp
  let clientIndex: ClientIndex
  let connectedUser: String?
  /// By application: nil where there is but one address.
  private let timelines: [InstanceTimeline?]
  let counts: InstanceCounts
  /// By application: the place of the policy's number of instances that holds for it.
  let instanceRules: [Int?]
  /// Applications whose number is an instance's.
  private let confirmedNumbers: Set<Int>
  private let maxAges: [Duration?]
  private let closesItself: [Bool]
  private let poolSizes: PoolSizes
  private let staleAfters: [Duration]
  let restarts: [DeclaredRestart?]
  let roster: RosterIndex?
  var isListed: [Bool] = []
  /// By client address that tells a host: a name that comes from there and that the roster lists.
  var listedNames: [Int: String] = [:]
  /// Who shows that the roster is not believed about some.
  private(set) var gaps = RosterGaps()

  /// A restart that is complete, and whether the application that it is of was named.
  struct DeclaredRestart {
    var moment: Timestamp
    var isNamed: Bool
    /// Among the policy's.
    var place: Int
  }

  init(
    _ snapshot: Snapshot, clientIndex: ClientIndex, by policy: Policy,
    poolSizes: PoolSizes = PoolSizes()
  ) {
    self.poolSizes = poolSizes
    self.policy = policy
    self.clientIndex = clientIndex
    let now = snapshot.capturedAt
    self.now = now
    connectedUser = snapshot.target.user
    func rule<Value>(
      _ declarations: [Declaration<Value>], _ application: ClientIndex.Application
    ) -> (place: Int, rule: Declaration<Value>)? {
      guard !declarations.isEmpty else { return nil }
      return declarations.place(
        for: clientIndex.names[application.name].text, user: application.user,
        database: application.database, isConnected: application.isConnected
      ).map { ($0, declarations[$0]) }
    }
    let timelines = clientIndex.applications.map { application in
      application.lives.count > 1
        ? InstanceTimeline(
          of: application.lives.map { clientIndex.lives[$0] }, in: clientIndex, at: now, by: policy)
        : nil
    }
    self.timelines = timelines
    instanceRules = clientIndex.applications.map { rule(policy.instances, $0)?.place }
    counts = InstanceCounts(
      clientIndex, timelines, declared: { rule(policy.instances, $0) }, at: now, by: policy)
    confirmedNumbers = NumberedNames.confirmed(in: clientIndex) { application in
      timelines[application]?.areHeardSideBySide ?? false
    }
    maxAges = clientIndex.applications.map { rule(policy.maxAges, $0)?.rule.value }
    closesItself = clientIndex.applications.map {
      rule(policy.closesItself, $0)?.rule.value ?? false
    }
    staleAfters = clientIndex.applications.map { application in
      // A threshold holds in other databases too.
      policy.staleAfters.value(
        for: clientIndex.names[application.name].text, user: application.user,
        database: application.database, isConnected: true) ?? policy.staleAfter
    }
    restarts = clientIndex.applications.map { application in
      rule(policy.restarts, application).map {
        DeclaredRestart(
          moment: $0.rule.value.moment(at: now), isNamed: $0.rule.application != nil,
          place: $0.place)
      }
    }
    roster = policy.roster.map { RosterIndex($0, clientIndex, at: now) }
    guard let roster else { return }
    isListed = Array(repeating: false, count: clientIndex.applications.count)
    let isNameListed = clientIndex.applications.map {
      $0.isConnected && roster.listsName($0.name)
    }
    for case let entry? in clientIndex.entries {
      if isNameListed[entry.application], entry.life != nil {
        let name = clientIndex.names[clientIndex.applications[entry.application].name].text
        listedNames[entry.client] = listedNames[entry.client].map { min($0, name) } ?? name
      }
      if roster.isOfLines, !isListed[entry.application] {
        isListed[entry.application] =
          clientIndex.applications[entry.application].isConnected
          && roster.lists(
            entry.client, of: clientIndex.applications[entry.application].name, in: clientIndex)
      }
    }
    gaps = RosterGaps(roster, clientIndex, at: now, by: policy, answer: rosterAnswer)
  }

  /// Every piece of evidence, the strongest first.
  func evidence(about session: Session, _ times: SessionTimes, _ entry: ClientIndex.Entry)
    -> [Evidence]
  {
    var found = unordered(about: session, times, entry)
    // No kind occurs twice, so the order is one.
    if found.count > 1 { found.sort(by: Evidence.isStronger) }
    return found
  }

  private func unordered(
    about session: Session, _ times: SessionTimes, _ entry: ClientIndex.Entry
  ) -> [Evidence] {
    // Nothing is known of a session whose client's last sign of life isn't.
    guard let heard = times.lastHeard, let silent = times.silent, let quiet = times.quiet else {
      return []
    }
    var found: [Evidence] = []
    let staleAfter = staleAfters[entry.application]
    // A query that took long has just ended, or a client pings: neither looks abandoned.
    if session.state == .idle, quiet >= staleAfter {
      found.append(Evidence(.idleBeyondThreshold(staleAfter)))
    }
    if isSilentClient(session, times, silent, staleAfter) {
      found.append(Evidence(.silentClient(staleAfter)))
    }
    // What a pooler keeps open has no client of its own.
    guard !entry.isPooled else { return found }
    if let evidence = pastMaxAge(session, times, silent, entry) { found.append(evidence) }
    if let evidence = poolSizes.evidence(about: session, times, entry) { found.append(evidence) }
    // An address that works, or has just finished something, has an owner.
    if !clientIndex.sources[entry.source].isBusy, let life = entry.life {
      addByAddress(clientIndex.lives[life], entry, to: &found)
    }
    if let evidence = beforeRestart(session, quiet, entry) { found.append(evidence) }
    addByRoster(session, heard, quiet, entry, to: &found)
    return found
  }

  /// What makes evidence that rests on addresses, or on nothing but what is seen, less than sure.
  func doubt(_ entry: ClientIndex.Entry) -> Evidence.Doubt? {
    let name = clientIndex.names[clientIndex.applications[entry.application].name]
    if name.hiddenNamesakes > 0 { return .hiddenNamesakes(name.hiddenNamesakes) }
    return clientIndex.clients[entry.client].mayBePooler ? .mayBePooled : nil
  }

  // MARK: - From the session alone

  private func isSilentClient(
    _ session: Session, _ times: SessionTimes, _ silent: Duration, _ staleAfter: Duration
  ) -> Bool {
    // An active one that waits on anything else is heard now, and so is not silent.
    guard session.state?.isInTransaction == true || session.state?.isActive == true else {
      return false
    }
    return min(silent, times.stateAge ?? .zero) >= staleAfter
  }

  private func pastMaxAge(
    _ session: Session, _ times: SessionTimes, _ silent: Duration, _ entry: ClientIndex.Entry
  ) -> Evidence? {
    guard let maxAge = maxAges[entry.application], let age = times.sessionAge,
      let usedAt = times.usedAtAge
    else { return nil }
    let isIdle = session.state == .idle
    let quiet = isIdle ? times.quiet ?? silent : silent
    if closesItself[entry.application] {
      // Such a pool closes none that is in use, however old.
      return isIdle && age > maxAge + policy.maxAgeSlack && quiet >= policy.restartGrace
        ? Evidence(.pastMaxAge(maxAge, closesItself: true)) : nil
    }
    guard age > maxAge, quiet > maxAge, usedAt <= maxAge else { return nil }
    return Evidence(.pastMaxAge(maxAge))
  }

  // MARK: - From the addresses of its application

  private func addByAddress(
    _ life: ClientIndex.Lifetime, _ entry: ClientIndex.Entry, to found: inout [Evidence]
  ) {
    let name = clientIndex.names[clientIndex.applications[entry.application].name]
    let lastChange = clientIndex.sources[entry.source].lastChange
    if let limit = counts.counts[entry.application]?.timeline.limit,
      let moment = crowdedMoment(life, entry)
    {
      found.append(Evidence(.beyondInstances(limit: limit, at: moment), doubt: doubt(entry)))
    }
    // Two instance names from one address are NAT's, or processes of one host: which of them went
    // nobody can tell by looking.
    guard !clientIndex.clients[entry.client].bearsSeveralNames,
      let timelines = timelines[life.application]
    else { return }
    let silent = now - life.lastHeard
    let tellsInstance =
      name.meaning == .instance
      || name.meaning == .numbered && confirmedNumbers.contains(life.application)
    if name.meaning != .neverRecurs,
      // A recycling application has only young sessions, so a long silence stands for the grace; but
      // not where a query took that long and has ended since.
      let newcomer = timelines.newcomer(
        after: life.lastHeard,
        hasSettled: min(silent, now - lastChange) < staleAfters[entry.application])
    {
      let doubt: Evidence.Doubt? =
        !tellsInstance
        ? (name.meaning == .shared ? .sharedName : .numberedName)
        : timelines.areHeardSideBySide ? .heardSideBySide : doubt(entry)
      found.append(Evidence(.superseded(by: newcomer), doubt: doubt))
    }
    if !tellsInstance, name.meaning != .neverRecurs, silent >= policy.restartGrace,
      let next = timelines.next(after: life.lastHeard),
      next.began - life.lastHeard <= policy.restartGrace
    {
      found.append(Evidence(.replacedAddress(by: next)))
    }
  }

  /// A moment at which as many others were in use as may run at once.
  private func crowdedMoment(
    _ life: ClientIndex.Lifetime, _ entry: ClientIndex.Entry
  ) -> Timestamp? {
    guard let count = counts.counts[entry.application] else { return nil }
    // Whoever is heard there, by whatever name, shows that the host is there.
    guard !clientIndex.clients[entry.client].isBusy else { return nil }
    let end = max(
      life.lastHeard, count.ends[entry.client] ?? life.lastHeard,
      clientIndex.clients[entry.client].lastHeard ?? life.lastHeard)
    return count.timeline.crowdedMoment(after: end)
  }

  // MARK: - From what was declared

  private func beforeRestart(
    _ session: Session, _ quiet: Duration, _ entry: ClientIndex.Entry
  ) -> Evidence? {
    guard let restart = restarts[entry.application], restart.moment <= now - policy.restartGrace,
      let start = session.backendStart, start < restart.moment
    else { return nil }
    let moment = restart.moment
    let source = clientIndex.sources[entry.source]
    let client = clientIndex.clients[entry.client]
    // An address that tells a host is heard by whatever name.
    let isHost = entry.life != nil
    let last = isHost ? max(source.lastHeard, client.lastHeard ?? moment) : source.lastHeard
    // Without a tolerance too, who was heard at that moment was heard since.
    if !source.isBusy, !(isHost && client.isBusy), last < moment,
      last <= moment - policy.clockTolerance
    {
      let doubt: Evidence.Doubt? =
        client.bearsSeveralNames
        ? .severalNames(client.instanceNames) : entry.life == nil ? .noAddress : doubt(entry)
      return Evidence(.beforeRestart(moment), doubt: doubt)
    }
    guard let heard = session.lastUse, heard < moment, heard <= moment - policy.clockTolerance,
      quiet >= policy.restartGrace, session.state?.isActive != true
    else { return nil }
    let doubt =
      restart.isNamed
      ? inPlaceDoubt(
        entry, since: moment, older: clientIndex.before(moment, ofSource: entry.source))
      : .restartInPlace(.notNamed)
    return Evidence(.beforeRestart(moment, isInPlace: true), doubt: doubt)
  }

  /// What keeps the own times of a session from counting where its address is heard: the address
  /// must tell an instance, the new process must be seen there under the same name, user and
  /// database, and nothing from before may show that it still runs.
  /// - Parameter older: what those from before have shown since.
  func inPlaceDoubt(
    _ entry: ClientIndex.Entry, since start: Timestamp, older: SourceHistory.Before
  ) -> Evidence.Doubt? {
    let client = clientIndex.clients[entry.client]
    if client.bearsSeveralNames { return .severalNames(client.instanceNames) }
    guard let life = entry.life else { return .noAddress }
    guard clientIndex.lives[life].lastStart > start else { return .restartInPlace(.nobodyNew) }
    if older == .heard { return .restartInPlace(.olderHeard) }
    return doubt(entry)
  }

  // MARK: - Recycling

  /// What one session says of its application's max age; nil where none is declared.
  func recyclingSign(
    of session: Session, _ times: SessionTimes, _ entry: ClientIndex.Entry
  ) -> RecyclingSign? {
    guard let maxAge = maxAges[entry.application], !entry.isPooled,
      let start = session.backendStart, times.lastHeard != nil
    else { return nil }
    // A request may take as long as it likes: a session is used when a query begins.
    let used = max(.zero, (session.queryStart ?? start) - start)
    let closesItself = closesItself[entry.application]
    return RecyclingSign(
      maxAge: maxAge, slack: policy.maxAgeSlack, usedAtAge: used, closesItself: closesItself,
      askedOn: session.state == .idle
        ? askedOn(since: start + maxAge, maxAge, entry, closesItself: closesItself) : nil)
  }

  /// What was closed at its max age since an earlier look.
  func replacements(since earlier: EarlierLook, _ snapshot: Snapshot) -> Replacements {
    Replacements(since: earlier, snapshot, clientIndex, slack: policy.maxAgeSlack) { maxAges[$0] }
  }

  /// For how long a session's address has asked on since the session was to be closed; nil: not
  /// beyond the slack, or nobody knows. An address that asks nothing may be dead.
  private func askedOn(
    since due: Timestamp, _ maxAge: Duration, _ entry: ClientIndex.Entry, closesItself: Bool
  ) -> Duration? {
    guard let life = entry.life else { return nil }
    // When it last asked something: a query that runs since is no new request.
    let asked = clientIndex.lives[life].lastAsked
    // A pool that closes by itself needs no request, but has to be alive: it opens another for
    // each that it closes, so that one of them is always young.
    let isAlive = closesItself && now - asked <= maxAge + policy.maxAgeSlack
    let on = (isAlive ? now : asked) - due
    return on > policy.maxAgeSlack ? on : nil
  }
}
