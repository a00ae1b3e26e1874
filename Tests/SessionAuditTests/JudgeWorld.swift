import SessionAudit
import TestRandom

/// A name with what it means, written down by hand: the oracle reads no names.
struct KnownName: Sendable {
  enum Meaning { case instance, numbered, neverRecurs, shared }

  var text: String
  var meaning: Meaning
  /// The same for names of which a roster that lists one covers the others.
  var family: String
  var isPoolers = false
  var isNewAtEachStart: Bool { meaning == .neverRecurs || text.hasPrefix("puma") }

  static let all: [KnownName] = [
    KnownName(text: "", meaning: .shared, family: ""),
    KnownName(text: "web.1", meaning: .instance, family: "dyno web"),
    KnownName(text: "web.2", meaning: .instance, family: "dyno web"),
    KnownName(text: "run.4711", meaning: .neverRecurs, family: "dyno run"),
    KnownName(text: "celery@ledger", meaning: .instance, family: "celery at"),
    KnownName(text: "celery@localhost", meaning: .shared, family: "celery at"),
    KnownName(text: "shop-0", meaning: .numbered, family: "stateful shop"),
    KnownName(text: "shop-1", meaning: .numbered, family: "stateful shop"),
    KnownName(text: "puma: 4711 [shop]", meaning: .shared, family: "puma title"),
    KnownName(text: "shop-7d9f8b6c5d-x2vlq", meaning: .neverRecurs, family: "pods of shop"),
    KnownName(text: "web-12a34b56d-e78f9", meaning: .neverRecurs, family: "new dyno web"),
    KnownName(text: "python3.11", meaning: .shared, family: "python3.11"),
    KnownName(text: "mail me@host", meaning: .shared, family: "mail me@host"),
    KnownName(
      text: "web.1 - 10.0.0.9:5432", meaning: .shared, family: "dyno web", isPoolers: true),
  ]

  static let byText = Dictionary(uniqueKeysWithValues: all.map { ($0.text, $0) })
}

/// Snapshots and policies in which a few names, addresses and moments collide all the time.
struct JudgeWorld {
  var random: Seeded
  private var names: [String] = []
  private var addresses: [String?] = []
  /// Which of the ages the sessions of an address have: all, or those of one generation.
  private var generations: [String?: ArraySlice<Duration>] = [:]
  private var hasNumbers = false

  init(_ random: Seeded) { self.random = random }

  private static let ages: [Duration] = [
    .seconds(-5), .zero, .microseconds(1), .seconds(29), .seconds(31), .minutes(4),
    .minutes(5) - .microseconds(1), .minutes(5), .minutes(5) + .microseconds(1), .minutes(6),
    .minutes(9), .minutes(10), .minutes(10) + .seconds(30), .minutes(20), .minutes(40),
    .minutes(55), .hours(1) - .microseconds(1), .hours(1), .hours(1) + .seconds(30), .minutes(70),
    .hours(2), .hours(3), .hours(5), .hours(9), .days(1), .days(2),
  ]
  private static let generations = [ages[1..<12], ages[8..<18], ages[13..<22], ages[16...]]
  private static let addresses: [String?] = [
    "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.130", "10.0.0.1", "10.0.0.2", "fd00::1",
    "fd00::2", "127.0.0.1", nil,
  ]
  private static let states: [SessionState?] = [
    .active, .fastpathFunctionCall, .idleInTransaction, .idleInTransactionAborted, .disabled,
    .starting, .other("napping"), nil,
  ]
  static let patterns = [
    "*", "web.*", "", "web.1", "*@ledger", "celery@ledger", "shop-*", "p*", "family:web.*",
    "family:shop-*", "run.*",
  ]

  mutating func age() -> Duration { random.one(of: Self.ages) }

  /// - Parameter most: the most sessions.
  mutating func snapshot(most: Int = 12) -> Snapshot {
    names = (0..<random.one(of: [1, 1, 2, 3])).map { _ in
      random.chance(45)
        ? random.one(of: ["web.1", "web.1", ""]) : random.one(of: KnownName.all).text
    }
    // The ordinals of a StatefulSet come together.
    if random.chance(12) { names = ["shop-0", "shop-1"] }
    addresses = (0..<random.one(of: [2, 3, 4, 5])).map { _ in random.one(of: Self.addresses) }
    generations = [:]
    if random.chance(60) {
      for address in addresses { generations[address] = random.one(of: Self.generations) }
    }
    let most = random.one(of: [4, most])
    hasNumbers = random.chance(30)
    let count = Int32.random(in: 1...Int32(most), using: &random)
    let role = RoleFacts.app { $0.ownPID = random.one(of: [1, 1, 99]) }
    var snapshot = Snapshot.of((1...count).map { session(pid: $0) }, role: role)
    snapshot.target.databaseID = hasNumbers ? 5 : nil
    return snapshot
  }

