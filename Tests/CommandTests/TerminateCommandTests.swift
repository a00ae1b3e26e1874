import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `pgsessions terminate` on a real server.
@Suite(.serialized, .sideBySide)
struct TerminateCommandTests {
  private func client(
    _ application: String, user: String = "owner", database: String = "shop"
  ) throws -> Connection {
    let connection = try Fixture.server.get().connect(
      application: application, user: user, database: database, viaTCP: true)
    try connection.execute("SELECT 1")
    return connection
  }

  private func isAlive(_ connection: Connection) -> Bool {
    (try? connection.text("'alive'")) == "alive"
  }

  private func terminate(_ arguments: String...) throws -> ProcessOutcome {
    try Fixture.run(["terminate"] + arguments + [try Fixture.uri])
  }

  @Test func aDryRunEndsNothing() throws {
    let idle = try client("dry")
    usleep(60_000)
    let text = try terminate("--idle-longer-than", "50ms", "--application", "dry")
    #expect(text.status == 0 && text.stdout.contains("Nothing was ended"))
    #expect(text.stdout.contains("--execute"))
    let json = try Fixture.json(
      terminate("--idle-longer-than", "50ms", "--application", "dry", "--json"))
    #expect(json["executed"] == .bool(false) && json["outcomes"] == .array([]))
    #expect(json["plan"]?["selected"]?.items.map { $0["pid"]?.int } == [Int(idle.backendPID)])
    #expect(isAlive(idle))
  }

