import CLibpq
import OperatingSystem

extension Connection {
  /// Connects to the first of several hosts that takes us, each within a time of its own, as
  /// libpq's blocking calls do with connect_timeout; its others would wait for a silent first host
  /// until the very end.
  /// - Parameter hostTimeout: for each host.
  public static func open(
    _ parameters: ConnectionParameters, deadline: Deadline, hostTimeout: Duration,
    interruption: Interruption? = nil
  ) throws(PostgresError) -> Connection {
    var failures: [PostgresError] = []
    let hosts = parameters.hostByHost
    guard hosts.count > 1 else {
      return try open(
        parameters, deadline: min(Deadline(after: hostTimeout), deadline),
        interruption: interruption)
    }
    for host in hosts {
      let limit = min(Deadline(after: hostTimeout), deadline)
      do throws(PostgresError) {
        return try open(host, deadline: limit, interruption: interruption)
      } catch .interrupted {
        throw .interrupted
      } catch .timedOut(.connecting, let granted) {
        let name = [host["host"] ?? host["hostaddr"], host["port"].map { "port \($0)" }]
        failures.append(
          .timedOut(
            during: .connectingTo(name.compactMap(\.self).joined(separator: " ")), after: granted))
        if deadline.hasPassed { break }
      } catch {
        failures.append(error)
        if deadline.hasPassed { break }
      }
    }
    throw .together(failures)
  }

  /// Connects within the deadline, whatever happens: libpq resolves names in a blocking call, so
  /// where there may be one to resolve the attempt runs on a thread of its own, which is left
  /// behind should it be stuck there.
  public static func open(
    _ parameters: ConnectionParameters, deadline: Deadline, interruption: Interruption? = nil
  ) throws(PostgresError) -> Connection {
    if parameters.nameNoHosts {
      let result = ConnectAttempt.connect(parameters, deadline: deadline, interruption)
      return Connection(owning: try result.get().handle, interruption: interruption)
    }
    let attempt: ConnectAttempt
    do throws(SystemError) {
      attempt = try ConnectAttempt()
    } catch {
      throw .notConnected(
        ServerMessage(sqlState: nil, message: "no pipe could be made: errno \(error.errno ?? 0)"),
        needsPassword: false)
    }
    guard detachThread({ attempt.run(parameters, deadline: deadline) }) else {
      throw .notConnected(
        ServerMessage(sqlState: nil, message: "no thread could be started"), needsPassword: false)
    }
    switch attempt.done.reader.wait(until: deadline, or: interruption) {
    case .ready: return Connection(owning: try attempt.take().handle, interruption: interruption)
    case .deadlinePassed:
      attempt.abandon()
      throw .timedOut(during: .connecting, after: deadline.granted)
    case .interrupted:
      attempt.abandon()
      throw .interrupted
    }
  }
}

/// One attempt to connect, shared by the thread that makes it and the one that waits for it.
private final class ConnectAttempt: Sendable {
  /// A PGconn on its way from one thread to the other; only one of them ever has it.
  struct Handle: @unchecked Sendable {
    let handle: OpaquePointer
  }

  private enum State: Sendable {
    case running
    case abandoned
    case done(Result<Handle, PostgresError>)
    case taken
  }

  private let state = Lock(State.running)
  /// The last owner closes both ends, so neither thread writes to a descriptor reused by others.
  let done: Pipe

  init() throws(SystemError) { done = try Pipe() }

  deinit {
    state.withLock { state in
      if case .done(.success(let handle)) = state { PQfinish(handle.handle) }
    }
  }

  func run(_ parameters: ConnectionParameters, deadline: Deadline) {
    let result = Self.connect(parameters, deadline: deadline, nil)
    state.withLock { state in
      switch state {
      case .abandoned:
        if case .success(let handle) = result { PQfinish(handle.handle) }
      case .running, .done, .taken: state = .done(result)
      }
    }
    done.writer.wake()
  }

  func abandon() {
    state.withLock { state in
      if case .done(.success(let handle)) = state { PQfinish(handle.handle) }
      state = .abandoned
    }
  }

  func take() throws(PostgresError) -> Handle {
    let result: Result<Handle, PostgresError> = state.withLock { state in
      guard case .done(let result) = state else { return .failure(.interrupted) }
      state = .taken
      return result
    }
    return try result.get()
  }

