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
  /// What happens while a person reads the question.
  @Suite(.serialized, .sideBySide, .crowd)
  struct QuestionTests {
    @Test func onlyWhatWasShownIsEndedAndOnlyAsItWas() throws {
      let folder = TemporaryFolder()
      let (quiet, used) = (try Crowd.client("shown"), try Crowd.client("shown"))
      let begun = try Crowd.client("shown")
      var leaver: Connection? = try Crowd.client("shown-leaver")
      let process = try Crowd.ask(
        Crowd.ending("shown*", "--json", "--log", folder.path("log")),
        outputFile: folder.path("report"))
      try process.expect("End these 4 sessions? [y/N]")
      // Nothing is announced before the answer.
      #expect(try folder.read("log").isEmpty && leaver != nil)
      leaver = nil
      try used.execute("SELECT 2")
      try begun.execute("BEGIN")
      let newcomer = try Crowd.client("shown")
      try Crowd.poll("it to leave") { try Crowd.count("shown-leaver") == 0 }
      usleep(60_000)
      try process.send("y\n")
      let outcome = try process.wait()
      #expect(outcome.status == 0, "\(outcome.stdout)")
      let report = try folder.read("report")
      let json = try JSON(text: report)
      #expect(json.results == ["gone": 1, "changed": 2, "already_gone": 1])
      #expect(json["totals"]?["selected"]?.int == 4)
      #expect([used, begun, newcomer].allSatisfy(Crowd.isAlive) && !Crowd.isAlive(quiet))
    }

    @Test func aRunThatHoldsTheLockWhileItStandsIsSaid() throws {
      let victim = try Crowd.client("late")
      let process = try Crowd.ask(Crowd.ending("late"))
      try process.expect("End this session? [y/N]")
      let holder = try Crowd.client("lock-holder")
      try holder.execute("SELECT pg_advisory_lock(1885827941, 1936943471)")
      try process.send("y\n")
      let outcome = try process.wait()
      #expect(outcome.status == 75)
      #expect(outcome.stdout.contains("pid \(holder.backendPID) (owner@shop, since "))
      #expect(Crowd.isAlive(victim))
    }

    /// While nobody answers, others may go on.
    @Test func theLockIsFreeWhileItStands() throws {
      let victims = try Crowd.clients("free", 2)
      let process = try Crowd.ask(Crowd.ending("free"))
      try process.expect("End these 2 sessions? [y/N]")
      #expect(try Crowd.run(Crowd.ending("free")).status == 0)
      try process.send("y\n")
      let outcome = try process.wait()
      #expect(outcome.status == 0 && outcome.stdout.contains("2 had left already"))
      #expect(!victims.contains(where: Crowd.isAlive))
    }

    @Test func theTimeThatAPersonTakesIsNotTheServers() throws {
      let victim = try Crowd.client("thoughtful")
      let process = try Crowd.ask(Crowd.ending("thoughtful", "--timeout", "3s"))
      try process.expect("End this session? [y/N]")
      usleep(3_200_000)
      try process.send("y\n")
      #expect(try process.wait().status == 0 && !Crowd.isAlive(victim))
    }

    @Test(arguments: ["\n", "no\n", "Yes!\n", "\u{4}"])
    func whatIsNoYesEndsNobody(_ answer: String) throws {
      let victim = try Crowd.client("no-yes")
      let process = try Crowd.ask(Crowd.ending("no-yes"))
      try process.expect("End this session? [y/N]")
      try process.send(answer)
      let outcome = try process.wait()
      #expect(outcome.status == (answer == "\u{4}" ? 64 : 0), "\(outcome.stdout)")
      #expect(Crowd.isAlive(victim))
    }

    @Test func withoutATerminalItIsNotAsked() throws {
      let victim = try Crowd.client("terminal-less")
      let outcome = try Crowd.run(Crowd.ending("terminal-less").filter { $0 != "--yes" })
      #expect(outcome.status == 64 && outcome.stderr.contains("--yes") && Crowd.isAlive(victim))
    }
  }
}
