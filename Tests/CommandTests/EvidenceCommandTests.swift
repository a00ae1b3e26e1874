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

/// Evidence, rosters, what is held and who blocks whom, through the program as it is run.
@Suite(.serialized, .sideBySide)
struct EvidenceCommandTests {
  private func client(_ application: String) throws -> Connection {
    let connection = try Fixture.server.get().connect(
      application: application, user: "app", database: "shop", viaTCP: true)
    try connection.execute("SELECT 1")
    return connection
  }

  private func session(_ json: JSON, _ application: String) -> JSON? {
    json["sessions"]?.items.first { $0["application_name"]?.text == application }
  }

  private func temporary(_ text: String) throws -> String {
    let path = "/tmp/pgsessions-test-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    defer { close(descriptor) }
    let count = Array(text.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    try #require(count == text.utf8.count)
    return path
  }

  @Test func whoBlocksWhomIsSaid() throws {
    try Fixture.server.get().connect(user: "app", database: "shop").execute(
      "CREATE TABLE IF NOT EXISTS contended (id int)")
    let holder = try client("holder")
    try holder.execute("BEGIN")
    try holder.execute("LOCK TABLE contended")
    let waiters = (0..<3).map { _ in
      Background { () throws -> Bool in
        let waiter = try client("waiter")
        for sql in ["BEGIN", "LOCK TABLE contended", "COMMIT"] { try waiter.execute(sql) }
        return true
      }
    }
    var json = JSON.null
    var saved = ""
    for _ in 0..<100 {
      let outcome = try Fixture.run("audit", "--json", Fixture.uri)
      (json, saved) = (try Fixture.json(outcome), outcome.stdout)
      if json["blocking"]?.items.first?["waiters"]?.int == 3 { break }
      usleep(20_000)
    }
    let root = try #require(json["blocking"]?.items.first)
    #expect(root["pid"]?.int == Int(holder.backendPID) && root["waiters"]?.int == 3)
    #expect(root["application_name"]?.text == "holder" && root["held_since"]?.text != nil)
    try saysTheSameJudgedAnew(json, saved)
    let text = try Fixture.run("audit", Fixture.uri).stdout
    #expect(text.contains("3 wait for a lock, the oldest query for "))
    #expect(
      text.contains(
        "  3 wait for pid \(holder.backendPID) of holder (app@shop from 127.0.0.1): idle"))
    #expect(text.contains("pid \(holder.backendPID) of holder keeps 3 waiting for a lock"))
    try holder.execute("COMMIT")
    for waiter in waiters { #expect(try waiter.value()) }
    #expect(
      try Fixture.json(Fixture.run("audit", "--json", Fixture.uri))["blocking"] == .array([]))
  }

  private func saysTheSameJudgedAnew(_ report: JSON, _ saved: String) throws {
    let again = try Fixture.json(Fixture.run(["audit", "--json", "--input", "-"], input: saved))
    #expect(again["blocking"] == report["blocking"] && again["sessions"] == report["sessions"])
    // Commands name the server in another way.
    for key in ["code", "severity", "summary"] {
      #expect(again["advice"]?.items.map { $0[key] } == report["advice"]?.items.map { $0[key] })
    }
    func roots(_ report: JSON) -> [JSON] {
      (report["advice"]?.items ?? []).filter { $0["code"]?.text == "lock_root" }
    }
    #expect(roots(again) == roots(report) && roots(report).count == 1)
  }

