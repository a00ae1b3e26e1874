/// What doctor asks beside a snapshot.
public struct DoctorFacts: Sendable, Equatable {
  /// A role that has sessions, or our own.
  public struct Role: Sendable, Equatable {
    public var id: UInt32
    public var name: String
    public var isSuperuser: Bool
    /// `rolconnlimit`; −1 for none.
    public var connectionLimit: Int
    /// Whether we may ALTER ROLE … SET.
    public var maySet: Bool
    /// Whether we may ALTER ROLE … CONNECTION LIMIT.
    public var mayLimit: Bool

    public init(
      id: UInt32, name: String, isSuperuser: Bool, connectionLimit: Int, maySet: Bool,
      mayLimit: Bool
    ) {
      self.id = id
      self.name = name
      self.isSuperuser = isSuperuser
      self.connectionLimit = connectionLimit
      self.maySet = maySet
      self.mayLimit = mayLimit
    }
  }

  /// The connected database, or one with a limit.
  public struct Database: Sendable, Equatable {
    public var id: UInt32
    public var name: String
    /// `datconnlimit`; −1 for none, −2 where dropping it was interrupted.
    public var connectionLimit: Int
    public var mayAlter: Bool

    public init(id: UInt32, name: String, connectionLimit: Int, mayAlter: Bool) {
      self.id = id
      self.name = name
      self.connectionLimit = connectionLimit
      self.mayAlter = mayAlter
    }
  }

  /// How the sessions of the connected database ended (pg_stat_database, 14+).
  public struct Statistics: Sendable, Equatable {
    public var sessions: Int
    /// Clients that vanished.
    public var abandoned: Int
    public var fatal: Int
    /// Ended by somebody.
    public var killed: Int
    /// nil: never.
    public var reset: Timestamp?

    public init(sessions: Int, abandoned: Int, fatal: Int, killed: Int, reset: Timestamp?) {
      self.sessions = sessions
      self.abandoned = abandoned
      self.fatal = fatal
      self.killed = killed
      self.reset = reset
    }
  }

  public struct Rights: Sendable, Equatable {
    /// Of the role that is in force.
    public var isSuperuser: Bool
    public var canReadAllStats: Bool
    public var canSignalBackends: Bool
    public var canUseReserved: Bool
    public var mayCreateRoles: Bool
    public var mayGrantRead: Bool
    /// pg_monitor, which has pg_read_all_stats: the role that providers hand on.
    public var mayGrantMonitor: Bool
    public var mayGrantSignal: Bool
    /// nil before 16, which has no reserved slots to grant.
    public var mayGrantReserved: Bool?
    public var mayReload: Bool
    /// Where the server's system can tell that a client is gone (client_connection_check_interval).
    public var isLinux: Bool
    /// A role that only one provider makes.
    public var providerRole: String?

    public init(
      isSuperuser: Bool, canReadAllStats: Bool, canSignalBackends: Bool, canUseReserved: Bool,
      mayCreateRoles: Bool,
      mayGrantRead: Bool, mayGrantMonitor: Bool, mayGrantSignal: Bool, mayGrantReserved: Bool?,
      mayReload: Bool, isLinux: Bool, providerRole: String?
    ) {
      self.isSuperuser = isSuperuser
      self.canReadAllStats = canReadAllStats
      self.canSignalBackends = canSignalBackends
      self.canUseReserved = canUseReserved
      self.mayCreateRoles = mayCreateRoles
      self.mayGrantRead = mayGrantRead
      self.mayGrantMonitor = mayGrantMonitor
      self.mayGrantSignal = mayGrantSignal
      self.mayGrantReserved = mayGrantReserved
      self.mayReload = mayReload
      self.isLinux = isLinux
      self.providerRole = providerRole
    }

    /// What is granted so that a role sees all sessions: the least that does it, unless what has
    /// more is all that may be granted, as by the administrators that providers make.
    var readRole: String {
      !mayGrantRead && (mayGrantMonitor || providerRole != nil) ? "pg_monitor" : "pg_read_all_stats"
    }
    var mayGrantReadRole: Bool { mayGrantRead || mayGrantMonitor }
  }

  public var settings: ServerSettings
  public var roles: [Role]
  public var databases: [Database]
  /// nil where the connected database has none.
  public var statistics: Statistics?
  public var rights: Rights

  public init(
    settings: ServerSettings, roles: [Role], databases: [Database], statistics: Statistics?,
    rights: Rights
  ) {
    self.settings = settings
    self.roles = roles
    self.databases = databases
    self.statistics = statistics
    self.rights = rights
  }
}
