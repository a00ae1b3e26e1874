import PostgresClient
import SessionAudit
import Synchronization
import TestSupport
import TestTraits
import Testing

@testable import Commands
@testable import Runs

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `--wait-for-slot` on a server without a free one.
@Suite(.serialized, .sideBySide)
struct SlotRetryTests {
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

  /// Who is told to come as somebody else gets the words that reach the same server.
  @Test func theWayInIsSpelledOut() throws {
    let server = try Self.server.get()
    let crowd = try crowd()
    let outcome = try Fixture.run(
      ["audit"], environment: ["DATABASE_URL": server.uri(user: "app")])
    let words = "-h 127.0.0.1 -p \(server.port) -U postgres -d postgres"
    #expect(outcome.status == 69 && outcome.stderr.contains("(\(words))"), "\(outcome.stderr)")
    let superuser = try Fixture.run(["audit"] + words.split(separator: " ").map(String.init))
    #expect(superuser.status == 0 && crowd.count == 9, "\(superuser.stderr)")
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

  /// Every slot is held by clients of which one at a time leaves, and comes back at once and again
  /// and again until it has a slot.
  @Test(.timeLimit(.minutes(3))) func itGetsInAmongClientsThatComeBackAtOnce() throws {
    let server = try Self.server.get()
    let box = Box(try crowd())
    let ends = Mutex(false)
    let comers = Background {
      while !ends.withLock({ $0 }) {
        usleep(400_000)
        box.connections.withLock { $0.removeFirst() }.leave()
        while !ends.withLock({ $0 }) {
          guard
            let back = try? server.connect(
              application: "crowd", user: "app", viaTCP: true, patience: .zero)
          else { continue }
          box.connections.withLock { $0.append(Held(connection: back)) }
          break
        }
      }
    }
    defer {
      ends.withLock { $0 = true }
      _ = try? comers.value()
    }
    for run in 1...6 {
      let outcome = try audit("--wait-for-slot", "30s")
      #expect(outcome.status == 0, "run \(run): \(outcome.stderr)")
    }
  }

  @Test func itHoldsOneConnectionAtATimeAndSaysHowLongItWaited() throws {
    let crowd = try crowd()
    let proxy = try ScriptedProxy(port: try Self.server.get().port)
    let outcome = try Fixture.run(
      "audit", "--wait-for-slot", "2s", "postgresql://app@127.0.0.1:\(proxy.port)/postgres")
    #expect(outcome.status == 69 && crowd.count == 9)
    #expect(proxy.mostAtOnce == 1)
    #expect(proxy.connections > 20, "\(proxy.connections)")
    let lines = outcome.stderr.split(separator: "\n")
    #expect(lines.count <= 10)
    #expect(
      lines.filter { $0.contains("no slot is free: those left are for superusers") }.count == 1)
    #expect(lines.contains { $0.contains("no slot came free in 2s") }, "\(lines)")
  }

  /// A slot that frees cures nothing of these.
  @Test func whatIsNoWantOfASlotEndsAtOnce() throws {
    let refusing = try LoopbackListener(backlog: nil)
    defer { withExtendedLifetime(refusing) {} }
    let port = refusing.port
    let start = ContinuousClock.now
    let refused = try Fixture.run(
      "audit", "--wait-for-slot", "20s", "-h", "127.0.0.1", "-p", "\(port)")
    let unknown = try Fixture.run(
      "audit", "--wait-for-slot", "20s", try Self.server.get().uri(user: "nobody_here"))
    #expect(refused.status == 69 && unknown.status == 77)
    #expect(!refused.stderr.contains("trying again") && !unknown.stderr.contains("trying again"))
    #expect(start.duration(to: .now) < .seconds(10))
  }

