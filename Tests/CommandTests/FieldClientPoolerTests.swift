import OperatingSystem
import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What leaves DISCARD ALL behind: a genuine pgpool-II, under its clients' names, PgBouncers in
/// session mode, under no name, and psycopg2's own reset, under the name of whoever resets.
@Suite(.serialized, .sideBySide)
struct FieldClientPoolerTests {
  private static let server = FieldStage.makeServer()
  /// Waits for ever for a primary of its own; pgpool asks no more than whether it is in recovery.
  private static let standby = Result {
    let server = try ThrowawayServer()
    try FieldStage.prepare(server)
    try server.becomeStandby()
    return server
  }
  private static let short = [
    "--restart-grace", FieldStage.threshold(milliseconds: 500),
    "--stale-after", FieldStage.threshold(milliseconds: 1_000),
  ]

  /// pgpool on a host of its own before the stage's server and a standby that takes the reads.
  /// Clients called web.1 and web.2 come and leave; one web.1 stays and has only read.
  private struct Scene {
    let stage: FieldStage
    let pgpool: Pgpool
    let staying: Connection
    /// When web.1 and web.2 were started anew, as their platform lists them.
    var roster: String
  }

  private static let host = 40

  private func scene() throws -> Scene {
    let stage = try FieldStage(Self.server)
    let pgpool = try Pgpool(
      primary: stage.host(Self.host).port, standby: Self.standby.get().port,
      application: "web.2", user: "app", database: "shop")
    func client(_ name: String) throws -> Connection {
      try pgpool.connect(application: name, user: "app", database: "shop")
    }
    try stage.server.execute("CREATE TABLE IF NOT EXISTS item (id int)", database: "shop")
    try stage.server.execute("GRANT ALL ON item TO app", database: "shop")
    let staying = try client("web.1")
    _ = try staying.text("1")
    do {
      let leaving = try [client("web.1"), client("web.1"), client("web.2")]
      for client in leaving { try client.execute("INSERT INTO item VALUES (1)") }
    }
    try Crowd.poll("pgpool to clean the sessions of those who left") {
      try stage.server.connect().text(
        "SELECT count(*) FROM pg_stat_activity WHERE query = 'DISCARD ALL' AND client_addr = "
          + "'\(FieldStage.address(Self.host))'"
      )
      .flatMap { Int($0) } ?? 0 >= 3
    }
    stage.pause(milliseconds: 1_300)
    let roster = "web.1,\(try stage.now())\nweb.2\n"
    return Scene(stage: stage, pgpool: pgpool, staying: staying, roster: roster)
  }