  /// Keys of later versions are passed over wherever they are, another version is refused by name.
  @Test func aSavedReportMayHaveMoreKeysAndNoOtherVersion() throws {
    let outcome = try Fixture.run("audit", "--json", Fixture.uri)
    let live = outcome.stdout
    let more = live.replacing("{", with: #"{"from_later":[{"x":null}],"#)
      .replacing(#""from_later":[{"from_later""#, with: #""from_later":[{"deeper""#)
    let again = try Fixture.run(["audit", "--json", "--input", "-"], input: more)
    #expect(again.status == 0, "\(again.stderr)")
    #expect(
      try Fixture.json(again)["sessions"]
        == Fixture.json(outcome)["sessions"])
    for (version, sentence) in [
      ("audit/2", "is pgsessions/audit/2; this version reads pgsessions/audit/1"),
      ("fleet/2", "is pgsessions/fleet/2; this version reads pgsessions/fleet/1"),
      ("termination/1", "is pgsessions/termination/1: that is no audit, and only one is read"),
    ] {
      let other = live.replacing("pgsessions/audit/1", with: "pgsessions/\(version)")
      let refused = try Fixture.run(["audit", "--json", "--input", "-"], input: other)
      #expect(refused.status == 65 && refused.stdoutBytes.isEmpty)
      #expect(refused.stderr.contains("stdin, line 1, schema: \(sentence)"), "\(refused.stderr)")
    }
  }

  @Test func whatIsHeldProtects() throws {
    let locker = try client("locker")
    try locker.execute("SELECT pg_advisory_lock(42)")
    let listener = try client("listener")
    try listener.execute("LISTEN news")
    let plain = try client("plain")
    usleep(80_000)
    let json = try Fixture.json(
      Fixture.run("audit", "--json", "--stale-after", "50ms", Fixture.uri))
    #expect(session(json, "locker")?["holds"] == .array([.string("advisory_lock")]))
    #expect(session(json, "listener")?["holds"] == .array([.string("listen")]))
    #expect(session(json, "plain")?["holds"] == .array([]))
    // Nobody is asked about what is not stale.
    let young = try Fixture.json(Fixture.run("audit", "--json", Fixture.uri))
    #expect(session(young, "locker")?["holds"] == .null)

    usleep(80_000)
    let ended = try Fixture.run(
      "terminate", "--idle-longer-than", "50ms", "--application", "l*er", "--application", "plain",
      "--execute", "--yes", "--json", Fixture.uri)
    let kept = try Fixture.json(ended)["plan"]?["kept"]?.items.filter {
      $0["reasons"]?.items.first?["kind"]?.text == "holds_state"
    }
    #expect(
      Set(kept?.compactMap { $0["application_name"]?.text } ?? []) == ["locker", "listener"])
    #expect(throws: PostgresError.self) { try plain.execute("SELECT 1") }
    try locker.execute("SELECT 1")
    usleep(80_000)
    _ = try Fixture.run(
      "terminate", "--idle-longer-than", "50ms", "--application", "l*er", "--include-stateful",
      "--execute", "--yes", Fixture.uri)
    #expect(throws: PostgresError.self) { try locker.execute("SELECT 1") }
    #expect(throws: PostgresError.self) { try listener.execute("SELECT 1") }
  }

  /// Judged anew from the saved report, every verdict comes out as it was; with other thresholds
  /// it comes out as it would have been.
  @Test func aSavedReportIsJudgedAnew() throws {
    let idle = try client("saved")
    usleep(60_000)
    let live = try Fixture.run("audit", "--json", "--stale-after", "50ms", Fixture.uri)
    let again = try Fixture.run(
      ["audit", "--json", "--stale-after", "50ms", "--input", "-"], input: live.stdout)
    #expect(again.status == 0, "\(again.stderr)")
    let (first, second) = (try Fixture.json(live), try Fixture.json(again))
    for key in ["captured_at", "coverage", "slots", "totals", "groups", "sessions", "blocking"] {
      #expect(first[key] == second[key], "\(key)")
    }
    let later = try Fixture.run(["audit", "--json", "--input", "-"], input: live.stdout)
    #expect(session(try Fixture.json(later), "saved")?["verdict"]?.text == "live")
    let text = try Fixture.run(
      ["audit", "--input", "-", "--stale-after", "50ms", "--sessions"], input: live.stdout)
    #expect(text.stdout.contains("app@shop on 127.0.0.1") || text.stdout.contains("app@shop on"))
    #expect(idle.backendPID > 0)
  }

