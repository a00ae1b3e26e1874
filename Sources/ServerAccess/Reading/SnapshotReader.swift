import OperatingSystem
import PostgresClient
import Queries
import SessionAudit

/// Reads a snapshot: one read-only transaction, sent and answered in one round trip.
public struct SnapshotReader {
  private let connection: Connection

  public init(_ connection: Connection) { self.connection = connection }

  /// - Parameters:
  ///   - name: what tells the target from others in reports.
  ///   - keepingQueries: keep the text of each session's last query.
  public func read(
    as name: String? = nil, keepingQueries: Bool = false, deadline: Deadline
  ) throws(PostgresError) -> Snapshot {
    var sessions: [Session] = []
    var decoder: SessionDecoder?
    let stream = RowStream(statement: Query.sessions.name) { result throws(PostgresError) in
      // The columns stand in the same places in each result of one statement.
      if decoder == nil {
        decoder = try SessionDecoder(result, keepingQueries: keepingQueries)
      }
      guard let decoder else { return }
      for row in result.rows { sessions.append(try decoder.session(row)) }
      // MAX_BACKENDS is 262,143: what sends more is no Postgres, and shall not fill our memory.
      guard sessions.count <= 300_000 else {
        throw .unexpectedResult("has too many rows", query: result.query)
      }
    }
    let answers = try ReadTransaction(connection).ask(
      [(.sessions, []), (.facts, []), (.roles, []), (.databases, [])],
      deadline: deadline, streaming: stream)

    let facts = try FactsRow(answers.to(.facts))
    var server = facts.server
    var role = facts.role
    role.isLoginSuperuser = try Self.addRoles(
      answers.to(.roles), login: facts.login, to: &server, and: &role)
    try Self.addDatabases(answers.to(.databases), to: &server)
    var target = facts.target(of: connection)
    target.name = name
    target.databaseID = sessions.first { $0.pid == role.ownPID }?.databaseID
    return Snapshot(
      capturedAt: facts.capturedAt, target: target, server: server,
      role: role, sessions: sessions)
  }

  /// - Returns: whether the role that logged in is a superuser.
  private static func addRoles(
    _ result: QueryResult, login: String, to server: inout ServerFacts, and role: inout RoleFacts
  ) throws(PostgresError) -> Bool {
    var isLoginSuperuser = false
    let oid: Column<UInt32> = try result.column("oid")
    let name: Column<String> = try result.column("rolname")
    let isSuperuser: Column<Bool> = try result.column("rolsuper")
    let limit: Column<Int32> = try result.column("rolconnlimit")
    let usable: Column<Bool> = try result.column("usable")
    for row in result.rows {
      let id = try row.required(oid)
      if try row.required(isSuperuser) {
        server.superuserRoles.insert(id)
        if try row.required(name).hasSameBytes(as: login) { isLoginSuperuser = true }
      } else {
        let limit = Int(try row.required(limit))
        if limit >= 0 {
          server.roleLimits.append(
            NamedLimit(name: try row.required(name), limit: limit, id: id))
        }
      }
      if try row.required(usable) && !role.isSuperuser { role.usableRoles.insert(id) }
    }
    server.roleLimits.sort { $0.name < $1.name }
    return isLoginSuperuser
  }

  private static func addDatabases(
    _ result: QueryResult, to server: inout ServerFacts
  ) throws(PostgresError) {
    let oid: Column<UInt32> = try result.column("oid")
    let name: Column<String> = try result.column("datname")
    let limit: Column<Int32> = try result.column("datconnlimit")
    for row in result.rows {
      let (name, limit) = (try row.required(name), Int(try row.required(limit)))
      if limit >= 0 {
        server.databaseLimits.append(
          NamedLimit(name: name, limit: limit, id: try row.required(oid)))
      } else {
        server.invalidDatabases.append(name)
      }
    }
    server.databaseLimits.sort { $0.name < $1.name }
    server.invalidDatabases.sort()
  }
}

/// The one row of audit/facts.sql.
private struct FactsRow {
  let capturedAt: Timestamp
  let server: ServerFacts
  private(set) var role: RoleFacts
  let login: String
  private let database: String
  private let serverVersion: String
  private let serverVersionNumber: Int
  private let inRecovery: Bool
  private let postmasterStartTime: Timestamp

  init(_ result: QueryResult) throws(PostgresError) {
    let row = try result.onlyRow()
    func text(_ name: String) throws(PostgresError) -> String {
      try row.required(result.column(name))
    }
    func int(_ name: String) throws(PostgresError) -> Int {
      Int(try row.required(result.column(name, as: Int32.self)))
    }
    func bool(_ name: String) throws(PostgresError) -> Bool {
      try row.required(result.column(name))
    }
    func timestamp(_ name: String) throws(PostgresError) -> Timestamp {
      Timestamp(microseconds: try row.required(result.column(name)))
    }
    capturedAt = try timestamp("captured_at")
    server = ServerFacts(
      maxConnections: try int("max_connections"),
      superuserReserved: try int("superuser_reserved_connections"),
      reserved: try int("reserved_connections"),
      roleLimits: [], databaseLimits: [], superuserRoles: [])
    role = RoleFacts(
      name: try text("role_name"), ownPID: Int32(try int("backend_pid")),
      isSuperuser: try bool("is_superuser"), canReadAllStats: try bool("can_read_all_stats"),
      canSignalBackends: try bool("can_signal_backend"),
      canUseReservedConnections: try bool("can_use_reserved_connections"), usableRoles: [])
    role.canReadSettings = try bool("can_read_settings")
    login = try text("login_name")
    database = try text("database_name")
    serverVersion = try text("server_version")
    serverVersionNumber = try int("server_version_num")
    inRecovery = try bool("in_recovery")
    postmasterStartTime = try timestamp("postmaster_start_time")
  }

  func target(of connection: Connection) -> Target {
    var target = Target()
    target.host = connection.host
    target.port = connection.port
    target.database = database
    target.user = login
    target.serverVersion = serverVersion
    target.serverVersionNumber = serverVersionNumber
    target.inRecovery = inRecovery
    target.postmasterStartTime = postmasterStartTime
    // The process that libpq was told of at the start is not the one that answers.
    target.pooled = connection.backendPID != role.ownPID
    return target
  }
}
