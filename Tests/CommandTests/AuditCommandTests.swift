import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `pgsessions audit` on a real server.
@Suite(.serialized, .sideBySide)
struct AuditCommandTests {
  static let topLevelKeys: Set<String> = [
    "schema", "tool", "captured_at", "target", "judged_with", "coverage", "slots",
    "roster_gaps", "totals", "groups", "sessions", "blocking", "advice", "failure",
  ]

  private func client(_ application: String, _ sql: String = "SELECT 1") throws -> Connection {
    let connection = try Fixture.server.get().connect(
      application: application, user: "app", database: "shop", viaTCP: true)
    try connection.execute(sql)
    return connection
  }

  @Test func figuresAreTheServers() throws {
    // Its own, because other tests open and close sessions on the shared one.
    let server = try ThrowawayServer(settings: ["max_connections": "40"])
    defer { server.remove() }
    try server.execute("CREATE ROLE app LOGIN")
    try server.execute("GRANT pg_monitor TO app")
    func client(_ application: String, _ sql: String = "SELECT 1") throws -> Connection {
      let connection = try server.connect(application: application, user: "app", viaTCP: true)
      try connection.execute(sql)
      return connection
    }
    let clients = try (0..<4).map { try client("figures-\($0 % 2)") }
    let open = try client("figures-0", "BEGIN")
    usleep(150_000)
    let outcome = try Fixture.run(
      "audit", "--json", "--stale-after", "100ms", "--buckets", "50ms,1h",
      server.uri(user: "app"))
    #expect(outcome.status == 0 && outcome.stderr.isEmpty)
    let json = try Fixture.json(outcome)
    #expect(json.keys == Self.topLevelKeys && json["failure"] == .null)

    // The five and the program's own.
    #expect(json["totals"]?["client_sessions"]?.int == 6)
    #expect(json["slots"]?["max_connections"]?.int == 40)
    #expect(json["slots"]?["used"]?.int == json["totals"]?["client_sessions"]?.int)
    #expect(json["slots"]?["binding_limit"]?["kind"]?.text == "superuser_reserved")
    #expect(
      json["target"]?["user"]?.text == "app" && json["target"]?["database"]?.text == "postgres")

