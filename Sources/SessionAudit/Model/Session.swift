/// What a session is, for good: a pid alone is reused.
public struct SessionIdentity: Hashable, Sendable {
  public var pid: Int32
  public var backendStart: Timestamp

  public init(pid: Int32, backendStart: Timestamp) {
    self.pid = pid
    self.backendStart = backendStart
  }
}

/// One row of pg_stat_activity. nil is NULL. Text is as the server holds it: untrusted.
public struct Session: Sendable, Equatable {
  public var pid: Int32
  public var backendStart: Timestamp?
  public var applicationName: String
  /// `usesysid`: the role that logged in.
  public var userID: UInt32?
  public var user: String?
  /// `datid`: names can look alike, the numbers can't.
  public var databaseID: UInt32?
  public var database: String?
  /// Without a netmask; nil over a unix socket, and where hidden.
  public var clientAddress: String?
  /// −1 over a unix socket; nil where hidden.
  public var clientPort: Int32?
  /// nil where this role may not see the session.
  public var backendType: String?
  public var leaderPID: Int32?
  public var state: SessionState?
  public var stateChange: Timestamp?
  public var queryStart: Timestamp?
  public var transactionStart: Timestamp?
  public var waitEventType: String?
  public var waitEvent: String?
  /// The first word of the last query, in capitals.
  public var lastCommand: String?
  /// The last query is `DISCARD ALL` and nothing else: what a pooler leaves between two clients.
  public var endsWithDiscardAll = false
  /// The last query has a LISTEN in it, or an UNLISTEN of one channel: it listens to others still.
  public var mayListen = false
  /// The last query ends a transaction whose other commands it does not show.
  public var endsTransaction = false
  /// The last query begins a base backup.
  public var beginsBackup = false
  /// Only where it was asked for.
  public var query: String?

  public init(pid: Int32, applicationName: String) {
    self.pid = pid
    self.applicationName = applicationName
  }

  /// nil where the session is hidden: what can't be identified can't be ended safely.
  public var identity: SessionIdentity? {
    backendStart.map { SessionIdentity(pid: pid, backendStart: $0) }
  }

  /// When its client last asked something, or opened it; nil where that is not known. A query that
  /// runs counts from its begin.
  var lastUse: Timestamp? { backendStart.map { max($0, queryStart ?? $0) } }

  public enum Kind: Sendable {
    case client
    /// A client's, as far as can be told, whose columns this role may not see.
    case hidden
    case background
  }

  /// Without the right to see a session even `backend_type` is NULL; what then still shows tells
  /// a client's session from a process of the server: it has a role and a database.
  public var kind: Kind {
    switch backendType {
    case "client backend": .client
    case nil: userID != nil && database != nil ? .hidden : .background
    default: .background
    }
  }

  public var isOnUnixSocket: Bool { clientAddress == nil && clientPort == -1 }
}

/// `pg_stat_activity.state`, tolerant of what later versions add.
public enum SessionState: Hashable, Sendable {
  case active
  case idle
  case idleInTransaction
  case idleInTransactionAborted
  case fastpathFunctionCall
  case disabled
  /// 18: connected, not yet let in.
  case starting
  case other(String)

  public init(_ text: String) {
    self =
      switch text {
      case "active": .active
      case "idle": .idle
      case "idle in transaction": .idleInTransaction
      case "idle in transaction (aborted)": .idleInTransactionAborted
      case "fastpath function call": .fastpathFunctionCall
      case "disabled": .disabled
      case "starting": .starting
      default: .other(text)
      }
  }

  /// Postgres's own word.
  public var name: String {
    switch self {
    case .active: "active"
    case .idle: "idle"
    case .idleInTransaction: "idle in transaction"
    case .idleInTransactionAborted: "idle in transaction (aborted)"
    case .fastpathFunctionCall: "fastpath function call"
    case .disabled: "disabled"
    case .starting: "starting"
    case .other(let text): text
    }
  }

  public var isInTransaction: Bool {
    self == .idleInTransaction || self == .idleInTransactionAborted
  }
  public var isActive: Bool { self == .active || self == .fastpathFunctionCall }

  /// The order in which people read states: what works first.
  public static let readingOrder: [SessionState] = [
    .active, .idle, .idleInTransaction, .idleInTransactionAborted, .fastpathFunctionCall,
    .starting, .disabled,
  ]
}
