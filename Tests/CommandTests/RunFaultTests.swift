import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Faults {
  /// pgsessions' own session is ended, hangs or can't read, before, or in the middle of many victims.
  @Suite(.serialized, .sideBySide, .crowd)
  struct RunFaultTests {
    @Test func aRunThatIsEndedSaysHowFarItCame() throws {
      let victims = try Crowd.clients("lost", 220)
      let gate = try Gate(
        port: Crowd.server.get().port, before: "terminate/signal", occurrence: 100)
      let folder = TemporaryFolder()
      let process = try Crowd.start(
        Crowd.ending("lost", "--json", "--log", folder.path("log")),
        at: Crowd.uri(port: gate.port))
      try gate.waitUntilReached()
      let own = try Crowd.pid()
      #expect(try Crowd.server.get().connect().text("pg_terminate_backend(\(own))") == "true")
      try Crowd.poll("our session's end") { try Crowd.count("pgsessions") == 0 }
      gate.open()
      let outcome = try process.wait()
      let json = try Fixture.json(outcome)
      #expect(outcome.status == 2, "\(outcome.stderr)")
      // 99 were signalled, the 100th perhaps, and nobody could look whether they left.
      #expect(json.results == ["survived": 100, "not_attempted": 120])
      #expect(json["failure"]?["kind"]?.text == "lost")
      #expect(json["failure"]?["sqlstate"]?.text == "57P01")
      #expect(json["totals"]?["selected"]?.int == 220 && victims.count == 220)
      try Crowd.poll("those that were signalled to leave") { try Crowd.count("lost") <= 121 }
      #expect(try Crowd.count("lost") == 121)
      // What was announced has an outcome in the log as well.
      let log = try folder.read("log").split(separator: "\n").map { try JSON(text: String($0)) }
      let announced = log.filter { $0["event"]?.text == "intent" }.map { $0["pid"] }
      let outcomes = log.filter { $0["event"]?.text == "outcome" }
      #expect(announced.count == 100 && outcomes.map { $0["pid"]?.int }.count == 100)
      #expect(outcomes.allSatisfy { $0["result"]?.text == "survived" })
      #expect(log.last?["event"]?.text == "end")
      print("lost: 220 victims, 99 signalled, 121 left alone")
    }

    @Test func aSessionThatHangsRunsIntoTheTimeout() throws {
      let victims = try Crowd.clients("hung", 30)
      let gate = try Gate(
        port: Crowd.server.get().port, before: "terminate/signal", occurrence: 6)
      let process = try Crowd.start(
        Crowd.ending("hung", "--json", "--timeout", "3s"), at: Crowd.uri(port: gate.port))
      try gate.waitUntilReached()
      let own = try Crowd.pid()
      kill(own, SIGSTOP)
      defer { kill(own, SIGCONT) }
      gate.open()
      let outcome = try process.wait()
      let json = try Fixture.json(outcome)
      #expect(outcome.status == 2 && outcome.wallSeconds < 8, "\(outcome.stderr)")
      #expect(json.results == ["survived": 6, "not_attempted": 24])
      #expect(json["failure"]?["kind"]?.text == "timeout")
      #expect(outcome.stderr.contains("--timeout waits longer"))
      #expect(try Crowd.count("hung") >= 24 && victims.count == 30)
    }

    /// Nothing may be ended of which it is not known what it holds.
    @Test func aQuestionThatHangsEndsNobody() throws {
      let server = try Crowd.server.get()
      try server.execute("CREATE DATABASE locked")
      let victim = try Crowd.client("unread", database: "locked")
      let locker = try server.connect(application: "locker", database: "locked")
      try locker.execute("BEGIN")
      try locker.execute("LOCK TABLE pg_catalog.pg_depend IN ACCESS EXCLUSIVE MODE")
      let outcome = try Crowd.run(
        Crowd.ending("unread", "--timeout", "1s", "--json"), at: Crowd.uri(database: "locked"))
      #expect(outcome.status == 69 && outcome.wallSeconds < 6, "\(outcome.stderr)")
      #expect(outcome.stderr.hasPrefix("pgsessions: "))
      let json = try Fixture.json(outcome)
      #expect(json["failure"]?["kind"]?.text == "timeout" && json.results.isEmpty)
      #expect(Crowd.isAlive(victim))
      try locker.execute("COMMIT")
      #expect(
        try Crowd.run(Crowd.ending("unread"), at: Crowd.uri(database: "locked")).status == 0)
      #expect(!Crowd.isAlive(victim))
    }
  }
}
