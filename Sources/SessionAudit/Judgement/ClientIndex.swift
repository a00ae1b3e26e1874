/// Where the visible client sessions come from: the judge's picture of which instances run. Built
/// once for a snapshot; names and addresses are numbered, so that each is read only once.
struct ClientIndex {
  /// An application_name.
  struct Name {
    var text: String
    var reading: InstanceName
    /// The reading's, unless the user knows better.
    var meaning: InstanceName.Meaning
    /// See `InstanceName.shortHost`.
    var shortHost: String?
    var hiddenNamesakes = 0
  }

  /// A client address, whoever uses it. The first one stands for all that have none.
  struct Client {
    var text: String?
    var address: NetworkAddress?
    /// Loopback, declared as shared, or a pooler's: no sign of an instance.
    var isShared = false
    var isPooler = false
    /// `DISCARD ALL` was left under the only name and role that come from here: a pooler's way, and
    /// that of a client that resets its own connection.
    var mayBePooler = false
    /// How many names that mean an instance. Two of them are NAT's or a proxy's, or processes of one
    /// host: no instance by itself, but what was declared or listed may speak of the host.
    var instanceNames = 0
    /// When somebody last connected from here who is not let in yet.
    var lastKnock: Timestamp?
    /// Of all that come from here.
    var lastHeard: Timestamp?
    var isBusy = false
    fileprivate var names = OneOrMany()
    fileprivate var users = OneOrMany()
    fileprivate var leavesDiscardAll = false

    var bearsSeveralNames: Bool { instanceNames > 1 }
  }

  /// The sessions of one application_name, user and database.
  struct Application {
    var name: Int
    var user: String?
    var database: String?
    var isConnected: Bool
    var lives: [Int] = []
    /// Whether all of its sessions come from addresses that tell instances apart.
    var isWhollyAddressed = true
    /// The number of its user and database.
    var owner: Int
  }

  /// One client address of an application: the stand-in for one running instance.
  struct Lifetime {
    var application: Int
    var client: Int
    var start: Timestamp
    /// Now where a session's columns don't tell.
    var lastHeard: Timestamp
    /// When the last of its queries began.
    var lastAsked: Timestamp
    /// When the newest of its sessions began.
    var lastStart: Timestamp
  }

  /// A name from a client address, whatever its user and database: the process that is heard in
  /// one of them is alive in all.
  struct Source {
    var lastHeard: Timestamp
    var lastChange: Timestamp
    /// Whether a session is active, or changed its state within the grace: an old worker that
    /// drains a long query is about to commit.
    var isBusy: Bool
  }

  /// Where one session stands in the clientIndex.
  struct Entry {
    var application: Int
    var client: Int
    /// nil: its address is no sign of an instance.
    var life: Int?
    var source: Int
    var isPooled: Bool
  }

  private(set) var names: [Name] = []
  private(set) var clients: [Client] = [Client()]
  private(set) var applications: [Application] = []
  private(set) var lives: [Lifetime] = []
  /// By life, kept only where a number of instances is declared: from when to when its sessions have
  /// shown by themselves that it ran, each from its start to its client's last query. Not what is
  /// between them (an address can be given up and be given out again), nor a query that still runs (a
  /// client that is gone may have asked for it).
  private(set) var spans: [[ClosedRange<Timestamp>]] = []
  private(set) var sources: [Source] = []
  /// By row in the snapshot; nil for what is hidden, background or our own.
  private(set) var entries: [Entry?]

  private var numberOfName: [NameKey: Int] = [:]
  private var numberOfClient: [NameKey: Int] = [:]
  private var numberOfLife: [PairKey: Int] = [:]
  private var numberOfSource: [PairKey: Int] = [:]
  /// By client and by source, kept only where a list or a restart is there to be held against it.
  private var clientHistories: [SourceHistory] = []
  private var sourceHistories: [SourceHistory] = []
  private let keepsHistory: Bool
  private let keepsSpans: Bool

