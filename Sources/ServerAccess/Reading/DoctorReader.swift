import OperatingSystem
import PostgresClient
import Queries
import SessionAudit

/// What doctor asks beside a snapshot: one read-only transaction in one round trip.
public struct DoctorReader {
  private let connection: Connection

  public init(_ connection: Connection) { self.connection = connection }

  /// - Parameter readsSettings: whether this role may.
  public func read(
    readsSettings: Bool, deadline: Deadline
  ) throws(PostgresError) -> DoctorFacts {
    let answers = try ReadTransaction(connection).ask(
      first: readsSettings ? SettingsAnswer.questions : [],
      [(.sessionRoles, []), (.limitedDatabases, []), (.statistics, []), (.rights, [])],
      deadline: deadline)
    return DoctorFacts(
      settings: readsSettings ? try SettingsAnswer.settings(answers) : .unreadable,
      roles: try Self.roles(answers.to(.sessionRoles)),
      databases: try Self.databases(answers.to(.limitedDatabases)),
      statistics: try Self.statistics(answers.to(.statistics)),
      rights: try Self.rights(answers.to(.rights)))
  }

  /// What the SQL for a role of this name depends on.
  public func plans(for name: String, deadline: Deadline) throws(PostgresError) -> PlannedRole {
    let answer = try ReadTransaction(connection).ask(
      [(.plannedRole, [.text(name)])], deadline: deadline
    ).to(.plannedRole)
    let row = try answer.onlyRow()
    return PlannedRole(
      name: name, exists: try row.required(answer.column("role_exists")),
      isSuperuser: try row.required(answer.column("is_superuser")),
      anybodyMayConnect: try row.required(answer.column("anybody_may_connect")))
  }

  private static func roles(
    _ result: QueryResult
  ) throws(PostgresError) -> [DoctorFacts.Role] {
    let id: Column<UInt32> = try result.column("oid")
    let name: Column<String> = try result.column("rolname")
    let isSuperuser: Column<Bool> = try result.column("rolsuper")
    let limit: Column<Int32> = try result.column("rolconnlimit")
    let maySet: Column<Bool> = try result.column("may_set")
    let mayLimit: Column<Bool> = try result.column("may_limit")
    var roles: [DoctorFacts.Role] = []
    for row in result.rows {
      roles.append(
        DoctorFacts.Role(
          id: try row.required(id), name: try row.required(name),
          isSuperuser: try row.required(isSuperuser),
          connectionLimit: Int(try row.required(limit)), maySet: try row.required(maySet),
          mayLimit: try row.required(mayLimit)))
    }
    return roles.sorted { $0.id < $1.id }
  }

  private static func databases(
    _ result: QueryResult
  ) throws(PostgresError) -> [DoctorFacts.Database] {
    let id: Column<UInt32> = try result.column("oid")
    let name: Column<String> = try result.column("datname")
    let limit: Column<Int32> = try result.column("datconnlimit")
    let mayAlter: Column<Bool> = try result.column("may_alter")
    var databases: [DoctorFacts.Database] = []
    for row in result.rows {
      databases.append(
        DoctorFacts.Database(
          id: try row.required(id), name: try row.required(name),
          connectionLimit: Int(try row.required(limit)), mayAlter: try row.required(mayAlter)))
    }
    return databases.sorted { $0.id < $1.id }
  }

  private static func statistics(
    _ result: QueryResult
  ) throws(PostgresError) -> DoctorFacts.Statistics? {
    guard result.rowCount > 0 else { return nil }
    let row = try result.onlyRow()
    func count(_ name: String) throws(PostgresError) -> Int {
      Int(try row.required(result.column(name, as: Int64.self)))
    }
    return DoctorFacts.Statistics(
      sessions: try count("sessions"), abandoned: try count("sessions_abandoned"),
      fatal: try count("sessions_fatal"), killed: try count("sessions_killed"),
      reset: row[try result.column("stats_reset", as: Int64.self)].map {
        Timestamp(microseconds: $0)
      })
  }

  private static func rights(
    _ result: QueryResult
  ) throws(PostgresError) -> DoctorFacts.Rights {
    let row = try result.onlyRow()
    func bool(_ name: String) throws(PostgresError) -> Bool {
      try row.required(result.column(name))
    }
    return DoctorFacts.Rights(
      isSuperuser: try bool("is_superuser"), canReadAllStats: try bool("can_read_all_stats"),
      canSignalBackends: try bool("can_signal_backend"),
      canUseReserved: try bool("can_use_reserved_connections"),
      mayCreateRoles: try bool("may_create_roles"), mayGrantRead: try bool("may_grant_read"),
      mayGrantMonitor: try bool("may_grant_monitor"),
      mayGrantSignal: try bool("may_grant_signal"),
      mayGrantReserved: row[try result.column("may_grant_reserved")],
      mayReload: try bool("may_reload"), isLinux: try bool("is_linux"),
      providerRole: row[try result.column("provider_role")])
  }
}

/// The settings with which sessions begin, for whoever asks about them before setting its own.
enum SettingsAnswer {
  static let questions: [(query: Query, parameters: [Parameter])] =
    [(.settings, []), (.roleSettings, [])]

  static func settings(
    _ answers: ReadTransaction.Answers
  ) throws(PostgresError) -> ServerSettings {
    ServerSettings(
      settings: try settings(answers.to(.settings)),
      overrides: try overrides(answers.to(.roleSettings)))
  }

  private static func settings(
    _ result: QueryResult
  ) throws(PostgresError) -> [String: ServerSettings.Setting] {
    let name: Column<String> = try result.column("name")
    let value: Column<String> = try result.column("setting")
    let resetValue: Column<String> = try result.column("reset_val")
    let source: Column<String> = try result.column("source")
    let mayAlterSystem: Column<Bool> = try result.column("may_alter_system")
    var settings: [String: ServerSettings.Setting] = [:]
    for row in result.rows {
      settings[try row.required(name)] = ServerSettings.Setting(
        value: try row.required(value), resetValue: try row.required(resetValue),
        source: try row.required(source), mayAlterSystem: try row.required(mayAlterSystem))
    }
    return settings
  }

  private static func overrides(
    _ result: QueryResult
  ) throws(PostgresError) -> [ServerSettings.Override] {
    let role: Column<UInt32> = try result.column("setrole")
    let database: Column<UInt32> = try result.column("setdatabase")
    let assignment: Column<String> = try result.column("assignment")
    var overrides: [ServerSettings.Override] = []
    for row in result.rows {
      let parts = try row.required(assignment).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw .unexpectedResult("has an assignment without a value", query: result.query)
      }
      let (role, database) = (try row.required(role), try row.required(database))
      overrides.append(
        ServerSettings.Override(
          role: role == 0 ? nil : role, database: database == 0 ? nil : database,
          name: String(parts[0]), value: String(parts[1])))
    }
    return overrides
  }
}
