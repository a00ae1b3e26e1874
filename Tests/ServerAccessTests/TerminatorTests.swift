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

/// Each way in which ending a session can come out, made to happen.
@Suite(.serialized, .sideBySide)
struct TerminatorTests {
  static let server = Result { () throws -> ThrowawayServer in
    let server = try ThrowawayServer()
    for sql in [
      "CREATE ROLE app LOGIN", "CREATE ROLE other LOGIN", "CREATE ROLE killer LOGIN",
      "GRANT pg_monitor, pg_signal_backend TO killer", "CREATE ROLE reader LOGIN",
      "GRANT pg_monitor, app TO reader",
    ] {
      try server.execute(sql)
    }
    return server
  }

  /// Plans to end what `applications` match, as `user`, on a connection of its own.
  private func plan(
    _ applications: String..., user: String = "killer"
  ) throws -> (connection: Connection, victims: [Victim], report: AuditReport) {
    usleep(60_000)
    let connection = try Self.server.get().connect(application: "pgsessions", user: user)
    let snapshot = try SnapshotReader(connection).read(
      keepingQueries: false, deadline: Deadline(after: .seconds(10)))
    let report = Judge.judge(snapshot, by: Policy())
    let plan = Planner.plan(
      report,
      selection: Selection(
        idleLongerThan: .milliseconds(50), applications: applications.map { Glob($0) }))
    try Terminator.prepare(connection, deadline: Deadline(after: .seconds(10)))
    return (connection, plan.selected, report)
  }

  private func client(_ application: String, user: String = "app") throws -> Connection {
    let connection = try Self.server.get().connect(application: application, user: user)
    try connection.execute("SELECT 1")
    return connection
  }

  private func isThere(_ client: Connection) throws -> Bool {
    try Self.server.get().connect().text(
      "SELECT count(*) FROM pg_stat_activity WHERE pid = \(client.backendPID)") == "1"
  }

  private func end(
    _ victims: [Victim], _ report: AuditReport, _ connection: Connection,
    within: Duration = .seconds(5)
  ) -> Terminator.Result {
    Terminator(connection, .init(verifyWithin: within)).end(
      TerminationPlan(selected: victims, kept: []), of: report,
      deadline: Deadline(after: .seconds(20)))
  }

  /// While it waits for a person or for sessions to leave, it must not become an orphan itself.
  @Test func ownSessionIsGuarded() throws {
    try Self.server.get().execute("CREATE ROLE guarded LOGIN")
    let connection = try Connection.open(
      Self.server.get().parameters(user: "guarded", viaTCP: true),
      deadline: Deadline(after: .seconds(10)))
    try Terminator.prepare(connection, deadline: Deadline(after: .seconds(30)))
    func setting(_ name: String) throws -> String? {
      try connection.text("current_setting('\(name)')")
    }
    #expect(try setting("tcp_keepalives_idle") == "15")
    #expect(try setting("tcp_keepalives_interval") == "5")
    #expect(try setting("tcp_keepalives_count") == "3")
    #expect(try setting("idle_session_timeout") == "10min")
    #expect(try setting("idle_in_transaction_session_timeout") == "1min")
    #if os(Linux)
      #expect(try setting("client_connection_check_interval") == "10s")
    #endif
    #expect(try setting("statement_timeout") != "0")
  }

