import PostgresClient
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Hosts with addresses of their own, and genuine clients on them, for one test: what is left on
/// the server goes with it. `app` owns shop and is everybody's role, `ops` sees all and may end it.
final class FieldStage {
  let server: ThrowawayServer
  private let relay: Relay
  private var clients: [FieldClient] = []

  /// - Parameter server: one that `makeServer` made, and no other test uses meanwhile.
  init(_ server: Result<ThrowawayServer, any Error>) throws {
    self.server = try server.get()
    relay = try Relay(upstreamPort: self.server.port)
  }

  deinit {
    for client in clients { try? client.kill() }
    relay.stop()
    do {
      let root = try server.connect()
      let others = "FROM pg_stat_activity WHERE usename = 'app'"
      try root.execute("SELECT count(pg_terminate_backend(pid)) \(others)")
      try Crowd.poll("the clients' sessions to go") {
        try root.text("SELECT count(*) \(others)") == "0"
      }
    } catch {
      Issue.record("the stage could not be cleared: \(error)")
    }
  }

  static func makeServer() -> Result<ThrowawayServer, any Error> {
    Result {
      let server = try ThrowawayServer()
      try prepare(server)
      return server
    }
  }

  static func prepare(_ server: ThrowawayServer) throws {
    for sql in [
      "CREATE ROLE app LOGIN", "CREATE ROLE ops LOGIN",
      "GRANT pg_monitor, pg_signal_backend TO ops", "CREATE DATABASE shop OWNER app",
    ] {
      try server.execute(sql)
    }
  }

  // MARK: - Hosts and clients

  static func address(_ number: Int) -> String { "127.0.0.\(number)" }

  /// A host at 127.0.0.`number`. Once one has vanished there may be another at its address.
  func host(_ number: Int) throws -> Dyno {
    try relay.openDyno(address: Self.address(number))
  }

  func conninfo(_ host: Dyno, application: String = "") -> String {
    "host=127.0.0.1 port=\(host.port) user=app dbname=shop sslmode=disable gssencmode=disable "
      + "application_name='\(application)'"
  }

  /// A pool whose every connection has answered one query.
  func pool(on host: Dyno, size: Int = 2, application: String = "") throws -> FieldClient {
    try start(.pool, [conninfo(host, application: application), "\(size)"])
  }

  /// One connection that speaks only when told to.
  func pinger(on host: Dyno, application: String = "") throws -> FieldClient {
    try start(.ping, ["127.0.0.1", "\(host.port)", "app", "shop", application])
  }

  func start(_ program: FieldClient.Program, _ arguments: [String]) throws -> FieldClient {
    let client = try FieldClient(program, arguments)
    clients.append(client)
    return client
  }

  /// All waits and thresholds are so many times what is written, or the living are quiet for longer
  /// than a threshold when other work has the machine for a second.
  private static let pace = 3

  func pause(milliseconds: Int) { usleep(UInt32(milliseconds * Self.pace) * 1000) }

  /// A threshold, as options have it.
  static func threshold(milliseconds: Int) -> String { "\(milliseconds * pace)ms" }

  /// A query that lasts so long.
  static func sleep(milliseconds: Int) -> String {
    "SELECT pg_sleep(\(Double(milliseconds * pace) / 1000))"
  }

  /// The server's clock, as rosters and `--restarted-at` have times.
  func now() throws -> String {
    try #require(
      try server.connect(user: "ops", database: "shop").text(
        "to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"))
  }

  // MARK: - What the program says and does

  var uri: String { server.uri(user: "ops", database: "shop") }

  /// - Parameter roster: what `--live -` reads.
  func audit(_ arguments: [String], roster: String? = nil) throws -> JSON {
    let outcome = try Fixture.run(
      ["audit", "--json"] + live(roster) + arguments + [uri], input: roster)
    #expect(outcome.status == 0, "\(outcome.stderr)")
    return try Fixture.json(outcome)
  }

  /// Ends without a question, as cron would: with the trust that it has by default.
  func terminate(
    _ arguments: [String], roster: String? = nil
  ) throws -> (status: Int32, report: JSON, words: String) {
    let outcome = try Fixture.run(
      ["terminate", "--execute", "--yes", "--json"] + live(roster) + arguments + [uri],
      input: roster)
    return (outcome.status, try Fixture.json(outcome), outcome.stderr)
  }

  private func live(_ roster: String?) -> [String] { roster == nil ? [] : ["--live", "-"] }

  // MARK: - What is true

  /// How many sessions the server holds from a host.
  func count(from number: Int, application: String? = nil) throws -> Int {
    let name = application.map { " AND application_name = '\($0)'" } ?? ""
    let text = try server.connect().text(
      "SELECT count(*) FROM pg_stat_activity WHERE host(client_addr) = "
        + "'\(Self.address(number))'\(name)")
    return try #require(text.flatMap { Int($0) })
  }

  /// What the server knows of one session.
  func column(_ expression: String, of pid: Int) throws -> String {
    try server.connect().text(
      "SELECT \(expression) FROM pg_stat_activity WHERE pid = \(pid)") ?? ""
  }
}

extension JSON {
  /// The verdicts of the sessions from a host, with how many have each.
  func verdicts(from number: Int, application: String? = nil) -> [String: Int] {
    let found = sessions(from: number, application: application)
    return Dictionary(found.compactMap { $0["verdict"]?.text }.map { ($0, 1) }, uniquingKeysWith: +)
  }

  func sessions(from number: Int, application: String? = nil) -> [JSON] {
    (self["sessions"]?.items ?? []).filter {
      $0["client_address"]?.text == FieldStage.address(number)
        && (application == nil || $0["application_name"]?.text == application)
    }
  }

  /// A session in few words.
  var brief: String {
    let columns = ["pid", "application_name", "client_address", "state", "last_command", "verdict"]
    let values = columns.map { self[$0]?.text ?? self[$0]?.int.map { "\($0)" } ?? "null" }
    return (values + evidence.sorted() + protections.sorted()).joined(separator: " ")
  }

  func session(_ pid: Int) -> JSON? {
    self["sessions"]?.items.first { $0["pid"]?.int == pid }
  }

  func evidence(of pid: Int) -> Set<String> { session(pid)?.evidence ?? [] }

  /// The kinds of a session's evidence.
  var evidence: Set<String> { Set(self["evidence"]?.items.compactMap { $0["kind"]?.text } ?? []) }
  var protections: Set<String> {
    Set(self["protections"]?.items.compactMap { $0["kind"]?.text } ?? [])
  }

  func advice(_ code: String) -> String? {
    self["advice"]?.items.first { $0["code"]?.text == code }?["summary"]?.text
  }

  /// Each reason for which something was kept.
  var keptFor: Set<String> {
    Set(
      (self["plan"]?["kept"]?.items ?? []).flatMap { $0["reasons"]?.items ?? [] }
        .compactMap { $0["kind"]?.text })
  }
}
