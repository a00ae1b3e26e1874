import OperatingSystem
import PostgresClient

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A PgBouncer before a throw-away server, on a loopback port of its own, stopped with its owner
/// however that ends.
public final class Pooler: Sendable {
  public enum Mode: String, Sendable {
    case session
    case transaction
  }

  public let port: Int
  private let guardian: Box

  private struct Box: @unchecked Sendable {
    let guardian: Guardian
  }

  /// Starts one that lets in these roles without a password.
  /// - Parameters:
  ///   - settings: more lines for the section `[pgbouncer]`.
  ///   - databases: those that it knows; all by default.
  public convenience init(
    before server: ThrowawayServer, mode: Mode, users: [String], settings: [String: String] = [:],
    databases: [String] = ["*"]
  ) throws {
    try self.init(
      beforePort: server.port, mode: mode, users: users, settings: settings, databases: databases)
  }

  /// The same before whatever listens on a port of 127.0.0.1.
  public init(
    beforePort upstream: Int, mode: Mode, users: [String], settings: [String: String] = [:],
    databases: [String] = ["*"]
  ) throws {
    let account = try ServerAccount.current.get()
    let program = try Self.program()
    port = try ThrowawayServer.freePort()
    let guardian = try Guardian(account: account) { folder in
      account.prefix + [program, "-q", "\(folder)/pgbouncer.ini"]
    }
    self.guardian = Box(guardian: guardian)
    let ours = [
      "listen_addr": "127.0.0.1", "listen_port": "\(port)", "unix_socket_dir": "",
      "auth_type": "trust", "auth_file": "\(guardian.folder)/users", "pool_mode": mode.rawValue,
    ].merging(settings) { $1 }
    let lines = ours.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }
    let known = databases.map { "\($0) = host=127.0.0.1 port=\(upstream)\n" }
    try Self.write(
      "[databases]\n" + known.joined() + "[pgbouncer]\n" + lines.joined(),
      to: "\(guardian.folder)/pgbouncer.ini")
    try Self.write(users.map { "\"\($0)\" \"\"\n" }.joined(), to: "\(guardian.folder)/users")
    _ = try guardian.start()
    try waitUntilReady(user: users[0])
  }

  deinit { guardian.guardian.end() }

  public func uri(user: String, database: String) -> String {
    "postgresql://\(user)@127.0.0.1:\(port)/\(database)?sslmode=disable&gssencmode=disable"
  }

  public func connect(user: String, database: String = "postgres") throws -> Connection {
    try Connection.open(parameters(user: user, database: database), patience: .seconds(10))
  }

  private func parameters(user: String, database: String) -> ConnectionParameters {
    ConnectionParameters([
      "host": "127.0.0.1", "port": "\(port)", "user": user, "dbname": database,
      "sslmode": "disable", "gssencmode": "disable",
    ])
  }

  private func waitUntilReady(user: String) throws {
    let parameters = parameters(user: user, database: "postgres")
    let deadline = Deadline(after: .seconds(20))
    var last = ""
    while !deadline.hasPassed {
      do throws(PostgresError) {
        _ = try Connection.open(parameters, deadline: Deadline(after: .seconds(5)))
        return
      } catch {
        // It is up where it hands on what something behind it says.
        if error.serverMessage?.sqlState != nil { return }
        last = "\(error)"
      }
      usleep(20_000)
    }
    let log = try? ChildProcess.run("tail", ["-n", "20", "\(guardian.guardian.folder)/log"])
    throw SupportError("PgBouncer did not come up: \(last)\n\(log?.stdout ?? "")")
  }

  private static func program() throws -> String {
    for path in ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"]
    where access(path, X_OK) == 0 { return path }
    do { return try ChildProcess.find("pgbouncer") } catch {
      throw SupportError("PgBouncer is not installed here: run scripts/setup.")
    }
  }

  private static func write(_ text: String, to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    defer { close(descriptor) }
    guard descriptor >= 0, Spawn.writeAll(descriptor, Array(text.utf8)) else {
      throw SupportError("\(path) can't be written: errno \(errno)")
    }
  }
}
