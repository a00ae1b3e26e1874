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
  /// - Parameter settings: more lines for the section `[pgbouncer]`.
  public init(
    before server: ThrowawayServer, mode: Mode, users: [String], settings: [String: String] = [:]
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
    try Self.write(
      "[databases]\n* = host=127.0.0.1 port=\(server.port)\n[pgbouncer]\n" + lines.joined(),
      to: "\(guardian.folder)/pgbouncer.ini")
    try Self.write(users.map { "\"\($0)\" \"\"\n" }.joined(), to: "\(guardian.folder)/users")
    _ = try guardian.start()
    try waitUntilReady(server.parameters(user: users[0], viaTCP: true))
  }

  deinit { guardian.guardian.end() }

  public func uri(user: String, database: String) -> String {
    "postgresql://\(user)@127.0.0.1:\(port)/\(database)?sslmode=disable&gssencmode=disable"
  }

  private func waitUntilReady(_ direct: ConnectionParameters) throws {
    let parameters = direct.overridden(by: ConnectionParameters(["port": "\(port)"]))
    let deadline = Deadline(after: .seconds(20))
    var last = ""
    while !deadline.hasPassed {
      do {
        _ = try Connection.open(parameters, deadline: Deadline(after: .seconds(5)))
        return
      } catch { last = "\(error)" }
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
