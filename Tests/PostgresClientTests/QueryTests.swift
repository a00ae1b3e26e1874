import OperatingSystem
import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What can happen to a query, on a real server.
@Suite(.serialized, .sideBySide)
struct QueryTests {
  private func connect(_ application: String = "") throws -> Connection {
    try ThrowawayServer.shared.connect(application: application)
  }

  private func statements(_ texts: [String]) -> [Statement] {
    texts.map { Statement(name: $0, sql: $0) }
  }

  /// Waits until an SQL condition holds on the shared server.
  private func waitFor(_ condition: String) throws -> Bool {
    let observer = try connect()
    let deadline = Deadline(after: .seconds(10))
    while !deadline.hasPassed {
      if try observer.text(condition) == "true" { return true }
      usleep(10_000)
    }
    return false
  }

  private func isActive(_ name: String, _ wanted: Bool) throws -> Bool {
    try waitFor(
      "(SELECT count(*) = \(wanted ? 1 : 0) FROM pg_stat_activity "
        + "WHERE application_name = '\(name)' AND state = 'active')")
  }

  // MARK: - Several statements

  @Test func severalStatementsAnswerInOrder() throws {
    let connection = try connect()
    for _ in 0..<3 {
      let results = try connection.run(
        statements(["SELECT 1 AS v", "SET work_mem = '5MB'", "SELECT 2 AS v"]),
        deadline: Deadline(after: .seconds(10)))
      try #require(results.count == 3)
      #expect(try results[0].onlyRow()[results[0].column("v", as: Int32.self)] == 1)
      #expect(results[1].rowCount == 0)
      #expect(try results[2].onlyRow()[results[2].column("v", as: Int32.self)] == 2)
    }
  }

