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

/// Only one run at a time ends sessions on a server.
@Suite(.serialized, .sideBySide)
struct RunLockTests {
  private static let key = "1885827941, 1936943471"

  /// The lock is one for a whole server, and these tests wait for it.
  private static let server = Result { () throws -> ThrowawayServer in
    let server = try ThrowawayServer(
      settings: ["max_connections": "350", "max_prepared_transactions": "5"])
    try Crowd.prepare(server)
    return server
  }

  private func client(
    _ application: String, user: String = "owner", database: String = "shop"
  ) throws -> Connection {
    try Crowd.client(application, user: user, database: database, on: Self.server.get())
  }

  private func uri(
    user: String = "boss", database: String = "shop", port: Int? = nil
  ) throws -> String {
    try Crowd.uri(user: user, database: database, port: port ?? Self.server.get().port)
  }

  private func run(_ arguments: [String], at uri: String? = nil) throws -> ProcessOutcome {
    try Crowd.run(arguments, at: uri ?? self.uri())
  }

  private func holder(in database: String) throws -> Connection {
    let holder = try client("lock-holder", database: database)
    try holder.execute("SELECT pg_advisory_lock(\(Self.key))")
    return holder
  }

  @Test(arguments: ["shop", "ledger"])
  func aLockThatIsHeldEndsNobody(in database: String) throws {
    let victim = try client("locked-out")
    let holder = try holder(in: database)
    let outcome = try run(Crowd.ending("locked-out", "--json"))
    #expect(outcome.status == 75, "\(outcome.stderr)")
    #expect(outcome.wallSeconds > 1.9 && outcome.wallSeconds < 8)
    let json = try Fixture.json(outcome)
    #expect(json.results == ["not_attempted": 1])
    let message = try #require(json["failure"]?["message"]?.text)
    #expect(message.contains("pid \(holder.backendPID) (owner@\(database), since "))
    #expect(outcome.stderr.contains(message) && outcome.stderr.contains("--no-lock"))
    // A dry run takes none, and --no-lock asks for none.
    let dry = try run(Crowd.ending("locked-out").filter { $0 != "--execute" })
    #expect(dry.status == 0 && dry.stdout.contains("1 session would be ended"))
    #expect(Crowd.isAlive(victim))
    let unlocked = try run(Crowd.ending("locked-out", "--no-lock"))
    #expect(unlocked.status == 0 && !Crowd.isAlive(victim))
  }

  /// An ordinary role must see who has the lock elsewhere, though not what that session does.
  @Test func whoHasItIsSeenByAnyRole() throws {
    let holder = try client("lock-holder", user: "boss", database: "ledger")
    try holder.execute("SELECT pg_advisory_lock(\(Self.key))")
    let victim = try client("locked-too")
    let outcome = try run(Crowd.ending("locked-too"), at: uri(user: "owner"))
    #expect(outcome.status == 75 && Crowd.isAlive(victim))
    #expect(outcome.stderr.contains("pid \(holder.backendPID) "), "\(outcome.stderr)")
    #expect(outcome.stdout.contains("1 not attempted"))
  }

  /// Which holds it without a session, and may do so for days.
  @Test func aPreparedTransactionThatHoldsItIsSaid() throws {
    let victim = try client("prepared")
    let holder = try client("preparing", user: "postgres")
    for sql in [
      "BEGIN", "SELECT pg_advisory_xact_lock(\(Self.key))", "PREPARE TRANSACTION 'held'",
    ] {
      try holder.execute(sql)
    }
    defer { _ = try? holder.execute("ROLLBACK PREPARED 'held'") }
    let outcome = try run(Crowd.ending("prepared", "--json"))
    #expect(outcome.status == 75 && outcome.wallSeconds < 8, "\(outcome.stderr)")
    #expect(outcome.stderr.contains("a prepared transaction") && Crowd.isAlive(victim))
  }

  @Test func aDryRunTakesNoLock() throws {
    let victim = try client("lockless")
    let gate = try Gate(
      port: Self.server.get().port, before: "pg_try_advisory_lock", occurrence: 0)
    for more in [[], ["--json"], ["--sql"]] {
      let arguments = Crowd.ending("lockless").filter { $0 != "--execute" } + more
      #expect(try run(arguments, at: uri(port: gate.port)).status == 0)
    }
    #expect(gate.seen == 0 && Crowd.isAlive(victim))
    #expect(try run(Crowd.ending("lockless"), at: uri(port: gate.port)).status == 0)
    #expect(gate.seen == 1)
  }

