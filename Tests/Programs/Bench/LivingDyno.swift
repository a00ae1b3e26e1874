import PostgresClient
import Synchronization
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The one dyno that is alive: its sessions are in use all the while, and none may be ended.
final class LivingDyno: Sendable {
  static let name = "web.9999"

  /// Handed to the thread once and touched by no other afterwards.
  private struct Sessions: @unchecked Sendable {
    let list: [Connection]
  }

  private let isStopped = Mutex(false)
  private let worker = Mutex<Background<Void>?>(nil)

  init(on server: ThrowawayServer) throws {
    let sessions = Sessions(
      list: try (0..<4).map { _ in
        try server.connect(application: Self.name, user: "app", database: "shop", viaTCP: true)
      })
    worker.withLock { $0 = Background { try self.work(sessions) } }
  }

  private func work(_ sessions: Sessions) throws {
    while !isStopped.withLock({ $0 }) {
      for session in sessions.list { try session.execute("SELECT now()") }
      usleep(50_000)
    }
  }

  /// - Throws: where one of its sessions was ended.
  func stop() throws {
    isStopped.withLock { $0 = true }
    try worker.withLock { $0 }?.value()
  }
}
