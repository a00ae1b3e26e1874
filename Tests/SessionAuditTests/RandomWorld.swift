import SessionAudit
import TestRandom

/// Snapshots with everything in them that a server can show, thresholds hit exactly included.
struct RandomWorld {
  private(set) var random: Seeded

  init(_ random: Seeded) { self.random = random }

  static let ages: [Duration] = [
    .zero, .microseconds(1), .seconds(59), .minutes(1), .minutes(59), .hours(1),
    .hours(1) + .microseconds(1), .hours(2), .days(1), .days(1) + .seconds(1), .days(2), .days(3),
    .days(9), .seconds(-5),
  ]
  static let applications = [
    "", "web.1", "web.2", "worker.1", "pgsessions", "WEB.1", "pg_dump",
  ]
  private static let states: [SessionState?] = [
    .idle, .idle, .idle, .idle, .idle, .idle, .idle, .idle, .active, .idleInTransaction,
    .idleInTransactionAborted,
    .fastpathFunctionCall, .disabled, .starting, .other("napping"), nil,
  ]
  private static let backendTypes: [String?] = [
    "client backend", "client backend", "client backend", "client backend", "client backend",
    "walsender", "parallel worker", "autovacuum worker", "io worker", nil, nil,
  ]

  mutating func age() -> Duration { random.one(of: Self.ages) }

  mutating func snapshot() -> Snapshot {
    let role = RoleFacts(
      name: "app", ownPID: Int32(random.one(of: [1, 2, 3, 99])), isSuperuser: random.chance(15),
      canReadAllStats: random.chance(50), canSignalBackends: random.chance(40),
      canUseReservedConnections: random.chance(50),
      usableRoles: random.chance(70) ? [RoleID.app] : [])
    let server = ServerFacts.hundred { server in
      server.roleLimits = [NamedLimit(name: "app", limit: 5)]
      if random.chance(10) { server.superuserRoles.insert(RoleID.app) }
    }
    let count = Int.random(in: 0...30, using: &random)
    return .of((0..<count).map { session(pid: Int32($0 + 1)) }, role: role, server: server)
  }

  /// Sessions of one role in one database, most of them quiet, of which many are left behind.
  mutating func quietSnapshot() -> Snapshot {
    let count = Int.random(in: 0...40, using: &random)
    // Newcomers, of whom each makes orphans of what it has replaced.
    let newcomers = ["web.1", "web.2", "worker.1"].filter { _ in random.chance(60) }
    return .of(
      newcomers.enumerated().map { number, name in
        .client(
          pid: Int32(number + 100), .idle, open: .minutes(20), silent: .seconds(1),
          application: name
        ) { $0.clientAddress = "10.0.0.\(number + 9)" }
      }
        + (0..<count).map { number in
          let silent = random.one(of: Self.ages.filter { $0 >= .zero })
          return .client(
            pid: Int32(number + 2),
            random.chance(85) ? .idle : random.one(of: [.active, .idleInTransaction]),
            open: silent + random.one(of: Self.ages.filter { $0 >= .zero }), silent: silent,
            application: random.one(of: ["web.1", "web.1", "web.2", "", "worker.1"])
          ) {
            $0.clientAddress = "10.0.0.\(Int.random(in: 1...4, using: &random))"
            if random.chance(10) { $0.database = "ledger" }
            if $0.state?.isActive == true { $0.queryStart = $0.stateChange }
          }
        })
  }

  mutating func session(pid: Int32) -> Session {
    var session = Session(pid: pid, applicationName: random.one(of: Self.applications))
    session.userID = random.one(of: [
      RoleID.app, RoleID.app, RoleID.app, RoleID.other, RoleID.superuser, nil,
    ])
    session.user = session.userID.map { "role\($0)" }
    session.database = random.one(of: ["shop", "shop", "shop", "shop", "ledger", nil])
    session.backendType = random.one(of: Self.backendTypes)
    guard session.backendType != nil else { return session }
    session.backendStart = random.chance(97) ? .ago(age()) : nil
    session.clientAddress = random.one(of: ["10.0.0.1", "10.0.0.2", "fd00::1", nil])
    session.clientPort = session.clientAddress == nil ? -1 : 40_000
    session.state = random.one(of: Self.states)
    session.stateChange = random.chance(95) ? .ago(age()) : nil
    session.queryStart = random.chance(90) ? .ago(age()) : nil
    session.beginsBackup = random.chance(5)
    session.waitEventType = random.one(of: ["Client", "Lock", nil])
    session.waitEvent = random.one(of: ["ClientRead", "ClientWrite", "relation", nil])
    return session
  }

