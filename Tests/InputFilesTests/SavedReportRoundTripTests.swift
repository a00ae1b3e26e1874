import InputFiles
import Rendering
import SessionAudit
import TestJSON
import TestRandom
import Testing

struct SavedReportRoundTripTests {
  @Test(arguments: [false, true])
  func readsWhatIsWritten(_ showQuery: Bool) throws {
    var world = ReportedWorld(Seeded.printed("readsWhatIsWritten"))
    for _ in 0..<300 {
      let snapshot = world.snapshot()
      var report = Judge.judge(snapshot, by: Policy())
      report.add(world.details(of: report))
      report.advise(words: "")
      let again = try SavedReport.read(
        written(report, showQuery: showQuery, indents: world.random.chance(50)))

      #expect(again.capturedAt == snapshot.capturedAt)
      #expect(again.target.withoutNumbers == snapshot.target.withoutNumbers)
      #expect(again.unlistedBackground == report.totals.background)
      #expect(again.server.maxConnections == snapshot.server.maxConnections)
      #expect(again.server.roleLimits == snapshot.server.roleLimits)
      #expect(again.server.databaseLimits == snapshot.server.databaseLimits)
      #expect(
        again.sessions.map(\.withoutNumbers)
          == report.sessions.map { $0.session.asWritten(showQuery: showQuery).withoutNumbers })

      var judgedAgain = Judge.judge(again, by: Policy())
      judgedAgain.advise(words: "")
      #expect(judgedAgain.slots == report.slots)
      #expect(judgedAgain.coverage == report.coverage)
      #expect(judgedAgain.sessions.map(\.times) == report.sessions.map(\.times))
      #expect(judgedAgain.sessions.map(\.verdict) == report.sessions.map(\.verdict))
      #expect(judgedAgain.sessions.map(\.evidence) == report.sessions.map(\.evidence))
      #expect(judgedAgain.sessions.map(\.protections) == report.sessions.map(\.protections))
      #expect(judgedAgain.sessions.map(\.holds) == report.sessions.map(\.holds))
      #expect(judgedAgain.blocking == report.blocking)
      #expect(judgedAgain.groups == report.groups)
      #expect(judgedAgain.advice == report.advice)
      for (one, other) in zip(again.sessions, report.sessions.map(\.session)) {
        let isOfTarget = one.databaseID != nil && one.databaseID == again.target.databaseID
        #expect(isOfTarget == (other.databaseID == snapshot.target.databaseID))
      }
    }
  }
}

