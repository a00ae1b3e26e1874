import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a server can hold against `doctor` and the advice of `audit`: absurd settings, rights that
/// were taken away, names in another encoding.
@Suite(.serialized, .sideBySide)
struct DoctorFaultTests {
  private func server(encoding: String = "UTF8") throws -> ThrowawayServer {
    let server = try ThrowawayServer()
    for sql in [
      "CREATE ROLE app LOGIN", "GRANT pg_monitor TO app",
      "CREATE DATABASE shop OWNER app ENCODING '\(encoding)' LOCALE 'C' TEMPLATE template0",
    ] {
      try server.execute(sql)
    }
    return server
  }

  private func run(
    _ server: ThrowawayServer, _ arguments: String..., user: String = "app", input: String? = nil
  ) throws -> ProcessOutcome {
    try Fixture.run(
      arguments + ["-h", "127.0.0.1", "-p", "\(server.port)", "-U", user, "-d", "shop"],
      input: input)
  }

  /// An audit that sees an orphan, and so reads the settings: a roster begun after all sessions.
  private func auditWithOrphan(_ server: ThrowawayServer) throws -> ProcessOutcome {
    try run(
      server, "audit", "--json", "--restart-grace", "0ms", "--clock-tolerance", "0ms", "--live",
      "-",
      "--roster-covers", "web.*", input: "web.9\n")
  }

  private func client(_ server: ThrowawayServer) throws -> Connection {
    let client = try server.connect(
      application: "web.1", user: "app", database: "shop", viaTCP: true)
    try client.execute("SELECT 1")
    return client
  }

  /// Any role may set these on itself.
  @Test func absurdSettingsAreOnlyLong() throws {
    let server = try server()
    defer { server.remove() }
    for name in ["tcp_keepalives_interval", "tcp_keepalives_count", "tcp_keepalives_idle"] {
      try server.execute("ALTER ROLE app SET \(name) = 2147483647")
    }
    // Linux takes no such value from the session itself, which goes without.
    let clients = [try client(server)]
    for user in ["app", "postgres"] {
      let outcome = try run(server, "doctor", user: user)
      #expect(
        outcome.status == 0 && outcome.stdout.contains("vanished_client"), "\(outcome.stderr)")
    }
    let audit = try auditWithOrphan(server)
    #expect(audit.status == 0, "\(audit.stderr)")
    #expect(try Fixture.json(audit)["totals"]?["orphan"]?.int == 1 && clients.count == 1)
  }

  /// Hardened servers take the catalogue from PUBLIC: what it would tell is not known then.
  @Test func settingsThatMayNotBeReadAreNotKnown() throws {
    let server = try server()
    defer { server.remove() }
    try server.execute("REVOKE SELECT ON pg_db_role_setting FROM PUBLIC", database: "shop")
    let clients = [try client(server)]
    let audit = try auditWithOrphan(server)
    let json = try Fixture.json(audit)
    #expect(audit.status == 0 && json["totals"]?["orphan"]?.int == 1, "\(audit.stderr)")
    let advice = json["advice"]?.items.first { $0["code"]?.text == "shorten_keepalives" }
    #expect(advice?["summary"]?.text?.contains("where nothing is set") == true)
    let doctor = try run(server, "doctor")
    #expect(doctor.status == 0 && clients.count == 1)
    let words = doctor.stdout.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("app may not read pg_settings"))
    #expect(!doctor.stdout.contains("vanished_client: "))
  }

  /// A name that is no UTF-8 reads like another's once it is repaired.
  @Test func namesThatAreNoUTF8AreNotPutIntoSQL() throws {
    let server = try server(encoding: "LATIN1")
    defer { server.remove() }
    // In the catalogue that all databases share it is one byte, E9.
    try server.execute(##"CREATE DATABASE U&"caf\00E9" TEMPLATE template0"##, database: "shop")
    try server.execute("UPDATE pg_database SET datconnlimit = -2 WHERE datname LIKE 'caf%'")
    let sql = try run(server, "doctor", "--sql", user: "postgres")
    #expect(sql.status == 0 && !sql.stdout.contains("DROP DATABASE"), "\(sql.stderr)")
    let text = try run(server, "doctor", user: "postgres").stdout
    #expect(text.contains("invalid_database") && text.contains("a name that is no UTF-8"))
    let audit = try Fixture.json(run(server, "audit", "--json", user: "postgres"))
    let advice = audit["advice"]?.items.first { $0["code"]?.text == "invalid_database" }
    #expect(advice != nil && advice?["remedy"] == JSON.null)
  }

  /// Two roles whose names read alike: each has its own sessions, and none is taken for the other.
  @Test func rolesThatReadAlikeAreToldApart() throws {
    let server = try server(encoding: "LATIN1")
    defer { server.remove() }
    var clients: [RunningProcess] = []
    defer { for client in clients { client.signal(SIGKILL) } }
    for (letter, byte, count) in [("FC", "374", 2), ("F6", "366", 3)] {
      let role = ##"U&"m\00\##(letter)ller""##
      try server.execute("CREATE ROLE \(role) LOGIN CONNECTION LIMIT 4", database: "shop")
      for _ in 0..<count {
        let client = try RunningProcess(
          "sh",
          [
            "-c", #"exec "$0" -XAt -h 127.0.0.1 -p "$1" -U "$(printf "m\\\#(byte)ller")" -d shop"#,
            server.installation.realPsql, "\(server.port)",
          ])
        try client.write("SELECT 'in';\n")
        #expect(try client.readLine() == "in")
        clients.append(client)
      }
    }
    let audit = try Fixture.json(run(server, "audit", "--json", user: "postgres"))
    let limits = audit["slots"]?["limits"]?.items.filter { $0["kind"]?.text == "role" } ?? []
    #expect(limits.compactMap { $0["used"]?.int }.sorted() == [2, 3])
    // Which of them is meant can't be told from here, so both are left alone.
    let ended = try run(
      server, "terminate", "--idle-longer-than", "1ms", "--not-user", "müller", "--execute",
      "--yes",
      user: "postgres")
    #expect(ended.status == 0, "\(ended.stderr)")
    for client in clients {
      try client.write("SELECT 'still';\n")
      #expect(try client.readLine() == "still")
    }
  }
}
