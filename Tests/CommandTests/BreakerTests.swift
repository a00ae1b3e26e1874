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
  /// What keeps a mistake from ending too much.
  @Suite(.serialized, .sideBySide, .crowd)
  struct BreakerTests {
    @Test func tooLargeAShareEndsNobody() throws {
      let victims = try Crowd.clients("sharing", 12)
      for (execute, more) in [
        (false, []), (true, []), (true, ["--max", "2"]), (true, ["--json"]), (false, ["--json"]),
      ] {
        let arguments = Crowd.ending("sharing", "--max-share", "1") + more
        let outcome = try Crowd.run(arguments.filter { execute || $0 != "--execute" })
        #expect(outcome.status == 3, "\(execute) \(more): \(outcome.stderr)")
        #expect(outcome.stderr.contains("more than --max-share 1 allows: nothing was ended"))
        guard more == ["--json"] else { continue }
        let json = try Fixture.json(outcome)
        #expect(json["breaker"]?.text == "max_share" && json.results.isEmpty)
        #expect(json.kept("sharing") == "max_share")
      }
      #expect(victims.allSatisfy(Crowd.isAlive))
      // Nine are few enough to be meant.
      for one in victims[9...] { try one.execute("BEGIN") }
      let few = try Crowd.run(Crowd.ending("sharing", "--max-share", "1", "--json"))
      #expect(few.status == 0, "\(few.stderr)")
      #expect(try Fixture.json(few).results == ["gone": 9])
      #expect(victims.count(where: Crowd.isAlive) == 3)
    }

    @Test func theLastOfAnApplicationIsKept() throws {
      let clients = [try Crowd.client("lastly.1"), try Crowd.client("lastly.2")]
      usleep(100_000)
      // As if it were another application's.
      let roster = #"[{"name":"lastly.9","state":"up","created_at":"2020-01-01T00:00:00Z"}]"#
      func run(_ more: String...) throws -> ProcessOutcome {
        try Fixture.run(
          [
            "terminate", "--orphans", "--restart-grace", "50ms", "--application", "lastly.*",
            "--live", "-", "--execute", "--yes", "--json",
          ] + more + [Crowd.uri()], input: roster)
      }
      let stopped = try run()
      let json = try Fixture.json(stopped)
      #expect(stopped.status == 3 && json["breaker"]?.text == "last_of_application")
      #expect(stopped.stderr.contains("add --allow-empty"))
      #expect(json.kept("lastly.1") == "last_of_application")
      #expect(clients.allSatisfy(Crowd.isAlive))
      // They were heard just now, which is no sign of orphans.
      usleep(100_000)
      let allowed = try run("--allow-empty")
      #expect(allowed.status == 0, "\(allowed.stderr)")
      #expect(try Fixture.json(allowed).results == ["gone": 2])
      #expect(!clients.contains(where: Crowd.isAlive))
    }

    @Test func keepSparesTheNewestOfEachName() throws {
      let names = ["keep-a", "keep-a", "keep-b", "keep-a", "keep-b", "keep-a", "keep-c"]
      let clients = try names.map { name in
        usleep(5_000)
        return try Crowd.client(name)
      }
      let outcome = try Crowd.run(Crowd.ending("keep-*", "--keep", "2", "--json"))
      let json = try Fixture.json(outcome)
      #expect(outcome.status == 0 && json.results == ["gone": 2], "\(outcome.stderr)")
      #expect(json.kept("keep-c") == "newest_kept")
      #expect(clients.map(Crowd.isAlive) == [false, false, true, true, true, true, true])
    }

    @Test func whatIsBeyondMaxWaitsForTheNextRun() throws {
      let victims = try Crowd.clients("maximal", 5)
      var left: [Int] = []
      for _ in 1...3 {
        let outcome = try Crowd.run(
          Crowd.ending("maximal", "--json", "--max", "2"))
        let json = try Fixture.json(outcome)
        #expect(outcome.status == 0, "\(outcome.stderr)")
        left.append(try #require(json["totals"]?["over_max"]?.int))
      }
      #expect(left == [3, 1, 0] && !victims.contains(where: Crowd.isAlive))
    }
  }
}
