import PostgresClient
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// "Did CONN_MAX_AGE help?", asked of real Django behind daphne and gunicorn; minutes are seconds.
struct RecyclingClientTests {
  private static let relay = Result { () throws -> Relay in
    try Relay(upstreamPort: Fixture.server.get().port)
  }

  /// A Django application on a host of its own.
  private final class Application {
    let name: String
    private let process: RunningProcess

    init(_ name: String, _ kind: String, maxAge: String, address: String) throws {
      self.name = name
      let host = try relay.get().openDyno(address: address)
      let environment = [
        "PYTHONPATH": try PythonPackages.django(), "PGAPPNAME": name, "PGHOST": "127.0.0.1",
        "PGPORT": "\(host.port)", "PGUSER": "app", "PGDATABASE": "shop",
      ]
      process = try RunningProcess(
        "python3", ["\(PythonPackages.scripts)/field_django.py", kind, maxAge],
        environment: ChildProcess.plainEnvironment.merging(environment) { $1 })
      let answer = try process.readLine(timeout: .seconds(60))
      try #require(answer == "ready", "\(process.stderrSoFar)")
    }

    /// It ends its server first.
    deinit {
      process.closeInput()
      _ = try? process.wait(timeout: .seconds(10))
    }

    /// So many requests at one time.
    func ask(_ count: Int) throws {
      try process.write("ask \(count)\n")
      try #require(try process.readLine(timeout: .seconds(30)) == "done", "\(process.stderrSoFar)")
    }

    /// A report, and what it says of this application's recycling.
    func audit(_ options: String...) throws -> (recycling: JSON, text: String) {
      let outcome = try Fixture.run(["audit", "--json"] + options + [Fixture.uri])
      try #require(outcome.status == 0, "\(outcome.stderr)")
      let group = try Fixture.json(outcome)["groups"]?.items.first {
        $0["key"]?["application_name"]?.text == name
      }
      return (try #require(group?["recycling"]), outcome.stdout)
    }
  }

  private func wait(_ time: Duration, since start: ContinuousClock.Instant) {
    while ContinuousClock.now - start < time { usleep(20_000) }
  }

  /// Each request has a thread of its own, which ends and leaves its connection.
  @Test func daphneLeavesConnectionsOpen() throws {
    let shop = try Application("leak", "asgi", maxAge: "2", address: "127.0.21.1")
    for _ in 0..<3 { try shop.ask(4) }
    let opened = ContinuousClock.now
    wait(.milliseconds(3_500), since: opened)
    try shop.ask(1)
    let open = try Fixture.server.get().connect(user: "app", database: "shop").text(
      """
      (SELECT count(*) FROM pg_stat_activity a WHERE application_name = 'leak' AND state = 'idle'
      AND (SELECT max(query_start) FROM pg_stat_activity WHERE application_name = 'leak')
      - backend_start > interval '3 s')
      """)
    let recycling = try shop.audit("--max-age", "leak=2s", "--max-age-slack", "1s").recycling
    #expect(recycling["verdict"]?.text == "not_closed", "\(recycling)")
    #expect(recycling["open_beyond_max_age"]?.int.map { "\($0)" } == open)
    #expect((recycling["open_beyond_max_age"]?.int ?? 0) >= 4, "\(recycling)")
    #expect(recycling["used_beyond_max_age"]?.int == 0)
    let text = try Fixture.run(
      "audit", "--max-age", "leak=2s", "--max-age-slack", "1s", Fixture.uri
    ).stdout
    #expect(text.contains("max age 2s is not kept: \(open ?? "") are open beyond it"), "\(text)")
  }

  /// Two looks prove it, and one proves nothing.
  @Test func gunicornKeepsItsMaxAge() throws {
    let shop = try Application("kept", "gthread", maxAge: "6", address: "127.0.21.2")
    let options = ["--max-age", "kept=6s", "--max-age-slack", "1s"]
    try shop.ask(2)
    let opened = ContinuousClock.now
    wait(.seconds(3), since: opened)
    try shop.ask(4)
    let first = try shop.audit(options[0], options[1], options[2], options[3])
    #expect(first.recycling["verdict"]?.text == "no_evidence", "\(first.recycling)")
    let path = "/tmp/pgsessions-test-\(getpid())-earlier-\(UInt64.random(in: 0 ... .max)).json"
    defer { unlink(path) }
    let file = try #require(fopen(path, "w"))
    fputs(first.text, file)
    fclose(file)
    wait(.milliseconds(6_800), since: opened)
    try shop.ask(4)
    let second = try shop.audit(
      options[0], options[1], options[2], options[3], "--earlier", path)
    #expect(second.recycling["verdict"]?.text == "enforced", "\(second.recycling)")
    #expect(second.recycling["replaced_at_max_age"]?.int == 2, "\(second.recycling)")
    #expect(second.recycling["open_beyond_max_age"]?.int == 0)
    let alone = try shop.audit(options[0], options[1], options[2], options[3])
    #expect(alone.recycling["verdict"]?.text == "no_evidence")
    try refusesWhatIsNoEarlierLook(path)
  }

  private func refusesWhatIsNoEarlierLook(_ path: String) throws {
    func status(_ arguments: String...) throws -> (Int32, String) {
      let outcome = try Fixture.run(["audit"] + arguments)
      return (outcome.status, outcome.stderr)
    }
    let uri = try Fixture.uri
    let later = try status("--input", path, "--earlier", path)
    #expect(later.0 == 65 && later.1.contains("is no earlier than"), "\(later)")
    #expect(later.1.contains("pgsessions audit --json -o earlier.json"))
    #expect(try status("--earlier", "/nowhere/earlier.json", uri).0 == 66)
    #expect(try status("--earlier", path, uri, uri + "?application_name=b").0 == 64)
    #expect(try status("--earlier", "-", "--input", "-").0 == 64)
    var text = try #require(String(validating: try contents(path), as: UTF8.self))
    let began = try #require(text.firstRange(of: "\"postmaster_start_time\":\"20"))
    text.replaceSubrange(began, with: "\"postmaster_start_time\":\"19")
    let other = try Fixture.run(["audit", "--earlier", "-", uri], input: text)
    #expect(other.status == 65 && other.stderr.contains("is of another server"), "\(other.stderr)")
  }

  private func contents(_ path: String) throws -> [UInt8] {
    let file = try #require(fopen(path, "r"))
    defer { fclose(file) }
    var (bytes, block) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while true {
      let count = fread(&block, 1, block.count, file)
      guard count > 0 else { return bytes }
      bytes += block[..<count]
    }
  }

  /// CONN_MAX_AGE = None, declared as two seconds.
  @Test func whatIsUsedBeyondItIsSaid() throws {
    let shop = try Application("never", "gthread", maxAge: "none", address: "127.0.21.3")
    try shop.ask(1)
    let opened = ContinuousClock.now
    wait(.milliseconds(3_500), since: opened)
    try shop.ask(4)
    // Within the slack of half a minute it speaks for neither.
    let within = try shop.audit("--max-age", "never=2s").recycling
    #expect(within["verdict"]?.text == "no_evidence", "\(within)")
    let beyond = try shop.audit("--max-age", "never=2s", "--max-age-slack", "500ms").recycling
    #expect(beyond["verdict"]?.text == "not_enforced", "\(beyond)")
    #expect(beyond["used_beyond_max_age"]?.int == 1)
  }
}
