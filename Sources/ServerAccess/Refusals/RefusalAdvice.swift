import PostgresClient
import SessionAudit

/// What to do about a refusal, in words that reach the same server.
struct RefusalAdvice {
  let refusal: Refusal
  /// The option that names the way in; empty where there is none.
  private let wayIn: String

  /// - Parameters:
  ///   - database: the one that refuses us.
  ///   - target: an option alone would not reach the same server where a URI or a variable names it;
  ///     nil where it does, or where the server is not reached by these words anyway.
  init(_ refusal: Refusal, besides database: String? = nil, reaching target: ResolvedTarget?) {
    self.refusal = refusal
    wayIn =
      switch refusal.wayIn(besides: database) {
      case .role(let name)?: target?.words(user: name) ?? "-U \(name)"
      case .anotherRole?: target?.words(user: "NAME") ?? "-U NAME"
      case .database(let name)?: target?.words(database: name) ?? "-d \(name)"
      case nil: ""
      }
  }

  /// Of several hosts, for the one to act on all, and for the others the first thing to know of each.
  static func lines(for refusals: [Refusal], reaching target: ResolvedTarget?) -> [String] {
    let first = refusals[Refusal.first(of: refusals)]
    var lines = RefusalAdvice(first, reaching: target).lines
    for refusal in refusals where refusal.kind != first.kind {
      if let line = RefusalAdvice(refusal, reaching: target).lines.first, !lines.contains(line),
        lines.count < 6
      {
        lines.append(line)
      }
    }
    return lines
  }

  /// What it means, who still gets in, what to do: a line each, five at most.
  var lines: [String] {
    switch refusal {
    case .noSlot(let kind, let name): lines(for: kind, name)
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
    case .roleMayNotLogIn: ["Name a role that exists and has LOGIN: \(wayIn)."]
    case .authentication: ["Check user, password and the server's pg_hba.conf."]
    case .noConnectPrivilege: ["GRANT CONNECT on the database to this role."]
    case .notPermitted:
      ["The role lacks a right: leave out what asks for it (PGOPTIONS or options=), or grant it."]
    case .noSuchDatabase: ["Name a database that exists: -d NAME."]
    case .databaseTakesNoConnections:
      ["Its owner has shut it (ALLOW_CONNECTIONS false): connect to another, such as \(wayIn)."]
    case .databaseIsInvalid:
      ["A DROP DATABASE of it was interrupted: connect to another, such as \(wayIn)."]
    case .poolerDisabledDatabase:
      ["Somebody has disabled it in the pooler: connect to the server itself."]
    case .poolerCannotLogIn:
      ["The pooler can't log in to its server, and its log says why: ask the server itself."]
    case .poolersConsole:
      ["This is a pooler's own console: name a real database (-d NAME)."]
    case .parameterNotTaken:
      ["Leave out the option that the pooler does not take (PGOPTIONS or options=)."]
    case .nobodyListens, .unreachable: ["Check host and port, and that the server runs."]
    case .noRoute: ["Check host and port, and the network or VPN from here to there."]
    case .unknownHost: ["Check the name of the host, and that this machine can resolve it."]
    case .noSocket:
      ["Check host and port: -h takes the folder of the socket, or a host name for TCP."]
    case .socketNotPermitted:
      ["This user may not enter the folder of the socket: try -h 127.0.0.1."]
    case .hungUp:
      ["Something there takes connections and closes them: a proxy without its server, or none."]
    case .noPostgres: ["What listens there is no Postgres server: check host and port."]
    case .timeout: ["Check host, port and firewall; --connect-timeout and --timeout wait longer."]
    case .tlsNotOffered:
      ["Only with sslmode=prefer or disable does this server take us, unencrypted."]
    case .badCertificate:
      ["Check the host's name and sslrootcert; the provider's CA may be missing here."]
    case .tls: ["Check sslmode and the certificates."]
    case .unknown: []
    }
  }

  private static let waiting = "--wait-for-slot 30s (or longer) takes the first slot that frees."

  private func lines(for limit: LimitKind, _ name: String?) -> [String] {
    // What a provider offers without a slot. Whatever ends sessions in use says so.
    let restart = "To free some, stop or restart a client (Heroku: heroku ps:restart)."
    let reset =
      "Last resort, it ends live sessions too: heroku pg:killall; on RDS or Cloud SQL a reboot."
    let quoted = name.map { " \"\($0)\"" } ?? ""
    switch limit {
    case .server:
      return [
        "max_connections: every slot is taken, those for superusers too. Nobody gets in now.",
        Self.waiting, restart, reset,
      ]
    case .superuserReserved:
      return [
        "superuser_reserved_connections: the slots left are for superusers (\(wayIn)).",
        "On a managed service that is the provider's own role, as a rule. For others:",
        Self.waiting,
        restart, reset,
      ]
    case .reserved:
      return [
        "reserved_connections: the slots left are for roles with pg_use_reserved_connections",
        "and superusers: connect as one (\(wayIn)). For others:", Self.waiting, restart, reset,
      ]
    case .role:
      return [
        "Role\(quoted) is at its own CONNECTION LIMIT: another role may get in (\(wayIn)).",
        Self.waiting,
        "To free some, stop or restart a client of this role (Heroku: heroku ps:restart).",
        "More for it, by who may: ALTER ROLE … CONNECTION LIMIT; on Heroku it is the plan's.",
      ]
    case .database:
      return [
        "Database\(quoted) is at its own CONNECTION LIMIT: connect to another (\(wayIn)),",
        "from where its sessions show as well.", Self.waiting,
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
          "connect to it itself, past the pooler (its own host and port).", Self.waiting, restart,
        ]
    }
  }
}
