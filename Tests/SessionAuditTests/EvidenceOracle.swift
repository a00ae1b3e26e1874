import SessionAudit

/// What speaks against a session, written a second time from the words of docs/evidence.md: over
/// all pairs of sessions and all moments at which anything changes, whatever that costs.
struct EvidenceOracle {
  typealias Doubt = Evidence.Doubt
  /// `spans`: when its sessions prove by themselves that it was in use.
  typealias Life = (address: String, start: Timestamp, end: Timestamp, spans: [Span])
  typealias Span = (start: Timestamp, end: Timestamp)

  let policy: Policy
  let snapshot: Snapshot
  let now: Timestamp
  /// Client sessions but hidden ones and our own.
  let visible: [Session]

  init(_ snapshot: Snapshot, _ policy: Policy) {
    self.policy = policy
    self.snapshot = snapshot
    now = snapshot.capturedAt
    visible = snapshot.sessions.filter { $0.kind == .client && $0.pid != snapshot.role.ownPID }
  }

  // MARK: - Names

  func name(_ session: Session) -> KnownName {
    guard var name = KnownName.byText[session.applicationName] else { fatalError("unknown name") }
    let said = policy.oneInstance.last {
      $0.application.map { Glob(Self.glob(of: $0.text)).matches(name.text) } ?? true
    }
    if let said { name.meaning = said.value ? .instance : .shared }
    return name
  }

  /// Behind what says that all that matches is counted together.
  private static func glob(of said: String) -> String {
    said.hasPrefix("family:") ? String(said.dropFirst(7)) : said
  }

  func isConnected(_ session: Session) -> Bool { session.database == "shop" }

  func declared<Value>(_ declarations: [Declaration<Value>], _ session: Session) -> Value? {
    place(declarations, session).map { declarations[$0].value }
  }

  /// Where the last declaration stands that speaks of a session.
  func place<Value>(_ declarations: [Declaration<Value>], _ session: Session) -> Int? {
    declarations.lastIndex { declaration in
      guard let said = declaration.application?.text else { return isConnected(session) }
      let text = Self.glob(of: said)
      if let database = declaration.application?.database {
        return Glob(text).matches(session.applicationName)
          && session.database.map { Glob(database).matches($0) } ?? false
          && isOfUser(declaration.application, session)
      }
      guard isOfUser(declaration.application, session) else { return false }
      if isConnected(session), Glob(text).matches(session.applicationName) { return true }
      guard let at = text.lastIndex(of: "@") else { return false }
      return session.database == String(text[text.index(after: at)...])
        && Glob(String(text[..<at])).matches(session.applicationName)
    }
  }

  private func isOfUser(_ pattern: ApplicationPattern?, _ session: Session) -> Bool {
    guard let user = pattern?.user else { return true }
    return session.user != nil && Glob(user).matches(session.user ?? "")
  }

  func staleAfter(_ session: Session) -> Duration {
    saidAnywhere(policy.staleAfters, session) ?? policy.staleAfter
  }

  /// In any database, whichever is the connected one.
  private func saidAnywhere<Value>(
    _ declarations: [Declaration<Value>], _ session: Session
  ) -> Value? {
    declarations.last { declaration in
      guard let pattern = declaration.application else { return true }
      let database = pattern.database.map {
        session.database != nil && Glob($0).matches(session.database ?? "")
      }
      return Glob(pattern.text).matches(session.applicationName) && database ?? true
        && isOfUser(pattern, session)
    }?.value
  }

  func hiddenNamesakes(_ session: Session) -> Int {
    snapshot.sessions.count {
      $0.kind == .hidden && $0.applicationName == session.applicationName
    }
  }

  // MARK: - Signs of life

  /// nil: its columns don't tell.
  func heard(_ session: Session) -> Timestamp? {
    guard let start = session.backendStart, let state = session.state, state != .disabled else {
      return nil
    }
    let waitsForClient =
      session.waitEventType == "Client"
      && ["ClientRead", "ClientWrite"].contains(session.waitEvent)
    let isStale = session.stateChange.map { now - $0 >= staleAfter(session) } ?? false
    if state.isActive && !(waitsForClient && isStale) { return now }
    return max(start, session.queryStart ?? start)
  }

