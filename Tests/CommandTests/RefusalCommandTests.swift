import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Servers that are not there or don't take us: a whole JSON object, one sentence, the status.
@Suite(.serialized, .sideBySide)
struct RefusalCommandTests {
  /// Runs audit --json and checks what every refusal has in common.
  private func refusal(
    _ arguments: [String], kind: String, status: Int32, environment: [String: String] = [:]
  ) throws -> (json: JSON, outcome: ProcessOutcome) {
    let outcome = try Fixture.run(["audit", "--json"] + arguments, environment: environment)
    #expect(outcome.status == status, "\(outcome.stderr)")
    #expect(outcome.stderr.hasPrefix("pgsessions: "))
    let json = try Fixture.json(outcome)
    #expect(json["failure"]?["kind"]?.text == kind, "\(outcome.stdout)")
    #expect(json["schema"]?.text == "pgsessions/audit/1")
    #expect(json["groups"] == .array([]) && json["sessions"] == .array([]))
    #expect(json.keys == AuditCommandTests.topLevelKeys)
    #expect(json["failure"]?.keys == ["kind", "sqlstate", "message", "limit", "hint"])
    return (json, outcome)
  }

  /// Without the questions about encryption, so that the second turn is the first query.
  private static func plain(_ port: Int) -> String {
    "postgresql://app@127.0.0.1:\(port)/shop?sslmode=disable&gssencmode=disable"
  }

  @Test func aRefusedPort() throws {
    let refusing = try LoopbackListener(backlog: nil)
    defer { withExtendedLifetime(refusing) {} }
    let port = refusing.port
    _ = try refusal(["-h", "127.0.0.1", "-p", "\(port)"], kind: "unreachable", status: 69)
  }

  @Test func anUnknownHost() throws {
    _ = try refusal(["-h", "no-such-host.invalid"], kind: "unreachable", status: 69)
  }

  @Test func aMissingSocket() throws {
    _ = try refusal(["-h", "/tmp/no-such-folder"], kind: "unreachable", status: 69)
  }

  @Test func noSuchDatabase() throws {
    let uri = try Fixture.server.get().uri(user: "app", database: "nowhere")
    let (json, _) = try refusal([uri], kind: "unknown_database", status: 69)
    #expect(json["failure"]?["sqlstate"]?.text == "3D000")
    #expect(json["target"]?["database"]?.text == "nowhere")
  }

  @Test func aWrongOrMissingPassword() throws {
    let server = try Fixture.server.get()
    let uri = "postgresql://secret:wrong-pw@127.0.0.1:\(server.port)/shop"
    let (json, outcome) = try refusal([uri], kind: "authentication", status: 77)
    #expect(json["failure"]?["sqlstate"]?.text == "28P01")
    #expect(!outcome.stdout.contains("wrong-pw") && !outcome.stderr.contains("wrong-pw"))
    let missing = try refusal(
      ["-w", server.uri(user: "secret", database: "shop")], kind: "authentication", status: 77,
      environment: ["PGPASSFILE": "/tmp/no-such-file"])
    #expect(missing.json["failure"]?["sqlstate"] == .null)
  }

  @Test func everySlotTaken() throws {
    let server = try ThrowawayServer(settings: [
      "max_connections": "6", "superuser_reserved_connections": "2", "max_wal_senders": "0",
    ])
    defer { server.remove() }
    try server.execute("CREATE ROLE app LOGIN")
    try server.execute("CREATE ROLE narrow LOGIN CONNECTION LIMIT 1")
    try server.execute("CREATE DATABASE tiny CONNECTION LIMIT 0")
    func limit(_ user: String, _ database: String = "postgres") throws -> JSON? {
      try refusal(
        [server.uri(user: user, database: database)], kind: "too_many_connections", status: 69
      ).json["failure"]?["limit"]
    }
    let narrow = try server.connect(user: "narrow")
    #expect(try limit("narrow")?["kind"]?.text == "role")
    #expect(try limit("narrow")?["name"]?.text == "narrow")
    #expect(try limit("app", "tiny")?["kind"]?.text == "database")
    #expect(try limit("app", "tiny")?["name"]?.text == "tiny")
    let others = try (0..<3).map { _ in try server.connect(user: "app") }
    #expect(try limit("app")?["kind"]?.text == "superuser_reserved")
    let superusers = try (0..<2).map { _ in try server.connect() }
    #expect(try limit("app")?["kind"]?.text == "server")
    #expect(narrow.backendPID > 0 && others.count + superusers.count == 5)
  }

  /// A silent server at each stage: the deadline holds within 10 %.
  @Test func aBlackHole() throws {
    let listener = try LoopbackListener()
    let took = try shortest(within: .milliseconds(3300)) {
      let (_, outcome) = try refusal(
        ["-h", "127.0.0.1", "-p", "\(listener.port)", "--connect-timeout", "3s"],
        kind: "timeout", status: 69)
      #expect(outcome.wallSeconds > 2.95)
      return try Fixture.tookBesidesStarting(outcome)
    }
    #expect(took < .milliseconds(3300), "\(took)")
  }

  @Test func aServerThatStopsAnswering() throws {
    let server = try Fixture.server.get()
    let took = try shortest(within: .milliseconds(1900)) {
      let proxy = try ScriptedProxy(port: server.port, script: .holdFromTurn(2))
      let (_, outcome) = try refusal(
        ["\(Self.plain(proxy.port))", "--timeout", "1500ms"], kind: "timeout", status: 69)
      #expect(outcome.wallSeconds > 1.45)
      return try Fixture.tookBesidesStarting(outcome)
    }
    #expect(took < .milliseconds(1900), "\(took)")
  }

  @Test func aServerThatGoesAwayInTheMiddle() throws {
    let server = try Fixture.server.get()
    let proxy = try ScriptedProxy(port: server.port, script: .closeAtTurn(2))
    _ = try refusal(
      [Self.plain(proxy.port)], kind: "lost", status: 69)
  }

  @Test func aServerWithoutTLS() throws {
    let uri = try Fixture.uri + "?sslmode=require"
    _ = try refusal([uri], kind: "tls", status: 69)
  }

  @Test func aServerThatIsStarting() throws {
    let server = try ThrowawayServer()
    defer { server.remove() }
    // A smart shutdown waits for this client and takes no new one.
    let client = try server.connect()
    server.signal(SIGTERM)
    usleep(200_000)
    _ = try refusal(
      [server.uri()], kind: "server_starting_or_stopping", status: 69)
    #expect(client.backendPID > 0)
  }

  @Test func textGoesToStandardErrorOnly() throws {
    let outcome = try Fixture.run("audit", "-h", "/tmp/no-such-folder")
    #expect(outcome.status == 69 && outcome.stdout.isEmpty)
    #expect(outcome.stderr.contains("Check host and port"))
    let terminate = try Fixture.run(
      "terminate", "--idle-longer-than", "1h", "--json", "-h", "/tmp/no-such-folder")
    let json = try Fixture.json(terminate)
    #expect(terminate.status == 69 && json["failure"]?["kind"]?.text == "unreachable")
    #expect(json["schema"]?.text == "pgsessions/termination/1")
    #expect(json["executed"] == .bool(false) && json["outcomes"] == .array([]))
  }
}
