import OperatingSystem
import PostgresClient
import SessionAudit
import TestSupport
import TestTraits
import Testing

@testable import ServerAccess

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the owner of a database, or of a role, may try against whoever audits the server.
@Suite(.serialized, .sideBySide)
struct HostileServerTests {
  static let server = Result { () throws -> ThrowawayServer in
    let server = try ThrowawayServer()
    try server.execute("CREATE ROLE tenant LOGIN")
    try server.execute("CREATE DATABASE trap OWNER tenant")
    try server.execute("CREATE TABLE sprung (what text)", database: "trap")
    try server.execute("GRANT INSERT ON sprung TO PUBLIC", database: "trap")
    try server.execute("GRANT CREATE ON SCHEMA public TO tenant", database: "trap")
    try server.execute("ALTER DATABASE trap SET search_path = public, pg_catalog")
    let tenant = try server.connect(user: "tenant", database: "trap")
    // Each stands before the built-in one, and says so when it is called.
    for (signature, result) in [
      ("set_config(a text, b text, c boolean)", "text"), ("current_setting(a text)", "text"),
      ("current_setting(a text, b boolean)", "text"), ("clock_timestamp()", "timestamptz"),
      ("pg_backend_pid()", "int"), ("version()", "text"), ("pg_is_in_recovery()", "boolean"),
      ("pg_has_role(a name, b text)", "boolean"), ("pg_has_role(a name, b oid, c text)", "boolean"),
      ("pg_has_role(a oid, b text)", "boolean"),
      ("pg_terminate_backend(a int)", "boolean"), ("host(a inet)", "text"),
      ("pg_get_userbyid(a oid)", "name"), ("pg_postmaster_start_time()", "timestamptz"),
      ("to_regrole(a text)", "regrole"), ("current_database()", "name"),
      ("pg_blocking_pids(a int)", "int[]"), ("starts_with(a text, b text)", "boolean"),
      ("pg_stat_get_backend_idset()", "SETOF int"), ("pg_stat_get_backend_pid(a int)", "int"),
      ("pg_stat_get_backend_dbid(a int)", "oid"), ("unnest(a int[])", "SETOF int"),
    ] {
      try tenant.execute(
        """
        CREATE FUNCTION public.\(signature) RETURNS \(result) LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the trap has sprung'; END $$
        """)
    }
    return server
  }

  private func read(_ connection: Connection) throws -> Snapshot {
    try SnapshotReader(connection).read(
      keepingQueries: false, deadline: Deadline(after: .seconds(10)))
  }

  @Test func aDatabasesSearchPathRunsNothing() throws {
    let server = try Self.server.get()
    let bait = try server.connect(application: "bait", user: "tenant", database: "trap")
    usleep(60_000)
    let connection = try server.connect(database: "trap")
    #expect(throws: PostgresError.self, "the trap is set") {
      try connection.execute("SELECT pg_is_in_recovery()")
    }
    let details = try DetailsReader(connection).read(
      candidates: [bait.backendPID], lockWaiters: [bait.backendPID], among: [],
      deadline: Deadline(after: .seconds(10)))
    #expect(details == Details(holdings: [bait.backendPID: []], blocking: []))
    let report = Judge.judge(try read(connection), by: Policy())
    let plan = Planner.plan(
      report,
      selection: Selection(idleLongerThan: .milliseconds(50), applications: [Glob("bait")]))
    #expect(plan.selected.count == 1)
    let deadline = Deadline(after: .seconds(10))
    try Terminator.prepare(connection, deadline: deadline)
    let result = Terminator(connection, .init(verifyWithin: .seconds(5))).end(
      plan, of: report, deadline: deadline)
    #expect(result.earlyEnd == nil && result.outcomes.map(\.result) == [.gone])
    #expect(bait.backendPID > 0)
  }

  @Test func databasesHaveNumbers() throws {
    let server = try Self.server.get()
    let elsewhere = try server.connect(application: "elsewhere", database: "trap")
    let snapshot = try read(try server.connect())
    let own = try #require(snapshot.target.databaseID)
    let other = try #require(snapshot.sessions.first { $0.applicationName == "elsewhere" })
    #expect(other.databaseID != nil && other.databaseID != own)
    #expect(
      "\(own)"
        == (try elsewhere.text("SELECT oid FROM pg_catalog.pg_database WHERE datname = 'postgres'"))
    )
  }

  /// A right that is taken away while we watch makes nothing "gone".
  @Test func whatCanNoLongerBeSeenIsNotGone() throws {
    let server = try Self.server.get()
    try server.execute("CREATE ROLE owned LOGIN")
    try server.execute("CREATE ROLE watcher LOGIN")
    try server.execute("GRANT owned TO watcher")
    let victim = try server.connect(application: "owned", user: "owned")
    try victim.execute("SELECT 1")
    usleep(60_000)
    let connection = try server.connect(user: "watcher")
    let report = Judge.judge(try read(connection), by: Policy())
    let plan = Planner.plan(
      report, selection: Selection(idleLongerThan: .milliseconds(50), applications: [Glob("owned")])
    )
    #expect(plan.selected.count == 1)
    kill(victim.backendPID, SIGSTOP)
    defer { kill(victim.backendPID, SIGCONT) }
    // Long after the signal, and long before the end of the watch, on a slow machine too.
    let revoke = Background {
      usleep(3_000_000)
      try server.execute("REVOKE owned FROM watcher")
      return 0
    }
    let result = Terminator(connection, .init(verifyWithin: .seconds(6))).end(
      plan, of: report, deadline: Deadline(after: .seconds(20)))
    _ = try revoke.value()
    #expect(result.outcomes.map(\.result) == [.survived])
  }
}
