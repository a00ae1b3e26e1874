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

/// What a snapshot says of a server whose sessions the test has made.
@Suite(.serialized, .sideBySide)
struct SnapshotReaderTests {
  static let server = Result { () throws -> ThrowawayServer in
    let server = try ThrowawayServer(settings: ["max_connections": "40"])
    for sql in [
      "CREATE ROLE app LOGIN CONNECTION LIMIT 30", "CREATE ROLE low LOGIN",
      "CREATE ROLE watcher LOGIN", "GRANT pg_read_all_stats TO watcher",
      "CREATE ROLE killer LOGIN", "GRANT pg_monitor, pg_signal_backend TO killer",
      "CREATE ROLE heir LOGIN", "GRANT app TO heir",
      "CREATE DATABASE shop", "CREATE DATABASE small CONNECTION LIMIT 7",
      "CREATE DATABASE old ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
    ] {
      try server.execute(sql)
    }
    return server
  }

  private func read(
    _ server: ThrowawayServer, user: String = "watcher", database: String = "shop",
    keepingQueries: Bool = false
  ) throws -> Snapshot {
    var parameters = server.parameters(user: user, database: database)
    parameters["client_encoding"] = "SQL_ASCII"
    let connection = try Connection.open(parameters, deadline: Deadline(after: .seconds(10)))
    return try SnapshotReader(connection).read(
      keepingQueries: keepingQueries, deadline: Deadline(after: .seconds(10)))
  }

  private func session(_ snapshot: Snapshot, _ application: String) throws -> Session {
    try #require(snapshot.sessions.first { $0.applicationName == application })
  }

  @Test func statesAndTimesAreTheServers() throws {
    let server = try Self.server.get()
    func client(_ application: String, _ sql: [String]) throws -> Connection {
      let connection = try server.connect(
        application: application, user: "app", database: "shop", viaTCP: true)
      for sql in sql { try connection.execute(sql) }
      return connection
    }
    let unused = try client("unused", [])
    let idle = try client("idle", ["/* who */ -- x\n (select 1)"])
    let open = try client("open", ["BEGIN", "SELECT 1"])
    let aborted = try client("aborted", ["BEGIN"])
    _ = #expect(throws: PostgresError.self) { try aborted.execute("SELECT 1/0") }
    let busy = Background {
      try server.connect(application: "busy", user: "app", database: "shop").execute(
        "SELECT pg_sleep(1.5)"
      ).rowCount
    }
    usleep(300_000)

    let before = try idle.text("clock_timestamp()")
    let snapshot = try read(server)
    #expect(before != nil)
    #expect(try session(snapshot, "unused").state == .idle)
    #expect(try session(snapshot, "unused").lastCommand == nil)
    #expect(try session(snapshot, "idle").state == .idle)
    #expect(try session(snapshot, "open").state == .idleInTransaction)
    #expect(try session(snapshot, "open").transactionStart != nil)
    #expect(try session(snapshot, "aborted").state == .idleInTransactionAborted)
    #expect(try session(snapshot, "busy").state == .active)
    #expect(try session(snapshot, "busy").waitEvent == "PgSleep")
    #expect(try session(snapshot, "open").lastCommand == "SELECT")

    let tcp = try session(snapshot, "open")
    #expect(tcp.clientAddress == "127.0.0.1" && (tcp.clientPort ?? 0) > 0)
    #expect(try session(snapshot, "busy").isOnUnixSocket)
    #expect(tcp.user == "app" && tcp.database == "shop" && tcp.backendType == "client backend")
    #expect(snapshot.sessions.contains { $0.kind == .background })
    #expect(snapshot.sessions.allSatisfy { $0.query == nil })
    for moment in snapshot.sessions.flatMap({ [$0.backendStart, $0.stateChange, $0.queryStart] }) {
      if let moment { #expect(moment <= snapshot.capturedAt) }
    }
    let queries = try read(server, keepingQueries: true)
    #expect(try session(queries, "open").query == "SELECT 1")

    _ = try busy.value()
    for connection in [unused, idle, open, aborted] { _ = connection.backendPID }
  }

  @Test func microsecondsAreKept() throws {
    let server = try Self.server.get()
    let connection = try server.connect(application: "exact", user: "app", database: "shop")
    let snapshot = try read(server)
    let session = try session(snapshot, "exact")
    let text = try server.connect().text(
      """
      SELECT to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
      FROM pg_stat_activity WHERE application_name = 'exact'
      """)
    #expect(session.backendStart?.iso8601 == text)
    #expect(session.pid == connection.backendPID)
  }

  @Test func serverAndRoleFactsAreRight() throws {
    let server = try Self.server.get()
    let snapshot = try read(server)
    #expect(snapshot.server.maxConnections == 40)
    #expect(snapshot.server.superuserReserved == 3)
    #expect(snapshot.server.roleLimits.map { "\($0.name) \($0.limit)" } == ["app 30"])
    #expect(snapshot.server.databaseLimits.map { "\($0.name) \($0.limit)" } == ["small 7"])
    #expect(snapshot.role.name == "watcher" && snapshot.role.canReadAllStats)
    #expect(!snapshot.role.canSignalBackends && !snapshot.role.isSuperuser)
    #expect(snapshot.target.database == "shop" && snapshot.target.inRecovery == false)
    #expect(snapshot.target.pooled == false)
    #expect(
      snapshot.target.serverVersionNumber.map { $0 / 10_000 } == server.installation.majorVersion)
    let own = snapshot.sessions.filter { $0.pid == snapshot.role.ownPID }
    #expect(own.count == 1)
    #expect(try read(server, user: "postgres").role.isSuperuser)
  }

