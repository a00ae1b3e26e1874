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

extension Faults {
  /// SIGINT and SIGTERM at every stage: nothing more is signalled, and what was done is said.
  @Suite(.serialized, .sideBySide, .crowd)
  struct InterruptsTests {
    struct Signal: Sendable, CustomTestStringConvertible {
      let number: Int32
      let status: Int32
      let testDescription: String
    }

    static let signals = [
      Signal(number: SIGINT, status: 130, testDescription: "SIGINT"),
      Signal(number: SIGTERM, status: 143, testDescription: "SIGTERM"),
    ]

    @Test(arguments: signals)
    func whileItConnects(_ signal: Signal) throws {
      let listener = try LoopbackListener()
      let process = try Crowd.start(
        Crowd.ending("nobody", "--json"), at: Crowd.uri(port: listener.port))
      let accepted = try listener.acceptOne()
      defer { close(accepted) }
      process.signal(signal.number)
      let outcome = try process.wait()
      #expect(outcome.status == signal.status && outcome.wallSeconds < 5)
      #expect(outcome.termination == .exited(signal.status))
      let json = try Fixture.json(outcome)
      #expect(json["failure"]?["message"]?.text?.contains("interrupted") == true)
      #expect(outcome.stderr.contains("interrupted"))
    }

    /// Between the statements that read, and while it waits for the lock.
    @Test(arguments: ["pg_catalog.pg_stat_get_activity(NULL)", "pg_depend", "pg_try_advisory_lock"])
    func beforeTheFirstSignal(_ statement: String) throws {
      let victims = try Crowd.clients("unharmed", 3)
      let gate = try Gate(port: Crowd.server.get().port, before: statement)
      let process = try Crowd.start(
        Crowd.ending("unharmed", "--json"), at: Crowd.uri(port: gate.port))
      try gate.waitUntilReached()
      process.signal(SIGINT)
      let outcome = try process.wait()
      gate.open()
      #expect(outcome.status == 130 && outcome.wallSeconds < 5, "\(outcome.stderr)")
      let json = try Fixture.json(outcome)
      #expect(json["failure"]?["message"]?.text?.contains("interrupted") == true)
      #expect(json.results.keys.allSatisfy { $0 == "not_attempted" })
      #expect(victims.allSatisfy(Crowd.isAlive))
    }

    @Test func whileAnotherRunHoldsTheLock() throws {
      let victim = try Crowd.client("unlucky")
      let holder = try Crowd.client("lock-holder")
      try holder.execute("SELECT pg_advisory_lock(1885827941, 1936943471)")
      let gate = try Gate(
        port: Crowd.server.get().port, before: "pg_try_advisory_lock", occurrence: 3)
      let process = try Crowd.start(
        Crowd.ending("unlucky", "--json"), at: Crowd.uri(port: gate.port))
      try gate.waitUntilReached()
      process.signal(SIGTERM)
      gate.open()
      let outcome = try process.wait()
      #expect(outcome.status == 143, "\(outcome.stderr)")
      #expect(try Fixture.json(outcome).results == ["not_attempted": 1])
      #expect(Crowd.isAlive(victim))
    }

    @Test(arguments: signals)
    func whileTheQuestionStands(_ signal: Signal) throws {
      let folder = TemporaryFolder()
      let victims = try Crowd.clients("asked-\(signal.testDescription)", 2)
      for json in [true, false] {
        let process = try Crowd.ask(
          Crowd.ending("asked-\(signal.testDescription)") + (json ? ["--json"] : []),
          outputFile: folder.path("report"))
        try process.expect("End these 2 sessions? [y/N]")
        if signal.number == SIGINT {
          try process.send("\u{3}")
        } else {
          process.signal(signal.number)
        }
        let outcome = try process.wait()
        #expect(outcome.termination == .exited(signal.status), "\(outcome.stdout)")
        #expect(outcome.stdout.contains("interrupted"))
        guard json else { continue }
        let report = try JSON(text: folder.read("report"))
        #expect(report["failure"]?["message"]?.text?.contains("interrupted") == true)
        #expect(report.results == ["not_attempted": 2])
      }
      #expect(victims.allSatisfy(Crowd.isAlive))
    }

