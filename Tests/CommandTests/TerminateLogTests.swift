import PostgresClient
import TestRandom
import TestSupport
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

extension Faults {
  /// The log is true at every moment, and without one that can be written nobody is ended.
  @Suite(.serialized)
  struct TerminateLogTests {
    private let folder = TemporaryFolder()

    private func lines(_ log: String) throws -> [JSON] {
      #expect(log.isEmpty || log.hasSuffix("\n"))
      return try log.split(separator: "\n").map {
        try JSONDecoder().decode(JSON.self, from: Data($0.utf8))
      }
    }

    private func events(_ lines: [JSON], _ event: String) -> [JSON] {
      lines.filter { $0["event"]?.text == event }
    }

    @Test func whatCantBeCreatedEndsNobody() throws {
      let victim = try Crowd.client("unlogged")
      let missing = folder.path("missing/log")
      let outcome = try Crowd.run(Crowd.ending("unlogged", "--log", missing))
      #expect(outcome.status == 73 && outcome.stdout.isEmpty)
      #expect(outcome.stderr.contains(missing))
      #expect(Crowd.isAlive(victim))
      // A dry run has nothing to write down.
      let dry = Crowd.ending("unlogged", "--log", missing).filter { $0 != "--execute" }
      #expect(try Crowd.run(dry).status == 0)
    }

    @Test func whatCantBeWrittenEndsNobody() throws {
      let victims = try Crowd.clients("unwritten", 3)
      for more in [["--json"], []] {
        let outcome = try Crowd.run(Crowd.ending("unwritten", "--log", "/dev/full") + more)
        #expect(outcome.status == 74, "\(outcome.stderr)")
        #expect(outcome.stderr.contains("the log /dev/full could not be written: No space left"))
        guard !more.isEmpty else { continue }
        let json = try Fixture.json(outcome)
        #expect(json.results == ["not_attempted": 3])
        #expect(json["failure"]?["message"]?.text?.contains("log could not be written") == true)
      }
      #expect(victims.allSatisfy(Crowd.isAlive))
    }

    @Test(arguments: [4, 16])
    func aLogThatIsFullInTheMiddleEndsNoMore(blocks: Int) throws {
      let victims = try Crowd.clients("filling", 40)
      usleep(30_000)
      let path = folder.path("log")
      let arguments = Crowd.ending("filling", "--json", "--log", path) + [try Crowd.uri()]
      let outcome = try ChildProcess.run(
        "/bin/sh",
        [
          "-c", "ulimit -f \(blocks); exec \"$0\" \"$@\"", try Build.executable("pgsessions"),
        ] + arguments)
      #expect(outcome.status == 74, "\(outcome.stderr)")
      #expect(outcome.stderr.contains("the log \(path) could not be written"))
      let json = try Fixture.json(outcome)
      let lines = try lines(folder.read("log"))
      let announced = Set(events(lines, "intent").compactMap { $0["pid"]?.int })
      #expect(announced.count > 0 && announced.count < 40)
      // Those that were announced were signalled, and are watched though nothing can be written.
      #expect(json.results == ["gone": announced.count, "not_attempted": 40 - announced.count])
      #expect(json["failure"]?["message"]?.text?.contains("log could not be written") == true)
      for victim in victims {
        #expect(Crowd.isAlive(victim) != announced.contains(Int(victim.backendPID)))
      }
      print("a log of \(blocks) blocks: \(announced.count) of 40 announced and gone")
    }

    @Test func aLogOnStdoutLeavesTheReportToStderr() throws {
      let victims = try Crowd.clients("piped", 3)
      let outcome = try Crowd.run(Crowd.ending("piped", "--log", "-"))
      #expect(outcome.status == 0)
      let lines = try lines(outcome.stdout)
      #expect(lines.map { $0["event"]?.text }.first == "begin" && lines.count == 8)
      #expect(outcome.stderr.contains("3 ended and seen to be gone."))
      let more = try Crowd.clients("piped", 1)
      let json = try Crowd.run(Crowd.ending("piped", "--log", "-", "--json"))
      let report = try JSONDecoder().decode(JSON.self, from: Data(json.stderrBytes))
      #expect(report.results == ["gone": 1])
      #expect(try self.lines(json.stdout).count == 4 && victims.count + more.count == 4)
    }

