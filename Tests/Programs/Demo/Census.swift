import OperatingSystem
import PostgresClient
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One session for ever: a pid alone is used again.
struct Identity: Hashable, Sendable {
  let pid: Int32
  let backendStart: Int64
}

/// Counts sessions on the server itself, over a superuser's connection of its own, so that the
/// demo's last line does not rest on what pgsessions says.
final class Census {
  private let connection: Connection

  init(server: ThrowawayServer) throws {
    connection = try server.connect(application: "demo census")
  }

  /// The client sessions there are now.
  func present() throws -> Set<Identity> { Set(try idleSeconds().keys) }

  /// Each client session, with the seconds for which it has been idle (nil: it isn't).
  func idleSeconds() throws -> [Identity: Int32?] {
    let result = try connection.execute(
      """
      SELECT pid, backend_start,
        CASE state WHEN 'idle' THEN trunc(extract(epoch FROM now() - state_change))::int4 END AS idle
      FROM pg_stat_activity WHERE backend_type = 'client backend'
      """)
    let (pid, start) = (
      try result.column("pid", as: Int32.self), try result.column("backend_start", as: Int64.self)
    )
    let idle = try result.column("idle", as: Int32.self)
    var sessions: [Identity: Int32?] = [:]
    for row in result.rows {
      let identity = Identity(pid: try row.required(pid), backendStart: try row.required(start))
      sessions.updateValue(row[idle], forKey: identity)
    }
    return sessions
  }

  /// Waits until each of these sessions has been idle for more than `seconds`.
  func waitUntilIdle(_ sessions: Set<Identity>, seconds: Int) throws {
    let deadline = Deadline(after: .seconds(60))
    while true {
      let idle = try idleSeconds()
      if sessions.allSatisfy({ (idle[$0] ?? nil).map { $0 > seconds } ?? false }) { return }
      guard !deadline.hasPassed else {
        throw SupportError("the sessions left behind did not turn idle within a minute")
      }
      usleep(100_000)
    }
  }

  /// The sessions there are once these are gone, or after 10 seconds.
  func waitUntilGone(_ sessions: Set<Identity>) throws -> Set<Identity> {
    let deadline = Deadline(after: .seconds(10))
    var now = try present()
    while !now.isDisjoint(with: sessions), !deadline.hasPassed {
      usleep(100_000)
      now = try present()
    }
    return now
  }

  /// Who a connection is, asked over itself.
  static func identity(of connection: Connection) throws -> Identity {
    let result = try connection.execute(
      "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()")
    let row = try result.onlyRow()
    return Identity(
      pid: try row.required(try result.column("pid")),
      backendStart: try row.required(try result.column("backend_start")))
  }
}