  /// How long nothing of it has moved.
  func quiet(_ session: Session) -> Duration? {
    guard let heard = heard(session) else { return nil }
    let silent = max(.zero, now - heard)
    return session.stateChange.map { min(silent, max(.zero, now - $0)) } ?? silent
  }

  func isBusyItself(_ session: Session) -> Bool {
    guard let state = session.state, heard(session) != nil, let change = session.stateChange
    else { return true }
    switch state {
    case .starting, .disabled, .other: return true
    case .active, .fastpathFunctionCall: return true
    case .idle, .idleInTransaction, .idleInTransactionAborted: break
    }
    return now - change < policy.restartGrace
  }

  // MARK: - Addresses

  private func address(_ session: Session) -> NetworkAddress? {
    session.clientAddress.flatMap { NetworkAddress($0) }
  }

  /// Whether a pooler keeps it open.
  func isPooled(_ session: Session) -> Bool {
    saidAnywhere(policy.pooled, session) == true || isPoolersAddress(session)
  }

  private func isPoolersAddress(_ session: Session) -> Bool {
    if let address = address(session), policy.poolers.contains(where: { $0.contains(address) }) {
      return true
    }
    let neighbours = visible.filter { $0.clientAddress == session.clientAddress }
    let isSeveral =
      Set(neighbours.map(\.applicationName)).count > 1
      || Set(neighbours.map { $0.userID ?? 0 }).count > 1
    return neighbours.contains {
      name($0).isPoolers || leavesDiscardAll($0) && ($0.applicationName.isEmpty || isSeveral)
    }
  }

  private func leavesDiscardAll(_ session: Session) -> Bool {
    session.endsWithDiscardAll && saidAnywhere(policy.pooled, session) != false
  }

  /// Whether a pooler may be at its address, or a client that resets its connection.
  func mayBePooled(_ session: Session) -> Bool {
    !isPoolersAddress(session)
      && visible.contains { $0.clientAddress == session.clientAddress && leavesDiscardAll($0) }
  }

  /// Whether its address is some host's, and not everybody's.
  func hasAddress(_ session: Session) -> Bool {
    guard let address = address(session), !isPoolersAddress(session),
      !["127.0.0.1", "::1"].contains(session.clientAddress)
    else { return false }
    return !policy.sharedAddresses.contains { $0.contains(address) }
  }

  /// The names of instances that its address bears.
  func instanceNames(_ address: String?) -> Int {
    Set(
      visible.filter { $0.clientAddress == address && name($0).meaning != .shared }
        .map(\.applicationName)
    ).count
  }

  func bearsSeveralNames(_ session: Session) -> Bool { instanceNames(session.clientAddress) > 1 }

  /// Whether its address stands for one running instance.
  func tellsInstance(_ session: Session) -> Bool {
    hasAddress(session) && !bearsSeveralNames(session)
  }

  /// When anybody from its client address was heard last, whatever the name.
  func clientHeard(_ session: Session) -> Timestamp {
    visible.filter { $0.clientAddress == session.clientAddress }.map { heard($0) ?? now }.max()
      ?? now
  }

  func isClientBusy(_ session: Session) -> Bool {
    visible.contains { $0.clientAddress == session.clientAddress && isBusyItself($0) }
  }

  func isSameApplication(_ a: Session, _ b: Session) -> Bool {
    a.applicationName == b.applicationName && a.user == b.user && a.database == b.database
  }

  /// The sessions of its address.
  func mates(_ session: Session) -> [Session] {
    visible.filter {
      isSameApplication($0, session) && $0.clientAddress == session.clientAddress
    }
  }

  /// nil where its address tells no instance.
  func life(_ session: Session) -> Life? {
    let mates = mates(session)
    guard hasAddress(session), !isPooled(session), let address = session.clientAddress,
      let start = mates.compactMap(\.backendStart).min()
    else { return nil }
    let spans = mates.compactMap { mate in
      mate.backendStart.map { Span($0, max($0, mate.queryStart ?? $0)) }
    }
    return (address, start, max(start, lastHeard(session)), spans)
  }

  /// The sessions of its name from its address, whatever their user and database.
  func namesakes(_ session: Session) -> [Session] {
    visible.filter {
      $0.applicationName == session.applicationName && $0.clientAddress == session.clientAddress
    }
  }

