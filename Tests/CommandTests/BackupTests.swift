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
  /// A parallel pg_dump on a server of its own. Its leader is idle in transaction throughout and holds
  /// the locks of all: without it a TRUNCATE that waits goes on, and the dump lacks the rows.
  @Suite(.serialized, .sideBySide)
  struct BackupTests {
    @Test func theLeaderOfAParallelDumpIsKept() throws {
      let server = try ThrowawayServer()
      try Crowd.prepare(server)
      for sql in [
        "CREATE TABLE small AS SELECT g FROM generate_series(1, 500) AS g",
        "CREATE TABLE big AS SELECT md5(g::text) AS t FROM generate_series(1, 200000) AS g",
        "ALTER TABLE small OWNER TO owner", "ALTER TABLE big OWNER TO owner",
      ] {
        try server.execute(sql, database: "shop")
      }
      let dump = try RunningProcess(
        "\(server.installation.bin)/pg_dump",
        [
          "-h", "127.0.0.1", "-p", "\(server.port)", "-U", "owner", "-d", "shop", "-j", "2", "-Fd",
          "-Z", "9", "-f", "\(server.folder)/dump",
        ])
      // Workers come once the leader has its locks, and take their own with NOWAIT, which behind a
      // TRUNCATE would fail; while the leader is stopped, it has nothing more to say.
      try Crowd.poll("a worker with either table") {
        try server.connect(database: "shop").text(
          """
          (SELECT count(*) = 2 FROM (SELECT relation FROM pg_locks
          WHERE relation IN ('small'::regclass, 'big'::regclass) AND granted
          GROUP BY relation HAVING count(DISTINCT pid) > 1) AS held)
          """) == "true"
      }
      dump.signal(SIGSTOP)
      defer { dump.signal(SIGCONT) }
      let leader = try #require(
        try server.connect().text(
          """
          (SELECT pid FROM pg_stat_activity WHERE application_name = 'pg_dump'
          ORDER BY backend_start LIMIT 1)
          """
        ).flatMap { Int($0) })
      try Crowd.poll("the leader") {
        try server.connect().text(
          "(SELECT state FROM pg_stat_activity WHERE pid = \(leader))") == "idle in transaction"
      }
      let writing = Background {
        try Crowd.client("writer", on: server).execute("TRUNCATE small", timeout: .seconds(60))
          .rowCount
      }
      try Crowd.poll("the TRUNCATE") {
        try server.connect().text(
          "(SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock')") == "1"
      }

      func terminate(_ more: String...) throws -> JSON {
        usleep(30_000)
        let outcome = try Fixture.run(
          [
            "terminate", "--in-transaction-longer-than", "20ms", "--include-stateful",
            "--max-share",
            "100", "--json",
          ] + more + [Crowd.uri(port: server.port)])
        #expect(outcome.status == 0, "\(outcome.stderr)")
        return try Fixture.json(outcome)
      }
      func reasons(_ json: JSON) -> [String] {
        json["plan"]?["kept"]?.items.first { $0["pid"]?.int == leader }?["reasons"]?.items
          .compactMap { $0["kind"]?.text } ?? []
      }
      let json = try terminate("--execute", "--yes")
      #expect(reasons(json) == ["backup"] && json["totals"]?["gone"]?.int == 0)
      let may = try terminate("--include-backups")
      let selected = may["plan"]?["selected"]?.items.compactMap { $0["pid"]?.int } ?? []
      #expect(selected.contains(leader), "\(may)")
      // Who is asked what to do about the lock is told what it is.
      let audit = try Fixture.run(["audit", "--json", Crowd.uri(port: server.port)])
      #expect(
        audit.stdout.contains("It is pg_dump's, and without it the backup may be wrong"),
        "\(audit.stdout)")

      dump.signal(SIGCONT)
      let outcome = try dump.wait()
      _ = try writing.value()
      // A worker that had not begun with the table when the TRUNCATE came gets no lock any more, and
      // the dump says so. One that ends well has all rows.
      guard outcome.status == 0 else {
        #expect(outcome.stderr.contains("could not obtain lock on relation"), "\(outcome.stderr)")
        return
      }
      let rows = try ChildProcess.run(
        "\(server.installation.bin)/pg_restore",
        ["-f", "-", "--data-only", "-t", "small", "\(server.folder)/dump"])
      #expect(rows.stdout.split(separator: "\n").count { Int($0) != nil } == 500)
    }
  }
}
