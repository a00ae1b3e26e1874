import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `pgsessions doctor` on real servers: what it says holds there, and the SQL that it prints runs
/// there and mends what it was printed for.
@Suite(.serialized, .sideBySide)
struct DoctorCommandTests {
  /// A server with an application, one who administers it, one with no rights, and a superuser.
  private func server(_ settings: [String: String] = [:]) throws -> ThrowawayServer {
    let server = try ThrowawayServer(
      settings: ["max_connections": "60"].merging(settings) { $1 })
    for sql in [
      "CREATE ROLE app LOGIN", "CREATE ROLE admin LOGIN CREATEROLE", "CREATE ROLE low LOGIN",
      "CREATE ROLE boss LOGIN SUPERUSER", "GRANT app TO admin WITH ADMIN OPTION",
      "CREATE DATABASE shop OWNER app",
    ] {
      try server.execute(sql)
    }
    return server
  }

  private func doctor(
    _ server: ThrowawayServer, as user: String, _ arguments: String..., database: String = "shop"
  ) throws -> ProcessOutcome {
    try Fixture.run(
      ["doctor"] + arguments
        + ["-h", "127.0.0.1", "-p", "\(server.port)", "-U", user, "-d", database])
  }

  private func findings(
    _ server: ThrowawayServer, as user: String, database: String = "shop"
  ) throws -> [String: JSON] {
    let outcome = try doctor(server, as: user, "--json", database: database)
    #expect(outcome.status == 0 && outcome.stderr.isEmpty, "\(outcome.stderr)")
    let json = try Fixture.json(outcome)
    #expect(json["schema"]?.text == "pgsessions/doctor/1" && json["failure"] == .null)
    let findings = json["findings"]?.items ?? []
    return Dictionary(
      findings.compactMap { finding in finding["code"]?.text.map { ($0, finding) } }
    ) { first, _ in first }
  }

  /// Runs SQL as psql would, from stdin, and stops at the first error.
  private func psql(
    _ server: ThrowawayServer, as user: String, _ sql: String, database: String = "shop"
  ) throws -> ProcessOutcome {
    try ChildProcess.run(
      server.installation.realPsql,
      [
        "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", "\(server.port)", "-U", user,
        "-d", database,
      ], environment: ChildProcess.plainEnvironment, input: sql)
  }