  @Test func idleSessionsAreEndedAndSeenToBeGone() throws {
    let clients = try (0..<5).map { try client("gone-\($0)") }
    let (connection, victims, report) = try plan("gone-*")
    #expect(victims.count == 5)
    let result = end(victims, report, connection)
    #expect(result.outcomes.map(\.result) == [.gone, .gone, .gone, .gone, .gone])
    #expect(result.earlyEnd == nil)
    for client in clients { #expect(try !isThere(client)) }
  }

  @Test func aSessionThatRanAQuerySinceIsLeftAlone() throws {
    let used = try client("used")
    let quiet = try client("used-not")
    let (connection, victims, report) = try plan("used", "used-not")
    #expect(victims.count == 2)
    // Between the judgement and the signal.
    try used.execute("SELECT 2")
    let result = end(victims, report, connection)
    let byName = Dictionary(uniqueKeysWithValues: result.outcomes.map { ($0.applicationName, $0) })
    #expect(byName["used"]?.result == .changed)
    #expect(byName["used-not"]?.result == .gone)
    #expect(try used.text("'alive'") == "alive")
    #expect(try !isThere(quiet))
  }

  @Test func aSessionInTheMiddleOfAQueryIsLeftAlone() throws {
    let server = try Self.server.get()
    let busy = try client("busy")
    let (connection, victims, report) = try plan("busy")
    #expect(victims.count == 1)
    let box = Holder(busy)
    let query = Background { try box.connection.execute("SELECT pg_sleep(1)").rowCount }
    while try server.connect().text(
      "SELECT state FROM pg_stat_activity WHERE application_name = 'busy'") != "active"
    { usleep(5_000) }
    #expect(end(victims, report, connection).outcomes.map(\.result) == [.changed])
    #expect(try query.value() == 1)
  }

  @Test func aSessionThatLeftIsAlreadyGone() throws {
    var leaver: Connection? = try client("leaver")
    let pid = try #require(leaver?.backendPID)
    let (connection, victims, report) = try plan("leaver")
    #expect(victims.map(\.identity.pid) == [pid])
    leaver = nil
    while try Self.server.get().connect().text(
      "SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid)") != "0"
    { usleep(5_000) }
    #expect(end(victims, report, connection).outcomes.map(\.result) == [.alreadyGone])
  }

  @Test func aPidThatIsSomebodyElsesNowIsLeftAlone() throws {
    let heir = try client("reused")
    let (connection, victims, report) = try plan("reused")
    var victim = try #require(victims.first)
    // As if the pid had been another session's when it was judged.
    let earlier = victim.identity.backendStart - .seconds(60)
    victim.identity.backendStart = earlier
    victim.judged.session.backendStart = earlier
    let result = end([victim], report, connection)
    #expect(result.outcomes.map(\.result) == [.alreadyGone])
    #expect(try heir.text("'alive'") == "alive")
  }

  @Test func oneRefusalStopsNoOther() throws {
    let mine = try client("refuse-mine")
    let others = try client("refuse-others", user: "other")
    let also = try client("refuse-also")
    // Planned with the right to signal all, carried out by a role that may end only app's.
    let (_, victims, report) = try plan("refuse-*")
    #expect(victims.count == 3)
    let reader = try Self.server.get().connect(application: "pgsessions", user: "reader")
    let result = end(victims, report, reader)
    let byName = Dictionary(uniqueKeysWithValues: result.outcomes.map { ($0.applicationName, $0) })
    #expect(byName["refuse-mine"]?.result == .gone)
    #expect(byName["refuse-also"]?.result == .gone)
    #expect(byName["refuse-others"]?.result == .refused)
    #expect(byName["refuse-others"]?.detail?.hasPrefix("42501") == true)
    #expect(try others.text("'alive'") == "alive")
    #expect(try !isThere(mine) && !isThere(also))
  }

  @Test func aProcessThatDoesNotLeaveHasSurvived() throws {
    let stopped = try client("stopped")
    let (connection, victims, report) = try plan("stopped")
    kill(stopped.backendPID, SIGSTOP)
    defer { kill(stopped.backendPID, SIGCONT) }
    let clock = ContinuousClock()
    var result: Terminator.Result?
    let took = clock.measure {
      result = end(victims, report, connection, within: .milliseconds(400))
    }
    #expect(result?.outcomes.map(\.result) == [.survived])
    #expect(result?.earlyEnd == nil)
    #expect(took > .milliseconds(390) && took < .seconds(3))
  }

  /// After a failover the same address may lead to another server, on which pids mean others.
  @Test func anotherServerThanTheOneThatWasJudgedIsLeftAlone() throws {
    let clients = try (0..<3).map { try client("elsewhere-\($0)") }
    let (connection, victims, report) = try plan("elsewhere-*")
    #expect(victims.count == 3)
    var restarted = report
    restarted.target.postmasterStartTime =
      try #require(report.target.postmasterStartTime) - .microseconds(1)
    var promoted = report
    promoted.target.inRecovery = true
    for other in [restarted, promoted] {
      let result = end(victims, other, connection)
      #expect(result.outcomes.map(\.result) == [.notAttempted, .notAttempted, .notAttempted])
      guard case .notTheSameServer? = result.earlyEnd else {
        Issue.record("\(String(describing: result.earlyEnd)) is no other server")
        return
      }
    }
    for client in clients { #expect(try client.text("'alive'") == "alive") }
  }

  @Test func aLostConnectionLeavesTheRestUntried() throws {
    let clients = try (0..<3).map { try client("lost-\($0)") }
    let (connection, victims, report) = try plan("lost-*")
    try Self.server.get().execute("SELECT pg_terminate_backend(\(connection.backendPID))")
    let result = end(victims, report, connection)
    // Nobody knows how far the first statement came: it may have been signalled.
    #expect(result.outcomes.map(\.result) == [.survived, .notAttempted, .notAttempted])
    guard case .failed(.connectionLost(let message, _))? = result.earlyEnd else {
      Issue.record("\(String(describing: result.earlyEnd)) is no lost connection")
      return
    }
    #expect(message.sqlState == .adminShutdown)
    for client in clients { #expect(try client.text("'alive'") == "alive") }
  }
}

/// Takes a connection to another thread; the test that does so leaves it alone meanwhile.
private final class Holder: @unchecked Sendable {
  let connection: Connection
  init(_ connection: Connection) { self.connection = connection }
}
