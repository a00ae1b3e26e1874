/// Why there is nothing to report: no session could be had, or it was lost.
public struct Failure: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    case tooManyConnections = "too_many_connections"
    case serverStartingOrStopping = "server_starting_or_stopping"
    case authentication
    case permission
    case unknownDatabase = "unknown_database"
    case unreachable
    case timeout
    case tls
    case lost
    case query
    case unknown
  }

  /// Which limit refused us.
  public struct Limit: Sendable, Equatable {
    public var kind: LimitKind
    /// The role, the database, or the setting of the pooler; nil where it is not known.
    public var name: String?
    /// How many it allows; nil where it is not known.
    public var value: Int?

    public init(kind: LimitKind, name: String?, value: Int? = nil) {
      self.kind = kind
      self.name = name
      self.value = value
    }

    /// What it is, after "no slot is free: ".
    public var clause: String {
      let whose = name.map { " of \"\($0)\"" } ?? ""
      return switch kind {
      case .server: "every one of max_connections is taken"
      case .superuserReserved: "those left are for superusers"
      case .reserved: "those left are for pg_use_reserved_connections"
      case .role: "the CONNECTION LIMIT\(whose), a role, is reached"
      case .database: "the CONNECTION LIMIT\(whose), a database, is reached"
      case .pooler: "the pooler is full\(name.map { " (\($0))" } ?? "")"
      }
    }
  }

  public var kind: Kind
  public var sqlState: String?
  public var message: String
  public var limit: Limit?
  /// What it means and what to do, a sentence or two each.
  public var hints: [String]

  public init(
    kind: Kind, sqlState: String?, message: String, limit: Limit? = nil, hints: [String] = []
  ) {
    self.kind = kind
    self.sqlState = sqlState
    self.message = message
    self.limit = limit
    self.hints = hints
  }

  /// All hints, a line each.
  public var hint: String? { hints.isEmpty ? nil : hints.joined(separator: "\n") }
}
