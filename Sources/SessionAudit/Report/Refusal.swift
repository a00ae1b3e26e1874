/// What a refused connection means: finer than the kind of its failure, as what to do is another
/// thing for each.
public enum Refusal: Hashable, Sendable {
  /// - Parameter name: the role, the database, or the setting of the pooler.
  case noSlot(Failure.Limit.Kind, name: String?)
  case serverStartingOrStopping
  /// A standby with hot_standby off.
  case standbyTakesNone
  case noPassword
  case wrongPassword
  /// pg_hba.conf, or a pooler's list of users, does not let us in.
  case notAdmitted
  case roleMayNotLogIn
  case authentication
  case noConnectPrivilege
  /// A right that another thing at the start takes, such as a setting in PGOPTIONS.
  case notPermitted
  case noSuchDatabase
  /// Nobody can connect to it (datallowconn).
  case databaseTakesNoConnections
  /// Its DROP DATABASE was interrupted.
  case databaseIsInvalid
  case poolerDisabledDatabase
  /// It has remembered that the server refused it, and not why.
  case poolerCannotLogIn
  /// Its own database for its administrators, which knows no SQL.
  case poolersConsole
  case parameterNotTaken
  case nobodyListens
  case noRoute
  case unknownHost
  case noSocket
  case socketNotPermitted
  case hungUp
  case noPostgres
  case unreachable
  case timeout
  case tlsNotOffered
  case badCertificate
  case tls
  case unknown
}

extension Refusal {
  public var kind: Failure.Kind {
    switch self {
    case .noSlot: .tooManyConnections
    case .serverStartingOrStopping, .standbyTakesNone: .serverStartingOrStopping
    case .noPassword, .wrongPassword, .notAdmitted, .roleMayNotLogIn, .authentication:
      .authentication
    case .noConnectPrivilege, .notPermitted: .permission
    case .noSuchDatabase, .databaseTakesNoConnections, .databaseIsInvalid,
      .poolerDisabledDatabase, .poolersConsole:
      .unknownDatabase
    case .poolerCannotLogIn, .nobodyListens, .noRoute, .unknownHost, .noSocket,
      .socketNotPermitted, .hungUp, .noPostgres, .unreachable:
      .unreachable
    case .timeout: .timeout
    case .tlsNotOffered, .badCertificate, .tls: .tls
    case .parameterNotTaken, .unknown: .unknown
    }
  }

  public var limit: Failure.Limit? {
    guard case .noSlot(let kind, let name) = self else { return nil }
    return Failure.Limit(kind: kind, name: name)
  }

  /// Of the refusals of several hosts the one with the lowest rank is the one to act on: first what
  /// a server said that may take us in a moment, then what a server said at all.
  var rank: Int {
    switch kind {
    case .tooManyConnections: 0
    case .serverStartingOrStopping: 1
    case .authentication: self == .notAdmitted ? 3 : 2
    case .permission: 4
    case .unknownDatabase: 5
    case .tls: 6
    case .unknown, .query, .lost: 7
    case .timeout: 8
    case .unreachable: 9
    }
  }

  /// The one to act on, and for the others the first thing to know of each.
  /// - Parameter refusals: of the hosts in the order in which they were asked; not empty.
  public static func weighed(_ refusals: [Refusal]) -> (first: Int, hints: [String]) {
    let first = refusals.indices.min { refusals[$0].rank < refusals[$1].rank } ?? 0
    var hints = refusals[first].hints
    for refusal in refusals where refusal.kind != refusals[first].kind {
      if let hint = refusal.hints.first, !hints.contains(hint), hints.count < 6 {
        hints.append(hint)
      }
    }
    return (first, hints)
  }