  @Test func executeEndsWhatWasSelectedAndNothingElse() throws {
    let victims = try (0..<3).map { try client("end-\($0)") }
    let others = [try client("spare"), try client("END-0"), try client("")]
    let inTransaction = try client("end-tx")
    try inTransaction.execute("BEGIN")
    let elsewhere = try client("end-elsewhere", database: "postgres")
    let superuser = try client("end-super", user: "postgres")
    usleep(60_000)
    let outcome = try terminate(
      "--idle-longer-than", "50ms", "--application", "end-*", "--json", "--execute", "--yes")
    #expect(outcome.status == 0, "\(outcome.stderr)")
    let json = try Fixture.json(outcome)
    #expect(json["executed"] == .bool(true))
    #expect(
      Set(json["outcomes"]?.items.compactMap { $0["pid"]?.int } ?? [])
        == Set(victims.map { Int($0.backendPID) }), "\(outcome.stdout)")
    #expect(json["outcomes"]?.items.allSatisfy { $0["result"]?.text == "gone" } == true)
    #expect(json["totals"]?["gone"]?.int == 3 && json["totals"]?["selected"]?.int == 3)
    for victim in victims { #expect(!isAlive(victim)) }
    for other in others + [inTransaction, elsewhere, superuser] { #expect(isAlive(other)) }
    func reason(_ application: String) -> String? {
      json["plan"]?["kept"]?.items.first { $0["application_name"]?.text == application }?[
        "reasons"]?.items.first?["kind"]?.text
    }
    #expect(reason("spare") == "not_matched" && reason("end-tx") == "in_use")
    #expect(reason("end-elsewhere") == "other_database" && reason("end-super") == "superuser")
  }

  @Test func aFilterThatMatchesNothingEndsNothing() throws {
    let idle = try client("still-here")
    usleep(60_000)
    let outcome = try terminate(
      "--idle-longer-than", "1ms", "--application", "no-such-*", "--execute", "--yes")
    #expect(outcome.status == 0)
    #expect(outcome.stdout.contains("No session was ended"))
    #expect(isAlive(idle))
  }

  @Test func bothThresholdsMustHold() throws {
    let old = try client("both-old")
    usleep(4_000_000)
    let young = try client("both-young")
    try old.execute("SELECT 2")
    usleep(60_000)
    // The old one has just been used, the young one is idle but young.
    let both = try terminate(
      "--idle-longer-than", "4s", "--session-older-than", "4s", "--application", "both-*",
      "--execute", "--yes")
    #expect(both.status == 0 && isAlive(old) && isAlive(young))
    let alone = try terminate(
      "--session-older-than", "4s", "--application", "both-*", "--json", "--execute", "--yes")
    #expect(alone.status == 0 && !isAlive(old) && isAlive(young))
  }

  @Test func maxEndsThoseSilentLongest() throws {
    let clients = try (0..<4).map { number in
      usleep(20_000)
      return try client("max-\(number)")
    }
    usleep(60_000)
    let json = try Fixture.json(
      terminate(
        "--idle-longer-than", "20ms", "--application", "max-*", "--max", "2", "--json",
        "--execute", "--yes"))
    #expect(json["totals"]?["gone"]?.int == 2 && json["totals"]?["over_max"]?.int == 2)
    #expect(clients.map(isAlive) == [false, false, true, true])
  }

  @Test func allDatabasesIsSaidExplicitly() throws {
    let elsewhere = try client("far", database: "postgres")
    usleep(60_000)
    _ = try terminate(
      "--idle-longer-than", "50ms", "--application", "far", "--execute", "--yes")
    #expect(isAlive(elsewhere))
    usleep(60_000)
    // What it holds there is not to be seen from here, and unknown counts as holding.
    let unseen = try terminate(
      "--idle-longer-than", "50ms", "--application", "far", "--all-databases", "--json",
      "--execute", "--yes")
    #expect(isAlive(elsewhere) && unseen.stdout.contains("holds_state"))
    usleep(60_000)
    let all = try terminate(
      "--idle-longer-than", "50ms", "--application", "far", "--all-databases",
      "--include-stateful", "--execute", "--yes")
    #expect(all.status == 0 && !isAlive(elsewhere))
  }

  @Test func filtersNarrowByEveryColumn() throws {
    let (one, two) = (try client("filter-1"), try client("filter-2"))
    usleep(60_000)
    func dryRun(_ arguments: String...) throws -> Set<String> {
      let json = try Fixture.json(
        Fixture.run(
          ["terminate", "--idle-longer-than", "50ms", "--json"] + arguments + [Fixture.uri]))
      return Set(
        json["plan"]?["selected"]?.items.compactMap { $0["application_name"]?.text }
          .filter { $0.hasPrefix("filter-") } ?? [])
    }
    let both: Set = ["filter-1", "filter-2"]
    #expect(try dryRun("--application", "filter-*") == both)
    #expect(try dryRun("--application", "filter-*", "--not-application=*-2") == ["filter-1"])
    #expect(try dryRun("--application=filter-*", "--user", "own*", "--database", "shop") == both)
    #expect(try dryRun("--application=filter-*", "--not-user", "owner").isEmpty)
    #expect(try dryRun("--application=filter-*", "--not-database", "sh*").isEmpty)
    #expect(try dryRun("--application=filter-*", "--client", "10.0.0.0/8").isEmpty)
    #expect(try dryRun("--application=filter-*", "--not-client", "10.0.0.0/8") == both)
    // The command that is shown has them all.
    let text = try terminate(
      "--idle-longer-than", "50ms", "--application=filter-*", "--not-client=10.0.0.0/8",
      "--user=owner"
    ).stdout
    #expect(
      text.contains("--application='filter-*' --user=owner --not-client=10.0.0.0/8 --execute"))
    #expect(isAlive(one) && isAlive(two))
  }

  @Test func withoutTheRightNothingIsTried() throws {
    let idle = try client("barred")
    let learner = try Fixture.server.get().uri(user: "learner", database: "shop")
    usleep(60_000)
    let outcome = try Fixture.run(
      "terminate", "--idle-longer-than", "50ms", "--application", "barred", "--execute", "--yes",
      learner)
    #expect(outcome.status == 77 && isAlive(idle))
    #expect(outcome.stderr.contains("pg_read_all_stats") || outcome.stderr.contains("may"))
    try Fixture.server.get().execute("GRANT pg_read_all_stats TO learner")
    defer { _ = try? Fixture.server.get().execute("REVOKE pg_read_all_stats FROM learner") }
    usleep(60_000)
    let seeing = try Fixture.run(
      "terminate", "--idle-longer-than", "50ms", "--application", "barred", "--execute", "--yes",
      learner)
    #expect(seeing.status == 77 && isAlive(idle))
    #expect(seeing.stderr.contains("pg_signal_backend"))
  }

