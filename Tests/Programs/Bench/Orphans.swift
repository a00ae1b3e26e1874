import OperatingSystem
import PostgresClient
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Sessions as dynos leave them that are gone: `web.0`, `web.1` and on, each with as many sessions as
/// one dyno had, all from 127.0.0.1, idle after one query.
struct Orphans {
  let pids: [Int32]
  private let connections: [Connection]

  /// Handed over by the thread that made them, which touches them no more.
  private struct Opened: @unchecked Sendable {
    let connections: [Connection]
  }

  static func open(_ count: Int, perName: Int, on server: ThrowawayServer) throws -> Orphans {
    // Most of the time is the server's, which forks and lets in several at a time.
    let lanes = 4
    let workers = (0..<lanes).map { lane in
      Background {
        Opened(
          connections: try stride(from: lane, to: count, by: lanes).map { number in
            let connection = try server.connect(
              application: "web.\(number / perName)", user: "app", database: "shop", viaTCP: true)
            try connection.execute("SELECT \(number) AS order_number, now() AS asked_at")
            return connection
          })
      }
    }
    let connections = try workers.flatMap { try $0.value(timeout: .seconds(300)).connections }
    return Orphans(connections)
  }

  private init(_ connections: [Connection]) {
    self.connections = connections
    pids = connections.map(\.backendPID)
  }

  /// Waits until the server shows none of them any more. Their descriptors stay open until this
  /// value goes: no owner that is gone closes anything.
  func waitUntilGone(_ observer: Connection) throws {
    let deadline = Deadline(after: .seconds(60))
    let left = """
      SELECT count(*) FROM pg_stat_get_activity(NULL)
      WHERE application_name LIKE 'web.%' AND application_name <> '\(LivingDyno.name)'
      """
    while try observer.text(left) != "0" {
      guard !deadline.hasPassed else { throw SupportError("signalled sessions don't leave") }
      usleep(5_000)
    }
  }
}