  static func connect(
    _ parameters: ConnectionParameters, deadline: Deadline, _ interruption: Interruption?
  ) -> Result<Handle, PostgresError> {
    let pairs = parameters.pairs
    guard
      let handle = withCStrings(
        pairs.map(\.name),
        { names in
          withCStrings(pairs.map(\.value)) { values in PQconnectStartParams(names, values, 0) }
        })
    else {
      return .failure(
        .notConnected(
          ServerMessage(sqlState: nil, message: "out of memory"), needsPassword: false))
    }
    // Before the first poll: it is what makes the text of a refusal carry its SQLSTATE.
    PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
    // A notice must never reach stderr by itself.
    PQsetNoticeReceiver(handle, { _, _ in }, nil)
    if PQstatus(handle) == CONNECTION_BAD { return .failure(refusal(handle)) }

    var next = PGRES_POLLING_WRITING
    while next != PGRES_POLLING_OK {
      guard next != PGRES_POLLING_FAILED else { return .failure(refusal(handle)) }
      let readiness: Readiness = next == PGRES_POLLING_READING ? .reading : .writing
      let outcome = readiness.wait(on: PQsocket(handle), until: deadline, or: interruption)
      guard outcome == .ready else {
        PQfinish(handle)
        return .failure(
          outcome == .interrupted
            ? .interrupted : .timedOut(during: .connecting, after: deadline.granted))
      }
      next = PQconnectPoll(handle)
    }
    return .success(Handle(handle: handle))
  }

  /// The refusal as an error; closes the handle.
  private static func refusal(_ handle: OpaquePointer) -> PostgresError {
    defer { PQfinish(handle) }
    let words = text(PQerrorMessage(handle)) ?? "the connection failed"
    let password = Password(of: handle)
    if ConnectErrorText.isAboutParameters(words) {
      return .unusableParameter(password.masked(in: words).trimmed())
    }
    let needsPassword = PQconnectionNeedsPassword(handle) == 1
    let messages = ConnectErrorText.parse(words, asking: asked(of: handle))
    return .together(
      messages.enumerated().map { place, message in
        var message = message
        message.mapTexts(password.masked)
        message.user = text(PQuser(handle))
        message.database = text(PQdb(handle))
        // libpq knows it of its last attempt.
        return .notConnected(
          message, needsPassword: needsPassword && place == messages.count - 1)
      })
  }

  /// Parameters whose values may stand in a text.
  private static let named: Set<String> = [
    "user", "dbname", "host", "hostaddr", "service", "options", "application_name", "passfile",
    "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir", "requirepeer", "krbsrvname",
  ]

  /// What was asked for, wherever it comes from.
  private static func asked(of handle: OpaquePointer) -> [String] {
    guard let options = PQconninfo(handle) else { return [] }
    defer { PQconninfoFree(options) }
    let values = ConnectionParameters.entries(options).flatMap { entry -> [String] in
      guard let value = entry.value, named.contains(entry.name) else { return [] }
      // Each of several hosts is named by itself.
      return entry.name.hasPrefix("host")
        ? [value] + value.split(separator: ",").map(String.init) : [value]
    }
    return Set(values.filter { !$0.isEmpty }).sorted()
  }
}

/// The password that was sent, or would have been: a server that has it may repeat it.
struct Password {
  private let bytes: [UInt8]

  /// - Parameter handle: of a PGconn. What is also the name of the role or the database can't be
  ///   told from it, and what is very short stands in any text.
  init(of handle: OpaquePointer) {
    let password = text(PQpass(handle)) ?? ""
    let isTold =
      password.utf8.count < 4 || password == text(PQuser(handle))
      || password == text(PQdb(handle))
    bytes = isTold ? [] : Array(password.utf8)
  }

  func masked(in text: String) -> String { text.replacingBytes(bytes, with: Array("***".utf8)) }
}

/// Calls `body` with a NULL-terminated array of C strings.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
  // One after the other, so that their addresses hold.
  let texts = strings.map(\.utf8CString)
  return Array(texts.joined()).withUnsafeBufferPointer { bytes in
    var pointers: [UnsafePointer<CChar>?] = []
    var start = 0
    for text in texts {
      pointers.append(bytes.baseAddress! + start)
      start += text.count
    }
    return (pointers + [nil]).withUnsafeBufferPointer { body($0.baseAddress!) }
  }
}