    let groups = json["groups"]?.items ?? []
    let group = try #require(
      groups.first { $0["key"]?["application_name"]?.text == "figures-0" })
    #expect(group["sessions"]?.int == 3 && group["suspect"]?.int == 3)
    #expect(group["states"]?["idle"]?.int == 2)
    #expect(group["states"]?["idle in transaction"]?.int == 1)
    #expect(group["state_age_buckets"]?.items.map { $0["sessions"]?.int } == [0, 3, 0])
    let sum = groups.reduce(0) { $0 + ($1["sessions"]?.int ?? 0) }
    #expect(sum == json["sessions"]?.items.count && sum == json["totals"]?["client_sessions"]?.int)

    let own = json["sessions"]?.items.filter { $0["application_name"]?.text == "pgsessions" } ?? []
    #expect(own.count == 1 && own[0]["verdict"]?.text == "live")
    #expect(own[0]["protections"]?.items.first?["kind"]?.text == "own_session")
    let suspect = try #require(
      json["sessions"]?.items.first { $0["application_name"]?.text == "figures-1" })
    #expect(suspect["verdict"]?.text == "suspect")
    #expect(suspect["evidence"]?.items.first?["kind"]?.text == "idle_beyond_threshold")
    #expect(suspect["evidence"]?.items.first?["basis"]?.text == "inferred")
    #expect(suspect["query"] == nil)
    #expect(clients.count == 4 && open.backendPID > 0)
  }

  @Test func oneConnectionAndTwoRoundTrips() throws {
    let proxy = try ScriptedProxy(port: try Fixture.server.get().port)
    let outcome = try Fixture.run(
      "audit", "--json",
      "postgresql://app@127.0.0.1:\(proxy.port)/shop?sslmode=disable&gssencmode=disable")
    #expect(outcome.status == 0)
    #expect(proxy.connections == 1)
    // Start-up, the questions, and the good-bye that nothing answers.
    #expect(proxy.turns <= 3, "\(proxy.turns)")
    print("turns of the client in an audit: \(proxy.turns)")
  }

  @Test func theConnectionIsReadOnlyAndNamed() throws {
    let server = try Fixture.server.get()
    let uri = try Fixture.uri
    // Others write to this server too, now and then; an audit that wrote would do so each time.
    let leavesTheLogAlone = try (0..<20).contains { _ in
      let before = try server.connect().text("pg_current_wal_lsn()")
      #expect(try Fixture.run("audit", "--summary", "--json", uri).status == 0)
      return try server.connect().text("pg_current_wal_lsn()") == before
    }
    #expect(leavesTheLogAlone)
  }

  @Test func sessionsAreListedAndQueriesShownOnlyOnDemand() throws {
    let one = try client("listed", "SELECT 'visible query'")
    usleep(20_000)
    let plain = try Fixture.run("audit", "--sessions", "--stale-after", "10ms", try Fixture.uri)
    #expect(
      plain.stdout.contains("listed") && plain.stdout.contains("Idle, and silent for"))
    #expect(!plain.stdout.contains("visible query"))
    let shown = try Fixture.run("audit", "--sessions", "--show-query", try Fixture.uri)
    #expect(shown.stdout.contains("visible query"))
    let json = try Fixture.json(Fixture.run("audit", "--json", "--show-query", try Fixture.uri))
    let session = json["sessions"]?.items.first { $0["application_name"]?.text == "listed" }
    #expect(session?["query"]?.text == "SELECT 'visible query'")
    let summary = try Fixture.json(Fixture.run("audit", "--json", "--summary", try Fixture.uri))
    #expect(summary.keys == Self.topLevelKeys.subtracting(["sessions"]))
    #expect(one.backendPID > 0)
  }

  @Test(arguments: [
    ("user", "user"), ("database", "database"), ("client", "client_address"), ("state", "state"),
  ])
  func groupsByOtherDimensions(_ dimension: String, _ key: String) throws {
    let json = try Fixture.json(
      Fixture.run(
        "audit", "--json", "--group-by", dimension, "--group-by", "application", try Fixture.uri))
    let groups = json["groups"]?.items ?? []
    #expect(!groups.isEmpty)
    for group in groups { #expect(group["key"]?.keys == [key, "application_name"]) }
    #expect(try Fixture.run("audit", "--group-by", dimension, try Fixture.uri).status == 0)
  }

  @Test func aBlindRoleIsToldSo() throws {
    let hidden = try client("unseen")
    let uri = try Fixture.server.get().uri(user: "low", database: "shop")
    let outcome = try Fixture.run("audit", uri)
    #expect(outcome.status == 0)
    #expect(outcome.stdout.contains("hidden"))
    #expect(outcome.stdout.contains("GRANT pg_read_all_stats TO \"low\";"))
    #expect(!outcome.stdout.contains("none is suspect"))
    let json = try Fixture.json(Fixture.run("audit", "--json", uri))
    #expect(json["coverage"]?["complete"] == .bool(false))
    #expect((json["coverage"]?["hidden"]?.int ?? 0) >= 1)
    #expect(hidden.backendPID > 0)
  }

  @Test func hostileNamesReachNoTerminal() throws {
    let server = try Fixture.server.get()
    let name = "evil\u{1B}[2J\u{202E}\n"
    try server.execute("CREATE DATABASE \"\(name)\"")
    let inside = try server.connect(application: "inside", user: "app", database: name)
    for arguments in [["--sessions"], ["--group-by", "database"], ["--json"]] {
      let outcome = try Fixture.run(["audit"] + arguments + [try Fixture.uri])
      #expect(outcome.status == 0)
      #expect(!outcome.stdout.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x202E })
      #expect(outcome.stdout.contains("evil"))
    }
    let json = try Fixture.json(Fixture.run("audit", "--json", try Fixture.uri))
    #expect(json["sessions"]?.items.contains { $0["database"]?.text == name } == true)
    #expect(inside.backendPID > 0)
  }

  @Test func colourOnlyWhereItShould() throws {
    let uri = try Fixture.uri
    func hasColour(_ text: String) -> Bool { text.contains("\u{1B}[") }
    #expect(try !hasColour(Fixture.run("audit", uri).stdout))
    #expect(try hasColour(Fixture.run("audit", "--color", "always", uri).stdout))
    func onTerminal(_ environment: [String: String]) throws -> String {
      let process = try TerminalProcess(
        Build.executable("pgsessions"), ["audit", uri],
        environment: ChildProcess.plainEnvironment.merging(environment) { $1 }, columns: 100)
      let outcome = try process.wait()
      #expect(outcome.status == 0)
      return process.transcript
    }
    #expect(try hasColour(onTerminal(["TERM": "xterm"])))
    #expect(try !hasColour(onTerminal(["TERM": "dumb"])))
    #expect(try !hasColour(onTerminal(["TERM": "xterm", "NO_COLOR": "1"])))
  }

  @Test func aReaderThatLeavesIsNoError() throws {
    let outcome = try ChildProcess.run(
      "/bin/sh",
      [
        "-c", "\"$0\" audit --json --show-query \"$1\" | true; echo done",
        try Build.executable("pgsessions"), try Fixture.uri,
      ])
    #expect(outcome.stdout == "done\n" && outcome.stderr.isEmpty)
  }

  @Test func aFullDiskWinsOverARefusal() throws {
    let outcome = try ChildProcess.run(
      "/bin/sh",
      [
        "-c", "\"$0\" audit --json \"$1\" > /dev/full", try Build.executable("pgsessions"),
        try Fixture.server.get().uri(user: "no_such_role", database: "shop"),
      ])
    #expect(outcome.status == 74)
  }

  @Test func aFullDiskIsAnError() throws {
    let outcome = try ChildProcess.run(
      "/bin/sh",
      [
        "-c", "\"$0\" audit --json \"$1\" > /dev/full", try Build.executable("pgsessions"),
        try Fixture.uri,
      ])
    #expect(outcome.status == 74)
    #expect(outcome.stderr.contains("could not be written"))
  }
}
