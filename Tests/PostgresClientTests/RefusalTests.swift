import PostgresClient
import System
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Connections that a server refuses, and why.
@Suite(.serialized, .sideBySide)
struct RefusalTests {
  private func open(_ parameters: ConnectionParameters) throws -> Connection {
    try Connection.open(parameters, deadline: Deadline(after: .seconds(10)))
  }

  /// The message of the refusal, and whether a password was wanted and not given.
  private func refusal(
    _ parameters: ConnectionParameters
  ) throws -> (message: ServerMessage, needsPassword: Bool) {
    let error = #expect(throws: PostgresError.self) { _ = try open(parameters) }
    guard case .notConnected(let message, let needsPassword)? = error else {
      throw SupportError("\(String(describing: error)) is no notConnected")
    }
    #expect(!message.message.contains("LOCATION:"))
    return (message, needsPassword)
  }

  @Test func unknownRolesAndDatabasesAreRefused() throws {
    let server = try ThrowawayServer.shared
    let noDatabase = try refusal(server.parameters(database: "nowhere"))
    #expect(noDatabase.message.sqlState == .unknownDatabase && !noDatabase.needsPassword)
    let noRole = try refusal(server.parameters(user: "nobody_here", viaTCP: true))
    #expect(noRole.message.sqlState == .invalidAuthorization)
  }

  @Test func passwordsAreChecked() throws {
    let server = try ThrowawayServer(authentication: [
      "host all guarded 127.0.0.1/32 scram-sha-256", "host all banned 127.0.0.1/32 reject",
    ])
    defer { server.remove() }
    try server.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    var parameters = server.parameters(user: "guarded", viaTCP: true)
    parameters["passfile"] = "/tmp/pgs-no-such-file"

    let missing = try refusal(parameters)
    #expect(missing.message.sqlState == nil && missing.needsPassword)
    parameters["password"] = "wrong-secret"
    let wrong = try refusal(parameters)
    #expect(wrong.message.sqlState == .invalidPassword && !wrong.needsPassword)
    #expect(!wrong.message.message.contains("wrong-secret"))
    parameters["password"] = "right"
    #expect(try open(parameters).text("current_user") == "guarded")

    let banned = try refusal(server.parameters(user: "banned", viaTCP: true))
    #expect(banned.message.sqlState == .invalidAuthorization)
  }

  @Test func fullServersSayWhatIsFull() throws {
    let server = try ThrowawayServer(settings: [
      "max_connections": "5", "superuser_reserved_connections": "1", "max_wal_senders": "0",
    ])
    defer { server.remove() }
    try server.execute("CREATE ROLE app LOGIN")
    try server.execute("CREATE ROLE narrow LOGIN CONNECTION LIMIT 1")
    try server.execute("CREATE DATABASE small CONNECTION LIMIT 1")

    var held = [try server.connect(user: "narrow")]
    let role = try refusal(server.parameters(user: "narrow"))
    #expect(role.message.sqlState == .tooManyConnections)
    #expect(role.message.sourceFunction == "InitializeSessionUserId")
    held = [try server.connect(user: "app", database: "small")]
    let database = try refusal(server.parameters(user: "app", database: "small"))
    #expect(database.message.sqlState == .tooManyConnections)
    #expect(database.message.sourceFunction == "CheckMyDatabase")

    while held.count < 4 { held.append(try server.connect(user: "app")) }
    let reserved = try refusal(server.parameters(user: "app"))
    #expect(reserved.message.sqlState == .tooManyConnections)
    #expect(reserved.message.sourceFunction == "InitPostgres")
    #expect(reserved.message.message.contains("SUPERUSER") || server.installation.majorVersion < 16)

    held.append(try server.connect())
    let full = try refusal(server.parameters())
    #expect(full.message.sqlState == .tooManyConnections)
    #expect(full.message.sourceFunction == "InitProcess")
    #expect(try held[0].text("1") == "1")
  }

  @Test func aServerThatShutsDownSaysSo() throws {
    let server = try ThrowawayServer()
    defer { server.remove() }
    let held = try server.connect()
    server.signal(ThrowawayServer.StopMode.smart.rawValue)
    // The postmaster acts on its signal a moment later.
    let deadline = Deadline(after: .seconds(5))
    var state: SQLState?
    while state == nil, !deadline.hasPassed {
      do { _ = try open(server.parameters()) } catch let error as PostgresError {
        state = error.serverMessage?.sqlState
      }
    }
    #expect(state == .cannotConnectNow)
    #expect(try held.text("1") == "1")
  }
}
