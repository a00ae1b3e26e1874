import PostgresClient
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `--wait-for-slot` on a server without a free one.
@Suite(.serialized)
struct WaitForSlotTests {
  private static let server = Result { () throws -> ThrowawayServer in
    let server = try ThrowawayServer(settings: ["max_connections": "12"])
    try server.execute("CREATE ROLE app LOGIN")
    try server.execute("GRANT pg_monitor TO app")
    return server
  }

  /// All nine that superusers leave to others.
  private func crowd() throws -> [Connection] {
    try (0..<9).map { _ in
      try Self.server.get().connect(application: "crowd", user: "app", viaTCP: true)
    }
  }

  private func audit(_ arguments: String...) throws -> ProcessOutcome {
    try Fixture.run(
      ["audit", "--json"] + arguments + [try Self.server.get().uri(user: "app")])
  }

  @Test func withoutItTheRefusalIsSaidAtOnce() throws {
    let crowd = try crowd()
    let outcome = try audit()
    #expect(outcome.status == 69 && crowd.count == 9)
    #expect(try Fixture.json(outcome)["failure"]?["kind"]?.text == "too_many_connections")
  }

  @Test func itEndsWithTheRefusalWhereNoneFrees() throws {
    let crowd = try crowd()
    let start = ContinuousClock.now
    let outcome = try audit("--wait-for-slot", "1s")
    #expect(outcome.status == 69 && crowd.count == 9)
    #expect(start.duration(to: .now) >= .seconds(1))
    #expect(outcome.stderr.contains("no slot is free") && outcome.stderr.contains("for 1s"))
  }

  @Test func itTakesTheFirstThatFrees() throws {
    let box = Box(try crowd())
    let leaver = Background {
      usleep(1_500_000)
      box.connections.withLock { _ = $0.removeLast() }
    }
    let outcome = try audit("--wait-for-slot", "20s")
    try leaver.value()
    #expect(outcome.status == 0, "\(outcome.stderr)")
    #expect(try Fixture.json(outcome)["totals"]?["client_sessions"]?.int == 9)
  }

  private final class Box: Sendable {
    let connections: Mutex<[Held]>
    init(_ connections: [Connection]) {
      self.connections = Mutex(connections.map { Held(connection: $0) })
    }
  }
}

/// A connection that only one thread uses, or drops, at a time.
private struct Held: @unchecked Sendable {
  let connection: Connection
}
