import OperatingSystem
import PostgresClient
import SessionAudit
import TestSupport
import TestTraits
import Testing

@testable import ServerAccess

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The suites that share one server, one after the other: each looks at all of its sessions.
@Suite(.serialized, .sideBySide)
enum SecondLook {}

/// A server with room for a queue, and the second look at it.
enum DetailsFixture {
  static let server = Result { () throws -> ThrowawayServer in
    let server = try ThrowawayServer(settings: [
      "max_connections": "260", "max_prepared_transactions": "4",
      // Circles stay as they are for as long as a test looks at them.
      "deadlock_timeout": "60s",
    ])
    for role in ["plain", "locker", "lender", "bystander", "maker"] {
      try server.execute("CREATE ROLE \(role) LOGIN")
    }
    try server.execute("GRANT pg_monitor TO lender")
    for sql in [
      "CREATE DATABASE elsewhere", "CREATE TABLE account (id int PRIMARY KEY, n int)",
      "INSERT INTO account SELECT g, 0 FROM generate_series(1, 9) AS g",
      "GRANT ALL ON account TO PUBLIC",
    ] {
      try server.execute(sql)
    }
    return server
  }

  static var deadline: Deadline { Deadline(after: .seconds(20)) }

  /// Looks once and then again, as an audit does.
  /// - Parameter candidates: all sessions where nil.
  static func look(
    _ server: ThrowawayServer, user: String = "lender", database: String = "postgres",
    at candidates: [Int32]? = nil
  ) throws -> (snapshot: Snapshot, details: Details) {
    let connection = try server.connect(application: "looker", user: user, database: database)
    let snapshot = try SnapshotReader(connection).read(keepingQueries: false, deadline: deadline)
    let details = try DetailsReader(connection).read(
      candidates: candidates ?? snapshot.sessions.map(\.pid),
      lockWaiters: lockWaiters(snapshot), among: snapshot.sessions, deadline: deadline)
    return (snapshot, details)
  }

  static func lockWaiters(_ snapshot: Snapshot) -> [Int32] {
    snapshot.sessions.filter { $0.waitEventType == "Lock" }.map(\.pid)
  }

  /// A session with what it was told to do first.
  static func session(
    _ user: String = "locker", database: String = "postgres", application: String = "",
    _ sql: String...
  ) throws -> Connection {
    let connection = try server.get().connect(
      application: application, user: user, database: database)
    for sql in sql { try connection.execute(sql) }
    return connection
  }

  /// A statement that waits, on a thread and in a session of its own; ends with an error where its
  /// session is ended.
  static func waiting(
    _ application: String, _ sql: String...
  ) throws -> Background<Bool> {
    let server = try server.get()
    return Background {
      let connection = try server.connect(application: application, user: "locker")
      for sql in sql { _ = try? connection.execute(sql, timeout: .seconds(60)) }
      return true
    }
  }

  static func count(_ condition: String) throws -> Int {
    let text = try server.get().connect().text(
      "SELECT count(*) FROM pg_stat_activity WHERE \(condition)")
    return text.flatMap { Int($0) } ?? 0
  }

  /// Waits until so many rows of pg_stat_activity are as said.
  static func wait(until condition: String, number: Int) throws {
    let patience = Deadline(after: .seconds(30))
    while try count(condition) != number {
      guard !patience.hasPassed else { throw SupportError("never \(number): \(condition)") }
      usleep(10_000)
    }
  }

  /// Ends the sessions of an application and waits until they are gone.
  static func end(_ application: String) throws {
    try server.get().execute(
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name LIKE '\(application)'
      """)
    try wait(until: "application_name LIKE '\(application)'", number: 0)
  }
}
