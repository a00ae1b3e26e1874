/// What the server said, field by field. Text is as the server sent it (untrusted), with bytes
/// that are no UTF-8 repaired.
public struct ServerMessage: Hashable, Sendable {
  public var sqlState: SQLState?
  public var message: String
  public var detail: String?
  public var hint: String?
  /// The server's source function, such as `InitProcess`: the one part of a refusal that no
  /// translation changes.
  public var sourceFunction: String?

  public init(
    sqlState: SQLState?, message: String, detail: String? = nil, hint: String? = nil,
    sourceFunction: String? = nil
  ) {
    self.sqlState = sqlState
    self.message = message
    self.detail = detail
    self.hint = hint
    self.sourceFunction = sourceFunction
  }
}

/// Everything that can go wrong between this program and a server. No case ever holds a password.
public enum PostgresError: Error, Sendable {
  /// No session came about. `message.sqlState` is nil where the server was not reached or the
  /// refusal came from libpq itself.
  case notConnected(ServerMessage, needsPassword: Bool)
  /// libpq can't use a parameter: an unknown service, an impossible value. No server was asked.
  case unusableParameter(String)
  /// The deadline passed while connecting or while the named query ran.
  case timedOut(during: Activity, after: Duration)
  /// The connection went away in the middle; `message` carries 57P01 when it was terminated.
  case connectionLost(ServerMessage, query: String)
  /// The server answered the named query with an error; the connection is still usable.
  case queryFailed(ServerMessage, query: String)
  /// The answer to the named query is not of the shape that was asked for.
  case unexpectedResult(String, query: String)
  /// The caller's interruption arrived while waiting.
  case interrupted

  public enum Activity: Hashable, Sendable {
    case connecting
    case query(String)
  }

  /// One error for several hosts that failed: the last one that says something of a server, with
  /// the words of all.
  static func together(_ failures: [PostgresError]) -> PostgresError {
    guard failures.count > 1, let last = failures.last else {
      return failures.last
        ?? .notConnected(ServerMessage(sqlState: nil, message: "no host"), needsPassword: false)
    }
    let words = failures.compactMap { failure -> String? in
      if case .timedOut(.connecting, let granted) = failure {
        return "a host was silent for \(granted)"
      }
      return failure.serverMessage?.message
    }
    for case .notConnected(var message, let needsPassword) in failures.reversed() {
      message.message = words.joined(separator: "\n")
      return .notConnected(message, needsPassword: needsPassword)
    }
    return last
  }

  /// The server's own words, where there are any.
  public var serverMessage: ServerMessage? {
    switch self {
    case .notConnected(let message, _), .connectionLost(let message, _),
      .queryFailed(let message, _):
      message
    case .unusableParameter, .timedOut, .unexpectedResult, .interrupted: nil
    }
  }
}
