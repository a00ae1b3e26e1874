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
  /// Whom and what a refused connection asked for; nil elsewhere.
  public var user: String?
  public var database: String?
  /// What we asked for in any parameter: names, hosts, paths. They may stand in the texts.
  public var asked: [String] = []
  /// What was said, without what libpq puts before it: the host, the severity.
  public var words: String
  /// Whether libpq says it itself, without a server.
  public var isLibpqs = false

  public init(
    sqlState: SQLState?, message: String, detail: String? = nil, hint: String? = nil,
    sourceFunction: String? = nil
  ) {
    self.sqlState = sqlState
    self.message = message
    words = message
    self.detail = detail
    self.hint = hint
    self.sourceFunction = sourceFunction
  }

  mutating func mapTexts(_ change: (String) -> String) {
    message = change(message)
    words = change(words)
    detail = detail.map(change)
    hint = hint.map(change)
  }
}

/// Everything that can go wrong between this program and a server. No case ever holds a password.
public enum PostgresError: Error, Sendable {
  /// No session came about. `message.sqlState` is nil where the server was not reached or the
  /// refusal came from libpq itself.
  case notConnected(ServerMessage, needsPassword: Bool)
  /// Several attempts failed, each in its own way: of hosts, of a name's addresses, or with and
  /// without TLS. At least two, in their order, none of them of this case.
  case noneConnected([PostgresError])
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
    /// To one of several hosts: `db.example port 5432`.
    case connectingTo(String)
    case query(String)
  }

  /// One error for all that failed.
  static func together(_ failures: [PostgresError]) -> PostgresError {
    let all = failures.flatMap { failure in
      if case .noneConnected(let several) = failure { several } else { [failure] }
    }
    if all.count > 1 { return .noneConnected(all) }
    return all.first
      ?? .notConnected(ServerMessage(sqlState: nil, message: "no host"), needsPassword: false)
  }

  /// Whether a password was asked for and there was none to give.
  public var needsPassword: Bool {
    switch self {
    case .notConnected(_, let needsPassword): needsPassword
    case .noneConnected(let failures): failures.contains { $0.needsPassword }
    case .unusableParameter, .timedOut, .connectionLost, .queryFailed, .unexpectedResult,
      .interrupted:
      false
    }
  }

  /// The server's own words, where there are any.
  public var serverMessage: ServerMessage? {
    switch self {
    case .notConnected(let message, _), .connectionLost(let message, _),
      .queryFailed(let message, _):
      message
    case .noneConnected, .unusableParameter, .timedOut, .unexpectedResult, .interrupted: nil
    }
  }
}
