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
  /// Orphans go address by address, and only while nobody is heard from there.
  @Suite(.serialized, .sideBySide, .crowd)
  struct OrphanAddressTests {
    private static let relay = Result { try Relay(upstreamPort: Crowd.server.get().port) }

    private func sessions(
      _ application: String, from address: String, _ count: Int
    ) throws -> [Connection] {
      let dyno = try Self.relay.get().openDyno(address: address)
      return try (0..<count).map { _ in
        let connection = try Connection.open(
          dyno.parameters(
            of: Crowd.server.get(), user: "owner", database: "shop", application: application),
          deadline: Deadline(after: .seconds(20)))
        try connection.execute("SELECT 1")
        return connection
      }
    }

    /// Two addresses fell silent before a third began: 3 sessions and 2, which are orphans, and 1.
    private struct Scene {
      var first: [Connection]
      var second: [Connection]
      var living: [Connection]
      var all: [Connection] { first + second + living }
    }

    /// - Parameter grace: milliseconds.
    private func scene(_ name: String, _ number: Int, grace: UInt32 = 50) throws -> Scene {
      let first = try sessions(name, from: "127.0.\(number).1", 3)
      let second = try sessions(name, from: "127.0.\(number).2", 2)
      usleep(5_000)
      let living = try sessions(name, from: "127.0.\(number).3", 1)
      usleep((grace + 10) * 1_000)
      return Scene(first: first, second: second, living: living)
    }

    private func ending(_ name: String, _ more: String..., grace: UInt32 = 50) -> [String] {
      [
        "terminate", "--orphans", "--restart-grace", "\(grace)ms", "--trust", "inferred",
        "--application", name, "--execute", "--yes", "--json",
      ] + more
    }

    @Test func allOrphansOfSilentAddressesAreEnded() throws {
      let scene = try scene("quiet.1", 91)
      let outcome = try Crowd.run(ending("quiet.1"))
      let json = try Fixture.json(outcome)
      #expect(outcome.status == 0 && json.results == ["gone": 5], "\(outcome.stderr)")
      #expect(scene.all.map(Crowd.isAlive) == [false, false, false, false, false, true])
    }

    /// After the plan, before the look at the address: whatever is heard there spares them all.
    @Test(arguments: ["used", "active", "in transaction", "new session", "other database"])
    func anAddressThatIsHeardSparesAllItsOrphans(how: String) throws {
      let words = how.split(separator: " ").joined()
      let number = 92 + words.count
      let scene = try scene("\(words).1", number)
      let gate = try Gate(
        port: Crowd.server.get().port, before: "client_addr IS NOT DISTINCT FROM")
      let process = try Crowd.start(ending("\(words).1"), at: Crowd.uri(port: gate.port))
      try gate.waitUntilReached()
      var more: [Connection] = []
      var query: Background<Bool>?
      // The gate stands before the first address, whichever that is.
      let heard = Handed(scene.first[0])
      switch how {
      case "used": try heard.connection.execute("SELECT 2")
      case "active":
        query = Background { try heard.connection.execute("SELECT pg_sleep(1)").rowCount == 1 }
        try Crowd.poll("it to be active") {
          try Crowd.server.get().connect().text(
            "SELECT state FROM pg_stat_activity WHERE pid = \(heard.connection.backendPID)")
            == "active"
        }
      case "in transaction": try heard.connection.execute("BEGIN")
      case "new session": more = try sessions("\(words).1", from: "127.0.\(number).1", 1)
      default:
        let dyno = try Self.relay.get().openDyno(address: "127.0.\(number).1")
        more = [
          try Connection.open(
            dyno.parameters(
              of: Crowd.server.get(), user: "boss", database: "ledger",
              application: "\(words).1"), deadline: Deadline(after: .seconds(20)))
        ]
      }
      gate.open()
      let outcome = try process.wait()
      let json = try Fixture.json(outcome)
      #expect(outcome.status == 0, "\(outcome.stderr)")
      #expect(json.results == ["changed": 3, "gone": 2])
      let details = json["outcomes"]?.items.filter { $0["result"]?.text == "changed" }
        .compactMap { $0["detail"]?.text }
      #expect(details?.count { $0.hasPrefix("its address was heard: pid ") } == 3)
      #expect(try query?.value() ?? true)
      #expect(scene.all.map(Crowd.isAlive) == [true, true, true, false, false, true])
      #expect(more.allSatisfy(Crowd.isAlive))
    }

    /// After that look too, each is ended only as it was judged.
    @Test func oneThatIsUsedAfterTheLookIsLeftAlone() throws {
      let scene = try scene("lastly.1", 120)
      let gate = try Gate(port: Crowd.server.get().port, before: "terminate/signal")
      let process = try Crowd.start(ending("lastly.1"), at: Crowd.uri(port: gate.port))
      try gate.waitUntilReached()
      try scene.first[1].execute("SELECT 2")
      gate.open()
      let outcome = try process.wait()
      // On a busy machine the look is too old by then, and the next one finds it used.
      let results = try Fixture.json(outcome).results
      #expect(
        results == ["changed": 1, "gone": 4] || results == ["changed": 3, "gone": 2],
        "\(outcome.stderr)")
      #expect(Crowd.isAlive(scene.first[1]) && Crowd.isAlive(scene.living[0]))
    }

    /// Whatever is slow in between, a log, a network or the server: after half a second a look says
    /// nothing any more.
    @Test func aLookThatIsTooOldIsTakenAgain() throws {
      let scene = try scene("slowly.1", 123)
      let gate = try Gate(port: Crowd.server.get().port, before: "terminate/signal")
      let process = try Crowd.start(ending("slowly.1"), at: Crowd.uri(port: gate.port))
      try gate.waitUntilReached()
      let back = try sessions("slowly.1", from: "127.0.123.1", 1)
      usleep(700_000)
      gate.open()
      let outcome = try process.wait()
      let json = try Fixture.json(outcome)
      #expect(json.results == ["changed": 3, "gone": 2], "\(outcome.stderr)")
      #expect(scene.all.map(Crowd.isAlive) == [true, true, true, false, false, true])
      #expect(back.allSatisfy(Crowd.isAlive))
    }

    @Test func anAddressThatIsHeardWhileTheQuestionStandsIsSpared() throws {
      let folder = TemporaryFolder()
      // The second address is heard after the third began: were that one slower to connect than the
      // grace lasts, the two would have been in use side by side, and all would be spared.
      let scene = try scene("answered.1", 121, grace: 800)
      let process = try Crowd.ask(
        ending("answered.1", grace: 800), outputFile: folder.path("report"))
      try process.expect("End these 5 sessions? [y/N]")
      try scene.second[0].execute("SELECT 2")
      try process.send("y\n")
      #expect(try process.wait().status == 0)
      let json = try JSON(text: folder.read("report"))
      #expect(json.results == ["changed": 2, "gone": 3])
      #expect(scene.all.map(Crowd.isAlive) == [false, false, false, true, true, true])
    }

    /// A look that fails says nothing for ending anybody.
    @Test func anAddressThatCantBeLookedAtIsLeftAlone() throws {
      let server = try Crowd.server.get()
      let scene = try scene("unseen.1", 122)
      try server.execute("CREATE ROLE looker LOGIN")
      try server.execute("GRANT pg_monitor, pg_signal_backend TO looker")
      let gate = try Gate(port: server.port, before: "client_addr IS NOT DISTINCT FROM")
      let process = try Crowd.start(
        ending("unseen.1"), at: Crowd.uri(user: "looker", port: gate.port))
      try gate.waitUntilReached()
      // Now their addresses are hidden, and an empty answer would look like silence.
      try server.execute("REVOKE pg_monitor FROM looker")
      gate.open()
      let outcome = try process.wait()
      #expect(try Fixture.json(outcome).results["gone"] == nil, "\(outcome.stderr)")
      #expect(scene.all.allSatisfy(Crowd.isAlive))
    }
  }
}

/// Takes a connection to another thread; the test that does so leaves it alone meanwhile.
private final class Handed: @unchecked Sendable {
  let connection: Connection
  init(_ connection: Connection) { self.connection = connection }
}