  /// As likely to be like the others of the last snapshot.
  mutating func session(pid: Int32) -> Session {
    let name = random.one(of: names)
    if random.chance(3) { return .hidden(pid: pid, application: name) }
    if random.chance(2) { return .background(pid: pid, type: "walsender") }
    var session = Session.client(pid: pid, .idle, application: name)
    if random.chance(8) { (session.userID, session.user) = (RoleID.other, "other") }
    if random.chance(3) { (session.userID, session.user) = (nil, nil) }
    if random.chance(10) { session.database = random.one(of: ["ledger", "ledger", nil]) }
    if hasNumbers { session.databaseID = session.database.map { $0 == "shop" ? 5 : 6 } }
    session.clientAddress = random.one(of: addresses)
    let ages = Array(generations[session.clientAddress] ?? Self.ages[...])
    let (start, query) = (random.one(of: ages), random.one(of: ages))
    // A clock that jumped makes a query older than its session.
    let isInOrder = random.chance(95)
    session.backendStart = .ago(isInOrder ? max(start, query) : start)
    session.queryStart = random.chance(90) ? .ago(isInOrder ? min(start, query) : query) : nil
    session.stateChange = random.chance(85) ? session.queryStart : .ago(age())
    if random.chance(2) { session.backendStart = nil }
    if random.chance(20) { session.state = random.one(of: Self.states) }
    session.waitEventType = random.one(of: ["Client", "Client", "Lock", nil])
    session.waitEvent = random.one(of: ["ClientRead", "ClientWrite", "relation", nil])
    session.endsWithDiscardAll = random.chance(3)
    return session
  }

  // MARK: - Policies

  mutating func policy() -> Policy {
    var policy = Policy(
      staleAfter: random.one(of: [.hours(1), .hours(1), .minutes(10), .hours(5), .minutes(1)]),
      groupBy: random.one(of: [[.application], [.family], [.client, .user], [.state]]))
    policy.restartGrace = random.one(of: [.minutes(5), .minutes(5), .minutes(1), .zero, .hours(1)])
    policy.clockTolerance = random.one(of: [.seconds(30), .zero, .minutes(10)])
    policy.maxAges = declarations([.minutes(10), .hours(1), .zero])
    if random.chance(30) { policy.closesItself = declarations([true, true, false]) }
    if random.chance(50) { policy.poolSizes = declarations([1, 1, 2, 3]) }
    policy.instances = declarations([1, 1, 2, 3])
    policy.restarts = declarations([
      .ago(.minutes(5)), .ago(.minutes(10)), .at(.ago(.hours(2))), .ago(.hours(3)),
      .at(.ago(.seconds(29))), .at(.ago(.seconds(-5))),
    ])
    if random.chance(40) {
      policy.staleAfters = scoped([.minutes(1), .minutes(10), .hours(2)])
      policy.maxAges += scoped([.minutes(10), .hours(1)])
    }
    if random.chance(25) { policy.oneInstance = declarations([true, false]) }
    if random.chance(15) {
      policy.sharedAddresses = [network(of: ["10.0.0.128/25", "fd00::/127"])]
    }
    if random.chance(15) { policy.poolers = [network(of: ["10.0.0.4", "fd00::2/128"])] }
    if random.chance(10) { policy.pooled = scoped([true, false, false]) }
    if random.chance(60) { policy.roster = roster() }
    return policy
  }

  private mutating func declarations<Value>(_ values: [Value]) -> [Declaration<Value>] {
    let count = random.one(of: [0, 1, 1, 2, 3])
    return (0..<count).map { _ in
      let pattern = random.chance(50) ? nil : ApplicationPattern(random.one(of: Self.patterns))
      return Declaration(pattern, random.one(of: values))
    }
  }

  /// As a policy file says it.
  private mutating func scoped<Value>(_ values: [Value]) -> [Declaration<Value>] {
    (0..<random.one(of: [1, 1, 2, 3])).map { _ in
      Declaration(
        ApplicationPattern(
          match: random.one(of: ["*", "web.*", "web.1", "", "p*"]),
          user: random.one(of: [nil, nil, "app", "o*"]),
          database: random.one(of: [nil, nil, "shop", "led*", "*"])), random.one(of: values))
    }
  }

  private mutating func network(of texts: [String]) -> Network {
    let text = random.one(of: texts)
    guard let network = Network(text) else { fatalError("\(text) is no network") }
    return network
  }

  /// Beside the names of the last snapshot it lists others of their families.
  mutating func roster() -> Roster {
    let format = random.one(of: [Roster.Format.heroku, .kubernetes, .lines])
    var roster = Roster(format: format, entries: [])
    let ranges = ["10.0.0.1", "10.0.0.2", "10.0.0.2/31", "10.0.0.130", "10.0.1.9", "fd00::1"]
    for _ in 0..<random.one(of: [0, 1, 2, 3, 5]) {
      let hasName = format != .lines || random.chance(50)
      let hasAddress = format == .kubernetes ? random.chance(80) : !hasName
      let name = random.chance(50) ? random.one(of: names) : random.one(of: KnownName.all).text
      roster.entries.append(
        Roster.Entry(
          name: hasName ? name : nil, networks: hasAddress ? [network(of: ranges)] : [],
          isAlive: format == .lines || random.chance(80),
          startedAt: random.chance(85) ? .ago(age()) : nil))
    }
    if format == .kubernetes, random.chance(40) { roster.nodeNetworks = [network(of: ranges)] }
    roster.takenAt = random.chance(25) ? .ago(age()) : nil
    if random.chance(30) { roster.coversNames = [Glob(random.one(of: ["*", "web.*", "", "p*"]))] }
    if random.chance(20) { roster.coversNetworks = [network(of: ["10.0.0.0/30", "fd00::/64"])] }
    roster.isComplete = random.chance(50)
    return roster
  }
}
