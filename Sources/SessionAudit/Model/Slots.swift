/// How many connections the server takes, how many it has, and which limit this role meets first.
public struct Slots: Sendable, Equatable {
  public struct Limit: Sendable, Equatable {
    public enum Kind: String, Sendable {
      case server
      /// What is left belongs to pg_use_reserved_connections (16+) and superusers.
      case reserved
      /// What is left belongs to superusers.
      case superuserReserved = "superuser_reserved"
      case role
      case database
    }

    public var kind: Kind
    public var name: String?
    public var limit: Int
    public var used: Int

    public init(kind: Kind, name: String?, limit: Int, used: Int) {
      self.kind = kind
      self.name = name
      self.limit = limit
      self.used = used
    }

    /// Connections that this limit still lets in.
    public var available: Int { max(0, limit - used) }

    /// 0–1; 1 for a limit of none, which is always reached, and for one that was lowered below
    /// what is used or that superusers have passed.
    public var usedRatio: Double { limit > 0 ? min(1, Double(used) / Double(limit)) : 1 }
  }

  public var maxConnections: Int
  public var superuserReserved: Int
  public var reserved: Int
  public var used: Int
  /// False where rows are hidden or (before 18) sessions at the password prompt are invisible.
  public var usedExact: Bool
  /// The limit that leaves this role the fewest connections.
  public var binding: Limit
  /// Every finite limit of a role or a database.
  public var limits: [Limit]

  public init(snapshot: Snapshot) {
    let (server, role) = (snapshot.server, snapshot.role)
    maxConnections = server.maxConnections
    superuserReserved = server.superuserReserved
    reserved = server.reserved
    used = snapshot.sessions.count { $0.kind != .background }
    usedExact =
      (snapshot.target.serverVersionNumber ?? 0) >= 180_000
      && !snapshot.sessions.contains { $0.kind == .hidden }

    // Few servers have any such limit, so the sessions are counted for each rather than for all.
    func count(where matches: (Session) -> Bool) -> Int {
      snapshot.sessions.count { $0.kind != .background && matches($0) }
    }
    let roleLimits = server.roleLimits.map { role in
      Limit(
        kind: .role, name: role.name, limit: role.limit,
        used: count { $0.user?.hasSameBytes(as: role.name) == true })
    }
    let databaseLimits = server.databaseLimits.map { database in
      Limit(
        kind: .database, name: database.name, limit: database.limit,
        used: count { $0.database?.hasSameBytes(as: database.name) == true })
    }
    limits = roleLimits + databaseLimits

    let serverLimit = Self.serverLimit(server, role: role, used: used)
    // Superusers pass role and database limits (InitializeSessionUserId, CheckMyDatabase).
    let own =
      role.isSuperuser
      ? []
      : roleLimits.filter { limit in
        limit.name.map { (snapshot.target.user ?? role.name).hasSameBytes(as: $0) } ?? false
      }
        + databaseLimits.filter { limit in
          limit.name.map { snapshot.target.database?.hasSameBytes(as: $0) == true } ?? false
        }
    binding = own.reduce(serverLimit) { $1.available < $0.available ? $1 : $0 }
  }

  private static func serverLimit(_ server: ServerFacts, role: RoleFacts, used: Int) -> Limit {
    if role.isSuperuser {
      return Limit(kind: .server, name: nil, limit: server.maxConnections, used: used)
    }
    let withoutSuperusers = server.maxConnections - server.superuserReserved
    if server.reserved > 0 && !role.canUseReservedConnections {
      return Limit(
        kind: .reserved, name: nil, limit: withoutSuperusers - server.reserved, used: used)
    }
    return Limit(
      kind: server.superuserReserved > 0 ? .superuserReserved : .server, name: nil,
      limit: withoutSuperusers, used: used)
  }
}
