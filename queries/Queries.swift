/// The SQL of this program, one question a file, built into the binary. A file's name carries the
/// question and the oldest server version that it runs on (`server_version_num`).
public struct Query: Sendable {
  /// What errors and tests call it, such as `audit/sessions`.
  public let name: String
  /// Newest first.
  let variants: [Variant]

  struct Variant: Sendable {
    let since: Int
    let sql: String

    init(_ since: Int, _ bytes: [UInt8]) {
      self.since = since
      sql = String(decoding: bytes, as: UTF8.self)
    }
  }

  private init(_ name: String, _ variants: Variant...) {
    self.name = name
    self.variants = variants
  }

  /// The one place where a variant is chosen: the newest that this server can run. A server older
  /// than all of them gets the oldest and says itself what it does not know.
  public func sql(forServerVersion version: Int) -> String {
    (variants.first { $0.since <= version } ?? variants[variants.count - 1]).sql
  }

  public static let begin = Query("audit/begin", .init(0, PackageResources.begin_sql))
  public static let commit = Query("audit/commit", .init(0, PackageResources.commit_sql))
  public static let searchPath = Query(
    "audit/search_path", .init(0, PackageResources.search_path_sql))
  public static let safePath = Query(
    "terminate/safe_path", .init(0, PackageResources.safe_path_sql))
  public static let isolation = Query(
    "terminate/isolation", .init(0, PackageResources.isolation_sql))
  public static let guards = Query(
    "audit/guards", .init(140000, PackageResources.guards_since_140000_sql))
  public static let sessions = Query(
    "audit/sessions", .init(140000, PackageResources.sessions_since_140000_sql))
  public static let facts = Query(
    "audit/facts", .init(140000, PackageResources.facts_since_140000_sql))
  public static let roles = Query(
    "audit/roles", .init(140000, PackageResources.roles_since_140000_sql))
  public static let databases = Query(
    "audit/databases", .init(140000, PackageResources.databases_since_140000_sql))
  public static let holdings = Query(
    "audit/holdings", .init(160000, PackageResources.holdings_since_160000_sql),
    .init(140000, PackageResources.holdings_since_140000_sql))
  public static let blocking = Query(
    "audit/blocking", .init(140000, PackageResources.blocking_since_140000_sql))
  public static let signal = Query(
    "terminate/signal", .init(140000, PackageResources.signal_since_140000_sql))
  public static let remaining = Query(
    "terminate/remaining", .init(140000, PackageResources.remaining_since_140000_sql))
  public static let source = Query(
    "terminate/source", .init(140000, PackageResources.source_since_140000_sql))
  public static let lock = Query("terminate/lock", .init(0, PackageResources.lock_sql))
  public static let unlock = Query("terminate/unlock", .init(0, PackageResources.unlock_sql))
  public static let lockHolders = Query(
    "terminate/lock_holders", .init(140000, PackageResources.lock_holders_since_140000_sql))

  public static let settings = Query(
    "doctor/settings", .init(150000, PackageResources.settings_since_150000_sql),
    .init(140000, PackageResources.settings_since_140000_sql))
  public static let roleSettings = Query(
    "doctor/role_settings", .init(140000, PackageResources.role_settings_since_140000_sql))
  public static let sessionRoles = Query(
    "doctor/session_roles", .init(160000, PackageResources.session_roles_since_160000_sql),
    .init(140000, PackageResources.session_roles_since_140000_sql))
  public static let limitedDatabases = Query(
    "doctor/limited_databases",
    .init(140000, PackageResources.limited_databases_since_140000_sql))
  public static let statistics = Query(
    "doctor/statistics", .init(140000, PackageResources.statistics_since_140000_sql))
  public static let rights = Query(
    "doctor/rights", .init(160000, PackageResources.rights_since_160000_sql),
    .init(140000, PackageResources.rights_since_140000_sql))

  public static let plannedRole = Query(
    "doctor/planned_role", .init(140000, PackageResources.planned_role_since_140000_sql))

  public static let all = [
    begin, commit, searchPath, guards, sessions, facts, roles, databases, holdings, blocking,
    safePath, isolation, signal, remaining, source, lock, unlock, lockHolders,
    settings, roleSettings, sessionRoles, limitedDatabases, statistics, rights,
    plannedRole,
  ]

  /// Every file by its path below `queries/`, for the test that holds files against this list.
  public var files: [String] {
    variants.map { $0.since == 0 ? "\(name).sql" : "\(name).since_\($0.since).sql" }
  }
}