  @Test func rightsToSignalFollowMembership() throws {
    let server = try Self.server.get()
    let victim = try server.connect(application: "rights", user: "app", database: "shop")
    let root = try server.connect(application: "root", user: "postgres", database: "shop")
    for (user, mayEndApp, mayEndRoot) in [
      ("low", false, false), ("watcher", false, false), ("killer", true, false),
      ("heir", true, false), ("app", true, false), ("postgres", true, true),
    ] {
      let snapshot = try read(server, user: user)
      let app = try session(snapshot, "rights")
      #expect(snapshot.role.maySignal(app, on: snapshot.server) == mayEndApp, "\(user)")
      let superuser = try session(snapshot, "root")
      #expect(snapshot.role.maySignal(superuser, on: snapshot.server) == mayEndRoot, "\(user)")
    }
    #expect(victim.backendPID != root.backendPID)
  }

  @Test func whatTheRoleMayNotSeeIsHiddenAndCounted() throws {
    let server = try Self.server.get()
    let clients = try (0..<3).map { _ in
      try server.connect(application: "unseen", user: "app", database: "shop")
    }
    let snapshot = try read(server, user: "low")
    let unseen = snapshot.sessions.filter { $0.applicationName == "unseen" }
    #expect(unseen.count == clients.count)
    #expect(unseen.allSatisfy { $0.kind == .hidden && $0.identity == nil && $0.lastCommand == nil })
    // The server's own processes, hidden as well, are no clients.
    let background = try server.connect().text(
      "SELECT count(*) FROM pg_stat_activity WHERE backend_type <> 'client backend'")
    let report = Judge.judge(snapshot, by: Policy())
    #expect("\(report.totals.background)" == background)
    #expect(report.coverage.hidden >= 3 && !report.coverage.isComplete)
  }

  @Test func textThatIsNoUTF8FailsNothing() throws {
    let server = try Self.server.get()
    var parameters = server.parameters(user: "app", database: "old", application: "latin")
    // The server turns our UTF-8 into its LATIN1, and shows that byte to whoever reads it.
    parameters["client_encoding"] = "UTF8"
    let latin = try Connection.open(parameters, deadline: Deadline(after: .seconds(10)))
    try latin.execute("SELECT 'café\\101'")
    let snapshot = try read(server, keepingQueries: true)
    let query = try #require(try session(snapshot, "latin").query)
    #expect(query == "SELECT 'caf\u{FFFD}\\101'")
    #expect(try session(snapshot, "latin").lastCommand == "SELECT")
  }
}