  @Test(arguments: ["shop", "ledger"])
  func aLockThatIsReleasedIsWaitedFor(in database: String) throws {
    let (victim, used) = (try client("patient"), try client("patient-used"))
    let holder = try holder(in: database)
    usleep(1_050_000)
    let gate = try Gate(
      port: Self.server.get().port, before: "l.locktype = 'advisory'", occurrence: 2)
    let process = try Crowd.start(
      [
        "terminate", "--idle-longer-than", "1s", "--application", "patient*", "--json",
        "--execute", "--yes",
      ], at: uri(port: gate.port))
    // It has looked once, and in vain.
    try gate.waitUntilReached()
    // The plan is made anew after the wait: the other run may have changed everything.
    try used.execute("SELECT 2")
    try holder.execute("SELECT pg_advisory_unlock(\(Self.key))")
    gate.open()
    let outcome = try process.wait()
    #expect(outcome.status == 0, "\(outcome.stderr)")
    let json = try Fixture.json(outcome)
    #expect(json.results == ["gone": 1] && json.kept("patient-used") == "too_young")
    #expect(!Crowd.isAlive(victim) && Crowd.isAlive(used))
  }

  /// What a log tells of the signals of one run, by the clock of this machine.
  private func signals(_ lines: [JSON]) -> (span: ClosedRange<String>, pids: [Int], gone: [Int])? {
    let intents = lines.filter { $0["event"]?.text == "intent" }
    let times = (intents + lines.filter { $0["event"]?.text == "outcome" })
      .compactMap { $0["at"]?.text }
    let gone = lines.filter { $0["result"]?.text == "gone" }.compactMap { $0["pid"]?.int }
    guard let first = times.min(), let last = times.max() else { return nil }
    return (first...last, intents.compactMap { $0["pid"]?.int }, gone)
  }

  /// Two that begin at the same time and share a log.
  @Test(arguments: [
    (150, ["shop", "ledger"], false), (20, ["shop", "ledger"], true), (40, ["shop", "shop"], true),
  ])
  func twoRunsNeverOverlap(
    sessions: Int, databases: [String], areTheSameForBoth: Bool
  ) throws {
    let server = try Self.server.get()
    let (log, rounds) = (TemporaryFolder(), max(1, FaultRounds.count(1) / 10))
    var (ended, signalled, locked) = (0, 0, 0)
    for round in 1...rounds {
      let victims = try databases.flatMap {
        try Crowd.clients("overlap", sessions, database: $0, on: server)
      }
      let path = log.path("\(round)")
      let processes = try databases.map { database in
        try Crowd.start(
          Crowd.ending("overlap", "--log", path)
            + (areTheSameForBoth ? ["--all-databases", "--include-stateful"] : []),
          at: uri(database: database))
      }
      let outcomes = try processes.map { try $0.wait() }
      // The one that came second may have given up: it was told so, and did nothing.
      for outcome in outcomes { #expect([0, 75].contains(outcome.status), "\(outcome.stderr)") }
      // A line that is torn or that two have written into can't be read.
      let lines = try log.read("\(round)").split(separator: "\n").map { try JSON(text: String($0)) }
      let runs = Dictionary(grouping: lines) { $0["run"]?.text }.values.compactMap(signals)
      if runs.count == 2 { #expect(!runs[0].span.overlaps(runs[1].span), "\(runs.map(\.span))") }
      let (announced, gone) = (runs.flatMap(\.pids), runs.flatMap(\.gone))
      #expect(announced.count == Set(announced).count, "one was announced twice")
      #expect(gone.count == Set(gone).count && Set(gone) == Set(announced))
      #expect(try victims.count - Crowd.count("overlap", on: server) == gone.count)
      let done = outcomes.count { $0.status == 0 }
      #expect(gone.count == (areTheSameForBoth ? victims.count : sessions * done) && done > 0)
      (ended, signalled, locked) = (ended + gone.count, signalled + runs.count, locked + done)
      // What the one that gave up has left, for the next round.
      for database in databases {
        try server.connect(database: database).execute(
          "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            + "WHERE application_name = 'overlap'")
      }
      try Crowd.poll("them to leave") { try Crowd.count("overlap", on: server) == 0 }
    }
    print(
      "two runs at once in \(databases), \(rounds) times: \(ended) ended, none twice "
        + "or announced twice; "
        + "\(signalled) runs signalled, \(locked) had the lock")
  }
}