    @Test(arguments: signals)
    func inTheMiddleOfMany(_ signal: Signal) throws {
      let folder = TemporaryFolder()
      let name = "middle-\(signal.testDescription)"
      let count = signal.number == SIGINT ? 200 : 60
      let victims = try Crowd.clients(name, count)
      let gate = try Gate(
        port: Crowd.server.get().port, before: "terminate/signal", occurrence: 50)
      let process = try Crowd.start(
        Crowd.ending(name, "--json", "--log", folder.path("log")), at: Crowd.uri(port: gate.port))
      try gate.waitUntilReached()
      try process.signalAndSeeTaken(signal.number)
      gate.open()
      let outcome = try process.wait()
      #expect(outcome.termination == .exited(signal.status), "\(outcome.stderr)")
      let json = try Fixture.json(outcome)
      #expect(json.results == ["gone": 50, "not_attempted": count - 50])
      #expect(json["failure"]?["message"]?.text?.hasPrefix("interrupted") == true)
      #expect(gate.seen == 50)
      #expect(victims.count(where: Crowd.isAlive) == count - 50)
      let log = try folder.read("log").split(separator: "\n")
      #expect(log.count == 102 && log.last?.contains(#""event":"end""#) == true)
      print("interrupted in the middle: 50 of \(count) gone, the others not attempted")
    }

    @Test func theSecondEndsTheWaitForOneThatStays() throws {
      let folder = TemporaryFolder()
      let stuck = try Crowd.client("waited-for")
      kill(stuck.backendPID, SIGSTOP)
      defer { kill(stuck.backendPID, SIGCONT) }
      let others = try Crowd.clients("waited", 3)
      let process = try Crowd.start(
        Crowd.ending(
          "waited*", "--json", "--verify-within", "40s", "--log", folder.path("log")))
      try Crowd.poll("the others to be seen to be gone") {
        (try? folder.read("log"))?.split(separator: "\n").count { $0.contains("\"gone\"") } == 3
      }
      try process.signalAndSeeTaken(SIGINT)
      usleep(550_000)
      // The first lets it wait on.
      #expect(try !folder.read("log").contains(#""event":"end""#))
      process.signal(SIGINT)
      let outcome = try process.wait()
      #expect(outcome.termination == .exited(130) && outcome.wallSeconds < 10)
      let json = try Fixture.json(outcome)
      #expect(json.results == ["survived": 1, "gone": 3] && others.count == 3)
      #expect(json["failure"]?["message"]?.text?.hasPrefix("interrupted") == true)
      let log = try folder.read("log").split(separator: "\n")
      #expect(log.count == 10 && log.last?.contains(#""event":"end""#) == true)
    }

    @Test func theSecondEndsAStatementThatHangs() throws {
      let victims = try Crowd.clients("hanging", 3)
      let gate = try Gate(
        port: Crowd.server.get().port, before: "terminate/signal", occurrence: 2)
      let process = try Crowd.start(
        Crowd.ending("hanging", "--json"), at: Crowd.uri(port: gate.port))
      try gate.waitUntilReached()
      try process.signalAndSeeTaken(SIGTERM)
      process.signal(SIGTERM)
      let outcome = try process.wait()
      gate.open()
      #expect(outcome.termination == .exited(143) && outcome.wallSeconds < 10)
      let json = try Fixture.json(outcome)
      #expect(json.results == ["survived": 2, "not_attempted": 1] && victims.count == 3)
    }

    /// A question that nobody asked, and a dry run, end as every program does.
    @Test func aDryRunEndsAtOnce() throws {
      let listener = try LoopbackListener()
      let process = try Crowd.start(
        Crowd.ending("nobody").filter { $0 != "--execute" }, at: Crowd.uri(port: listener.port))
      let accepted = try listener.acceptOne()
      defer { close(accepted) }
      process.signal(SIGINT)
      #expect(try process.wait().termination == .signalled(SIGINT))
    }
  }
}
