import PostgresClient
import TestRandom
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

extension Faults {
  /// The log is true at every moment, and without one that can be written nobody is ended.
  @Suite(.serialized, .sideBySide, .crowd)
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

    /// Whenever it is killed: whoever is gone was announced, and the next run goes on from there.
    @Test(arguments: [["shop"], ["shop", "ledger"]])
    func aRunThatIsKilledLeavesATrueLog(databases: [String]) throws {
      var random = Seeded.printed("killed runs in \(databases)")
      var tally = KilledRuns()
      let rounds = FaultRounds.count(databases.count == 1 ? 20 : 8)
      for round in 1...rounds {
        let victims = try databases.flatMap {
          try Crowd.clients("killed", 10 / databases.count, database: $0)
        }
        let log = folder.path("\(round)")
        let uris = try databases.map { try Crowd.uri(database: $0) }
        let arguments = Crowd.ending("killed", "--log", log) + uris.dropLast()
        let process = try Crowd.start(arguments, at: uris.last)
        // From after the first line to the last, which is about as far away; the second target waits
        // for the first one's lock.
        try Crowd.poll("the log to begin") {
          ((try? FileManager.default.attributesOfItem(atPath: log)[.size]) as? Int ?? 0) > 0
        }
        let longest: UInt32 = databases.count == 1 ? 40_000 : 250_000
        usleep(UInt32.random(in: 0...longest, using: &random))
        process.signal(SIGKILL)
        _ = try process.wait()
        // The next run cuts off a line that is torn.
        let whole = try folder.bytes("\(round)").count { $0 == UInt8(ascii: "\n") }
        // At once: the server may not have noticed yet, and hold the lock for who is dead.
        let next = try Crowd.run(arguments, at: uris.last)
        #expect(next.status == 0, "round \(round): \(next.stderr)")
        let lines = try lines(folder.read("\(round)"))
        tally.add(
          first: Array(lines.prefix(whole)), next: Array(lines.dropFirst(whole)),
          victims: victims.map { Int($0.backendPID) }, targets: databases.count,
          took: next.wallSeconds)
        #expect(tally.complaints.isEmpty, "round \(round): \(tally.complaints)\n\(lines)")
        #expect(!victims.contains(where: Crowd.isAlive), "round \(round): all are ended in the end")
      }
      print("\(rounds) runs killed in \(databases): \(tally)")
      #expect(tally.begun > tally.done, "it must be killed in the middle, too")
    }
  }
}

/// What the logs of killed runs, and of those that came after them, have shown.
private struct KilledRuns: CustomStringConvertible {
  private(set) var begun = 0
  private(set) var done = 0
  private var (announced, gone, twice, left) = (0, 0, 0, 0)
  private var slowest = 0.0
  private(set) var complaints: [String] = []

  mutating func add(first: [JSON], next: [JSON], victims: [Int], targets: Int, took: Double) {
    let (before, after) = (pids(first, "intent"), pids(next, "intent"))
    let seen = pids(first.filter { $0["result"]?.text == "gone" }, "outcome")
    let ended = pids(next.filter { $0["result"]?.text == "gone" }, "outcome")
    expect(Set(before).count == before.count, "one was announced twice by one run")
    expect(Set(after).count == after.count, "one was announced twice by the next run")
    expect(Set(before + after).isSuperset(of: victims), "one is gone that nobody announced")
    expect(Set(seen).isDisjoint(with: ended), "one was ended twice")
    // In each database an intent comes right before its signal; what was signalled is gone, or on
    // its way out when the next run looks.
    let again = Set(before).intersection(after)
    let signalledAgain = again.intersection(ended)
    expect(signalledAgain.count <= targets, "announced, not signalled: \(signalledAgain)")
    expect(count(next, "begin") == count(next, "end"), "the next run's log has no end")
    begun += before.isEmpty ? 0 : 1
    done += count(first, "end") == targets ? 1 : 0
    announced += before.count
    gone += Set(before).subtracting(after).count
    twice += again.count
    left += ended.count
    slowest = max(slowest, took)
  }

  private func pids(_ lines: [JSON], _ event: String) -> [Int] {
    lines.filter { $0["event"]?.text == event }.compactMap { $0["pid"]?.int }
  }

  private func count(_ lines: [JSON], _ event: String) -> Int {
    lines.count { $0["event"]?.text == event }
  }

  private mutating func expect(_ isSo: Bool, _ words: String) {
    if !isSo { complaints.append(words) }
  }

  var description: String {
    "\(begun) had begun to signal, \(done) were done; \(announced) announced by them, \(gone) of "
      + "these gone, \(twice) announced again by the next run, which ended the other \(left); it "
      + "took \(Int(slowest * 1000)) ms at most"
  }
}