  init(
    _ snapshot: Snapshot, _ rows: [Int], _ times: [SessionTimes], by policy: Policy
  ) {
    entries = Array(repeating: nil, count: snapshot.sessions.count)
    keepsSpans = !policy.instances.isEmpty
    keepsHistory = policy.roster != nil || !policy.restarts.isEmpty
    let judged = rows.indices.filter { index in
      snapshot.sessions[rows[index]].kind == .client
        && snapshot.sessions[rows[index]].pid != snapshot.role.ownPID
    }
    // Addresses are the many: names repeat.
    numberOfClient.reserveCapacity(judged.count)
    numberOfLife.reserveCapacity(judged.count)
    numberOfSource.reserveCapacity(judged.count)
    let numbers = judged.map { enroll(snapshot.sessions, rows[$0], by: policy) }
    tellPoolers()
    if keepsHistory { clientHistories = Array(repeating: SourceHistory(), count: clients.count) }
    countHidden(in: snapshot, rows)
    var numberOfApplication: [ApplicationKey: Int] = [:]
    var numberOfOwner: [ApplicationKey: Int] = [:]
    for (index, number) in zip(judged, numbers) {
      let session = snapshot.sessions[rows[index]]
      let key = ApplicationKey(session, name: number.name)
      let application = numberOfApplication[key] ?? applications.count
      if application == applications.count {
        numberOfApplication[key] = application
        let ownerKey = ApplicationKey(session, name: -1)
        let owner = numberOfOwner[ownerKey] ?? numberOfOwner.count
        numberOfOwner[ownerKey] = owner
        applications.append(
          Application(
            name: number.name, user: session.user, database: session.database,
            isConnected: snapshot.target.isConnected(to: session), owner: owner))
      }
      let heard = times[index].lastHeard ?? snapshot.capturedAt
      let isBusy = Self.isBusy(session, times[index], at: snapshot.capturedAt, by: policy)
      let isPooled = policy.pooled.declaration(for: session)?.value
      var entry = Entry(
        application: application, client: number.client, life: nil, source: number.source,
        isPooled: isPooled == true || clients[number.client].isPooler
          || names[number.name].reading.isPoolers)
      add(
        to: number.source, of: number.client, session.backendStart, heard: heard,
        changed: session.stateChange ?? heard, isBusy: isBusy)
      note(number.client, session.backendStart, heard: heard, isBusy: isBusy)
      if !clients[number.client].isShared, !entry.isPooled, clients[number.client].address != nil {
        entry.life = live(
          of: application, at: number.client, session.backendStart, asked: session.queryStart,
          heard: heard)
      }
      if entry.life == nil || clients[number.client].bearsSeveralNames {
        applications[application].isWhollyAddressed = false
      }
      entries[rows[index]] = entry
    }
    for case let entry? in entries {
      guard let life = entry.life else { continue }
      lives[life].lastHeard = max(lives[life].lastHeard, sources[entry.source].lastHeard)
    }
  }

  /// What those that began before a moment have shown since; only where a list or a restart is there
  /// to be held against it.
  func before(_ moment: Timestamp, ofSource source: Int) -> SourceHistory.Before {
    sourceHistories[source].before(moment)
  }

  func before(_ moment: Timestamp, ofClient client: Int) -> SourceHistory.Before {
    clientHistories[client].before(moment)
  }

  // MARK: - Building

  /// By its row: a session is large, and a copy of it touches a dozen strings.
  private mutating func enroll(
    _ sessions: [Session], _ row: Int, by policy: Policy
  ) -> (name: Int, client: Int, source: Int) {
    let name = numbered(name: sessions[row].applicationName, by: policy)
    let client = numbered(client: sessions[row].clientAddress, by: policy)
    if names[name].reading.isPoolers { clients[client].isPooler = true }
    clients[client].names.add(name)
    clients[client].users.add(Int(sessions[row].userID ?? 0))
    if sessions[row].endsWithDiscardAll,
      policy.pooled.declaration(for: sessions[row])?.value != false
    {
      clients[client].leavesDiscardAll = true
      if sessions[row].applicationName.isEmpty { clients[client].isPooler = true }
    }
    if client != 0, sessions[row].state == .starting, let start = sessions[row].backendStart {
      clients[client].lastKnock = clients[client].lastKnock.map { max($0, start) } ?? start
    }
    let key = PairKey(name, client)
    let source = numberOfSource[key] ?? numberOfSource.count
    if source == numberOfSource.count {
      numberOfSource[key] = source
      if names[name].meaning != .shared { clients[client].instanceNames += 1 }
    }
    return (name, client, source)
  }

  /// What one of its sessions shows holds for all that come from an address, whatever name the last
  /// client of each has left on it.
  private mutating func tellPoolers() {
    for client in clients.indices {
      if clients[client].leavesDiscardAll && !clients[client].isPooler {
        let isSeveral = clients[client].names.isMany || clients[client].users.isMany
        clients[client].isPooler = isSeveral
        clients[client].mayBePooler = !isSeveral
      }
      if clients[client].isPooler { clients[client].isShared = true }
    }
  }

  /// Whoever comes from an address shows that it is there.
  private mutating func note(
    _ client: Int, _ start: Timestamp?, heard: Timestamp, isBusy: Bool
  ) {
    clients[client].lastHeard = max(clients[client].lastHeard ?? heard, heard)
    if isBusy { clients[client].isBusy = true }
    if keepsHistory { clientHistories[client].add(start, heard: heard, isBusy: isBusy) }
  }

  private mutating func numbered(name: String, by policy: Policy) -> Int {
    let key = NameKey(name)
    if let number = numberOfName[key] { return number }
    numberOfName[key] = names.count
    let reading = InstanceName(name)
    let isOne = policy.oneInstance.value(
      for: name, user: nil, database: nil, isConnected: true)
    names.append(
      Name(
        text: name, reading: reading,
        meaning: isOne.map { $0 ? .instance : .shared } ?? reading.meaning,
        shortHost: policy.roster == nil ? nil : reading.shortHost))
    return names.count - 1
  }

