import PostgresClient
import TestSupport
import TestTraits
import Testing

extension Faults {
  /// `--sql` for somebody else, and `--quiet` for cron.
  @Suite(.serialized, .sideBySide, .crowd)
  struct PlanOutputTests {
    private func planned(_ application: String, user: String = "boss") throws -> ProcessOutcome {
      try Crowd.run(
        Crowd.ending(application, "--sql").filter { $0 != "--execute" && $0 != "--yes" },
        at: Crowd.uri(user: user))
    }

    private func psql(_ sql: String, _ uri: String) throws -> ProcessOutcome {
      let installation = try Crowd.server.get().installation
      return try ChildProcess.run(
        installation.realPsql, ["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-", uri],
        input: sql)
    }

    private static let names = [
      "sql-'; DROP TABLE precious; --", "sql-*/ ; SELECT pg_terminate_backend(pid) \\g",
      "sql-\n;SELECT 1/0;\n", "sql-\\! false", "sql-$$ ' \" \u{1b}[31m :user", "sql-\u{202e}x",
    ]

    @Test(arguments: ["on", "off"])
    func theSQLEndsExactlyThePlansSessions(conforming: String) throws {
      let server = try Crowd.server.get()
      try server.execute("ALTER ROLE boss SET standard_conforming_strings TO \(conforming)")
      defer { _ = try? server.execute("ALTER ROLE boss RESET ALL") }
      let victims = try Self.names.map { try Crowd.client($0) }
      let (used, left) = (try Crowd.client("sql-used"), Self.names.count)
      let others = [try Crowd.client("sqlx"), try Crowd.client("other")]
      let outcome = try planned("sql-*")
      #expect(outcome.status == 0 && outcome.stderr.isEmpty)
      #expect(outcome.stdout.split(separator: "\n").count { $0.hasPrefix("SELECT ") } == left + 1)
      #expect(victims.allSatisfy(Crowd.isAlive) == true)
      // Each of them was used by that; a new plan.
      let again = try planned("sql-*")
      try used.execute("SELECT 2")
      let ran = try psql(again.stdout, Crowd.uri())
      #expect(ran.status == 0 && ran.stderr.isEmpty, "\(ran.stderr)")
      #expect(
        Set(ran.stdout.split(separator: "\n").map(String.init))
          == Set(victims.map { "\($0.backendPID)|t" }))
      #expect(!victims.contains(where: Crowd.isAlive))
      #expect(([used] + others).allSatisfy(Crowd.isAlive))
      // The same once more finds nobody.
      let twice = try psql(again.stdout, Crowd.uri())
      #expect(twice.status == 0 && twice.stdout.isEmpty && twice.stderr.isEmpty)
    }

    /// The plan is for somebody who may: what this role may not signal is in it.
    @Test func theSQLIsForSomebodyWhoMay() throws {
      let server = try Crowd.server.get()
      try server.execute("CREATE ROLE watcher LOGIN")
      try server.execute("GRANT pg_read_all_stats TO watcher")
      let victim = try Crowd.client("handed-over")
      let outcome = try planned("handed-over", user: "watcher")
      #expect(outcome.status == 0 && outcome.stdout.contains("pg_terminate_backend"))
      let refused = try psql(outcome.stdout, Crowd.uri(user: "watcher"))
      #expect(refused.status != 0 && Crowd.isAlive(victim))
      let again = try planned("handed-over", user: "watcher")
      #expect(try psql(again.stdout, Crowd.uri()).stdout == "\(victim.backendPID)|t\n")
      #expect(!Crowd.isAlive(victim))
    }

    @Test func quietSaysNothingWhereNothingIsToBeSaid() throws {
      for more in [[], ["--execute", "--yes"]] {
        let outcome = try Crowd.run(
          ["terminate", "--idle-longer-than", "1h", "--application", "silence", "--quiet"] + more)
        #expect(outcome.status == 0)
        #expect(outcome.stdout.isEmpty && outcome.stderr.isEmpty, "\(outcome.stderr)")
      }
    }

    @Test func quietHasALineForEachVictim() throws {
      let victims = try Crowd.clients("line", 2)
      let used = try Crowd.client("line-'\u{1b}[31m\nx")
      let dry = try Crowd.run(
        Crowd.ending("line*", "--quiet").filter { $0 != "--execute" && $0 != "--yes" })
      #expect(dry.status == 0 && dry.stderr.isEmpty)
      #expect(dry.stdout.split(separator: "\n").count == 3)
      #expect(dry.stdout.split(separator: "\n").allSatisfy { $0.hasPrefix("selected ") })
      let gate = try Gate(port: Crowd.server.get().port, before: "terminate/signal")
      let process = try Crowd.start(
        Crowd.ending("line*", "--quiet"), at: Crowd.uri(port: gate.port))
      try gate.waitUntilReached()
      try used.execute("SELECT 2")
      gate.open()
      let outcome = try process.wait()
      let lines = outcome.stdout.split(separator: "\n")
      #expect(outcome.status == 0 && outcome.stderr.isEmpty)
      #expect(lines.count { $0.hasPrefix("gone ") } == 2)
      #expect(lines.count { $0.hasPrefix("changed \(used.backendPID) ") } == 1)
      #expect(lines.count == 3 && !outcome.stdout.contains("\u{1b}") && victims.count == 2)
    }
  }
}