  @Test func aRosterTellsWhoIsGone() throws {
    let (alive, gone) = (try client("web.1"), try client("web.2"))
    usleep(120_000)
    let roster = #"[{"name":"web.1","state":"up","created_at":"2020-01-01T00:00:00Z"}]"#
    let outcome = try Fixture.run(
      ["audit", "--json", "--restart-grace", "50ms", "--live", "-", Fixture.uri], input: roster)
    #expect(outcome.status == 0, "\(outcome.stderr)")
    let json = try Fixture.json(outcome)
    #expect(session(json, "web.1")?["verdict"]?.text == "live")
    // 127.0.0.1 tells no instance; the name does.
    #expect(session(json, "web.2")?["verdict"]?.text == "orphan")
    let evidence = try #require(session(json, "web.2")?["evidence"]?.items.first)
    #expect(evidence["kind"]?.text == "owner_gone" && evidence["basis"]?.text == "roster")
    #expect(json["judged_with"]?["roster"]?["format"]?.text == "heroku")
    #expect(alive.backendPID != gone.backendPID)
  }

  @Test(arguments: [
    ("", "lists nobody"), ("[]", "lists nobody"),
    ("[\n {\"name\":\"web.1\"}]", "line 2, [0].state"),
    ("web.1\nweb.2,yesterday\n", "line 2, started-at"),
    ("=== web (Basic): gunicorn (1)\nweb.1: up 2026/11/22\n", "line 1, name"),
    (#"{"kind":"Status","message":"Unauthorized"}"#, "is neither"),
  ])
  func aWrongRosterJudgesNothing(_ roster: String, _ says: String) throws {
    let path = try temporary(roster)
    defer { unlink(path) }
    for arguments in [["audit", "--json"], ["terminate", "--idle-longer-than", "1h"]] {
      let outcome = try Fixture.run(arguments + ["--live", path, Fixture.uri])
      #expect(outcome.status == 65 && outcome.stdout.isEmpty)
      #expect(outcome.stderr.contains(path) && outcome.stderr.contains(says), "\(outcome.stderr)")
    }
    #expect(try Fixture.run("audit", "--live", path + "-not", Fixture.uri).status == 66)
  }

  @Test func aRestartInTheFutureJudgesNothing() throws {
    // By the server's clock, which alone decides: it is an hour from now, in any zone.
    var time = time(nil) + 3600
    var parts = tm()
    gmtime_r(&time, &parts)
    var bytes = [CChar](repeating: 0, count: 40)
    strftime(&bytes, bytes.count, "%Y-%m-%dT%H:%MZ", &parts)
    let text = String(
      decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let outcome = try Fixture.run("audit", "--json", "--restarted-at", text, Fixture.uri)
    #expect(outcome.status == 64 && outcome.stdout.isEmpty)
    #expect(outcome.stderr.contains("is in the future: the server's clock says"))
  }

  @Test func whatHasNoNameIsSplitByAddress() throws {
    let relay = try Relay(upstreamPort: Fixture.server.get().port)
    defer { relay.stop() }
    let clients = try ["127.0.71.1", "127.0.71.2"].map { address in
      let dyno = try relay.openDyno(address: address)
      return try Connection.open(
        dyno.parameters(of: Fixture.server.get(), user: "app", database: "shop"),
        deadline: Deadline(after: .seconds(10)))
    }
    let text = try Fixture.run("audit", Fixture.uri).stdout
    #expect(text.contains("\n(no application_name)"))
    #expect(text.contains("\n  127.0.71.1 ") && text.contains("\n  127.0.71.2 "))
    #expect(text.contains("web: PGAPPNAME=$DYNO gunicorn"))
    #expect(clients.count == 2)
  }
}
