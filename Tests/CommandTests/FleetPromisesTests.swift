import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What several targets must not do to each other, to the server and to the terminal.
@Suite(.serialized, .sideBySide, .crowd)
struct FleetPromisesTests {
  private let folder = TemporaryFolder()

  private func port() throws -> Int { try Fixture.server.get().port }

  private func uri(_ database: String = "shop", user: String = "app") throws -> String {
    try Fixture.server.get().uri(user: user, database: database)
  }

  /// Two services of which user and database say nothing.
  private func services(user: String) throws -> [String: String] {
    let text = ["prod", "stage"].map {
      "[\($0)]\nhost=127.0.0.1\nport=\((try? port()) ?? 0)\ndbname=shop\nuser=\(user)\n"
    }
    try folder.write(text.joined(), to: "services")
    return ["PGSERVICEFILE": folder.path("services")]
  }

  @Test func eachHasANameOfItsOwn() throws {
    let environment = try services(user: "app")
    let alike = "host=db.example hostaddr=127.0.0.1 port=\(try port()) user=app dbname=shop"
    let targets = [
      "service=prod", "service=stage", alike, alike.replacing("127.0.0.1", with: "127.0.0.2"),
      alike,
    ]
    let json = try Fixture.json(
      Fixture.run(["audit", "--json", "--summary"] + targets, environment: environment))
    let names = (json["reports"]?.items ?? []).map { $0.value(at: "target.name")?.text ?? "" }
    #expect(names.count == 5 && names[2] == names[4], "\(names)")
    #expect(Set(names).count == 4 && names[0].contains("service=prod"), "\(names)")
    #expect(names[3].contains("hostaddr=127.0.0.2"))
    let metrics = try Fixture.run(
      ["audit", "--format", "prometheus"] + targets, environment: environment)
    let success = metrics.stdout.split(separator: "\n").filter {
      $0.hasPrefix("pgsessions_run_success{")
    }
    #expect(success.count == 4, "\(success)")
    // Where user, host, port and database tell them apart, no more is said.
    let plain = try Fixture.json(Fixture.run("audit", "--json", uri(), uri("postgres")))
    #expect(plain.value(at: "reports.0.target.name") == .null)
  }

  /// A prompt says whose it is, and a signal there leaves a terminal that talks.
  @Test func aPromptThatIsInterruptedLeavesTheTerminalAsItWas() throws {
    let environment = try services(user: "secret").merging(
      ChildProcess.plainEnvironment.merging(["TERM": "xterm"]) { $1 }
    ) { mine, _ in mine }
    let program = try Build.executable("pgsessions")
    let shell = try TerminalProcess(
      "/bin/bash",
      ["-c", "trap : INT; '\(program)' audit service=prod service=stage; echo; stty -a"],
      environment: environment)
    _ = try shell.expect("Password for service=")
    usleep(300_000)
    try shell.send("\u{3}")
    let shown = try shell.wait().stdout
    #expect(shown.contains(" echo ") && !shown.contains("-echo "), "\(shown)")
    #expect(shell.transcript.matches(of: /Password for/).count == 1, "\(shown)")
  }

  /// The first Ctrl-C ends the question, and what was ended is reported.
  @Test func anInterruptedPromptCostsNoReport() throws {
    let server = try ThrowawayServer(
      settings: ["max_connections": "30"],
      authentication: ["host all guarded 127.0.0.1/32 scram-sha-256"])
    defer { server.remove() }
    try Crowd.prepare(server)
    try server.execute("CREATE ROLE guarded LOGIN PASSWORD 'geheim-pw'")
    let victims = try Crowd.clients("old", 3, on: server)
    defer { withExtendedLifetime(victims) {} }
    let process = try TerminalProcess(
      Build.executable("pgsessions"),
      [
        "terminate", "--session-older-than", "1ms", "--application", "old", "--execute", "--yes",
        "--max-share", "100", Crowd.uri(port: server.port),
        Crowd.uri(user: "guarded", port: server.port),
      ])
    _ = try process.expect("Password for guarded@shop")
    // Not asked themselves: whoever is used is left alone.
    try Crowd.poll("three ended") { try Crowd.count("old", on: server) == 0 }
    try process.send("\u{3}")
    let outcome = try process.wait()
    #expect(outcome.status == 130, "\(outcome.stdout)")
    #expect(outcome.stdout.contains("3 gone") || outcome.stdout.contains("3 sessions"))
  }

  /// Databases of a small server: we are not what fills it.
  @Test func aServerIsNotFilledByUs() throws {
    let server = try ThrowawayServer(settings: ["max_connections": "16"])
    defer { server.remove() }
    try server.execute("CREATE ROLE app LOGIN")
    let targets = [String](repeating: server.uri(user: "app", database: "postgres"), count: 40)
    let outcome = try Fixture.run(["audit", "--json", "--summary"] + targets)
    #expect(outcome.status == 0, "\(outcome.stderr)")
    let used = try (Fixture.json(outcome)["reports"]?.items ?? []).map {
      $0.value(at: "slots.used")?.int ?? 99
    }
    // One that leaves is still there for a moment.
    #expect(used.count == 40 && used.allSatisfy { $0 <= 12 }, "\(used)")
  }

