/// What one audit read from a server, and nothing else: the whole input of the judge.
public struct Snapshot: Sendable {
  /// The server's clock, read right after its sessions, so that no age is negative by our doing.
  public var capturedAt: Timestamp
  public var target: Target
  public var server: ServerFacts
  public var role: RoleFacts
  /// All rows of pg_stat_activity, background processes included, in any order.
  public var sessions: [Session]
  /// Background processes that were counted and are not in `sessions`: a saved report lists clients
  /// alone.
  public var unlistedBackground = 0
  /// nil until the sessions that matter have been asked about.
  public var details: Details?
  /// An earlier look at the same server; nil where there was none.
  public var earlier: EarlierLook?

  public init(
    capturedAt: Timestamp, target: Target, server: ServerFacts, role: RoleFacts,
    sessions: [Session]
  ) {
    self.capturedAt = capturedAt
    self.target = target
    self.server = server
    self.role = role
    self.sessions = sessions
  }
}

/// Which server was asked, as libpq and the server have it. nil: not known (not connected).
public struct Target: Sendable, Equatable {
  public var name: String?
  public var host: String?
  public var port: String?
  public var database: String?
  /// The oid of the connected database.
  public var databaseID: UInt32?
  public var user: String?
  public var serverVersion: String?
  /// As `server_version_num`: 150018 is 15.18.
  public var serverVersionNumber: Int?
  public var inRecovery: Bool?
  public var postmasterStartTime: Timestamp?
  /// Whether a pooler hands our statements to sessions of its choosing.
  public var pooled: Bool?

  public init(name: String? = nil) { self.name = name }

  /// Whether a session is in the connected database. By number: names in an encoding that is not
  /// UTF-8 can look alike once they are repaired. By name where there are no numbers; what is
  /// unknown is elsewhere.
  func isConnected(to session: Session) -> Bool {
    if let own = databaseID, let its = session.databaseID { return own == its }
    guard databaseID == nil, session.databaseID == nil, let own = database,
      let its = session.database
    else { return false }
    return own.hasSameBytes(as: its)
  }
}

/// Settings and limits of the server that decide how many sessions it takes.
public struct ServerFacts: Sendable, Equatable {
  public var maxConnections: Int
  public var superuserReserved: Int
  /// `reserved_connections`; 0 before 16.
  public var reserved: Int
  /// Finite `rolconnlimit`s of roles that are no superusers (those no limit binds).
  public var roleLimits: [NamedLimit]
  /// Finite `datconnlimit`s.
  public var databaseLimits: [NamedLimit]
  public var superuserRoles: Set<UInt32>
  /// Databases whose `datconnlimit` is -2: their dropping was interrupted.
  public var invalidDatabases: [String] = []

  public init(
    maxConnections: Int, superuserReserved: Int, reserved: Int, roleLimits: [NamedLimit],
    databaseLimits: [NamedLimit], superuserRoles: Set<UInt32>
  ) {
    self.maxConnections = maxConnections
    self.superuserReserved = superuserReserved
    self.reserved = reserved
    self.roleLimits = roleLimits
    self.databaseLimits = databaseLimits
    self.superuserRoles = superuserRoles
  }
}

public struct NamedLimit: Sendable, Equatable {
  public var name: String
  public var limit: Int
  /// Its number; nil in a saved report. Names in an encoding that is not UTF-8 can look alike.
  public var id: UInt32?

  public init(name: String, limit: Int, id: UInt32? = nil) {
    self.name = name
    self.limit = limit
    self.id = id
  }

  func isOf(_ other: String?, id otherID: UInt32?) -> Bool {
    if let id, let otherID { return id == otherID }
    return other?.hasSameBytes(as: name) == true
  }
}

/// Who we are on the server and what that role may do.
public struct RoleFacts: Sendable, Equatable {
  public var name: String
  /// The process that serves us, as it says itself.
  public var ownPID: Int32
  /// Of the role that is in force, which SET ROLE may have changed: what we may do goes by it.
  public var isSuperuser: Bool
  /// Of the role that logged in: what connections we get goes by it. nil: the same.
  public var isLoginSuperuser: Bool?
  /// Whether pg_settings and pg_db_role_setting may be read, as nearly everywhere.
  public var canReadSettings = true
  public var canReadAllStats: Bool
  public var canSignalBackends: Bool
  /// 16+: privileges of pg_use_reserved_connections.
  public var canUseReservedConnections: Bool
  /// Roles whose privileges this one has without SET ROLE; empty for a superuser.
  public var usableRoles: Set<UInt32>

  public init(
    name: String, ownPID: Int32, isSuperuser: Bool, canReadAllStats: Bool,
    canSignalBackends: Bool, canUseReservedConnections: Bool, usableRoles: Set<UInt32>
  ) {
    self.name = name
    self.ownPID = ownPID
    self.isSuperuser = isSuperuser
    self.canReadAllStats = canReadAllStats
    self.canSignalBackends = canSignalBackends
    self.canUseReservedConnections = canUseReservedConnections
    self.usableRoles = usableRoles
  }

  /// pg_terminate_backend's rule: a superuser's session needs a superuser; any other one
  /// membership in its role or in pg_signal_backend.
  public func maySignal(_ session: Session, on server: ServerFacts) -> Bool {
    if isSuperuser { return true }
    guard let userID = session.userID, !server.superuserRoles.contains(userID) else { return false }
    return canSignalBackends || usableRoles.contains(userID)
  }
}