  private mutating func numbered(client text: String?, by policy: Policy) -> Int {
    guard let text else { return 0 }
    let key = NameKey(text)
    if let number = numberOfClient[key] { return number }
    numberOfClient[key] = clients.count
    var client = Client(text: text, address: NetworkAddress(text))
    if let address = client.address {
      client.isPooler = policy.poolers.contains { $0.contains(address) }
      client.isShared =
        address.isLoopback || policy.sharedAddresses.contains { $0.contains(address) }
    }
    clients.append(client)
    return clients.count - 1
  }

  /// Adds a session to its source, the first of which comes before that of any later one.
  private mutating func add(
    to source: Int, of client: Int, _ start: Timestamp?, heard: Timestamp, changed: Timestamp,
    isBusy: Bool
  ) {
    if source == sources.count {
      // Whoever is just being let in has no name yet.
      let isShared = clients[client].isShared || clients[client].bearsSeveralNames
      let knock = isShared ? nil : clients[client].lastKnock
      sources.append(
        Source(lastHeard: max(heard, knock ?? heard), lastChange: changed, isBusy: isBusy))
      if keepsHistory { sourceHistories.append(SourceHistory()) }
    } else {
      sources[source].lastHeard = max(sources[source].lastHeard, heard)
      sources[source].lastChange = max(sources[source].lastChange, changed)
      sources[source].isBusy = sources[source].isBusy || isBusy
    }
    if keepsHistory { sourceHistories[source].add(start, heard: heard, isBusy: isBusy) }
  }

  /// Adds a session to the life of its address. Sessions come oldest first and those without a
  /// start last: these begin no life, but join one.
  private mutating func live(
    of application: Int, at client: Int, _ start: Timestamp?, asked: Timestamp?, heard: Timestamp
  ) -> Int? {
    let key = PairKey(application, client)
    let span = start.map { $0...max($0, asked ?? $0) }
    if let life = numberOfLife[key] {
      if let span {
        if keepsSpans { spans[life].append(span) }
        lives[life].lastAsked = max(lives[life].lastAsked, span.upperBound)
        lives[life].lastStart = max(lives[life].lastStart, span.lowerBound)
      }
      lives[life].lastHeard = max(lives[life].lastHeard, heard)
      return life
    }
    guard let start, let span else { return nil }
    // A clock that jumped lets nobody be heard before the begin.
    let lastHeard = max(start, heard)
    numberOfLife[key] = lives.count
    applications[application].lives.append(lives.count)
    lives.append(
      Lifetime(
        application: application, client: client, start: start, lastHeard: lastHeard,
        lastAsked: span.upperBound, lastStart: start))
    if keepsSpans { spans.append([span]) }
    return lives.count - 1
  }

  private mutating func countHidden(in snapshot: Snapshot, _ rows: [Int]) {
    for row in rows where snapshot.sessions[row].kind == .hidden {
      if let name = numberOfName[NameKey(snapshot.sessions[row].applicationName)] {
        names[name].hiddenNamesakes += 1
      }
    }
  }

  /// What is not known to be quiet counts as busy.
  private static func isBusy(
    _ session: Session, _ times: SessionTimes, at now: Timestamp, by policy: Policy
  ) -> Bool {
    guard let state = session.state, times.lastHeard != nil,
      state == .idle || state.isInTransaction || state.isActive
    else { return true }
    // Also one that waits for its client: how long it has done so does not show.
    if state.isActive { return true }
    guard let change = session.stateChange else { return true }
    return now - change < policy.restartGrace
  }
}

/// Whether one thing was seen, or several.
private struct OneOrMany {
  private var first: Int?
  private(set) var isMany = false

  mutating func add(_ thing: Int) {
    if let first, first != thing { isMany = true }
    first = thing
  }
}

/// By number where there is one: names in an encoding that is not UTF-8 can look alike.
private struct ApplicationKey: Hashable {
  private let name: Int
  private let userID: UInt32?
  private let databaseID: UInt32?
  private let user: NameKey?
  private let database: NameKey?

  init(_ session: borrowing Session, name: Int) {
    self.name = name
    userID = session.userID
    databaseID = session.databaseID
    user = userID == nil ? session.user.map { NameKey($0) } : nil
    database = databaseID == nil ? session.database.map { NameKey($0) } : nil
  }

  // The numbers tell nearly all apart; what they don't is compared.
  func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(UInt64(userID ?? 0) << 32 | UInt64(databaseID ?? 0))
  }
}

/// An application or a name, from a client address: as one number, which is hashed fastest.
private struct PairKey: Hashable {
  private let pair: Int

  init(_ what: Int, _ client: Int) { pair = what << 32 | client }
}