  /// What it means, who still gets in, what to do: a line each, five at most.
  public var hints: [String] {
    switch self {
    case .noSlot(let kind, let name): Self.hints(for: kind, name)
    case .serverStartingOrStopping: ["It takes connections again when it is up: try in a moment."]
    case .standbyTakesNone:
      ["A standby with hot_standby = off takes nobody until it is promoted: ask its primary."]
    case .noPassword:
      [
        "Give the password by PGPASSWORD, ~/.pgpass or at the prompt (leave out -w).",
        "A password file that others may read is ignored: chmod 600 ~/.pgpass.",
      ]
    case .wrongPassword: ["Check user and password; PGPASSWORD and ~/.pgpass are read too."]
    case .notAdmitted:
      [
        "pg_hba.conf must have a line for this user, database, address and encryption.",
        "If it asks for TLS (hostssl): add sslmode=require to the target, or set PGSSLMODE.",
      ]
    case .roleMayNotLogIn: ["Name a role that exists and has LOGIN: -U NAME."]
    case .authentication: ["Check user, password and the server's pg_hba.conf."]
    case .noConnectPrivilege: ["GRANT CONNECT on the database to this role."]
    case .notPermitted:
      ["The role lacks a right: leave out what asks for it (PGOPTIONS or options=), or grant it."]
    case .noSuchDatabase: ["Name a database that exists: -d NAME."]
    case .databaseTakesNoConnections:
      ["Its owner has shut it (ALLOW_CONNECTIONS false): connect to another, such as -d postgres."]
    case .databaseIsInvalid:
      ["A DROP DATABASE of it was interrupted: connect to another, such as -d postgres."]
    case .poolerDisabledDatabase:
      ["Somebody has disabled it in the pooler: connect to the server itself."]
    case .poolerCannotLogIn:
      ["The pooler can't log in to its server, and its log says why: ask the server itself."]
    case .poolersConsole:
      ["This is a pooler's own console: name a real database (-d NAME)."]
    case .parameterNotTaken:
      ["Leave out the option that the pooler does not take (PGOPTIONS or options=)."]
    case .nobodyListens: ["Check host and port, and that the server runs."]
    case .noRoute: ["Check host and port, and the network or VPN from here to there."]
    case .unknownHost: ["Check the name of the host, and that this machine can resolve it."]
    case .noSocket:
      ["Check host and port: -h takes the folder of the socket, or a host name for TCP."]
    case .socketNotPermitted:
      ["This user may not enter the folder of the socket: try -h 127.0.0.1."]
    case .hungUp:
      ["Something there takes connections and closes them: a proxy without its server, or none."]
    case .noPostgres: ["What listens there is no Postgres server: check host and port."]
    case .unreachable: ["Check host and port, and that the server runs."]
    case .timeout: ["Check host, port and firewall; --connect-timeout and --timeout wait longer."]
    case .tlsNotOffered:
      ["Only with sslmode=prefer or disable does this server take us, unencrypted."]
    case .badCertificate:
      ["Check the host's name and sslrootcert; the provider's CA may be missing here."]
    case .tls: ["Check sslmode and the certificates."]
    case .unknown: []
    }
  }

  private static let wait = "--wait-for-slot 30s (or longer) takes the first slot that frees."

  private static func hints(for limit: Failure.Limit.Kind, _ name: String?) -> [String] {
    // What a provider offers without a slot. Whatever ends sessions in use says so.
    let restart = "To free some, stop or restart a client (Heroku: heroku ps:restart)."
    let reset =
      "Last resort, it ends live sessions too: heroku pg:killall; on RDS or Cloud SQL a reboot."
    let quoted = name.map { " \"\($0)\"" } ?? ""
    switch limit {
    case .server:
      return [
        "max_connections: every slot is taken, those for superusers too. Nobody gets in now.", wait,
        restart, reset,
      ]
    case .superuserReserved:
      return [
        "superuser_reserved_connections: the slots left are for superusers (-U postgres).",
        "On a managed service that is the provider's own role, as a rule. For others:", wait,
        restart, reset,
      ]
    case .reserved:
      return [
        "reserved_connections: the slots left are for roles with pg_use_reserved_connections",
        "and superusers: connect as one (-U NAME). For others:", wait, restart, reset,
      ]
    case .role:
      return [
        "Role\(quoted) is at its own CONNECTION LIMIT: another role may get in (-U NAME).", wait,
        "To free some, stop or restart a client of this role (Heroku: heroku ps:restart).",
        "More for it, by who may: ALTER ROLE … CONNECTION LIMIT; on Heroku it is the plan's.",
      ]
    case .database:
      return [
        "Database\(quoted) is at its own CONNECTION LIMIT: connect to another (-d postgres),",
        "from where its sessions show as well.", wait,
        "To free some, stop or restart a client of this database.",
        "More for it, by its owner: ALTER DATABASE … CONNECTION LIMIT.",
      ]
    case .pooler:
      return name == "query_wait_timeout"
        ? [
          "The pool's connections to the server are all in use, or the pooler can't reach it.",
          "Connect to the server itself, past the pooler (its own host and port).",
        ]
        : [
          "The pooler takes no more clients\(name.map { " (\($0))" } ?? ""). The server may have slots:",
          "connect to it itself, past the pooler (its own host and port).", wait, restart,
        ]
    }
  }
}