    @Test func everyIntentHasItsOutcome() throws {
      let victims = try Crowd.clients("logged", 30)
      let path = folder.path("log")
      for one in victims[..<3] { try one.execute("SELECT 1") }
      let gate = try Gate(
        port: Crowd.server.get().port, before: "terminate/signal", occurrence: 5)
      let process = try Crowd.start(
        Crowd.ending("logged", "--json", "--log", path), at: Crowd.uri(port: gate.port))
      try gate.waitUntilReached()
      for one in victims[..<3] { try one.execute("SELECT 2") }
      gate.open()
      let outcome = try process.wait()
      #expect(outcome.status == 0, "\(outcome.stderr)")
      let lines = try lines(folder.read("log"))
      #expect(lines.first?["event"]?.text == "begin" && lines.last?["event"]?.text == "end")
      #expect(Set(lines.map { $0["run"]?.text }).count == 1)
      let totals = try Fixture.json(outcome)["totals"]
      #expect(lines.count == 62 && lines.last?["totals"] == totals)
      for intent in events(lines, "intent") {
        let own = lines.filter { $0["pid"] == intent["pid"] }
        #expect(own.map { $0["event"]?.text } == ["intent", "outcome"])
        #expect(own.allSatisfy { $0["backend_start"] == intent["backend_start"] })
      }
      #expect(events(lines, "outcome").count { $0["result"]?.text == "changed" } == 3)
    }

    /// Whenever it is killed: whoever is gone was announced.
    @Test func aRunThatIsKilledLeavesATrueLog() throws {
      var random = Seeded(seed: 20_261_124)
      var (announced, gone, survivors, begun, ended) = (0, 0, 0, 0, 0)
      for round in 1...20 {
        let victims = try Crowd.clients("killed", 10)
        let process = try Crowd.start(Crowd.ending("killed", "--log", folder.path("\(round)")))
        // From after the first line to the last, which is about as far away.
        let log = folder.path("\(round)")
        try Crowd.poll("the log to begin") {
          ((try? FileManager.default.attributesOfItem(atPath: log)[.size]) as? Int ?? 0) > 0
        }
        usleep(UInt32.random(in: 0...40_000, using: &random))
        process.signal(SIGKILL)
        _ = try process.wait()
        // What it had asked for may still be carried out, until the server notices.
        try Crowd.poll("its session's end") { try Crowd.count("pgsessions") == 0 }
        usleep(20_000)
        let lines = try lines(folder.read("\(round)"))
        let intents = Set(events(lines, "intent").compactMap { $0["pid"]?.int })
        let left = Set(victims.filter { !Crowd.isAlive($0) }.map { Int($0.backendPID) })
        #expect(left.isSubset(of: intents), "round \(round)")
        let seen = Set(
          events(lines, "outcome").filter { $0["result"]?.text == "gone" }
            .compactMap { $0["pid"]?.int })
        #expect(seen.isSubset(of: left), "round \(round)")
        #expect(intents.subtracting(left).count <= 1, "an intent comes right before its signal")
        (announced, gone) = (announced + intents.count, gone + left.count)
        survivors += victims.count - left.count
        begun += intents.isEmpty ? 0 : 1
        ended += events(lines, "end").count
      }
      print(
        "killed 20 times: \(announced) announced, \(gone) gone, \(survivors) left alone; "
          + "\(begun) runs had begun to signal, \(ended) were done")
      #expect(begun > ended, "it must be killed in the middle, too")
    }
  }
}