  /// When one of them was heard last.
  func lastHeard(_ session: Session) -> Timestamp {
    // Who is not let in yet shows that somebody lives there.
    let knocks = visible.filter {
      tellsInstance(session) && $0.clientAddress == session.clientAddress && $0.state == .starting
    }
    let signs = namesakes(session).map { heard($0) ?? now } + knocks.compactMap(\.backendStart)
    return signs.max() ?? now
  }

  /// When one of them changed its state last.
  func lastChange(_ session: Session) -> Timestamp {
    namesakes(session).map { $0.stateChange ?? heard($0) ?? now }.max() ?? now
  }

  func isBusy(_ session: Session) -> Bool { namesakes(session).contains { isBusyItself($0) } }

  /// The lives of all addresses of its application.
  func lives(_ session: Session) -> [Life] {
    // What began later than now began before the clock was set back.
    allLives(session).filter { $0.start <= now }
  }

  private func allLives(_ session: Session) -> [Life] {
    var lives: [String: Life] = [:]
    for other in visible where isSameApplication(other, session) {
      if let life = life(other) { lives[life.address] = life }
    }
    return Array(lives.values)
  }

  /// Those that by inference are instances.
  private func instances(_ session: Session) -> [Life] {
    lives(session).filter { instanceNames($0.address) < 2 }
  }

  func others(_ session: Session) -> [Life] {
    instances(session).filter { $0.address != session.clientAddress }
  }

  func areHeardSideBySide(_ session: Session) -> Bool {
    let lives = instances(session)
    return lives.contains { a in
      lives.contains { b in
        a.address != b.address && min(a.end, b.end) - max(a.start, b.start) > policy.restartGrace
      }
    }
  }

  /// Whether its name means one instance, as it says or as what is seen makes sure.
  func meansInstance(_ session: Session) -> Bool {
    let own = name(session)
    guard own.meaning == .numbered else { return own.meaning == .instance }
    let family = visible.filter {
      name($0).meaning == .numbered && name($0).family == own.family && $0.user == session.user
        && $0.database == session.database
    }
    let ordinals = Set(family.map(\.applicationName)).compactMap {
      Int($0.split(separator: "-").last!)
    }
    return ordinals.count > 1 && ordinals.sorted() == Array(0..<ordinals.count)
      && family.allSatisfy {
        life($0) != nil && !bearsSeveralNames($0) && !areHeardSideBySide($0)
      }
  }

  // MARK: - Numbers of instances

  /// The lives that are counted together with its own: its application's, or those of all that
  /// a declaration speaks of.
  func counted(_ session: Session) -> [Life] {
    guard let place = place(policy.instances, session),
      let pattern = policy.instances[place].application
    else { return lives(session) }
    let members = visible.filter {
      self.place(policy.instances, $0) == place && $0.user == session.user
        && $0.database == session.database
    }
    let names = Set(members.map(\.applicationName))
    let areNew =
      names.count > 1
      && members.allSatisfy { name($0).isNewAtEachStart && allLives($0).count == 1 }
    guard pattern.text.hasPrefix("family:") || areNew else { return lives(session) }
    var merged: [String: Life] = [:]
    for member in members {
      guard let life = life(member) else { continue }
      guard let other = merged[life.address] else {
        merged[life.address] = life
        continue
      }
      merged[life.address] = (
        life.address, min(life.start, other.start), max(life.end, other.end),
        life.spans + other.spans
      )
    }
    return merged.values.filter { $0.start <= now }
  }

  func countedOthers(_ session: Session) -> [Life] {
    counted(session).filter { $0.address != session.clientAddress }
  }

  /// When what is counted at its own address was heard last; nil: somebody works there.
  func countedEnd(_ session: Session) -> Timestamp? {
    guard var end = life(session)?.end else { return nil }
    for life in counted(session) where life.address == session.clientAddress {
      end = max(end, life.end)
    }
    return isClientBusy(session) ? nil : max(end, clientHeard(session))
  }

  func inUse(_ others: [Life], at moment: Timestamp) -> Int {
    // While one replaces another, both are there.
    others.count { life in
      life.end - moment >= policy.restartGrace
        && life.spans.contains { $0.start <= moment && moment <= $0.end }
    }
  }
}
