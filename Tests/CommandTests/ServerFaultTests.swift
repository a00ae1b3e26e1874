import PostgresClient
import TestRandom
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The server restarts, or another one takes its place, between judging and signalling.
@Suite(.serialized, .sideBySide)
struct ServerFaultTests {
  /// Restarted by these tests, so nobody else's.
  private static let server = Result { () throws -> ThrowawayServer in
    let server = try ThrowawayServer()
    try Crowd.prepare(server)
    return server
  }

  private func uri(_ server: ThrowawayServer, port: Int? = nil) throws -> String {
    try Crowd.uri(port: port ?? server.port)
  }

  @Test func aRestartWhileTheQuestionStandsEndsTheRun() throws {
    let server = try Self.server.get()
    let before = try Crowd.clients("asked", 3, on: server)
    let process = try Crowd.ask(Crowd.ending("asked"), at: uri(server))
    try process.expect("End these 3 sessions? [y/N]")
    try server.restart()
    // The same names are there again, and perhaps the same pids.
    let after = try Crowd.clients("asked", 3, on: server)
    usleep(30_000)
    try process.send("y\n")
    let outcome = try process.wait()
    #expect(outcome.status == 69)
    #expect(outcome.stdout.contains("pgsessions: the connection was lost"))
    #expect(outcome.stdout.contains("None was ended, 3 not attempted."))
    #expect(after.allSatisfy(Crowd.isAlive) && before.count == 3)
  }

  @Test func aRestartBeforeTheFirstSignalEndsNobodyOfTheNewServer() throws {
    let server = try Self.server.get()
    let before = try Crowd.clients("unasked", 3, on: server)
    let gate = try Gate(port: server.port, before: "terminate/signal")
    let process = try Crowd.start(
      Crowd.ending("unasked", "--json"), at: uri(server, port: gate.port))
    try gate.waitUntilReached()
    try server.restart()
    let after = try Crowd.clients("unasked", 3, on: server)
    gate.open()
    let outcome = try process.wait()
    let json = try Fixture.json(outcome)
    // What became of the first statement nobody knows; it may have been carried out.
    #expect(outcome.status == 2, "\(outcome.stderr)")
    #expect(json.results == ["survived": 1, "not_attempted": 2])
    #expect(json["failure"]?["kind"]?.text == "lost")
    #expect(outcome.stderr.contains("Somebody ended our session, or the server is shutting down"))
    #expect(after.allSatisfy(Crowd.isAlive) && before.count == 3)
  }

  @Test func whoCantBeReachedAnyMoreIsSaid() throws {
    let server = try Self.server.get()
    let clients = try Crowd.clients("down", 2, on: server)
    let gate = try Gate(port: server.port, before: "pg_try_advisory_lock")
    let process = try Crowd.start(
      Crowd.ending("down", "--json"), at: uri(server, port: gate.port))
    try gate.waitUntilReached()
    try server.stop(.immediate)
    gate.open()
    let outcome = try process.wait()
    try server.start()
    let json = try Fixture.json(outcome)
    #expect(outcome.status == 69 && json.results == ["not_attempted": 2])
    #expect(json["failure"]?["kind"]?.text == "lost" && clients.count == 2)
    #expect(try Fixture.run(Crowd.ending("down") + [uri(server)]).status == 0)
  }

  /// A server in recovery, which `pg_promote` makes the primary under the eyes of its clients.
  private func standby() throws -> ThrowawayServer {
    let server = try ThrowawayServer()
    try Crowd.prepare(server)
    try server.becomeStandby()
    try #require(server.connect().text("pg_is_in_recovery()") == "true")
    return server
  }

