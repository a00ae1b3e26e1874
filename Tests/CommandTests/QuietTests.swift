import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Faults {
  /// What cron would mail of a run with `--quiet`: stdout, then stderr, with pids and times masked.
  @Suite(.serialized, .sideBySide, .crowd)
  struct QuietTests {
    private func mail(
      _ arguments: [String], at uri: String? = nil, status: Int32 = 0,
      of location: SourceLocation = #_sourceLocation
    ) throws -> String {
      let outcome = try Crowd.run(arguments, at: uri)
      #expect(outcome.status == status, "\(outcome.stderr)", sourceLocation: location)
      return try masked(outcome)
    }

    private func masked(_ outcome: ProcessOutcome) throws -> String {
      (outcome.stdout + outcome.stderr)
        .replacing("\(try Crowd.server.get().port)", with: "PORT")
        .replacing(/\b(gone|pid|survived|changed) \d+/) { "\($0.output.1) PID" }
        .replacing(/idle for [0-9a-z.]+/, with: "idle for AGE")
        .replacing(/, since [^)]*\)/, with: ", since TIME)")
    }

    private func quiet(_ name: String, _ more: String...) -> [String] {
      Crowd.ending(name, "--quiet") + more
    }

    @Test func aLineForEachSession() throws {
      let victims = try Crowd.clients("mail.1", 2)
      let line = "gone PID mail.1 owner@shop 127.0.0.1: idle for AGE, longer than 20ms\n"
      #expect(try mail(quiet("mail.1")) == line + line && victims.count == 2)
      // Orphans are looked for, and there are none.
      #expect(try mail(["terminate", "--orphans", "--execute", "--yes", "--quiet"]) == "")
      #expect(try mail(quiet("mail.1")) == "")
    }

    @Test func whatKeptItFromEndingAny() throws {
      let victims = try Crowd.clients("mail.2", 12)
      let holder = try Crowd.client("lock-holder")
      try holder.execute("SELECT pg_advisory_lock(1885827941, 1936943471)")
      #expect(
        try mail(quiet("mail.2"), status: 75) == """
          pgsessions: another run ends sessions on this server: pid PID (owner@shop, since TIME) \
          holds its lock
            Wait for it. If it is no pgsessions, --no-lock goes on without the lock.

          """)
      try holder.execute("SELECT pg_advisory_unlock_all()")
      let breaker = quiet("mail.2").filter { $0 != "--max-share" && $0 != "100" }
      let share = try mail(breaker + ["--max-share", "1"], status: 3)
      #expect(
        share.replacing(/of \d+ visible/, with: "of MANY visible") == """
          pgsessions: 12 of MANY visible sessions would be ended, more than --max-share 1 allows: \
          nothing was ended
            Narrow the selection, or raise --max-share where that many are meant.

          """)
      #expect(
        try mail(quiet("mail.2", "--live", "/none/roster"), status: 66)
          == "pgsessions: /none/roster: No such file or directory\n")
      #expect(victims.allSatisfy(Crowd.isAlive))
    }

    @Test func whatThisRoleMayNotSee() throws {
      let victim = try Crowd.client("mail.3", user: "boss")
      let said = try mail(quiet("mail.3"), at: Crowd.uri(user: "owner"), status: 77)
      #expect(
        said == """
          pgsessions: nothing could be ended: 1 session that may match is hidden from owner, and is \
          left alone.
            GRANT pg_read_all_stats, pg_signal_backend TO "owner";

          """)
      #expect(Crowd.isAlive(victim))
    }

    @Test func aServerThatIsNotThere() throws {
      let refused = """
        connection to server at "127.0.0.1", port 1 failed: Connection refused
          Is the server running on that host and accepting TCP/IP connections?
          Check host and port, and that the server runs.

        """
      let nowhere = "postgresql://boss@127.0.0.1:1/shop"
      #expect(try mail(quiet("mail.4"), at: nowhere, status: 69) == "pgsessions: " + refused)
      // Beside one that is, once, and on stderr.
      let victim = try Crowd.client("mail.4")
      let both = try mail(quiet("mail.4", nowhere), status: 2)
      #expect(
        both == """
          boss@shop on 127.0.0.1 port PORT: gone PID mail.4 owner@shop 127.0.0.1: idle for AGE, \
          longer than 20ms
          pgsessions: boss@shop on 127.0.0.1 port 1: \(refused)
          """)
      #expect(!Crowd.isAlive(victim))
    }

    /// Of another program's parameters, in a URI that is not ours to change, each run would tell anew.
    @Test func whatAUriHasForOthers() throws {
      let uri = try Crowd.uri() + "&pgbouncer=true"
      func run(_ arguments: [String]) throws -> ProcessOutcome {
        try Fixture.run(arguments + ["--url-env", "SHOP"], environment: ["SHOP": uri])
      }
      let outcome = try run(quiet("nobody"))
      #expect(outcome.status == 0 && outcome.stdout.isEmpty && outcome.stderr.isEmpty)
      let loud = try run(Crowd.ending("nobody"))
      #expect(loud.stderr.contains("pgbouncer"))
    }

    /// Nobody waits with it.
    @Test func aSlotThatWasWaitedFor() throws {
      let server = try ThrowawayServer(settings: ["max_connections": "7"])
      try Crowd.prepare(server)
      // Four slots are for everybody.
      var clients = try Crowd.clients("filler", 4, on: server)
      let process = try Crowd.start(
        quiet("nobody", "--wait-for-slot", "30s"), at: Crowd.uri(port: server.port))
      usleep(500_000)
      clients.removeLast()
      let outcome = try process.wait()
      #expect(outcome.status == 0 && outcome.wallSeconds > 0.4 && clients.count == 3)
      #expect(outcome.stdout.isEmpty && outcome.stderr.isEmpty, "\(outcome.stderr)")
      server.remove()
    }
  }
}