  @Test func theFirstFailureIsTheErrorAndTheConnectionStaysUsable() throws {
    let connection = try connect()
    for _ in 0..<3 {
      let error = #expect(throws: PostgresError.self) {
        try connection.run(
          statements(["SELECT 1", "SELECT 1/0", "SELECT * FROM nowhere", "SELECT 2"]),
          deadline: Deadline(after: .seconds(10)))
      }
      guard case .queryFailed(let message, let query)? = error else {
        Issue.record("\(String(describing: error)) is no queryFailed")
        return
      }
      #expect(message.sqlState?.code == "22012")
      #expect(query == "SELECT 1/0")
      #expect(try connection.text("40 + 2") == "42")
    }
  }

  @Test func aLargeAnswerArrivesWhole() throws {
    let connection = try connect()
    let result = try connection.execute(
      "SELECT repeat('x', 1000) AS v FROM generate_series(1, 20000)")
    #expect(result.rowCount == 20_000)
    let sent = String(repeating: "y", count: 5_000_000)
    let echoed = try connection.query(
      Statement(name: "echo", sql: "SELECT $1 AS v", parameters: [.text(sent)]),
      deadline: Deadline(after: .seconds(20)))
    #expect(try echoed.onlyRow()[echoed.column("v", as: String.self)] == sent)
  }

  // MARK: - Terminated

  @Test func aSessionTerminatedInItsQueryTells() throws {
    let connection = try connect("victim-active")
    let terminator = Background { () throws in
      #expect(try isActive("victim-active", true))
      try connect().execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
          + "WHERE application_name = 'victim-active'")
      return 0
    }
    let error = #expect(throws: PostgresError.self) {
      try connection.execute("SELECT pg_sleep(30)")
    }
    _ = try terminator.value()
    expectLost(error, .adminShutdown, "SELECT pg_sleep(30)")
  }

  @Test func aSessionTerminatedWhileIdleTellsAtTheNextQuery() throws {
    let connection = try connect("victim-idle")
    #expect(try connection.text("1") == "1")
    try connect().execute(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        + "WHERE application_name = 'victim-idle'")
    usleep(100_000)
    let error = #expect(throws: PostgresError.self) { try connection.execute("SELECT 2") }
    expectLost(error, .adminShutdown, "SELECT 2")
    // And it stays lost.
    let again = #expect(throws: PostgresError.self) { try connection.execute("SELECT 3") }
    guard case .connectionLost? = again else {
      Issue.record("\(String(describing: again)) is no connectionLost")
      return
    }
  }

  @Test func aSessionTerminatedAmongSeveralStatementsTells() throws {
    let connection = try connect()
    let error = #expect(throws: PostgresError.self) {
      try connection.run(
        statements(["SELECT 1", "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT 2"]),
        deadline: Deadline(after: .seconds(10)))
    }
    guard case .connectionLost(let message, _)? = error else {
      Issue.record("\(String(describing: error)) is no connectionLost")
      return
    }
    #expect(message.sqlState == .adminShutdown)
  }

  private func expectLost(_ error: PostgresError?, _ state: SQLState, _ query: String) {
    guard case .connectionLost(let message, let named)? = error else {
      Issue.record("\(String(describing: error)) is no connectionLost")
      return
    }
    #expect(message.sqlState == state)
    #expect(named == query)
  }

  // MARK: - Ended by us

  @Test func aDeadlineHoldsAndTheServerStopsToo() throws {
    let connection = try connect("late")
    // 10 % and the 200 ms that the cancel request may take.
    let most = Duration.milliseconds(1300)
    let took = shortest(within: most) {
      let start = ContinuousClock.now
      let error = #expect(throws: PostgresError.self) {
        try connection.execute("SELECT pg_sleep(30)", timeout: .milliseconds(1000))
      }
      let took = start.duration(to: .now)
      guard
        case .timedOut(during: .query("SELECT pg_sleep(30)"), after: .milliseconds(1000))? = error
      else {
        Issue.record("\(String(describing: error)) is no timeout of that query")
        return .zero
      }
      #expect(took >= .milliseconds(1000))
      return took
    }
    #expect(took < most, "took \(took)")
    #expect(try isActive("late", false))
    withExtendedLifetime(connection) {}
  }

  @Test func aCancellerEndsTheQueryOnly() throws {
    let connection = try connect("cancelled")
    let canceller = try #require(connection.canceller())
    let other = Background { () throws in
      #expect(try isActive("cancelled", true))
      return canceller.cancel()
    }
    let error = #expect(throws: PostgresError.self) {
      try connection.execute("SELECT pg_sleep(30)")
    }
    #expect(try other.value())
    guard case .queryFailed(let message, _)? = error else {
      Issue.record("\(String(describing: error)) is no queryFailed")
      return
    }
    #expect(message.sqlState == .queryCanceled)
    #expect(try connection.text("1") == "1")
  }

  @Test func anInterruptionEndsTheWait() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    let (reader, writer) = (ends[0], ends[1])
    defer { for end in [reader, writer] { close(end) } }
    let connection = try Connection.open(
      ThrowawayServer.shared.parameters(application: "interrupted"),
      deadline: Deadline(after: .seconds(10)), interruption: Interruption(descriptor: reader))
    #expect(try connection.text("1") == "1")
    let other = Background { () throws in
      #expect(try isActive("interrupted", true))
      return write(writer, "x", 1)
    }
    let start = ContinuousClock.now
    let error = #expect(throws: PostgresError.self) {
      try connection.execute("SELECT pg_sleep(30)")
    }
    guard case .interrupted? = error else {
      Issue.record("\(String(describing: error)) is no interruption")
      return
    }
    #expect(try other.value() == 1)
    #expect(start.duration(to: .now) < .seconds(10))
    #expect(try isActive("interrupted", false))
    withExtendedLifetime(connection) {}
  }

  // MARK: - Text

  /// A session in a LATIN1 database shows raw bytes that are no UTF-8.
  @Test func invalidUTF8IsRepaired() throws {
    let server = try ThrowawayServer.shared
    try server.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    defer { _ = try? server.execute("DROP DATABASE latin WITH (FORCE)") }
    var parameters = server.parameters(database: "latin")
    parameters["client_encoding"] = "SQL_ASCII"
    let connection = try Connection.open(parameters, deadline: Deadline(after: .seconds(10)))
    #expect(try connection.text("'caf' || chr(233) || '!'") == "caf\u{FFFD}!")
  }

  @Test func aConnectionKnowsItsServer() throws {
    let server = try ThrowawayServer.shared
    let connection = try server.connect(viaTCP: true)
    #expect(connection.host == "127.0.0.1" && connection.port == "\(server.port)")
    #expect(connection.user == "postgres" && connection.database == "postgres")
    #expect(connection.serverVersion / 10000 == server.installation.majorVersion)
    #expect(try connection.text("pg_backend_pid()") == "\(connection.backendPID)")
    #expect(connection.parameterStatus("server_encoding") == "UTF8")
    #expect(connection.parameterStatus("no_such_thing") == nil)
  }
}