  /// Whose sessions are listed by several targets is counted once.
  @Test func sessionsOfOneServerAreCountedOnce() throws {
    let server = try ThrowawayServer(settings: ["max_connections": "30"])
    defer { server.remove() }
    try Crowd.prepare(server)
    let quiet = try Crowd.clients("quiet", 4, on: server)
    usleep(1_200_000)
    let targets = try ["shop", "ledger", "shop"].map {
      try Crowd.uri(database: $0, port: server.port)
    }
    let outcome = try Fixture.run(["audit", "--summary", "--stale-after", "1s"] + targets)
    #expect(outcome.stdout.contains("4 suspect on 1 server\n"), "\(outcome.stdout)")
    #expect(outcome.stdout.contains("1 server in all"))
    #expect(quiet.count == 4)
  }

  @Test func noPasswordShowsInAName() throws {
    let typo = "host=127.0.0.1 port=\(try port()) user=app dbname=shop,password=geheim"
    for arguments in [
      ["--summary", typo, try uri()], ["--json", typo, try uri()],
      ["--format", "html", typo, try uri()],
      ["--format", "prometheus", typo, try uri()], ["--json", typo],
    ] {
      let outcome = try Fixture.run(["audit"] + arguments)
      #expect(outcome.status == (arguments.contains(try uri()) ? 2 : 69))
      #expect(!outcome.stdout.contains("geheim") && !outcome.stderr.contains("geheim"))
    }
  }

  /// A mistake in the command line is one, however many targets.
  @Test func usageErrorsKeepTheirStatus() throws {
    #expect(try Fixture.run("audit", "service=nope", "service=nope2").status == 64)
    #expect(try Fixture.run("audit", uri() + "?sslmode=bogus", uri() + "?sslmode=odd").status == 64)
  }

  @Test func linesAreJudgedAnew() throws {
    let lines = try Fixture.run(
      "audit", "--format", "ndjson", uri(), "postgresql://app@127.0.0.1:1/shop")
    let again = try Fixture.run(
      ["audit", "--format", "ndjson", "--input", "-"], input: lines.stdout)
    #expect(again.status == 2 && again.stdout == lines.stdout)
  }

  /// What a report was judged with is not taken over in silence, nor is it taken for fresh.
  @Test func aSavedReportIsNotTakenForAnother() throws {
    let saved = try Fixture.run(
      "audit", "--json", "--stale-after", "8s", "--max-age", "10m", uri())
    let report = try Fixture.json(saved)
    let text = try Fixture.run(["audit", "--input", "-"], input: saved.stdout)
    #expect(text.stderr.contains("it was judged with --stale-after 8s, declarations"))
    let same = try Fixture.run(
      ["audit", "--stale-after", "8s", "--max-age", "10m", "--input", "-"], input: saved.stdout)
    #expect(same.stderr.isEmpty)
    let metrics = try Fixture.run(
      [
        "audit", "--format", "prometheus", "--stale-after", "8s", "--max-age", "10m", "--input",
        "-",
      ],
      input: saved.stdout)
    let line = metrics.stdout.split(separator: "\n").first {
      $0.hasPrefix("pgsessions_run_timestamp_seconds{")
    }
    let micros = try #require(report["captured_at"]?.text).suffix(7).dropLast()
    #expect(line?.contains(".\(micros.prefix(2))") == true, "\(line ?? "")")
  }

  // MARK: - Files

  @Test func theReportNeverTakesThePlaceOfTheLog() throws {
    let victims = try Crowd.clients("kept", 2)
    for link in [false, true] {
      let log = folder.path("log")
      try folder.write("{\"old\":1}\n", to: "log")
      if link {
        try? FileManager.default.createSymbolicLink(
          atPath: folder.path("same"), withDestinationPath: log)
      }
      let outcome = try Crowd.run(
        Crowd.ending("kept", "--json", "--log", log, "-o", link ? folder.path("same") : log))
      #expect(outcome.status == 73 && outcome.stderr.contains("the same file"), "\(outcome.stderr)")
      #expect(try folder.read("log") == "{\"old\":1}\n")
    }
    #expect(victims.allSatisfy { Crowd.isAlive($0) })
  }

  @Test func aRunThatIsEndedLeavesNoFile() throws {
    let silent = try LoopbackListener()
    let out = folder.path("out")
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: false)
    let process = try RunningProcess(
      Build.executable("pgsessions"),
      ["audit", "--json", "-o", "\(out)/report", "postgresql://app@127.0.0.1:\(silent.port)/shop"])
    usleep(700_000)
    process.signal(SIGTERM)
    #expect(try process.wait().termination == .signalled(SIGTERM))
    #expect(try FileManager.default.contentsOfDirectory(atPath: out).isEmpty)
  }

  @Test func aLinkToNothingIsFollowed() throws {
    let files = FileManager.default
    try files.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "new")
    #expect(try Fixture.run("audit", "--json", "-o", folder.path("link"), uri()).status == 0)
    #expect(try files.destinationOfSymbolicLink(atPath: folder.path("link")) == "new")
    #expect(try folder.read("new").hasPrefix("{\"schema\""))
    // `-` is stdout, as everywhere.
    let out = try Fixture.run("audit", "--json", "-o", "-", uri())
    #expect(out.stdout.hasPrefix("{\"schema\""))
  }

  @Test func whereNobodyAnsweredTheOldFileStays() throws {
    try folder.write("old", to: "report")
    let nobody = "postgresql://app@127.0.0.1:1/shop"
    for format in ["text", "csv"] {
      let outcome = try Fixture.run(
        "audit", "--format", format, "-o", folder.path("report"), nobody, nobody)
      #expect(outcome.status == 69)
      #expect(try folder.read("report") == "old")
    }
    let quiet = try Fixture.run("terminate", "--orphans", "--quiet", nobody, uri())
    #expect(quiet.stdout.isEmpty && quiet.stderr.contains("Connection refused"))
  }
}
