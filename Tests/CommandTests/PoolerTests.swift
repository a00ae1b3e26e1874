import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Through a real PgBouncer: nothing leaks, and nothing is ended.
@Suite(.serialized, .sideBySide)
struct PoolerTests {
  /// Its own: what a pooler resets gives its address away, and all that others have there is kept.
  private static let server = Result { try Fixture.makeServer() }

  private func pooler(_ mode: Pooler.Mode) throws -> Pooler {
    try Pooler(
      before: Self.server.get(), mode: mode, users: ["app", "owner"],
      settings: ["default_pool_size": "1"])
  }

  /// What a setting of ours would show in the session that the next client gets.
  private static let settings = [
    "statement_timeout", "lock_timeout", "idle_session_timeout", "search_path",
    "default_transaction_read_only", "default_transaction_isolation", "tcp_keepalives_idle",
    "idle_in_transaction_session_timeout",
  ]

  private func settings(_ connection: Connection) throws -> [String] {
    try Self.settings.map { "\($0)=\(try connection.text("current_setting('\($0)')") ?? "")" }
  }

  @Test func throughATransactionPoolerNothingIsEndedAndNothingLeaks() throws {
    let pooler = try pooler(.transaction)
    let other = try pooler.connect(user: "app", database: "shop")
    let before = try settings(other)
    let pid = try other.text("pg_backend_pid()")
    let victim = try Self.server.get().connect(
      application: "pool-victim", user: "owner", database: "shop")
    try victim.execute("SELECT 1")
    usleep(60_000)
    let uri = pooler.uri(user: "app", database: "shop")
    let arguments = ["--idle-longer-than", "50ms", "--application", "pool-victim", uri]

    let audit = try Fixture.run("audit", "--json", uri)
    #expect(audit.status == 0, "\(audit.stderr)")
    #expect(try Fixture.json(audit)["target"]?["pooled"] == .bool(true))
    let dryRun = try Fixture.run(["terminate"] + arguments)
    #expect(dryRun.status == 0 && dryRun.stdout.contains("1 session would be ended"))
    let refused = try Fixture.run(["terminate", "--execute", "--yes"] + arguments)
    #expect(refused.status == 64)
    #expect(refused.stderr.contains("goes through a pooler") && refused.stdout.isEmpty)
    #expect(try victim.text("'alive'") == "alive")

    // The one session that the pool has is the one that we have used.
    #expect(try other.text("pg_backend_pid()") == pid)
    #expect(try settings(other) == before)
    #expect(try other.text("(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')") == "0")
    try other.execute("CREATE TEMPORARY TABLE still_writable (x int)")
  }

  /// In session mode too PgBouncer answers with a process id of its own, so that nobody can tell
  /// whose session ours is.
  @Test func throughASessionPoolerNothingIsEndedEither() throws {
    let pooler = try pooler(.session)
    let victim = try Self.server.get().connect(
      application: "pool-session", user: "owner", database: "shop")
    try victim.execute("SELECT 1")
    usleep(60_000)
    let outcome = try Fixture.run(
      "terminate", "--idle-longer-than", "50ms", "--application", "pool-session", "--execute",
      "--yes", pooler.uri(user: "app", database: "shop"))
    #expect(outcome.status == 64 && outcome.stderr.contains("pooler"))
    #expect(try victim.text("'alive'") == "alive")
  }
}
