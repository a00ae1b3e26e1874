import OperatingSystem
import PostgresClient

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A pgpool-II before a primary and a standby, on a loopback port of its own, that keeps the
/// sessions of clients who left. It is stopped with its owner however that ends.
public final class Pgpool: Sendable {
  public let port: Int
  private let guardian: Box

  private struct Box: @unchecked Sendable {
    let guardian: Guardian
  }

  /// - Parameters:
  ///   - application: the name of the first client, which leaves a session behind.
  ///   - primary: a port of 127.0.0.1 where one answers that is not in recovery.
  ///   - standby: the same of one that is, which gets all that only reads.
  public init(
    primary: Int, standby: Int, application: String, user: String, database: String
  ) throws {
    let account = try ServerAccount.current.get()
    let program = try Self.program()
    port = try ThrowawayServer.freePort()
    let guardian = try Guardian(account: account) { folder in
      account.prefix + [
        program, "-n", "-f", "\(folder)/pgpool.conf", "-F", "\(folder)/pcp.conf", "-a",
        "\(folder)/pool_hba.conf",
      ]
    }
    self.guardian = Box(guardian: guardian)
    let settings = [
      "backend_clustering_mode": "streaming_replication", "listen_addresses": "127.0.0.1",
      "port": "\(port)", "unix_socket_directories": guardian.folder,
      "pcp_listen_addresses": "", "pcp_port": "\(try ThrowawayServer.freePort())",
      "pcp_socket_dir": guardian.folder, "wd_ipc_socket_dir": guardian.folder,
      "backend_hostname0": "127.0.0.1", "backend_port0": "\(primary)", "backend_weight0": "0",
      "backend_hostname1": "127.0.0.1", "backend_port1": "\(standby)", "backend_weight1": "1",
      "num_init_children": "8", "max_pool": "2", "child_life_time": "0",
      "connection_cache": "on", "load_balance_mode": "on", "enable_pool_hba": "off",
      "pool_passwd": "", "sr_check_period": "1", "sr_check_user": user,
      "sr_check_database": database, "sr_check_password": "", "health_check_period": "0",
      "failover_on_backend_shutdown": "off", "failover_on_backend_error": "off",
      "pid_file_name": "\(guardian.folder)/pgpool.pid", "logdir": guardian.folder,
      "log_min_messages": "warning",
    ]
    let lines = settings.sorted { $0.key < $1.key }.map { "\($0.key) = '\($0.value)'\n" }
    try Self.write(lines.joined(), to: "\(guardian.folder)/pgpool.conf")
    for name in ["pcp.conf", "pool_hba.conf"] {
      try Self.write("", to: "\(guardian.folder)/\(name)")
    }
    _ = try guardian.start()
    try waitUntilReady(parameters(application, user, database))
  }

  deinit { guardian.guardian.end() }

  public func connect(
    application: String, user: String, database: String
  ) throws -> Connection {
    try Connection.open(
      parameters(application, user, database), deadline: Deadline(after: .seconds(10)))
  }

  private func parameters(
    _ application: String, _ user: String, _ database: String
  ) -> ConnectionParameters {
    ConnectionParameters([
      "host": "127.0.0.1", "port": "\(port)", "user": user, "dbname": database,
      "application_name": application, "sslmode": "disable", "gssencmode": "disable",
    ])
  }

  private func waitUntilReady(_ parameters: ConnectionParameters) throws {
    let deadline = Deadline(after: .seconds(20))
    var last = ""
    while !deadline.hasPassed {
      do {
        let connection = try Connection.open(
          parameters, deadline: Deadline(after: .seconds(5)))
        // Until it has found the primary nothing may be written.
        try connection.execute("CREATE TEMPORARY TABLE ready (x int)")
        return
      } catch {
        last = "\(error)"
      }
      usleep(50_000)
    }
    let log = try? ChildProcess.run("tail", ["-n", "20", "\(guardian.guardian.folder)/log"])
    throw SupportError("pgpool did not come up: \(last)\n\(log?.stdout ?? "")")
  }

  private static func program() throws -> String {
    for path in ["/usr/sbin/pgpool", "/opt/homebrew/bin/pgpool"] where access(path, X_OK) == 0 {
      return path
    }
    do { return try ChildProcess.find("pgpool") } catch {
      throw SupportError("pgpool is not installed here: run scripts/setup.")
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
