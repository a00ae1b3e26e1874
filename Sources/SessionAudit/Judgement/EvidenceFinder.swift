/// Finds what speaks against a session. Each kind of evidence is one function; docs/evidence.md
/// has a picture of each.
struct EvidenceFinder {
  private let policy: Policy
  private let now: Timestamp
  private let book: AddressBook
  private let connectedUser: String?
  /// By application: nil where there is but one address.
  private let generations: [Generations?]
  private let maxAges: [Duration?]
  private let closesItself: [Bool]
  private let poolSizes: PoolSizes
  private let staleAfters: [Duration]
  private let restarts: [Timestamp?]
  private let roster: RosterIndex?
  private var isListed: [Bool] = []

  init(
    _ snapshot: Snapshot, book: AddressBook, by policy: Policy, poolSizes: PoolSizes = PoolSizes()
  ) {
    self.poolSizes = poolSizes
    self.policy = policy
    self.book = book
    let now = snapshot.capturedAt
    self.now = now
    connectedUser = snapshot.target.user
    func declared<Value>(
      _ declarations: [Declaration<Value>], _ application: AddressBook.Application
    ) -> Value? {
      declarations.isEmpty
        ? nil
        : declarations.value(
          for: book.names[application.name].text, user: application.user,
          database: application.database, isConnected: application.isConnected)
    }
    generations = book.applications.map { application in
      guard application.lives.count > 1 else { return nil }
      return Generations(
        of: application, in: book, limit: declared(policy.instances, application), at: now,
        by: policy)
    }
    maxAges = book.applications.map { declared(policy.maxAges, $0) }
    closesItself = book.applications.map { declared(policy.closesItself, $0) ?? false }
    staleAfters = book.applications.map { application in
      // A threshold holds in other databases too.
      policy.staleAfters.value(
        for: book.names[application.name].text, user: application.user,
        database: application.database, isConnected: true) ?? policy.staleAfter
    }
    restarts = book.applications.map { declared(policy.restarts, $0)?.moment(at: now) }
    roster = policy.roster.map { RosterIndex($0, at: now) }
    guard let roster else { return }
    isListed = Array(repeating: false, count: book.applications.count)
    for case let entry? in book.entries {
      let application = book.applications[entry.application]
      if !isListed[entry.application] {
        isListed[entry.application] =
          application.isConnected
          && roster.lists(book.clients[entry.client], of: book.names[application.name])
      }
    }
  }

  /// Every piece of evidence, the strongest first.
  func evidence(about session: Session, _ times: SessionTimes, _ entry: AddressBook.Entry)
    -> [Evidence]
  {
    var found = unordered(about: session, times, entry)
    // No kind occurs twice, so the order is one.
    if found.count > 1 { found.sort(by: Evidence.isStronger) }
    return found
  }

