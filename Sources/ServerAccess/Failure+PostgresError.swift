import PostgresClient
import SessionAudit

extension Failure {
  /// What a failed connection or query means to the person who reads the report. Whatever libpq
  /// or a server repeated of a password is masked.
  public init(_ error: PostgresError) {
    self.init(unmasked: error)
    message = Redaction.redacted(message)
  }

  private init(unmasked error: PostgresError) {
    switch error {
    case .notConnected(let message, let needsPassword):
      self.init(refusal: message, needsPassword: needsPassword)
    case .unusableParameter(let message):
      self.init(kind: .unknown, sqlState: nil, message: message, limit: nil, hint: nil)
    case .timedOut(.connecting, let granted):
      self.init(
        kind: .timeout, sqlState: nil,
        message: "no session within \(DurationText.brief(granted))", limit: nil,
        hint: "Check host, port and firewall; --connect-timeout waits longer.")
    case .timedOut(.query(let query), let granted):
      self.init(
        kind: .timeout, sqlState: nil,
        message: "the server did not answer \(query) within \(DurationText.brief(granted))",
        limit: nil, hint: "--timeout waits longer.")
    case .connectionLost(let message, let query):
      self.init(
        kind: .lost, sqlState: message.sqlState?.code,
        message: "the connection was lost during \(query): \(message.message)", limit: nil,
        hint: message.sqlState == .adminShutdown
          ? "Somebody ended our session, or the server is shutting down." : nil)
    case .queryFailed(let message, let query):
      self.init(
        kind: Self.kind(ofFailedQuery: message), sqlState: message.sqlState?.code,
        message: "\(query) failed: \(message.message)", limit: nil, hint: message.hint)
    case .unexpectedResult(let what, let query):
      self.init(
        kind: .unknown, sqlState: nil, message: "the answer to \(query) \(what)", limit: nil,
        hint: "Is it a Postgres server of version 14 or later?")
    case .interrupted:
      self.init(kind: .unknown, sqlState: nil, message: "interrupted", limit: nil, hint: nil)
    }
  }

  private static func kind(ofFailedQuery message: ServerMessage) -> Kind {
    switch message.sqlState {
    case .insufficientPrivilege: .permission
    case .queryCanceled: .timeout
    default: .query
    }
  }

  private init(refusal message: ServerMessage, needsPassword: Bool) {
    let kind = Self.kind(ofRefusal: message, needsPassword: needsPassword)
    self.init(
      kind: kind, sqlState: message.sqlState?.code, message: message.message,
      limit: kind == .tooManyConnections ? Limit(refusal: message) : nil,
      hint: Self.hint(for: kind, needsPassword: needsPassword) ?? message.hint)
    if let limit { hint = Self.hint(for: limit) }
  }

  private static func kind(ofRefusal message: ServerMessage, needsPassword: Bool) -> Kind {
    if needsPassword { return .authentication }
    let text = message.message
    switch message.sqlState {
    case .tooManyConnections: return .tooManyConnections
    case .invalidPassword, .invalidAuthorization: return .authentication
    case .insufficientPrivilege: return .permission
    case .unknownDatabase: return .unknownDatabase
    case .cannotConnectNow, .adminShutdown, .crashShutdown: return .serverStartingOrStopping
    case nil, .protocolViolation: break
    default: return .unknown
    }
    // Texts of libpq, which are English because nobody calls setlocale, and of PgBouncer.
    func says(_ phrases: String...) -> Bool { phrases.contains { text.contains($0) } }
    if says("no more connections allowed", "too many clients", "too many connections") {
      return .tooManyConnections
    }
    if says("password authentication failed", "no password supplied", "authentication") {
      return .authentication
    }
    if says("SSL", "TLS", "certificate") { return .tls }
    if says("timeout expired", "Connection timed out") { return .timeout }
    if says(
      "could not translate host name", "Connection refused", "No route to host", "unreachable",
      "No such file or directory", "Is the server running", "server closed the connection",
      "Connection reset", "Permission denied", "Address family not supported")
    {
      return .unreachable
    }
    return .unknown
  }

  private static func hint(for limit: Limit) -> String {
    switch limit.kind {
    case "role":
      "This role is at its CONNECTION LIMIT: close a client of it, or connect as another."
    case "database":
      "This database is at its CONNECTION LIMIT: close a client, or connect to another."
    case "superuser_reserved": "The slots left are for superusers: connect as one (-U postgres)."
    case "reserved": "The slots left are for superusers and roles with pg_use_reserved_connections."
    case "pooler": "The pooler takes no more clients: connect to the server itself."
    default: "Every slot is taken, those for superusers too: close a client."
    }
  }

  private static func hint(for kind: Kind, needsPassword: Bool) -> String? {
    switch kind {
    case .authentication where needsPassword:
      "Give the password by PGPASSWORD, ~/.pgpass or at the prompt (leave out -w)."
    case .authentication: "Check user, password and the server's pg_hba.conf."
    case .permission: "GRANT CONNECT on the database to this role."
    case .unknownDatabase: "Name a database that exists: -d NAME."
    case .unreachable: "Check host and port, and that the server runs."
    case .serverStartingOrStopping: "Try again in a moment."
    case .timeout: "Check host, port and firewall; --connect-timeout waits longer."
    case .tls: "Check sslmode and the certificates."
    case .tooManyConnections, .lost, .query, .unknown: nil
    }
  }
}

extension Failure.Limit {
  /// Which limit refused us, by the words that no translation changes.
  fileprivate init(refusal message: ServerMessage) {
    let text = message.message
    func quotedName() -> String? {
      let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
      return parts.count >= 3 ? String(parts[parts.count - 2]) : nil
    }
    let kind =
      switch message.sourceFunction {
      case "InitializeSessionUserId": "role"
      case "CheckMyDatabase": "database"
      case "InitProcess": "server"
      default:
        if text.contains("pg_use_reserved_connections") {
          "reserved"
        } else if text.contains("SUPERUSER") || text.contains("non-replication superuser") {
          "superuser_reserved"
        } else if text.contains("max_client_conn") || text.contains("no more connections allowed") {
          "pooler"
        } else if text.contains("for role") {
          "role"
        } else if text.contains("for database") {
          "database"
        } else {
          "server"
        }
      }
    self.init(
      kind: kind, name: kind == "role" || kind == "database" ? quotedName() : nil, value: nil)
  }
}
