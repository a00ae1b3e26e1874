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

extension Faults {
  /// On what evidence orphans are ended, and with what they hold.
  @Suite(.serialized, .sideBySide, .crowd)
  struct OrphanEndingTests {
    private static let relay = Result { try Relay(upstreamPort: Crowd.server.get().port) }

    private func session(_ application: String, from address: String) throws -> Connection {
      let connection = try Connection.open(
        Self.relay.get().openDyno(address: address).parameters(
          of: Crowd.server.get(), user: "owner", database: "shop", application: application),
        deadline: Deadline(after: .seconds(20)))
      try connection.execute("SELECT 1")
      return connection
    }

    private func ending(_ name: String, _ more: String...) -> [String] {
      [
        "terminate", "--orphans", "--restart-grace", "50ms", "--application", name, "--execute",
        "--yes", "--json",
      ] + more
    }

    /// An orphan and its successor.
    private func superseded(_ name: String, from net: String) throws -> (Connection, Connection) {
      let old = try session(name, from: "\(net).1")
      usleep(5_000)
      return (old, try session(name, from: "\(net).2"))
    }

    /// Whether it came by a unix socket or from this machine, its name tells whose it is.
    @Test func aRosterTellsWithoutAnAddress() throws {
      let server = try Crowd.server.get()
      let living = try Crowd.client("roster.1")
      let byTCP = try Crowd.client("roster.2")
      let bySocket = try server.connect(application: "roster.3", user: "owner", database: "shop")
      try bySocket.execute("SELECT 1")
      let inTransaction = try Crowd.client("roster.4")
      try inTransaction.execute("BEGIN")
      usleep(100_000)
      let roster = #"[{"name":"roster.1","state":"up","created_at":"2020-01-01T00:00:00Z"}]"#
      let arguments = ending("roster.*", "--live", "-") + [try Crowd.uri()]
      let text = try Fixture.run(
        arguments.filter { $0 != "--json" && $0 != "--execute" }, input: roster)
      #expect(text.stdout.contains("3 sessions would be ended"), "\(text.stdout)")
      #expect(text.stdout.contains("idle in transaction"), "\(text.stdout)")
      let outcome = try Fixture.run(arguments.filter { $0 != "--json" }, input: roster)
      #expect(outcome.status == 0, "\(outcome.stderr)")
      #expect(outcome.stdout.contains("3 ended and seen to be gone."))
      #expect(outcome.stdout.contains("idle in transaction"), "\(outcome.stdout)")
      #expect(
        [living, byTCP, bySocket, inTransaction].map(Crowd.isAlive) == [true, false, false, false])
    }

    @Test func whatIsOnlyInferredIsNotTrustedWhereNobodySees() throws {
      let (old, new) = try superseded("trust.1", from: "127.0.131")
      usleep(60_000)
      let untrusted = try Crowd.run(ending("trust.1"))
      let json = try Fixture.json(untrusted)
      #expect(untrusted.status == 0 && json["totals"]?["selected"]?.int == 0)
      #expect(
        json["plan"]?["kept"]?.items.contains {
          $0["reasons"]?.items.first?["kind"]?.text == "untrusted"
        } == true)
      #expect(try Crowd.count("trust.1") == 2)
      // Somebody who sees the plan may.
      let process = try Crowd.ask(ending("trust.1").filter { $0 != "--json" })
      try process.expect("End this session? [y/N]")
      try process.send("n\n")
      #expect(try process.wait().status == 0)
      let trusted = try Crowd.run(ending("trust.1", "--trust", "inferred"))
      #expect(try Fixture.json(trusted).results == ["gone": 1], "\(trusted.stderr)")
      #expect(!Crowd.isAlive(old))
      // What was declared is trusted anywhere, unless only a roster is.
      let newest = try session("trust.1", from: "127.0.132.1")
      usleep(60_000)
      let strict = try Crowd.run(
        ending("trust.1", "--instances", "trust.*=1", "--trust", "roster"))
      #expect(try Fixture.json(strict)["totals"]?["selected"]?.int == 0)
      usleep(60_000)
      // Its successor is still there a grace later.
      #expect(Crowd.isAlive(newest))
      let declared = try Crowd.run(ending("trust.1", "--instances", "trust.*=1"))
      #expect(declared.status == 0, "\(declared.stderr)")
      #expect(!Crowd.isAlive(new) && Crowd.isAlive(newest))
    }

    /// What is only inferred must have lasted before a transaction is lost with it.
    @Test func aTransactionOnInferredEvidenceIsKeptUntilItIsStale() throws {
      let other = try session("lasting.1", from: "127.0.133.1")
      try other.execute("BEGIN")
      usleep(5_000)
      let successor = try session("lasting.1", from: "127.0.133.2")
      usleep(80_000)
      let young = try Crowd.run(
        ending("lasting.1", "--trust", "inferred"))
      #expect(try Fixture.json(young)["totals"]?["selected"]?.int == 0, "\(young.stderr)")
      #expect(young.stdout.contains("see --include-stateful") && Crowd.isAlive(successor))
      usleep(1_600_000)
      // Heard, or nobody of its application would be.
      try successor.execute("SELECT 1")
      let stale = try Crowd.run(
        ending("lasting.1", "--trust", "inferred", "--stale-after", "1500ms"))
      #expect(try Fixture.json(stale).results == ["gone": 1], "\(stale.stderr)")
      #expect(!Crowd.isAlive(other) && Crowd.isAlive(successor))
    }

    @Test func includeStatefulEndsATransactionAtOnce() throws {
      let old = try session("stateful.1", from: "127.0.135.1")
      try old.execute("BEGIN")
      usleep(5_000)
      let new = try session("stateful.1", from: "127.0.135.2")
      usleep(80_000)
      let outcome = try Crowd.run(
        ending("stateful.1", "--trust", "inferred", "--include-stateful"))
      #expect(try Fixture.json(outcome).results == ["gone": 1], "\(outcome.stderr)")
      #expect(!Crowd.isAlive(old) && Crowd.isAlive(new))
    }
  }
}