  @Test func pgpoolsSessionsAreEndedByNothing() throws {
    let scene = try scene()
    let arguments = Self.short + ["--clock-tolerance", "200ms"]
    let before = try scene.stage.count(from: Self.host)
    let report = try scene.stage.audit(arguments, roster: scene.roster)
    let cached = report.sessions(from: Self.host).filter { $0["last_command"]?.text == "DISCARD" }
    #expect(cached.count >= 3)
    // The names are its clients', as pgpool keeps them.
    let names = Set(cached.compactMap { $0["application_name"]?.text })
    #expect(names.isSuperset(of: ["web.1", "web.2"]))
    for session in cached {
      #expect(session.protections.contains("pooled"), "\(session.brief)")
      #expect(session["verdict"]?.text != "orphan", "\(session.brief)")
    }
    // The client that is connected has only read, from the standby: on this server no query of it
    // was ever seen.
    let unread = report.sessions(from: Self.host).filter { $0["last_command"]?.text == nil }
    #expect(!unread.isEmpty)
    for session in unread { #expect(session["verdict"]?.text != "orphan", "\(session.brief)") }

    let run = try scene.stage.terminate(["--orphans"] + arguments, roster: scene.roster)
    #expect(run.status == 0, "\(run.words)")
    #expect(run.report.value(at: "totals.selected")?.int == 0)
    #expect(try scene.stage.count(from: Self.host) == before)
    try scene.staying.execute("INSERT INTO item VALUES (2)")
  }

  /// What pgpool keeps is its own where thresholds select, too.
  @Test func thresholdsLeavePgpoolsSessionsToIt() throws {
    let scene = try scene()
    let before = try scene.stage.count(from: Self.host)
    let run = try scene.stage.terminate([
      "--idle-longer-than", FieldStage.threshold(milliseconds: 500), "--max-share", "100",
    ])
    #expect(run.report.keptFor.contains("pooled"), "\(run.words)")
    let cached = try scene.stage.server.connect().text(
      "SELECT count(*) FROM pg_stat_activity WHERE query = 'DISCARD ALL'")
    #expect(cached.flatMap { Int($0) } ?? 0 >= 3 && before >= 4)
  }

  // MARK: - Two PgBouncers in session mode

  private func client(of pooler: Pooler, _ application: String) throws -> Connection {
    let connection = try Connection.open(
      ConnectionParameters([
        "host": "127.0.0.1", "port": "\(pooler.port)", "user": "app", "dbname": "shop",
        "application_name": application, "sslmode": "disable", "gssencmode": "disable",
      ]), deadline: Deadline(after: .seconds(10)))
    try connection.execute("SELECT 1")
    return connection
  }

  /// A client of web.1 that is quiet behind the first, and a later one of that name behind the
  /// second. Both live.
  /// - Parameter hasLeft: whether another client has left the first before.
  private func twoPgBouncers(
    hasLeft: Bool
  ) throws -> (stage: FieldStage, poolers: [Pooler], clients: [Connection]) {
    let stage = try FieldStage(Self.server)
    let poolers = try [41, 42].map { number in
      try Pooler(beforePort: stage.host(number).port, mode: .session, users: ["app"])
    }
    let quiet = try client(of: poolers[0], "web.1")
    if hasLeft { _ = try client(of: poolers[0], "web.1") }
    stage.pause(milliseconds: 600)
    let later = try client(of: poolers[1], "web.1")
    stage.pause(milliseconds: 1_100)
    try later.execute("SELECT 2")
    return (stage, poolers, [quiet, later])
  }

  /// While a client has it, a session bears its name and its last query: in pg_stat_activity it is
  /// no other than one without a pooler. What a client gave back has no name any more, and DISCARD
  /// ALL as its last query: that gives the address away, and with it the quiet client beside it.
  @Test func whatAClientGaveBackGivesAPoolerAway() throws {
    let (stage, poolers, clients) = try twoPgBouncers(hasLeft: true)
    let report = try stage.audit(Self.short)
    // PgBouncer has one more in postgres, where nobody asked for anything yet.
    let sessions = report.sessions(from: 41).filter { $0["database"]?.text == "shop" }
    let back = sessions.filter { $0["application_name"]?.text == "" }
    #expect(back.count == 1 && sessions.count == 2, "\(sessions.map(\.brief))")
    for session in back { #expect(session.protections.contains("pooled"), "\(session.brief)") }
    let linked = sessions.filter { $0["application_name"]?.text == "web.1" }
    for session in linked { #expect(session["last_command"]?.text == "SELECT") }
    #expect(report.verdicts(from: 41)["orphan"] == nil)
    let run = try stage.terminate(["--orphans", "--trust", "inferred"] + Self.short)
    #expect(run.report.value(at: "totals.gone")?.int == 0, "\(run.words)")
    for client in clients { #expect(Crowd.isAlive(client)) }
    withExtendedLifetime(poolers) {}
  }

  /// Where every session has its client, nothing tells; who has poolers must say so.
  @Test func aPoolerThatIsNamedTellsWhereNothingElseDoes() throws {
    let (stage, poolers, clients) = try twoPgBouncers(hasLeft: false)
    let named = ["--pooler", FieldStage.address(41), "--pooler", FieldStage.address(42)]
    let report = try stage.audit(named + Self.short)
    for session in report.sessions(from: 41) {
      #expect(session.protections.contains("pooled"), "\(session.brief)")
      #expect(session["verdict"]?.text != "orphan", "\(session.brief)")
    }
    let run = try stage.terminate(["--orphans", "--trust", "inferred"] + named + Self.short)
    #expect(run.report.value(at: "totals.gone")?.int == 0, "\(run.words)")
    for client in clients { #expect(Crowd.isAlive(client)) }
    withExtendedLifetime(poolers) {}
  }

  // MARK: - psycopg2's reset

  /// A lost host whose two connections were reset when they were given back, and its living
  /// successor at another address, both of one name.
  private func resets() throws -> FieldStage {
    let stage = try FieldStage(Self.server)
    let lost = try stage.host(50)
    let dead = try stage.start(.reset, [stage.conninfo(lost, application: "worker.1"), "2"])
    try dead.ask("reset")
    #expect(try stage.column("query", of: dead.pids[0]) == "DISCARD ALL")
    stage.pause(milliseconds: 100)
    try lost.vanish()
    try dead.kill()
    stage.pause(milliseconds: 100)
    let living = try stage.pool(on: stage.host(51), application: "worker.1")
    stage.pause(milliseconds: 1_300)
    try living.ask("use")
    return stage
  }

  /// By inference and by address it could be a pooler's: a doubt, which is said.
  @Test func aResetUnderOneNameIsADoubt() throws {
    let stage = try resets()
    let report = try stage.audit(Self.short)
    #expect(report.verdicts(from: 50) == ["suspect": 2])
    for session in report.sessions(from: 50) {
      #expect(!session.protections.contains("pooled"), "\(session.brief)")
    }
    let byAddress = try stage.audit(
      Self.short + ["--roster-covers", "127.0.0.0/24"], roster: FieldStage.address(51) + "\n")
    #expect(byAddress.verdicts(from: 50) == ["suspect": 2])
    let run = try stage.terminate(["--orphans", "--trust", "inferred"] + Self.short)
    #expect(run.report.value(at: "totals.gone")?.int == 0, "\(run.words)")
    #expect(try stage.count(from: 50) == 2)
  }

  /// A roster by name speaks of the one whose name it is, reset or not.
  @Test func aRosterByNameJudgesWhatWasReset() throws {
    let stage = try resets()
    // Its owner of this name started after those sessions were last heard.
    let started = try #require(
      try stage.server.connect().text(
        "SELECT to_char(min(backend_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
          + " FROM pg_stat_activity WHERE client_addr = '\(FieldStage.address(51))'"))
    let arguments = Self.short + ["--clock-tolerance", "10ms"]
    let run = try stage.terminate(
      ["--orphans"] + arguments, roster: "worker.1,\(started)\n")
    #expect(run.status == 0, "\(run.words)")
    #expect(run.report.results == ["gone": 2])
    #expect(try [50, 51].map { try stage.count(from: $0) } == [0, 2])
  }
}
