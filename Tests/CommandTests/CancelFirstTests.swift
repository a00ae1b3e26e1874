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
  /// `--cancel-first`: queries are cancelled, and only sessions that go on all the same are ended.
  @Suite(.serialized, .sideBySide, .crowd)
  struct CancelFirstTests {
    /// Takes a connection to another thread; the test leaves it alone meanwhile.
    private final class Busy: @unchecked Sendable {
      let connection: Connection
      private let query: Background<String>

      init(_ application: String, _ sql: String) throws {
        let connection = try Crowd.client(application)
        self.connection = connection
        let handed = Handed(connection: connection)
        query = Background {
          do {
            try handed.connection.execute(sql, timeout: .seconds(60))
            return "ended"
          } catch {
            return "\(error)"
          }
        }
        try Crowd.poll("\(application) to be active") {
          try Crowd.server.get().connect().text(
            "SELECT state FROM pg_stat_activity WHERE pid = \(connection.backendPID)") == "active"
        }
      }

      var outcome: String { get throws { try query.value() } }

      private struct Handed: @unchecked Sendable { let connection: Connection }
    }

    private func ending(_ application: String, grace: String, _ more: String...) -> [String] {
      [
        "terminate", "--active-longer-than", "50ms", "--application", application,
        "--cancel-first", "--grace", grace, "--execute", "--yes", "--json",
      ] + more
    }

    private static let stubborn = """
      DO $$ BEGIN
        FOR i IN 1..100 LOOP
          BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END;
        END LOOP;
      END $$
      """

    @Test func aQueryIsCancelledAndItsSessionLives() throws {
      let folder = TemporaryFolder()
      let sleepers = try (0..<3).map { try Busy("sleeper-\($0)", "SELECT pg_sleep(60)") }
      usleep(60_000)
      let outcome = try Crowd.run(
        ending("sleeper-*", grace: "10s", "--log", folder.path("log")))
      let json = try Fixture.json(outcome)
      #expect(outcome.status == 0 && outcome.wallSeconds < 8, "\(outcome.stderr)")
      #expect(json.results == ["changed": 3])
      #expect(
        json["outcomes"]?.items.allSatisfy {
          $0["detail"]?.text == "its query was cancelled; the session lives on"
        } == true)
      for sleeper in sleepers {
        #expect(try sleeper.outcome.contains("57014"))
        #expect(Crowd.isAlive(sleeper.connection))
      }
      let log = try folder.read("log")
      #expect(log.split(separator: "\n").count { $0.contains(#""signal":"cancel""#) } == 3)
      #expect(!log.contains(#""signal":"terminate""#))
    }

    @Test func whatIgnoresTheCancelIsEnded() throws {
      let folder = TemporaryFolder()
      let stubborn = try Busy("stubborn-1", Self.stubborn)
      let pid = Int(stubborn.connection.backendPID)
      let meek = try Busy("stubborn-not", "SELECT pg_sleep(60)")
      usleep(60_000)
      let outcome = try Crowd.run(
        ending("stubborn-*", grace: "400ms", "--log", folder.path("log")))
      #expect(outcome.status == 0, "\(outcome.stderr)")
      #expect(try Fixture.json(outcome).results == ["gone": 1, "changed": 1])
      #expect(try stubborn.outcome.contains("57P01") && meek.outcome.contains("57014"))
      #expect(Crowd.isAlive(meek.connection) && !Crowd.isAlive(stubborn.connection))
      let lines = try folder.read("log").split(separator: "\n").map { try JSON(text: String($0)) }
      let own = lines.filter { $0["pid"]?.int == pid }
      #expect(own.map { $0["signal"]?.text } == ["cancel", "terminate", nil])
    }

    @Test func oneThatHeedsNothingHasSurvived() throws {
      let stopped = try Busy("deaf-1", "SELECT pg_sleep(60)")
      let meek = try Busy("deaf-not", "SELECT pg_sleep(60)")
      kill(stopped.connection.backendPID, SIGSTOP)
      defer { kill(stopped.connection.backendPID, SIGCONT) }
      usleep(60_000)
      let outcome = try Crowd.run(
        ending("deaf-*", grace: "300ms", "--verify-within", "300ms"))
      #expect(outcome.status == 2, "\(outcome.stderr)")
      #expect(try Fixture.json(outcome).results == ["survived": 1, "changed": 1])
      #expect(Crowd.isAlive(meek.connection))
    }

    /// Within the grace nothing but the cancel has been sent: it has no right to be ended yet.
    @Test func anInterruptWithinTheGraceEndsNobody() throws {
      let folder = TemporaryFolder()
      let stubborn = try Busy("graceful", Self.stubborn)
      usleep(60_000)
      let process = try Crowd.start(
        ending(
          "graceful", grace: "30s", "--verify-within", "400ms", "--log", folder.path("log")))
      try Crowd.poll("the cancel") { (try? folder.read("log"))?.contains("cancel") == true }
      usleep(100_000)
      process.signal(SIGINT)
      let outcome = try process.wait()
      #expect(outcome.status == 130 && outcome.wallSeconds < 8, "\(outcome.stderr)")
      let json = try Fixture.json(outcome)
      #expect(json.results == ["survived": 1])
      #expect(json["outcomes"]?.items.first?["detail"]?.text == "its query was cancelled")
      let lines = try folder.read("log").split(separator: "\n").map { try JSON(text: String($0)) }
      #expect(lines.map { $0["event"]?.text } == ["begin", "intent", "outcome", "end"])
      #expect(try Crowd.count("graceful") == 1)
      try Crowd.server.get().execute(
        "SELECT pg_terminate_backend(\(stubborn.connection.backendPID))")
      #expect(try stubborn.outcome.contains("57P01"))
    }
  }
}
