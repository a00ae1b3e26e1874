import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Several targets at once: one that hangs, refuses or lies costs the others nothing.
@Suite(.serialized, .sideBySide)
struct FleetTests {
  /// Nobody listens there.
  private static let refusing = "postgresql://app@127.0.0.1:1/shop"

  private func uri(_ database: String = "shop", user: String = "app") throws -> String {
    try Fixture.server.get().uri(user: user, database: database)
  }

  private func hanging(_ listener: LoopbackListener) -> String {
    "postgresql://app@127.0.0.1:\(listener.port)/shop"
  }

  /// What each of them failed with; nil for a report.
  private func kinds(_ reports: [JSON]) -> [String?] {
    reports.map { $0.value(at: "failure.kind")?.text }
  }

  @Test func fiftyTargetsOfWhichTenHangAndFiveRefuse() throws {
    let server = try ThrowawayServer(settings: ["max_connections": "100"])
    defer { server.remove() }
    let silent = try LoopbackListener(backlog: 64)
    let limit = Duration.seconds(6)
    let targets = (0..<50).map { place in
      switch place % 10 {
      case 3, 7: hanging(silent)
      case 5: Self.refusing
      default: server.uri(user: "postgres", database: "postgres")
      }
    }
    var last: ProcessOutcome?
    let took = try shortest(within: limit * 1.1) {
      let outcome = try Fixture.run(["audit", "--json", "--summary", "--timeout", "6s"] + targets)
      #expect(outcome.status == 2, "\(outcome.stderr)")
      last = outcome
      return .seconds(outcome.wallSeconds)
    }
    #expect(took < limit * 1.1, "\(took)")
    let outcome = try #require(last)
    let fleet = try Fixture.json(outcome)
    #expect(fleet["schema"]?.text == "pgsessions/fleet/1")
    #expect(fleet.keys == ["schema", "reports"])
    let reports = fleet["reports"]?.items ?? []
    let expected: [String?] = (0..<50).map { place in
      switch place % 10 {
      case 3, 7: "timeout"
      case 5: "unreachable"
      default: nil
      }
    }
    #expect(kinds(reports) == expected)
    let whole = reports.count { $0.value(at: "totals.client_sessions")?.int ?? 0 > 0 }
    print("50 targets, 10 of which hang and 5 refuse: \(whole) reports after \(took) of \(limit)")
    #expect(whole == 35)
    // Each error says whose it is.
    #expect(outcome.stderr.contains("app@shop on 127.0.0.1 port \(silent.port): "))
  }

  /// More than there are threads: who comes later has a time of its own too.
  @Test func moreTargetsThanThreads() throws {
    let silent = try LoopbackListener(backlog: 128)
    let targets = [String](repeating: hanging(silent), count: 70) + [try uri()]
    let outcome = try Fixture.run(["audit", "--json", "--summary", "--timeout", "1s"] + targets)
    #expect(outcome.status == 2)
    let found = kinds(try Fixture.json(outcome)["reports"]?.items ?? [])
    #expect(found == [String?](repeating: "timeout", count: 70) + [nil])
  }

