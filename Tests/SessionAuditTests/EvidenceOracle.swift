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
      $0.application.map { Glob($0.text).matches(name.text) } ?? true
    }
    if let said { name.meaning = said.value ? .instance : .shared }
    return name
  }

  func isConnected(_ session: Session) -> Bool { session.database == "shop" }

  func declared<Value>(_ declarations: [Declaration<Value>], _ session: Session) -> Value? {
    declarations.last { declaration in
      guard let text = declaration.application?.text else { return isConnected(session) }
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
    }?.value
  }

  private func isOfUser(_ pattern: ApplicationPattern?, _ session: Session) -> Bool {
    guard let user = pattern?.user else { return true }
    return session.user != nil && Glob(user).matches(session.user ?? "")
  }

  /// In any database, whichever is the connected one.
  func staleAfter(_ session: Session) -> Duration {
    policy.staleAfters.last { declaration in
      guard let pattern = declaration.application else { return true }
      let database = pattern.database.map {
        session.database != nil && Glob($0).matches(session.database ?? "")
      }
      return Glob(pattern.text).matches(session.applicationName) && database ?? true
        && isOfUser(pattern, session)
    }?.value ?? policy.staleAfter
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

  private func isBusyItself(_ session: Session) -> Bool {
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

  func isPooled(_ session: Session) -> Bool {
    if let address = address(session), policy.poolers.contains(where: { $0.contains(address) }) {
      return true
    }
    return visible.contains {
      $0.clientAddress == session.clientAddress
        && (name($0).isPoolers || $0.endsWithDiscardAll && $0.applicationName.isEmpty)
    }
  }

  /// Whether its address stands for one running instance.
  func tellsInstance(_ session: Session) -> Bool {
    guard let address = address(session), !isPooled(session),
      !["127.0.0.1", "::1"].contains(session.clientAddress),
      !policy.sharedAddresses.contains(where: { $0.contains(address) })
    else { return false }
    let names = visible.filter {
      $0.clientAddress == session.clientAddress && name($0).meaning != .shared
    }
    return Set(names.map(\.applicationName)).count < 2
  }

  private func isSameApplication(_ a: Session, _ b: Session) -> Bool {
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
    guard tellsInstance(session), let address = session.clientAddress,
      let start = mates.compactMap(\.backendStart).min()
    else { return nil }
    let spans = mates.compactMap { mate in
      mate.backendStart.map { Span($0, max($0, mate.queryStart ?? $0)) }
    }
    return (address, start, max(start, lastHeard(session)), spans)
  }

  /// The sessions of its name from its address, whatever their user and database.
  private func namesakes(_ session: Session) -> [Session] {
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
    var lives: [String: Life] = [:]
    for other in visible where isSameApplication(other, session) {
      if let life = life(other) { lives[life.address] = life }
    }
    // What began later than now began before the clock was set back.
    return lives.values.filter { $0.start <= now }
  }

  func others(_ session: Session) -> [Life] {
    lives(session).filter { $0.address != session.clientAddress }
  }

  func areHeardSideBySide(_ session: Session) -> Bool {
    let lives = lives(session)
    return lives.contains { a in
      lives.contains { b in
        a.address != b.address && min(a.end, b.end) - max(a.start, b.start) > policy.restartGrace
      }
    }
  }

  func inUse(_ others: [Life], at moment: Timestamp) -> Int {
    others.count { $0.spans.contains { $0.start <= moment && moment <= $0.end } }
  }
}
