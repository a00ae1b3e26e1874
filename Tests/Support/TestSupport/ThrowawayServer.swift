import OperatingSystem
import PostgresClient
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A Postgres server of one's own, on a loopback port and a unix socket in a temporary folder.
/// It never outlives its owner, however that ends; see `Guardian`.
public final class ThrowawayServer: Sendable {
  public enum StopMode: Int32, Sendable {
    /// Waits for its clients to leave.
    case smart = 15
    case fast = 2
    /// As a crash: the next start recovers.
    case immediate = 3
  }

  public let installation: PostgresInstallation
  public let port: Int
  /// The folder with the data, the log and the unix socket.
  public let folder: String

  private struct State {
    let guardian: Guardian
    var pid: pid_t?
  }
  private let state: Mutex<State>

  /// The server that the tests of one process share; started when first asked for.
  public static var shared: ThrowawayServer {
    get throws { try sharedResult.get() }
  }
  private static let sharedResult = Result { try ThrowawayServer() }

  /// Makes and starts a server, and returns when it takes connections.
  /// - Parameters:
  ///   - settings: for postgresql.conf.
  ///   - authentication: lines for pg_hba.conf, before the ones that trust every local client.
  ///   - installation: which Postgres; the one of `PostgresInstallation.current` by default.
  ///   - language: of its messages, such as `de`, where its catalogues are installed.
  ///   - reusesPids: run it where the pid of a session that left is soon another's; an error where
  ///     that can't be had (see `PidNamespace.obstacle`).
  public init(
    settings: [String: String] = [:], authentication: [String] = [],
    installation: PostgresInstallation? = nil, reusesPids: Bool = false, language: String? = nil
  ) throws {
    ChildProcess.forgetsPostgresVariables
    let installation = try installation ?? PostgresInstallation.current.get()
    let account = try ServerAccount.current.get()
    self.installation = installation
    port = try Self.freePort()
    // gettext heeds LANGUAGE in any locale but C itself.
    let speaks = language.map { ["env", "LC_ALL=C.UTF-8", "LANGUAGE=\($0)"] } ?? []
    let prefix = (reusesPids ? try PidNamespace.prefix(account) : account.prefix) + speaks
    let guardian = try Guardian(account: account) { folder in
      prefix + [installation.postgres, "-D", "\(folder)/data"]
    }
    folder = guardian.folder
    try ServerTemplate.copy(into: "\(folder)/data", installation: installation, account: account)
    let messages = language == nil ? [:] : ["lc_messages": "C.UTF-8"]
    try Self.write(
      settings.merging(messages) { $1 }, authentication, folder: folder, port: port)
    state = Mutex(State(guardian: guardian, pid: nil))
    try start()
  }

  // MARK: - Life

  /// The process id of the postmaster, or of what passes signals on to it in a pid namespace; nil
  /// while the server is stopped.
  public var pid: pid_t? { state.withLock { $0.pid } }

  /// The end of the server's log.
  public var logTail: String {
    let tail = try? ChildProcess.run("tail", ["-n", "40", "\(folder)/log"])
    return tail?.stdout ?? "(no log)"
  }

  public func start() throws {
    try state.withLock { state in
      guard state.pid == nil else { throw SupportError("the server runs already") }
      state.pid = try state.guardian.start()
    }
    try waitUntilReady()
  }

  /// Stops the server and returns when it is gone; its folder stays until this object goes.
  public func stop(_ mode: StopMode = .fast, timeout: Duration = .seconds(30)) throws {
    try state.withLock { state in
      guard let pid = state.pid else { return }
      kill(pid, mode.rawValue)
      try state.guardian.waitForExit(timeout: timeout)
      state.pid = nil
    }
  }

  public func restart(_ mode: StopMode = .fast) throws {
    try stop(mode)
    try start()
  }

  /// Starts it again in recovery, as a standby that waits for its primary for ever.
  public func becomeStandby() throws {
    try stop()
    let file = open("\(folder)/data/standby.signal", O_WRONLY | O_CREAT, 0o666)
    guard file >= 0, fchmod(file, 0o666) == 0 else {
      throw SupportError("standby.signal can't be written: errno \(errno)")
    }
    close(file)
    try start()
  }

  /// Stops the server, removes its folder, and returns when both are gone.
  public func remove() {
    state.withLock { state in
      state.pid = nil
      state.guardian.end()
    }
  }

  /// Sends a signal to the postmaster.
  public func signal(_ number: Int32) {
    state.withLock { state in
      if let pid = state.pid { kill(pid, number) }
    }
  }

  private func waitUntilReady() throws {
    let deadline = Deadline(after: .seconds(60))
    var last = ""
    while !deadline.hasPassed {
      do {
        _ = try Connection.open(parameters(), deadline: Deadline(after: .seconds(5)))
        return
      } catch {
        last = "\(error)"
        if let pid, kill(pid, 0) != 0 { break }  // it has exited, and its guardian has reaped it
      }
      usleep(20_000)
    }
    try? stop(.immediate, timeout: .seconds(5))
    throw SupportError("the server in \(folder) did not come up: \(last)\nIts log:\n\(logTail)")
  }

  // MARK: - Setting up

  private static func write(
    _ settings: [String: String], _ authentication: [String], folder: String, port: Int
  ) throws {
    let ours = [
      "port": "\(port)", "listen_addresses": "127.0.0.1", "unix_socket_directories": folder,
      "fsync": "off", "logging_collector": "off", "log_line_prefix": "%m [%p] ",
      "shared_buffers": "16MB", "autovacuum": "off",
    ].merging(settings) { $1 }
    let lines = ours.sorted { $0.key < $1.key }.map { name, value in
      "\(name) = '\(value.replacing("'", with: "''"))'\n"
    }
    // initdb's own pg_hba.conf would refuse the relay's clients, who come from 127.0.0.2 and on.
    let trusted = ["local all all trust", "host all all 127.0.0.0/8 trust"]
    try append(lines.joined(), to: "\(folder)/data/postgresql.conf", emptied: false)
    try append(
      (authentication + trusted).map { $0 + "\n" }.joined(), to: "\(folder)/data/pg_hba.conf",
      emptied: true)
  }

  private static func append(_ text: String, to path: String, emptied: Bool) throws {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC | (emptied ? O_TRUNC : O_APPEND))
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard descriptor >= 0, Spawn.writeAll(descriptor, bytes) else {
      throw SupportError("\(path) can't be written: errno \(errno)")
    }
  }

  /// A port that nobody uses now, and that nobody else gets: below those that systems give to outgoing
  /// connections, one of which could take it before the server does, or while it is stopped.
  static func freePort() throws -> Int {
    for _ in 0..<200 {
      let port = Int.random(in: 20_000..<32_000)
      guard ports.withLock({ $0.insert(port).inserted }) else { continue }
      if (try? LoopbackListener(port: port)) != nil { return port }
    }
    throw SupportError("no port between 20000 and 32000 is free")
  }

  /// Those given out by this process.
  private static let ports = Mutex<Set<Int>>([])
}
