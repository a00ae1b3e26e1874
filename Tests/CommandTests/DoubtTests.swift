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
  /// What nobody can tell of a session from outside is said, and counted.
  @Suite(.serialized, .sideBySide, .crowd)
  struct DoubtTests {
    /// A session of psql, with what is typed into it.
    private func typing(_ name: String, _ lines: String..., on server: ThrowawayServer) throws
      -> RunningProcess
    {
      let process = try RunningProcess(
        server.installation.realPsql,
        ["-h", "127.0.0.1", "-p", "\(server.port)", "-U", "owner", "-d", "shop", "-XAtq"],
        environment: ChildProcess.plainEnvironment.merging(["PGAPPNAME": name]) { $1 })
      try process.write(lines.joined(separator: "\n") + "\n")
      return process
    }

    @Test func whoeverShowsThatItListensIsKept() throws {
      let server = try ThrowawayServer()
      try Crowd.prepare(server)
      let sessions = try [
        typing("plain-listen", "LISTEN x;", on: server),
        typing("do-listen", "DO $$BEGIN LISTEN x; END$$;", on: server),
        typing("cable", "LISTEN a;", "LISTEN b;", "UNLISTEN a;", on: server),
        typing("set-listen", #"SET application_name='set-listen'\; LISTEN x;"#, on: server),
        typing("select-listen", #"SELECT 1\; LISTEN x;"#, on: server),
        typing("jdbc", "BEGIN;", "LISTEN x;", "COMMIT;", on: server),
        typing("left", "LISTEN a;", "UNLISTEN *;", on: server),
      ]
      try Crowd.poll("the listeners") {
        try server.connect().text(
          """
          (SELECT count(*) FROM pg_stat_activity WHERE usename = 'owner' AND state = 'idle'
          AND query ~ 'LISTEN x|UNLISTEN [a*]|COMMIT')
          """) == "\(sessions.count)"
      }
      let uri = try Crowd.uri(port: server.port)
      let arguments = [
        "terminate", "--idle-longer-than", "20ms", "--max-share", "100", "--user", "owner",
      ]
      let json = try Fixture.json(Crowd.run(arguments + ["--json"], at: uri))
      let kept = Set(
        json["plan"]?["kept"]?.items.filter { $0["holds"] == .array([.string("listen")]) }
          .compactMap { $0["application_name"]?.text } ?? [])
      #expect(kept == ["plain-listen", "do-listen", "cable", "set-listen", "select-listen"])
      let selected = json["plan"]?["selected"]?.items ?? []
      let unknown = selected.map {
        ($0["application_name"]?.text ?? "", $0["holds_unknown"]?.items.compactMap(\.text) ?? ["?"])
      }
      #expect(
        Dictionary(unknown) { first, _ in first } == ["jdbc": ["listen"], "left": []], "\(json)")
      let text = try Crowd.run(arguments, at: uri).stdout
        .split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(
        text.contains("The last command of 1 session ends a transaction (COMMIT and the like)."),
        "\(text)")
      for session in sessions { session.closeInput() }
    }

    /// Of twelve the last one made a table. Whoever looks stands below a gap, as the lowest number that
    /// is free is given out first, so that before 16 it may be any of them.
    @Test func thoseKeptInDoubtAreCounted() throws {
      let server = try ThrowawayServer(settings: ["autovacuum": "off"])
      try Crowd.prepare(server)
      var fillers = try Crowd.clients("filler", 2, on: server)
      let sessions = try Crowd.clients("pool", 12, on: server)
      try sessions[11].execute("CREATE TEMP TABLE t (a int)")
      fillers.removeAll()
      try Crowd.poll("the gap") { try Crowd.count("filler", on: server) == 0 }
      let folder = TemporaryFolder()
      let uri = try Crowd.uri(port: server.port)
      let run = try Crowd.run(
        Crowd.ending("pool", "--quiet", "--metrics", folder.path("run.prom")), at: uri)
      #expect(run.status == 0, "\(run.stderr)")
      let metrics = try ChildProcess.run("cat", [folder.path("run.prom")]).stdout
      let tells = server.installation.majorVersion >= 16
      #expect(
        metrics.contains(
          "pgsessions_terminate_may_hold_temporary_tables{target=\"boss@127.0.0.1:\(server.port)/shop\"} "
            + "\(tells ? 0 : 12)\n"), "\(metrics)")
      #expect(sessions.count(where: Crowd.isAlive) == (tells ? 1 : 12))
      guard !tells else { return }
      #expect(
        run.stdout
          == "kept 12 sessions only as each may hold temporary tables: at most 1 of them does, and "
          + "before 16 no server tells whose they are (--include-stateful).\n")
      let json = try Fixture.json(Crowd.run(Crowd.ending("pool", "--json"), at: uri))
      #expect(json["totals"]?["may_hold_temporary_tables"]?.int == 12)
      #expect(json.kept("pool") == "holds_state")
      let first = json["plan"]?["kept"]?.items.first { $0["application_name"]?.text == "pool" }
      #expect(first?["holds"] == .array([.string("temporary_tables")]))
      #expect(first?["holds_unknown"] == .array([.string("temporary_tables")]))
      let text = try Crowd.run(Crowd.ending("pool"), at: uri).stdout
        .split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(
        text.contains(
          "Of them 12 sessions only as each may hold temporary tables: at most 1 of them"),
        "\(text)")
      // Without the gap whoever looks stands above all, so that it is known, and nobody doubts.
      fillers = try Crowd.clients("filler", 2, on: server)
      let ended = try Fixture.json(Crowd.run(Crowd.ending("pool", "--json"), at: uri))
      #expect(ended["totals"]?["gone"]?.int == 11 && Crowd.isAlive(sessions[11]))
      #expect(ended["totals"]?["may_hold_temporary_tables"]?.int == 0 && fillers.count == 2)
    }
  }
}