func written(_ report: AuditReport, showQuery: Bool = false, indents: Bool = false) -> [UInt8] {
  let bytes = JSONReport<AuditReport>(version: "1", showQuery: showQuery, indents: indents)
    .bytes(of: .report(report))
  ProducedJSON.keep(bytes, from: #fileID)
  return bytes
}

extension Session {
  fileprivate var withoutNumbers: Session {
    var session = self
    (session.userID, session.databaseID) = (nil, nil)
    return session
  }

  fileprivate func asWritten(showQuery: Bool) -> Session {
    var session = self
    if !showQuery { session.query = nil }
    return session
  }
}

extension Target {
  fileprivate var withoutNumbers: Target {
    var target = self
    target.databaseID = nil
    return target
  }
}

/// Snapshots such as a server gives, hostile names included.
struct ReportedWorld {
  var random: Seeded

  init(_ random: Seeded) { self.random = random }

  private static let now = Timestamp(microseconds: 825_681_600_123_456)
  private static let users = ["app", "e\u{301}", "\u{E9}", "post\u{202E}gres", "\"q\"\\\u{1}"]
  private static let databases = ["shop", "sho\u{440}", "led\nger"]
  private static let queries = ["select 1", "discard all; ", "DISCARD TEMP", "listen \"x\"\n", ""]

  mutating func snapshot(sessions: ClosedRange<Int> = 0...15) -> Snapshot {
    var target = Target(name: random.one(of: [nil, "main"]))
    target.host = "db.example"
    target.port = random.one(of: ["5432", nil])
    target.database = random.one(of: Self.databases)
    target.databaseID = target.database.map(Self.number)
    target.user = "app"
    target.serverVersion = "18.6"
    target.serverVersionNumber = random.one(of: [180_006, 150_018, nil])
    target.inRecovery = random.chance(50)
    target.postmasterStartTime = Self.now - .seconds(86_400)
    target.pooled = random.one(of: [true, false, nil])
    let role = RoleFacts(
      name: "app", ownPID: random.one(of: [1, 2, 99]), isSuperuser: random.chance(20),
      canReadAllStats: random.chance(50), canSignalBackends: random.chance(30),
      canUseReservedConnections: random.chance(50),
      usableRoles: random.chance(70) ? [Self.number("app")] : [])
    let server = ServerFacts(
      maxConnections: random.one(of: [100, 20]), superuserReserved: 3,
      reserved: random.one(of: [0, 5]),
      roleLimits: random.chance(30) ? [NamedLimit(name: "app", limit: 9)] : [],
      databaseLimits: random.chance(30) ? [NamedLimit(name: "shop", limit: 0)] : [],
      superuserRoles: [Self.number(Self.users[3])])
    let count = Int.random(in: sessions, using: &random)
    return Snapshot(
      capturedAt: Self.now, target: target, server: server, role: role,
      sessions: (0..<count).map { session(pid: Int32($0 + 1)) })
  }

  /// What a second look might have found.
  mutating func details(of report: AuditReport) -> Details {
    var details = Details(blocking: [])
    for pid in report.candidates where random.chance(80) {
      // A backup shows in the query alone, of which these sessions have none such.
      details.holdings[pid] = Set(
        Holding.allCases.filter { $0 != .backup && random.chance(20) })
      if random.chance(30) {
        details.unknown[pid] = random.one(of: [[.listen], [.temporaryTables]])
      }
    }
    for session in report.sessions.map(\.session) where random.chance(20) {
      details.blocking?.append(
        Blocker(
          pid: session.pid, waiters: random.one(of: [1, 2, 12]),
          heldSince: session.transactionStart, applicationName: session.applicationName))
    }
    if random.chance(10) {
      details.blocking?.append(
        Blocker(pid: 0, waiters: 1, heldSince: moment(), applicationName: nil))
    }
    return details
  }

  private mutating func session(pid: Int32) -> Session {
    let names = ["", "web.1", "web.2", "pg_dump", "\u{1B}[2J", "caf\u{E9} \u{1F600}"]
    var session = Session(pid: pid, applicationName: random.one(of: names))
    session.user = random.chance(90) ? random.one(of: Self.users) : nil
    session.userID = session.user.map(Self.number)
    session.database = random.chance(90) ? random.one(of: Self.databases) : nil
    session.databaseID = session.database.map(Self.number)
    session.backendType = random.one(of: ["client backend", "client backend", "walwriter", nil])
    guard session.backendType != nil else { return session }
    session.backendStart = moment()
    session.clientAddress = random.one(of: ["10.0.0.1", "fd00::1", nil])
    session.clientPort = session.clientAddress == nil ? -1 : 40_000
    session.leaderPID = random.one(of: [nil, 1])
    session.state = random.one(
      of: [.idle, .idle, .active, .idleInTransaction, .disabled, .other("napping"), nil])
    session.stateChange = moment()
    session.queryStart = moment()
    session.transactionStart = moment()
    // Of what is no client's the report keeps nothing, so that its waiting would not come back.
    let isClient = session.backendType == "client backend"
    session.waitEventType = random.one(of: ["Client", isClient ? "Lock" : nil, nil])
    session.waitEvent = random.one(of: ["ClientRead", "relation", nil])
    let query = random.one(of: Self.queries)
    session.query = query
    session.lastCommand = query.isEmpty ? nil : query.prefix { $0.isLetter }.uppercased()
    session.endsWithDiscardAll = query == "discard all; "
    return session
  }

  private mutating func moment() -> Timestamp? {
    guard random.chance(90) else { return nil }
    return Self.now - .microseconds(Int64.random(in: -5_000_000...20_000_000_000, using: &random))
  }

  /// What the server would number a name with; no name twice.
  private static func number(_ name: String) -> UInt32 {
    name.utf8.reduce(20_000) { $0 &* 31 &+ UInt32($1) }
  }
}