  private func unordered(
    about session: Session, _ times: SessionTimes, _ entry: AddressBook.Entry
  ) -> [Evidence] {
    // Nothing is known of a session whose client's last sign of life isn't.
    guard let heard = times.lastHeard, let silent = times.silent else { return [] }
    var found: [Evidence] = []
    let staleAfter = staleAfters[entry.application]
    if session.state == .idle, silent >= staleAfter {
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
    guard !book.sources[entry.source].isBusy else { return found }
    if let life = entry.life {
      addByAddress(book.lives[life], book.sources[entry.source], to: &found)
    }
    if let evidence = beforeRestart(session, entry) { found.append(evidence) }
    addByRoster(session, heard, entry, to: &found)
    return found
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
    _ session: Session, _ times: SessionTimes, _ silent: Duration, _ entry: AddressBook.Entry
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
    _ life: AddressBook.Life, _ source: AddressBook.Source, to found: inout [Evidence]
  ) {
    guard let generations = generations[life.application] else { return }
    let name = book.names[book.applications[life.application].name]
    let silent = now - life.lastHeard
    // A recycling application has only young sessions, so a long silence stands for the grace; but
    // not where a query took that long and has ended since.
    let hasSettled = min(silent, now - source.lastChange) < staleAfters[life.application]
    if name.meaning != .neverRecurs,
      let newcomer = generations.newcomer(after: life.lastHeard, hasSettled: hasSettled)
    {
      let doubt: Evidence.Doubt? =
        name.meaning == .shared
        ? .sharedName
        : generations.areHeardSideBySide ? .heardSideBySide : hiddenNamesakes(of: name)
      found.append(Evidence(.superseded(by: newcomer), doubt: doubt))
    }
    if let moment = generations.crowdedMoment(after: life.lastHeard, hasSettled: hasSettled),
      let limit = generations.limit
    {
      found.append(
        Evidence(.beyondInstances(limit: limit, at: moment), doubt: hiddenNamesakes(of: name)))
    }
    if name.meaning == .shared, silent >= policy.restartGrace,
      let next = generations.next(after: life.lastHeard),
      next.began - life.lastHeard <= policy.restartGrace
    {
      found.append(Evidence(.replacedAddress(by: next)))
    }
  }

  private func hiddenNamesakes(of name: AddressBook.Name) -> Evidence.Doubt? {
    name.hiddenNamesakes > 0 ? .hiddenNamesakes(name.hiddenNamesakes) : nil
  }

  // MARK: - From what was declared

  private func beforeRestart(
    _ session: Session, _ entry: AddressBook.Entry
  ) -> Evidence? {
    guard let restart = restarts[entry.application], restart <= now - policy.restartGrace,
      let start = session.backendStart, start < restart
    else { return nil }
    let lastHeard = book.sources[entry.source].lastHeard
    // Without a tolerance too, who was heard at that moment was heard since.
    guard lastHeard < restart, lastHeard <= restart - policy.clockTolerance else { return nil }
    let name = book.names[book.applications[entry.application].name]
    return Evidence(
      .beforeRestart(restart),
      doubt: entry.life == nil ? .noAddress : hiddenNamesakes(of: name))
  }

  // MARK: - From a roster

  private func addByRoster(
    _ session: Session, _ heard: Timestamp, _ entry: AddressBook.Entry, to found: inout [Evidence]
  ) {
    let application = book.applications[entry.application]
    guard let roster, application.isConnected, let start = session.backendStart,
      start < roster.takenAt
    else { return }
    let name = book.names[application.name]
    let client = book.clients[entry.client]
    switch roster.answer(
      for: name, from: client, applicationIsListed: isListed[entry.application])
    {
    case .notCovered, .mayLive: break
    case .gone(let covers, let missing):
      let last = book.sources[entry.source].lastHeard
      if last < roster.takenAt,
        last <= now - policy.restartGrace
      {
        found.append(Evidence(.ownerGone(covers: covers, missing: missing)))
      }
    case .began(let owner, let startedAt):
      guard startedAt > heard else { break }
      found.append(
        Evidence(
          .predatesOwner(owner: owner, startedAt: startedAt), doubt: tolerance(startedAt, heard)))
    }
    guard roster.isComplete, let earliest = roster.earliestStart,
      heard < earliest, heard <= earliest - policy.clockTolerance, let user = session.user,
      connectedUser?.hasSameBytes(as: user) == true
    else { return }
    found.append(
      Evidence(.predatesAll(startedAt: earliest), doubt: entry.life == nil ? .noAddress : nil))
  }

  /// Whether there is a roster that has nothing to say of any session in the connected database,
  /// though there are some: another application's, most likely.
  func rosterCoversNothing() -> Bool {
    guard let roster, !roster.isComplete else { return false }
    var isAny = false
    for case let entry? in book.entries {
      let application = book.applications[entry.application]
      guard application.isConnected else { continue }
      isAny = true
      if case .notCovered = roster.answer(
        for: book.names[application.name], from: book.clients[entry.client],
        applicationIsListed: isListed[entry.application])
      {
        continue
      }
      return false
    }
    return isAny
  }

  /// Names of instances that the roster covers and lacks, though they were heard after it was taken
  /// or within the grace: a sign that it is the wrong one.
  func heardThoughUnlisted() -> [String] {
    guard let roster else { return [] }
    var names: Set<String> = []
    var isDone = Array(repeating: false, count: book.sources.count)
    for case let entry? in book.entries where !entry.isPooled && !isDone[entry.source] {
      let application = book.applications[entry.application]
      let name = book.names[application.name]
      guard application.isConnected, name.meaning != .shared else { continue }
      isDone[entry.source] = true
      let heard = book.sources[entry.source].lastHeard
      guard heard >= roster.takenAt || heard > now - policy.restartGrace else { continue }
      if case .gone = roster.answer(
        for: name, from: book.clients[entry.client],
        applicationIsListed: isListed[entry.application])
      {
        names.insert(name.text)
      }
    }
    return names.sorted()
  }

  private func tolerance(_ started: Timestamp, _ heard: Timestamp) -> Evidence.Doubt? {
    started - heard < policy.clockTolerance ? .withinTolerance(policy.clockTolerance) : nil
  }

  // MARK: - Recycling

  /// What one session says of its application's max age; nil where none is declared.
  func recyclingSign(
    of session: Session, _ times: SessionTimes, _ entry: AddressBook.Entry
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
    Replacements(since: earlier, snapshot, book, slack: policy.maxAgeSlack) { maxAges[$0] }
  }

  /// For how long a session's address has asked on since the session was to be closed; nil: not
  /// beyond the slack, or nobody knows. An address that asks nothing may be dead.
  private func askedOn(
    since due: Timestamp, _ maxAge: Duration, _ entry: AddressBook.Entry, closesItself: Bool
  ) -> Duration? {
    guard let life = entry.life else { return nil }
    // When it last asked something: a query that runs since is no new request.
    let asked = book.lives[life].lastAsked
    // A pool that closes by itself needs no request, but has to be alive: it opens another for
    // each that it closes, so that one of them is always young.
    let isAlive = closesItself && now - asked <= maxAge + policy.maxAgeSlack
    let on = (isAlive ? now : asked) - due
    return on > policy.maxAgeSlack ? on : nil
  }
}