  /// The statements that are commented out as well: who has the rights takes the dashes away.
  private func uncommented(_ sql: String) -> String {
    sql.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let words = ["ALTER ", "GRANT ", "DROP ", "SELECT pg_reload_conf"]
      return words.contains { line.hasPrefix("-- \($0)") } ? line.dropFirst(3) : line
    }.joined(separator: "\n")
  }

  private func client(_ server: ThrowawayServer, _ sql: String = "SELECT 1") throws -> Connection {
    let connection = try server.connect(
      application: "", user: "app", database: "shop", viaTCP: true)
    try connection.execute(sql)
    return connection
  }

  @Test(arguments: ["app", "admin", "low", "boss"])
  func whatIsPrintedRunsForTheRoleThatItWasPrintedFor(user: String) throws {
    let server = try server()
    defer { server.remove() }
    let clients = [try client(server), try client(server, "BEGIN")]
    let sql = try doctor(server, as: user, "--sql")
    #expect(sql.status == 0 && sql.stderr.isEmpty)
    let run = try psql(server, as: user, sql.stdout)
    #expect(run.status == 0 && run.stderr.isEmpty, "\(run.stderr)\n\(sql.stdout)")
    // And all of it for somebody with all rights.
    let whole = try psql(server, as: "boss", uncommented(sql.stdout))
    // What is granted already gives a notice.
    #expect(
      whole.status == 0 && !whole.stderr.contains("ERROR"), "\(whole.stderr)\n\(sql.stdout)")
    let statements = uncommented(sql.stdout).split(separator: "\n").count { !$0.hasPrefix("--") }
    print(
      "doctor --sql as \(user): \(statements) statements run on \(server.installation.majorVersion)"
    )
    #expect(statements >= 5)
    _ = clients
  }

  /// The cure holds: sessions that begin afterwards have it, and doctor says so.
  @Test(arguments: ["app", "admin", "boss"])
  func whatItMendsIsMended(user: String) throws {
    let server = try server()
    defer { server.remove() }
    let before = try client(server)
    let ill = try findings(server, as: user)
    #expect(ill["vanished_client"]?["severity"]?.text == "warning")
    #expect(ill["vanished_client"]?["summary"]?.text?.contains("2h 11m") == true)
    #expect(try psql(server, as: user, doctor(server, as: user, "--sql").stdout).status == 0)
    let after = try client(server)
    for (name, value) in [
      ("tcp_keepalives_idle", "60"), ("tcp_keepalives_interval", "10"),
      ("tcp_keepalives_count", "6"), ("client_connection_check_interval", "10s"),
      ("tcp_user_timeout", "120000"),
    ] {
      #expect(try after.text("current_setting('\(name)')") == value, "\(name)")
    }
    // Whoever is not app sees it from pg_db_role_setting, or from the server's own settings.
    let well = try findings(server, as: user)
    #expect(well["vanished_client"]?["severity"]?.text == "ok")
    #expect(well["vanished_client"]?["summary"]?.text?.contains("2m") == true)
    #expect(well["client_connection_check_interval"]?["severity"]?.text == "ok")
    _ = before
  }

  @Test func theServerStartsWithWhatWasSetForIt() throws {
    let server = try server()
    defer { server.remove() }
    let sql = try doctor(server, as: "boss", "--sql").stdout
    #expect(try psql(server, as: "boss", uncommented(sql)).status == 0)
    try server.restart()
    let connection = try server.connect()
    let hasReserved = connection.serverVersion >= 160_000
    #expect(sql.contains("ALTER SYSTEM SET reserved_connections = '3';") == hasReserved)
    if hasReserved {
      #expect(try connection.text("current_setting('reserved_connections')") == "3")
    }
  }

  /// On a standby nobody may alter a role; its own settings can be altered.
  @Test func onAStandbyThePrimaryIsNamed() throws {
    let server = try server()
    defer { server.remove() }
    try server.becomeStandby()
    for user in ["app", "boss"] {
      let sql = try doctor(server, as: user, "--sql")
      let run = try psql(server, as: user, sql.stdout)
      #expect(sql.status == 0 && run.status == 0 && run.stderr.isEmpty, "\(run.stderr)")
    }
    let role = try doctor(server, as: "boss", "--role", "pgsessions")
    #expect(role.stdout.hasPrefix("-- This server is a standby: run this on its primary.\n"))
    #expect(try doctor(server, as: "app", "--sql").stdout.contains("-- Needs the primary:"))
    // ALTER SYSTEM is no write of the database's, and has mended this standby.
    #expect(try findings(server, as: "boss")["vanished_client"]?["severity"]?.text == "ok")
  }

  @Test func overASocketTheSystemsKeepalivesAreNotKnown() throws {
    let server = try server()
    defer { server.remove() }
    let outcome = try Fixture.run(
      "doctor", "-h", server.folder, "-p", "\(server.port)", "-U", "app", "-d", "shop")
    #expect(outcome.status == 0)
    let words = outcome.stdout.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("is not known here: a unix socket does not show"))
  }

  @Test func figuresAreTheServers() throws {
    let server = try server([
      "idle_session_timeout": "10min", "superuser_reserved_connections": "0",
    ])
    defer { server.remove() }
    let clients = try (0..<44).map { _ in try client(server) }
    try server.execute("ALTER DATABASE shop CONNECTION LIMIT 48")
    try server.execute("CREATE DATABASE half")
    try server.execute("UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'half'")
    try server.execute("ALTER ROLE low CONNECTION LIMIT 200")
    let found = try findings(server, as: "app")
    #expect(found["slots"]?["summary"]?.text?.contains("45 of 48") == true)
    #expect(found["slots"]?["severity"]?.text == "warning")
    #expect(found["superuser_reserved_connections"]?["severity"]?.text == "warning")
    #expect(found["idle_session_timeout"]?["summary"]?.text?.contains("10m") == true)
    #expect(found["role_connection_limit"]?["summary"]?.text?.contains("45 of 60") == true)
    #expect(found["invalid_database"]?["summary"]?.text?.contains("half") == true)
    #expect(found["application_name"]?["summary"]?.text?.contains("44 of 44") == true)
    // The rights count, not who is there: all are its own.
    #expect(found["right_to_end"]?["severity"]?.text == "info")
    #expect(found["right_to_end"]?["summary"]?.text?.contains("lacks pg_signal_backend") == true)
    let aged = try Fixture.run(
      "doctor", "--max-age", "15m", "-h", "127.0.0.1", "-p", "\(server.port)", "-U", "app", "-d",
      "shop")
    #expect(aged.stdout.contains("max_age_above_idle_session_timeout"))
    #expect(aged.stdout.contains("\"CONN_MAX_AGE\": 300"))
    _ = clients
  }

  @Test func aRoleThatSeesNothingIsToldSoAndNeverThatAllIsWell() throws {
    let server = try server()
    defer { server.remove() }
    let clients = [try client(server)]
    let outcome = try doctor(server, as: "low")
    #expect(outcome.status == 0)
    #expect(outcome.stdout.contains("low does not see 1 of 2 sessions"))
    #expect(outcome.stdout.contains("GRANT pg_read_all_stats TO \"low\";"))
    #expect(!outcome.stdout.contains("Nothing is wrong"))
    // Settings of other roles are known all the same.
    let found = try findings(server, as: "low")
    #expect(found["vanished_client"]?["summary"]?.text?.contains("2h 11m") == true)
    _ = clients
  }

  @Test func theLeastRoleAuditsAndEnds() throws {
    let server = try server()
    defer { server.remove() }
    let printed = try doctor(server, as: "boss", "--role", "watch \"er\"", database: "postgres")
    #expect(printed.status == 0)
    let run = try psql(server, as: "boss", printed.stdout, database: "postgres")
    #expect(run.status == 0 && run.stderr.isEmpty, "\(run.stderr)")
    let victim = try client(server)
    let audit = try Fixture.json(
      Fixture.run(
        "audit", "--json", "-h", "127.0.0.1", "-p", "\(server.port)", "-U", "watch \"er\"", "-d",
        "shop"))
    #expect(audit["coverage"]?["complete"] == .bool(true))
    let ended = try Fixture.run(
      "terminate", "--idle-longer-than", "1ms", "--user", "app", "--execute", "--yes", "--json",
      "-h", "127.0.0.1", "-p", "\(server.port)", "-U", "watch \"er\"", "-d", "shop")
    #expect(try Fixture.json(ended)["totals"]?["gone"]?.int == 1, "\(ended.stderr)")
    // A second time the role is there: what it has stays, and nothing fails.
    let again = try doctor(server, as: "boss", "--role", "watch \"er\"")
    #expect(!again.stdout.contains("CREATE ROLE") && !again.stdout.contains("LIMIT"))
    #expect(try psql(server, as: "boss", again.stdout).status == 0)
    // Nothing is granted to who has it all.
    #expect(
      try doctor(server, as: "boss", "--role", "boss").stdout
        == "-- \"boss\" is a superuser, which has all of this and much more: make another role.\n")
    _ = victim
  }

  @Test func hostileNamesStayOnOneLineAndRun() throws {
    let server = try server()
    defer { server.remove() }
    let name = "a\"b\n-- \u{1B}[31mx\\"
    try server.execute("CREATE ROLE U&\"a\"\"b\\000A-- \\001B[31mx\\\\\" LOGIN")
    let connection = try server.connect(user: name, database: "shop", viaTCP: true)
    try connection.execute("SELECT 1")
    for arguments in [[], ["--sql"], ["--json"]] {
      let outcome = try Fixture.run(
        ["doctor"] + arguments
          + ["-h", "127.0.0.1", "-p", "\(server.port)", "-U", "boss", "-d", "shop"])
      #expect(outcome.status == 0)
      #expect(!outcome.stdout.contains("\u{1B}") && !outcome.stdout.contains("\n-- \u{1B}"))
    }
    let sql = try Fixture.run(
      "doctor", "--sql", "-h", "127.0.0.1", "-p", "\(server.port)", "-U", name, "-d", "shop")
    let run = try psql(server, as: name, sql.stdout)
    #expect(run.status == 0 && run.stderr.isEmpty, "\(run.stderr)\n\(sql.stdout)")
    #expect(sql.stdout.contains("ALTER ROLE U&\"a\"\"b\\+00000A"))
  }

  @Test(arguments: [
    ["--role", ""], ["--role", "pg_mine"], ["--role", "public"],
    ["--role", String(repeating: "x", count: 64)], ["--sql", "--role", "x"], ["--sql", "--json"],
  ])
  func whatCanNotBeMeantIsRefused(arguments: [String]) throws {
    let outcome = try Fixture.run(["doctor"] + arguments + ["-d", "shop"])
    #expect(outcome.status == 64 && outcome.stdout.isEmpty)
  }

  @Test func refusalIsWholeJSON() throws {
    let outcome = try Fixture.run(
      "doctor", "--json", "-h", "127.0.0.1", "-p", "1")
    #expect(outcome.status == 69)
    let json = try Fixture.json(outcome)
    #expect(json["failure"]?["kind"]?.text == "unreachable")
    #expect(json["findings"]?.items.isEmpty == true && json["slots"] == JSON.null)
  }
}