  /// What makes orphans of some sessions, on each basis.
  mutating func policy() -> Policy {
    var policy = Policy()
    if random.chance(40) { policy.instances = [Declaration(nil, 1)] }
    if random.chance(30) { policy.restarts = [Declaration(nil, .ago(.minutes(30)))] }
    if random.chance(30) {
      policy.roster = Roster(
        format: .lines,
        entries: [.init(name: "web.1", networks: [], isAlive: true, startedAt: .ago(.hours(1)))])
      policy.roster?.takenAt = .ago(.minutes(1))
    }
    if random.chance(25) { policy.staleAfters = scoped([.minutes(2), .hours(3)]) }
    if random.chance(15) { policy.protected = scoped([true, true, false]) }
    return policy
  }

  /// As a policy file says it.
  private mutating func scoped<Value>(_ values: [Value]) -> [Declaration<Value>] {
    (0..<random.one(of: [1, 2])).map { _ in
      Declaration(
        ApplicationPattern(
          match: random.one(of: ["*", "web.*", "web.1", "", "worker.1"]),
          user: random.one(of: [nil, nil, "role*", "role\(RoleID.app)"]),
          database: random.one(of: [nil, nil, "shop", "*"])), random.one(of: values))
    }
  }

  mutating func selection() -> Selection {
    let thresholds: [Duration] = [.minutes(1), .hours(1), .days(1)]
    var selection = Selection(
      idleLongerThan: random.chance(50) ? random.one(of: thresholds) : nil,
      sessionOlderThan: random.chance(30) ? random.one(of: thresholds) : nil,
      applications: random.one(
        of: [
          [], [], [], [], [Glob("web.*")], [Glob("")], [Glob("worker.1"), Glob("web.2")],
          [Glob("x")],
        ]),
      allDatabases: random.chance(30), maximum: random.one(of: [1, 2, 100, 100]))
    if random.chance(15) { selection.inTransactionLongerThan = random.one(of: thresholds) }
    if random.chance(15) { selection.activeLongerThan = random.one(of: thresholds) }
    (selection.orphans, selection.suspects) = (random.chance(40), random.chance(25))
    if selection.selectsByNothing { selection.idleLongerThan = .minutes(1) }
    selection.trust = random.one(of: Basis.allCases)
    selection.keep = random.one(of: [0, 0, 0, 1, 2])
    if random.chance(20) { selection.keeps = scoped([0, 1, 3]) }
    if random.chance(25) { selection.trusts = scoped(Trust.allCases) }
    selection.maximumShare = random.one(of: [0, 30, 50, 100])
    selection.allowsEmpty = random.chance(60)
    if random.chance(20) { selection.allowsEmpties = scoped([true, false]) }
    selection.includeActive = random.chance(20)
    selection.isForOthers = random.chance(5)
    selection.includeStateful = random.chance(50)
    selection.includeBackups = random.chance(50)
    if random.chance(20) {
      selection.applications.excluded = [Glob(random.one(of: ["web.1", "worker.*", "none"]))]
    }
    if random.chance(20) {
      selection.users = VictimFilter(
        [Glob("role*")], excluding: [Glob("role\(random.one(of: [RoleID.app, RoleID.other]))")])
    }
    if random.chance(15) { selection.databases = VictimFilter([Glob("s*")]) }
    if random.chance(20) {
      selection.clients = VictimFilter(
        [ClientPattern(random.one(of: ["10.0.0.0/31", "fd00::/8", "", "10.*"]))],
        excluding: random.chance(30) ? [ClientPattern("10.0.0.1")] : [])
    }
    return selection
  }
}
