import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the advice says is carried out on the server that it was given for.
@Suite(.serialized, .sideBySide)
struct AdviceCommandTests {
  private static let server = Result { () throws -> ThrowawayServer in
    let server = try ThrowawayServer(settings: [
      "max_connections": "40", "max_prepared_transactions": "2",
    ])
    for sql in [
      "CREATE ROLE app LOGIN", "GRANT pg_monitor, pg_signal_backend TO app",
      "CREATE ROLE web LOGIN CONNECTION LIMIT 3", "CREATE ROLE \"st\"\"orm\" LOGIN",
      "CREATE TABLE account (id int PRIMARY KEY, n int)", "INSERT INTO account VALUES (1, 0)",
      "GRANT ALL ON account TO PUBLIC",
    ] {
      try server.execute(sql)
    }
    return server
  }

  private func report(_ server: ThrowawayServer) throws -> JSON {
    try Fixture.json(Fixture.run("audit", "--json", server.uri(user: "app")))
  }

  private func advice(_ code: String, _ server: ThrowawayServer) throws -> JSON {
    let all = try report(server)["advice"]?.items ?? []
    return try #require(all.first { $0["code"]?.text == code }, "\(all)")
  }

  private static let update = "UPDATE account SET n = n + 1 WHERE id = 1"

  /// Somebody who waits for the row until it is free; the value tells whether it came to that.
  private func waiter(_ server: ThrowawayServer) throws -> Background<Bool> {
    let waiter = Background {
      let connection = try server.connect(application: "waiter", user: "app")
      try connection.execute(Self.update, timeout: .seconds(60))
      return true
    }
    try Crowd.poll("a waiter") {
      try server.connect().text(
        "(SELECT count(*) FROM pg_stat_activity WHERE application_name = 'waiter' "
          + "AND wait_event_type = 'Lock')") == "1"
    }
    return waiter
  }

  @Test(arguments: ["app", "postgres"])
  func theRootOfALockQueueIsEnded(_ user: String) throws {
    let server = try Self.server.get()
    let root = try server.connect(application: "root", user: user, viaTCP: true)
    for sql in ["BEGIN", Self.update] { try root.execute(sql) }
    let first = try waiter(server)
    let old = try advice("lock_root", server)
    let before = try #require(old["remedy"]?.text)
    #expect(
      old["summary"]?.text?.hasPrefix("pid \(root.backendPID) of root keeps 1 waiting") == true)
    let text = try Fixture.run("audit", server.uri(user: "app")).stdout
    #expect(text.replacing("\n    ", with: " ").contains("last command UPDATE"))
    #expect(old["summary"]?.text?.contains("Only a superuser may") == (user == "postgres"))

    // It lets go, and takes it again in another transaction: that one is left alone.
    try root.execute("COMMIT")
    #expect(try first.value())
    for sql in ["BEGIN", Self.update] { try root.execute(sql) }
    let second = try waiter(server)
    let person = try server.connect(user: user)
    #expect(try person.execute(before).rowCount == 0)
    let now = try #require(try advice("lock_root", server)["remedy"]?.text)
    #expect(try person.execute(now).rowCount == 1)
    #expect(try second.value(), "who waited goes on")
    #expect(!Crowd.isAlive(root))
  }

  @Test func aPreparedTransactionIsRolledBack() throws {
    let server = try Self.server.get()
    let connection = try server.connect(user: "app")
    for sql in ["BEGIN", Self.update, "PREPARE TRANSACTION 'it''s left'"] {
      try connection.execute(sql)
    }
    let waiting = try waiter(server)
    let remedy = try #require(try advice("lock_root", server)["remedy"]?.text)
    let list = try connection.execute(remedy)
    let row = try list.onlyRow()
    try connection.execute(row.required(list.column("format", as: String.self)))
    #expect(try waiting.value())
  }

  @Test func anInvalidDatabaseIsDropped() throws {
    let server = try Self.server.get()
    let name = "ha\\lf\n\u{202E}\"gone"
    let quoted = name.replacing("\"", with: "\"\"")
    try server.execute("CREATE DATABASE \"\(quoted)\"")
    try server.execute("UPDATE pg_database SET datconnlimit = -2 WHERE datname LIKE 'ha%gone'")
    let json = try report(server)
    #expect(json["slots"]?["invalid_databases"] == .array([.string(name)]))
    #expect(json["slots"]?["limits"]?.items.count == 1, "-2 is no limit")
    let text = try Fixture.run("audit", server.uri(user: "app")).stdout
    let remedy = try #require(
      text.split(separator: "\n").first { $0.contains("DROP DATABASE") }.map(String.init))
    try server.execute(remedy)
    #expect(try report(server)["slots"]?["invalid_databases"] == .array([]))
  }

  /// The role that looks has room, and the application's has none.
  @Test func theFullLimitOfAnotherRoleIsSeen() throws {
    let server = try Self.server.get()
    let sessions = try (0..<3).map { _ in try server.connect(user: "web") }
    let text = try Fixture.run("audit", server.uri(user: "app")).stdout
    #expect(text.contains("\n       role web: 3 of 3 used, none left\n"))
    let json = try report(server)
    let limit = try #require(json["slots"]?["limits"]?.items.first)
    #expect(limit["kind"]?.text == "role" && limit["name"]?.text == "web")
    #expect(limit["used"]?.int == 3 && limit["available"]?.int == 0)
    #expect((json["slots"]?["available"]?.int ?? 0) > 20)
    let found = try advice("limit_nearly_reached", server)
    #expect(found["severity"]?.text == "critical")
    #expect(sessions.count == 3)
  }

  @Test func whoOpensSoManyIsLimited() throws {
    let server = try Self.server.get()
    let sessions = try (0..<22).map { _ in
      try server.connect(application: "web.1", user: "st\"orm")
    }
    let found = try advice("connection_storm", server)
    #expect(found["summary"]?.text?.contains("22 of web.*") == true)
    let remedy = try #require(found["remedy"]?.text)
    try server.execute(remedy)
    let limit = try server.connect().text(
      "(SELECT rolconnlimit FROM pg_roles WHERE rolname = 'st\"orm')")
    #expect(remedy.hasSuffix(" \(try #require(limit));"))
    try server.execute("ALTER ROLE \"st\"\"orm\" CONNECTION LIMIT -1")
    #expect(sessions.count == 22)
  }
}