  @Test func itWaitsForAPoolerToo() throws {
    let pooler = try Pooler(
      before: Self.server.get(), mode: .session, users: ["app"],
      settings: ["max_client_conn": "2"])
    let box = Box(
      try (0..<2).map { _ in try pooler.connect(user: "app") })
    let leaver = Background {
      usleep(1_500_000)
      box.connections.withLock { $0.removeLast() }.leave()
    }
    let outcome = try Fixture.run(
      "audit", "--wait-for-slot", "20s", pooler.uri(user: "app", database: "postgres"))
    try leaver.value()
    #expect(outcome.status == 0, "\(outcome.stderr)")
    #expect(outcome.stderr.contains("the pooler is full (max_client_conn)"))
    #expect(outcome.stderr.contains("got a slot after "), "\(outcome.stderr)")
  }

  /// A pooler says why its server refuses it once, and then for a while only that it does.
  @Test func itWaitsOnWhereAPoolerNoLongerSaysWhy() throws {
    let server = try RefusingServer(answers: [
      RefusingServer.refusal(state: "08P01", message: "sorry, too many clients already"),
      RefusingServer.refusal(
        state: "08P01",
        message: "server login has been failing, try again later (server_login_retry)"),
    ])
    let outcome = try Fixture.run(
      "audit", "--wait-for-slot", "1s", "postgresql://app@127.0.0.1:\(server.port)/shop")
    #expect(outcome.status == 69 && server.connections > 10, "\(server.connections)")
    #expect(outcome.stderr.contains("no slot came free in 1s"), "\(outcome.stderr)")
  }

  /// One that refuses in no time at all is not hammered.
  @Test func itIsGentleWithWhoRefusesFast() throws {
    for (state, function) in [("08P01", nil), ("53300", "InitializeSessionUserId")] {
      let server = try RefusingServer(answers: [
        RefusingServer.refusal(
          state: state, message: "no more connections allowed (max_client_conn)",
          function: function)
      ])
      let outcome = try Fixture.run(
        "audit", "--wait-for-slot", "3s",
        "postgresql://app@127.0.0.1:\(server.port)/shop?sslmode=disable&gssencmode=disable")
      #expect(outcome.status == 69)
      #expect((20...800).contains(server.connections), "\(server.connections)")
    }
  }

  /// The time that a person takes to type is not the wait's.
  @Test func thePromptDoesNotUseUpTheWait() throws {
    let server = try RefusingServer(answers: [
      RefusingServer.passwordRequest,
      RefusingServer.refusal(
        state: "53300", message: "sorry, too many clients already", function: "InitProcess"),
    ])
    let terminal = try TerminalProcess(
      try Build.executable("pgsessions"),
      [
        "audit", "--wait-for-slot", "1s",
        "postgresql://app@127.0.0.1:\(server.port)/shop?sslmode=disable&gssencmode=disable",
      ],
      environment: ChildProcess.plainEnvironment.merging(
        ["TERM": "xterm", "PGPASSFILE": "/tmp/pgs-no-such-file"]
      ) { $1 })
    _ = try terminal.expect("Password")
    usleep(1_500_000)
    try terminal.send("secret\n")
    let outcome = try terminal.wait()
    #expect(outcome.status == 69)
    #expect(server.connections > 10, "\(server.connections)")
  }

  @Test func pausesGrowWithTheWait() {
    func pause(
      _ waited: Duration, _ chance: Double = 0.5, _ limit: LimitKind? = .role,
      attempt: Duration = .zero
    ) -> Duration {
      SlotPauses.pause(after: waited, before: limit, attempt: attempt, chance: chance)
    }
    #expect(pause(.zero) == .milliseconds(4))
    #expect(pause(.zero, 0.5, .pooler) == .milliseconds(10))
    #expect(pause(.zero, 0.5, nil) == .milliseconds(10))
    #expect(pause(.zero, attempt: .milliseconds(3)) == .milliseconds(1))
    #expect(pause(.zero, attempt: .seconds(4)) == .zero)
    #expect(pause(.seconds(30)) == .milliseconds(4))
    #expect(pause(.seconds(60)) == .milliseconds(8))
    #expect(pause(.seconds(600)) == .milliseconds(80))
    #expect(pause(.seconds(1_000_000)) == .milliseconds(250))
    #expect(pause(.seconds(60), 0) == .milliseconds(4))
    #expect(pause(.seconds(60), 1) == .milliseconds(12))
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

  /// Ends it, as nothing else holds it.
  consuming func leave() {}
}