  @Test func whoLiesCostsTheOthersNothing() throws {
    let garbage = try RefusingServer(answers: [Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)])
    let endless = try RefusingServer(answers: [[UInt8](repeating: 0x45, count: 1 << 20)])
    let outcome = try Fixture.run([
      "audit", "--json", "--timeout", "5s", "postgresql://app@127.0.0.1:\(garbage.port)/shop",
      try uri(), "postgresql://app@127.0.0.1:\(endless.port)/shop", try uri("postgres"),
    ])
    #expect(outcome.status == 2)
    let reports = try Fixture.json(outcome)["reports"]?.items ?? []
    #expect(
      reports.map { $0.value(at: "target.database")?.text } == ["shop", "shop", "shop", "postgres"])
    #expect(kinds(reports).map { $0 == nil } == [false, true, false, true])
  }

  @Test func aTargetGivenTwiceIsReportedTwice() throws {
    let outcome = try Fixture.run(["audit", "--json", try uri("postgres"), try uri(), try uri()])
    #expect(outcome.status == 0 && outcome.stderr.isEmpty)
    let reports = try Fixture.json(outcome)["reports"]?.items ?? []
    #expect(reports.map { $0.value(at: "target.database")?.text } == ["postgres", "shop", "shop"])
    #expect(reports.allSatisfy { $0["schema"]?.text == "pgsessions/audit/1" })
  }

  /// Judged anew they say the same, in every form; those of no report too.
  @Test func severalSavedReportsAreJudgedAnew() throws {
    let live = try Fixture.run(["audit", "--json", try uri(), Self.refusing, try uri("postgres")])
    let again = try Fixture.run(["audit", "--json", "--input", "-"], input: live.stdout)
    #expect(again.status == 2 && again.stdout == live.stdout)
    #expect(again.stderr.hasPrefix("pgsessions: app@shop on 127.0.0.1 port 1: "))
    let text = try Fixture.run(["audit", "--summary", "--input", "-"], input: live.stdout)
    #expect(text.stdout.hasPrefix("3 targets, 2 of them with a report\n"))
    let page = try Fixture.run(["audit", "--format", "html", "--input", "-"], input: live.stdout)
    #expect(page.stdout.contains("<h1>3 targets, 2 of them with a report</h1>"))
    let lines = try Fixture.run(
      ["audit", "--format", "ndjson", "--input", "-"], input: live.stdout)
    #expect(lines.stdout.split(separator: "\n").count == 3)
    for (input, status, words) in [
      (#"{"schema":"pgsessions/fleet/2","reports":[]}"#, 65, "is pgsessions/fleet/2; this version"),
      (#"{"schema":"pgsessions/fleet/1","reports":[]}"#, 65, "reports: is empty"),
      (#"{"schema":"pgsessions/fleet/1","reports":[{"schema":"x"}]}"#, 65, "reports[0].schema"),
      (#"{"schema":"pgsessions/fleet/1"}"#, 65, "reports: is missing"),
    ] {
      let outcome = try Fixture.run(["audit", "--input", "-"], input: input)
      #expect(outcome.status == status && outcome.stderr.contains(words), "\(outcome.stderr)")
    }
  }

  /// The variable is read by libpq, too late for a word about usage.
  @Test(arguments: ["0", "99999"])
  func whatIsNoPortIsNotKnown(_ port: String) throws {
    let outcome = try Fixture.run(
      ["audit", "--json", "host=127.0.0.1 dbname=a", "host=127.0.0.1 dbname=b"],
      environment: ["PGPORT": port])
    let reports = try Fixture.json(outcome)["reports"]?.items ?? []
    #expect(reports.map { $0.value(at: "target.port") } == [.null, .null])
  }

  @Test func statusesOfSeveral() throws {
    let noRole = try uri(user: "nobody")
    for (targets, options, status) in [
      ([Self.refusing, Self.refusing], [], 69), ([noRole, noRole], [], 77),
      ([noRole, Self.refusing], [], 69), ([noRole, try uri()], [], 2),
      ([try uri(), try uri()], ["--fail-on", "slots=1"], 1),
      ([try uri(), Self.refusing], ["--fail-on", "slots=1"], 2),
    ] as [([String], [String], Int32)] {
      let outcome = try Fixture.run(["audit"] + options + targets)
      #expect(outcome.status == status, "\(targets) \(options)")
    }
  }

  /// Bad input is one error, and nobody is asked.
  @Test func nothingIsDoneWithBadInput() throws {
    let first = try RefusingServer(answers: [[]])
    let target = "postgresql://app@127.0.0.1:\(first.port)/shop"
    for (arguments, words) in [
      (["audit", target, "host=a dbname='x"], "TARGET 2: the connection string"),
      (["audit", target, target, "--live", "/dev/null"], "several targets"),
      (["audit", target, target, "--instances", "web=2"], "--instances speaks of"),
      (["terminate", "--orphans", target, target, "--restarted-at", "1h-ago"], "--restarted-at"),
      (["terminate", "--orphans", "--sql", target, target], "--sql prints"),
      (["terminate", "--orphans", "--execute", target, target], ""),
      (["doctor", "--sql", target, target], "--sql prints"),
      (["doctor", "--role", "watcher", target, target], "--role prints"),
    ] {
      let outcome = try Fixture.run(arguments)
      #expect(outcome.status == (arguments.contains("/dev/null") ? 65 : 64), "\(arguments)")
      if outcome.status == 64 { #expect(outcome.stderr.contains(words), "\(outcome.stderr)") }
      #expect(outcome.stdout.isEmpty)
    }
    #expect(first.connections == 0)
  }

  @Test func linesComeAsSoonAsTheyAreThere() throws {
    let silent = try LoopbackListener()
    let start = ContinuousClock.now
    let process = try RunningProcess(
      Build.executable("pgsessions"),
      [
        "audit", "--format", "ndjson", "--timeout", "8s", hanging(silent), try uri(),
        try uri("postgres"),
      ])
    process.closeInput()
    for _ in 0..<2 {
      let text = try #require(try process.readLine())
      let line = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
      #expect(line["schema"]?.text == "pgsessions/audit/1" && line["failure"] == .null)
    }
    #expect(start.duration(to: .now) < .seconds(6))
    let outcome = try process.wait()
    #expect(outcome.status == 2)
    #expect(outcome.stdout.contains("\"kind\":\"timeout\""))
  }

  @Test func aTerminalIsToldHowFarItIs() throws {
    let silent = try LoopbackListener()
    let arguments = ["audit", "--timeout", "2s", "--summary", hanging(silent), try uri()]
    let process = try TerminalProcess(Build.executable("pgsessions"), arguments)
    _ = try process.expect("1 of 2 targets")
    _ = try process.expect("waiting for app@shop on 127.0.0.1 port \(silent.port)")
    let shown = try process.wait().stdout
    // Gone before anything else is written.
    let after = shown.split(separator: "waiting for").last ?? ""
    #expect(after.contains("\r\u{1B}[K"))
    #expect(shown.contains("2 targets, 1 of them with a report"))
    let piped = try Fixture.run(arguments)
    #expect(!piped.stderr.contains("waiting"))
  }

  /// One after the other, each with its name.
  @Test func passwordsAreAskedFor() throws {
    let secret = "postgresql://secret@127.0.0.1:\(try Fixture.server.get().port)"
    let process = try TerminalProcess(
      Build.executable("pgsessions"),
      ["audit", "--summary", "\(secret)/shop", "\(secret)/postgres", try uri()])
    for _ in 0..<2 {
      _ = try process.expect("Password for secret@")
      try process.send("geheim-pw\n")
    }
    let outcome = try process.wait()
    #expect(outcome.status == 0, "\(outcome.stdout)")
    #expect(outcome.stdout.contains("3 targets, 3 of them with a report"))
    #expect(!outcome.stdout.contains("geheim"))
  }

  @Test func theOtherForms() throws {
    let targets = [try uri(), try uri("postgres"), Self.refusing]
    let text = try Fixture.run(["audit"] + targets)
    #expect(text.stdout.contains("3 targets, 2 of them with a report\n1 without"))
    #expect(text.stdout.contains("no report: unreachable"))
    #expect(text.stdout.split(separator: "\n").allSatisfy { $0.count <= 80 })
    #expect(text.stdout.contains("app@postgres on 127.0.0.1"))

    let csv = try Fixture.run(["audit", "--format", "csv"] + targets)
    let records = csv.stdout.split(separator: "\r\n")
    #expect(records[0].hasPrefix("target,target_host,target_port,target_user,target_database,pid,"))
    let port = try Fixture.server.get().port
    #expect(records.dropFirst().contains { $0.contains(",127.0.0.1,\(port),app,shop,") })
    #expect(records.dropFirst().contains { $0.contains(",127.0.0.1,\(port),app,postgres,") })

    let metrics = try Fixture.run(["audit", "--format", "prometheus"] + targets + targets)
    let lines = metrics.stdout.split(separator: "\n")
    #expect(Set(lines).count == lines.count, "a series twice")
    let success = lines.filter { $0.hasPrefix("pgsessions_run_success{") }
    #expect(success.map { $0.suffix(2) } == [" 1", " 1", " 0"])

    let page = try Fixture.run(["audit", "--format", "html"] + targets)
    #expect(page.stdout.contains("<h1>3 targets, 2 of them with a report</h1>"))

    let doctor = try Fixture.run(["doctor"] + targets)
    #expect(doctor.status == 2 && doctor.stdout.contains("app@postgres on"))
    #expect(doctor.stdout.contains("no report: unreachable"))
    let findings = try Fixture.json(try Fixture.run(["doctor", "--json"] + targets))
    #expect(
      findings["reports"]?.items.map { $0["schema"]?.text }
        == [String?](repeating: "pgsessions/doctor/1", count: 3))
  }

  /// Two databases of one server wait for each other's lock, and one that hangs for nobody.
  @Test func sessionsOfSeveralDatabasesAreEnded() throws {
    let server = try ThrowawayServer(settings: ["max_connections": "60"])
    defer { server.remove() }
    try Crowd.prepare(server)
    var victims: [Connection] = []
    for database in ["shop", "ledger"] {
      victims += try Crowd.clients("old", 5, database: database, on: server)
    }
    let silent = try LoopbackListener()
    let log = "\(server.folder)/sessions.log"
    let start = ContinuousClock.now
    let outcome = try Fixture.run(
      [
        "terminate", "--session-older-than", "1ms", "--application", "old", "--execute", "--yes",
        "--max-share", "100", "--timeout", "20s", "--connect-timeout", "2s", "--json", "--log", log,
      ] + ["shop", "ledger"].map { try Crowd.uri(database: $0, port: server.port) }
        + [hanging(silent)])
    #expect(outcome.status == 2, "\(outcome.stderr)")
    let reports = try Fixture.json(outcome)["reports"]?.items ?? []
    #expect(reports.map { $0.value(at: "totals.gone")?.int } == [5, 5, 0], "\(outcome.stdout)")
    #expect(kinds(reports) == [nil, nil, "timeout"])
    #expect(start.duration(to: .now) < .seconds(18))
    #expect(victims.allSatisfy { !Crowd.isAlive($0) })
    // Each run has its own name in the log, which says on which database it is.
    let lines = try String(decoding: Data(contentsOf: URL(fileURLWithPath: log)), as: UTF8.self)
      .split(separator: "\n").map { try JSONDecoder().decode(JSON.self, from: Data($0.utf8)) }
    let begun = lines.filter { $0["event"]?.text == "begin" }
    #expect(Set(begun.map { $0.value(at: "target.database")?.text }) == ["shop", "ledger"])
    for run in Set(lines.compactMap { $0["run"]?.text }) {
      let events = lines.filter { $0["run"]?.text == run }.compactMap { $0["event"]?.text }
      #expect(events.count == 12 && events.first == "begin" && events.last == "end", "\(events)")
    }
    #expect(Set(lines.compactMap { $0["run"]?.text }).count == 2)
  }
}
