import PostgresClient
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The server restarts, or another one takes its place, between judging and signalling.
@Suite(.serialized)
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
}