  @Test func aProcessThatStaysMakesItPartlyDone() throws {
    let stuck = try client("stuck")
    let easy = try client("stuck-not")
    kill(stuck.backendPID, SIGSTOP)
    defer { kill(stuck.backendPID, SIGCONT) }
    usleep(60_000)
    let outcome = try terminate(
      "--idle-longer-than", "50ms", "--application", "stuck*", "--verify-within", "300ms",
      "--json", "--execute", "--yes")
    #expect(outcome.status == 2)
    let json = try Fixture.json(outcome)
    #expect(json["totals"]?["survived"]?.int == 1 && json["totals"]?["gone"]?.int == 1)
    #expect(!isAlive(easy))
  }

  /// Nobody knows whether a signal did its work when its answer was lost: it is not "not attempted".
  @Test func aLostAnswerIsNoNotAttempted() throws {
    let victims = try (0..<2).map { try client("unanswered-\($0)") }
    usleep(60_000)
    // Start-up, snapshot, what they hold, settings, two for the lock, the second and third again, and
    // then the first signal.
    let proxy = try ScriptedProxy(port: try Fixture.server.get().port, script: .holdFromTurn(9))
    let outcome = try Fixture.run(
      "terminate", "--idle-longer-than", "50ms", "--application", "unanswered-*", "--timeout",
      "1500ms", "--json", "--execute", "--yes",
      "postgresql://app@127.0.0.1:\(proxy.port)/shop?sslmode=disable&gssencmode=disable")
    #expect(outcome.status == 2, "\(outcome.stderr)")
    let json = try Fixture.json(outcome)
    #expect(
      json["outcomes"]?.items.map { $0["result"]?.text } == ["survived", "not_attempted"])
    #expect(json["failure"]?["kind"]?.text == "timeout")
    #expect(victims.count == 2)
  }

  @Test func theNextCommandCanBePasted() throws {
    let odd = "-it's \u{0301}'\u{0301}; echo PWNED"
    let idle = try client("odd")
    usleep(60_000)
    let outcome = try terminate(
      "--idle-longer-than", "50ms", "--application=odd", "--application=" + odd)
    let command = try #require(
      outcome.stdout.split(separator: "\n").first { $0.contains("--execute") }
    ).drop { $0 == " " }
    let harmless = String(command).replacing(
      "pgsessions", with: "printf '%s|'", maxReplacements: 1)
    let pasted = try ChildProcess.run("/bin/sh", ["-c", harmless])
    #expect(pasted.stdout.contains("|--application=\(odd)|"), "\(command)")
    #expect(idle.backendPID > 0)
  }

  // MARK: - The question

  private func asking(_ application: String, threshold: String = "50ms") throws -> TerminalProcess {
    try TerminalProcess(
      Build.executable("pgsessions"),
      [
        "terminate", "--idle-longer-than", threshold, "--application", application, "--execute",
        try Fixture.uri,
      ],
      environment: ChildProcess.plainEnvironment.merging(["TERM": "dumb"]) { $1 }, columns: 120)
  }

  @Test func onATerminalItAsks() throws {
    let first = try client("ask-first")
    usleep(60_000)
    let declined = try asking("ask-first")
    _ = try declined.expect("End this session? [y/N]")
    try declined.send("n\n")
    #expect(try declined.wait().status == 0)
    #expect(isAlive(first))
    usleep(60_000)
    let confirmed = try asking("ask-first")
    _ = try confirmed.expect("[y/N]")
    try confirmed.send("y\n")
    #expect(try confirmed.wait().status == 0)
    #expect(!isAlive(first))
  }

  @Test func aSessionUsedWhileTheQuestionStandsSurvives() throws {
    let used = try client("asked-used")
    let quiet = try client("asked-quiet")
    usleep(60_000)
    let process = try asking("asked-*")
    _ = try process.expect("End these 2 sessions? [y/N]")
    try used.execute("SELECT 'I am still here'")
    // Long enough idle again to be selected once more: it was used all the same.
    usleep(80_000)
    try process.send("yes\n")
    #expect(try process.wait().status == 0)
    #expect(process.transcript.contains("1 left alone, used since"))
    #expect(isAlive(used) && !isAlive(quiet))
  }
}