  @Test func aFailoverBetweenPlanAndSignalEndsNobody() throws {
    let server = try standby()
    // What a standby serves can be ended as anything else, as long as it stays one.
    let others = try Crowd.clients("read-only", 2, on: server)
    let plain = try Crowd.run(Crowd.ending("read-only", "--json"), at: uri(server))
    #expect(plain.status == 0, "\(plain.stderr)")
    #expect(try Fixture.json(plain).results == ["gone": 2] && others.count == 2)

    let clients = try Crowd.clients("failover", 3, on: server)
    let gate = try Gate(port: server.port, before: "terminate/signal")
    let process = try Crowd.start(
      Crowd.ending("failover", "--json"), at: uri(server, port: gate.port))
    let asked = try Crowd.ask(Crowd.ending("failover", "--no-lock"), at: uri(server))
    try asked.expect("End these 3 sessions? [y/N]")
    try gate.waitUntilReached()
    #expect(try server.connect().text("pg_promote(true, 20)") == "true")
    gate.open()
    let outcome = try process.wait()
    let json = try Fixture.json(outcome)
    #expect(outcome.status == 69, "\(outcome.stderr)")
    #expect(json.results == ["not_attempted": 3])
    #expect(json["failure"]?["kind"]?.text == "lost")
    #expect(outcome.stderr.contains("another server answers than the one that was judged"))
    #expect(outcome.stderr.contains("Run it again"))
    try asked.send("y\n")
    let answered = try asked.wait()
    #expect(answered.status == 69, "\(answered.stdout)")
    #expect(answered.stdout.contains("None was ended, 3 not attempted."))
    #expect(clients.allSatisfy(Crowd.isAlive))
    #expect(try Crowd.run(Crowd.ending("failover"), at: uri(server)).status == 0)
    #expect(try Crowd.count("failover", on: server) == 0)
  }

  /// As JSON has it.
  private func postmasterStart(_ server: ThrowawayServer) throws -> String? {
    try server.connect().text(
      #"to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"#)
  }

  /// Whenever the server goes: who is there afterwards is never signalled on what was judged before,
  /// the log is true, and the next run goes on.
  @Test func aRestartAtAnyMomentLeavesATrueLog() throws {
    let server = try Self.server.get()
    let folder = TemporaryFolder()
    var random = Seeded.printed("restarts during a run")
    let rounds = FaultRounds.count(10)
    var (statuses, announced, gone, begun, late) = ([Int32: Int](), 0, 0, 0, 0)
    for round in 1...rounds {
      let before = try Crowd.clients("restarted", 12, on: server)
      let log = folder.path("\(round)")
      let process = try Crowd.start(
        Crowd.ending("restarted", "--json", "--log", log), at: uri(server))
      if round.isMultiple(of: 4) {
        // As early as when it connects.
        usleep(UInt32.random(in: 0...60_000, using: &random))
      } else {
        try Crowd.poll("the log to begin") { (try? folder.read("\(round)").isEmpty) == false }
        usleep(UInt32.random(in: 0...30_000, using: &random))
      }
      try server.restart(round.isMultiple(of: 2) ? .fast : .immediate)
      // The same names again, and perhaps the same pids.
      let after = try Crowd.clients("restarted", 12, on: server)
      let outcome = try process.wait()
      #expect([0, 2, 69].contains(outcome.status), "round \(round): \(outcome.stderr)")
      let lines = try folder.read("\(round)").split(separator: "\n").map {
        try JSON(text: String($0))
      }
      func pids(_ event: String, _ result: String? = nil) -> [Int] {
        lines.filter {
          $0["event"]?.text == event && (result == nil || $0["result"]?.text == result)
        }
        .compactMap { $0["pid"]?.int }
      }
      let intents = pids("intent")
      // One that connected only afterwards has judged the new server.
      let judged = lines.first?["target"]?["postmaster_start_time"]?.text
      let hasJudgedAnew = try judged == postmasterStart(server)
      late += hasJudgedAnew ? 1 : 0
      let known = (hasJudgedAnew ? after : before).map { Int($0.backendPID) }
      #expect(Set(intents).isSubset(of: known), "round \(round)")
      #expect(hasJudgedAnew || after.allSatisfy(Crowd.isAlive), "round \(round)")
      // It lives on and says of each what it knows, once.
      #expect(pids("outcome").sorted() == intents.sorted(), "round \(round)")
      #expect(Set(intents).count == intents.count, "round \(round)")
      let report = try Fixture.json(outcome)
      #expect(report.results["gone", default: 0] == pids("outcome", "gone").count)
      let next = try Crowd.run(Crowd.ending("restarted", "--log", log), at: uri(server))
      #expect(next.status == 0, "round \(round): \(next.stderr)")
      #expect(!after.contains(where: Crowd.isAlive), "round \(round)")
      statuses[outcome.status, default: 0] += 1
      (announced, gone) = (announced + intents.count, gone + pids("outcome", "gone").count)
      begun += intents.isEmpty ? 0 : 1
    }
    print(
      "\(rounds) restarts during a run: statuses \(statuses); \(begun) had begun to signal, "
        + "\(announced) announced, \(gone) seen to be gone; \(late) connected afterwards")
    #expect(begun > late && statuses[0, default: 0] < rounds, "it must restart in the middle, too")
  }
}
