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
  /// Victims that leave, are used, stay, or may no longer be ended, between plan and signal.
  @Suite(.serialized, .sideBySide, .crowd)
  struct VictimFaultTests {
    /// Starts a run and does something right before its nth signal.
    private func run(
      _ application: String, _ more: [String] = [], user: String = "boss", signal: Int = 1,
      meanwhile: () throws -> Void
    ) throws -> (outcome: ProcessOutcome, json: JSON) {
      let gate = try Gate(
        port: Crowd.server.get().port, before: "terminate/signal", occurrence: signal)
      let process = try Crowd.start(
        Crowd.ending(application, "--json") + more, at: Crowd.uri(user: user, port: gate.port))
      try gate.waitUntilReached()
      try meanwhile()
      gate.open()
      let outcome = try process.wait()
      return (outcome, try Fixture.json(outcome))
    }

    @Test func oneThatLeavesByItselfIsAlreadyGone() throws {
      var leaver: Connection? = try Crowd.client("leaving-by-itself")
      let others = try Crowd.clients("leaving", 3)
      let (outcome, json) = try run("leaving*") {
        #expect(leaver != nil)
        leaver = nil
        try Crowd.poll("it to leave") { try Crowd.count("leaving-by-itself") == 0 }
      }
      #expect(outcome.status == 0, "\(outcome.stderr)")
      #expect(json.results == ["already_gone": 1, "gone": 3] && others.count == 3)
    }

    @Test func oneThatIsUsedOrHasBegunATransactionIsLeftAlone() throws {
      let (used, begun) = (try Crowd.client("using-1"), try Crowd.client("using-2"))
      let others = try Crowd.clients("using", 3)
      let (outcome, json) = try run("using*") {
        try used.execute("SELECT 2")
        try begun.execute("BEGIN")
      }
      #expect(outcome.status == 0, "\(outcome.stderr)")
      #expect(json.results == ["changed": 2, "gone": 3] && others.count == 3)
      #expect(Crowd.isAlive(used) && Crowd.isAlive(begun))
    }

    @Test func superusersAreKeptAndTheOthersEnded() throws {
      let administrator = try Crowd.client("mixed-super", user: "postgres")
      let others = try Crowd.clients("mixed", 2)
      for user in ["boss", "postgres"] {
        let more = try Crowd.client("mixed")
        let outcome = try Crowd.run(Crowd.ending("mixed*", "--json"), at: Crowd.uri(user: user))
        let json = try Fixture.json(outcome)
        #expect(outcome.status == 0, "\(outcome.stderr)")
        #expect(json.kept("mixed-super") == "superuser")
        #expect(json["totals"]?["refused"]?.int == 0 && !Crowd.isAlive(more))
      }
      #expect(Crowd.isAlive(administrator) && !others.contains(where: Crowd.isAlive))
    }

    @Test func oneThatBecomesASuperusersIsRefusedAndTheOthersEnded() throws {
      let server = try Crowd.server.get()
      try server.execute("CREATE ROLE rising LOGIN")
      let rising = try Crowd.client("rising-star", user: "rising")
      let others = try Crowd.clients("rising", 3)
      let (outcome, json) = try run("rising*") { try server.execute("ALTER ROLE rising SUPERUSER") }
      #expect(outcome.status == 2, "\(outcome.stderr)")
      #expect(json.results == ["refused": 1, "gone": 3] && others.count == 3)
      let refused = json["outcomes"]?.items.first { $0["result"]?.text == "refused" }
      #expect(refused?["application_name"]?.text == "rising-star")
      #expect(refused?["detail"]?.text?.hasPrefix("42501: ") == true)
      #expect(Crowd.isAlive(rising))
    }

    @Test func aRightThatIsTakenAwayInTheMiddleEndsNoMore() throws {
      let server = try Crowd.server.get()
      for sql in ["CREATE ROLE deputy LOGIN", "GRANT pg_monitor, pg_signal_backend TO deputy"] {
        try server.execute(sql)
      }
      let victims = try Crowd.clients("revoked", 20)
      let (outcome, json) = try run("revoked", user: "deputy", signal: 10) {
        try server.execute("REVOKE pg_signal_backend FROM deputy")
      }
      #expect(outcome.status == 2 && json.results == ["gone": 9, "refused": 11])
      #expect(victims.count(where: Crowd.isAlive) == 11)
      // Without the right to see it can't be told either whether they are as they were.
      try server.execute("GRANT pg_signal_backend TO deputy")
      let (blinded, after) = try run("revoked", user: "deputy", signal: 5) {
        try server.execute("REVOKE pg_monitor FROM deputy")
      }
      #expect(after.results == ["gone": 4, "changed": 7], "\(blinded.stderr)")
      #expect(victims.count(where: Crowd.isAlive) == 7)
    }

    @Test func manyThatStayAreWaitedForTogether() throws {
      let stuck = try Crowd.clients("staying-on", 5)
      for one in stuck { kill(one.backendPID, SIGSTOP) }
      defer { for one in stuck { kill(one.backendPID, SIGCONT) } }
      let others = try Crowd.clients("staying", 5)
      let outcome = try Crowd.run(
        Crowd.ending("staying*", "--json", "--verify-within", "3s"))
      let json = try Fixture.json(outcome)
      #expect(outcome.status == 2 && json.results == ["survived": 5, "gone": 5])
      #expect(outcome.wallSeconds < 14, "each by itself would take that long")
      #expect(json["failure"] == .null && others.count == 5)
    }
  }
}
