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
  static let applications = ["", "web.1", "web.2", "worker.1", "pgsessions", "WEB.1"]
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
    let count = Int.random(in: 0...20, using: &random)
    return .of((0..<count).map { session(pid: Int32($0 + 1)) }, role: role, server: server)
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
    session.waitEventType = random.one(of: ["Client", "Lock", nil])
    session.waitEvent = random.one(of: ["ClientRead", "ClientWrite", "relation", nil])
    return session
  }

  mutating func selection() -> Selection {
    let byIdle = random.chance(70)
    var selection = Selection(
      idleLongerThan: byIdle ? random.one(of: [.minutes(1), .hours(1), .days(1)]) : nil,
      sessionOlderThan: !byIdle || random.chance(40)
        ? random.one(of: [.minutes(1), .hours(1), .days(1)]) : nil,
      applications: random.one(
        of: [
          [], [], [], [], [Glob("web.*")], [Glob("")], [Glob("worker.1"), Glob("web.2")],
          [Glob("x")],
        ]),
      allDatabases: random.chance(30), maximum: random.one(of: [1, 2, 100]))
    selection.includeStateful = random.chance(50)
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
