/// Which limit on connections is met.
public enum LimitKind: String, Sendable, CaseIterable {
  /// max_connections: every slot is taken, those for superusers too.
  case server
  /// What is left belongs to pg_use_reserved_connections (16 and later) and superusers.
  case reserved
  /// What is left belongs to superusers (superuser_reserved_connections).
  case superuserReserved = "superuser_reserved"
  case role
  case database
  /// One of a connection pooler before the server; a server's own are never it.
  case pooler
}

/// How many connections the server takes, how many it has, and which limit this role meets first.
public struct Slots: Sendable, Equatable {
  public struct Limit: Sendable, Equatable {
    /// How well `used` is known.
    public enum Certainty: Sendable {
      case exact
      /// Sessions at the password prompt hold slots and are not to be seen: before 18, and for a
      /// role that may not see what belongs to no role.
      case atLeast
      /// Columns are hidden that would tell clients from walsenders and parallel workers.
      case about
    }

    public var kind: LimitKind
    public var name: String?
    public var limit: Int
    public var used: Int
    public var certainty: Certainty

    public init(
      kind: LimitKind, name: String?, limit: Int, used: Int, certainty: Certainty = .exact
    ) {
      self.kind = kind
      self.name = name
      self.limit = limit
      self.used = used
      self.certainty = certainty
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
  /// False where rows are hidden or sessions at the password prompt are invisible.
  public var usedExact: Bool
  /// The limit that leaves this role the fewest connections.
  public var binding: Limit
  /// The limit that roles without any privilege meet, which are nearly all applications.
  public var ordinary: Limit
  /// Every finite limit of a role or a database.
  public var limits: [Limit]
  /// Databases whose dropping was interrupted: nobody can connect to them.
  public var invalidDatabases: [String]

  public init(snapshot: Snapshot) {
    let (server, role) = (snapshot.server, snapshot.role)
    maxConnections = server.maxConnections
    superuserReserved = server.superuserReserved
    reserved = server.reserved
    used = snapshot.sessions.count { $0.kind != .background }
    invalidDatabases = server.invalidDatabases
    // At the prompt a session has no role yet, so that only those who see all can tell it from a
    // process of the server.
    let seesPrompts =
      (snapshot.target.serverVersionNumber ?? 0) >= 180_000 && role.canReadAllStats
    let hidesAny = snapshot.sessions.contains { $0.kind == .hidden }
    usedExact = seesPrompts && !hidesAny

    // Few servers have any such limit, so the sessions are counted for each rather than for all.
    // Whoever is at the prompt counts against neither: its role and database are not known yet.
    func limit(
      _ kind: LimitKind, _ named: NamedLimit, where matches: (Session) -> Bool
    ) -> Limit {
      var limit = Limit(kind: kind, name: named.name, limit: named.limit, used: 0)
      for session in snapshot.sessions where session.kind != .background && matches(session) {
        limit.used += 1
        if session.kind == .hidden { limit.certainty = .about }
      }
      return limit
    }
    let roleLimits = server.roleLimits.map { role in
      limit(.role, role) { role.isOf($0.user, id: $0.userID) }
    }
    let databaseLimits = server.databaseLimits.map { database in
      limit(.database, database) { database.isOf($0.database, id: $0.databaseID) }
    }
    limits = roleLimits + databaseLimits

    var serverLimit = Self.serverLimit(server, role: role, used: used)
    serverLimit.certainty = hidesAny ? .about : seesPrompts ? .exact : .atLeast
    ordinary = Self.ordinaryLimit(server, used: used)
    ordinary.certainty = serverLimit.certainty
    // Superusers pass role and database limits (InitializeSessionUserId, CheckMyDatabase).
    let ownRole = roleLimits.filter { limit in
      limit.name.map { (snapshot.target.user ?? role.name).hasSameBytes(as: $0) } ?? false
    }
    let ownDatabase = databaseLimits.filter { limit in
      limit.name.map { snapshot.target.database?.hasSameBytes(as: $0) == true } ?? false
    }
    // In the order in which the server looks at them: of those that are equally near the first
    // one refuses. Reserved slots come after the role's limit (InitPostgres).
    let inOrder =
      role.isLoginSuperuser ?? role.isSuperuser
      ? [serverLimit]
      : serverLimit.kind == .server
        ? [serverLimit] + ownRole + ownDatabase : ownRole + [serverLimit] + ownDatabase
    binding = inOrder.dropFirst().reduce(inOrder[0]) { $1.available < $0.available ? $1 : $0 }
  }

  /// From this share on a limit is worth a look.
  public static let notableRatio = 0.75
  /// From this share on a limit is nearly used up.
  static let nearlyFullRatio = 0.9

  /// All limits that somebody meets, ours first. A limit of none is a door that was shut on purpose.
  public var watched: [Limit] {
    [binding] + (isBinding(ordinary) ? [] : [ordinary])
      + limits.filter { $0.limit > 0 && !isBinding($0) }
  }

  private func isBinding(_ limit: Limit) -> Bool {
    limit.kind == binding.kind && limit.name == binding.name && limit.limit == binding.limit
  }

  /// Limits that others meet and that are used up or nearly so, those with the least left first.
  public var othersNearlyUsed: [Limit] {
    watched.dropFirst().filter { $0.usedRatio >= Self.notableRatio }.sorted { a, b in
      (a.available, -a.limit, a.name ?? "") < (b.available, -b.limit, b.name ?? "")
    }
  }

  /// A CONNECTION LIMIT that leaves a role what others don't use, less a tenth, and at least three,
  /// for whoever comes; nil where nothing would be left for it.
  /// - Parameter own: the sessions that it has.
  func suggestedLimit(forRoleWith own: Int) -> Int? {
    let limit = ordinary.limit - max(0, used - own) - max(3, ordinary.limit / 10)
    return limit > 0 ? limit : nil
  }

  private static func ordinaryLimit(_ server: ServerFacts, used: Int) -> Limit {
    let limit = server.maxConnections - server.superuserReserved - server.reserved
    return Limit(
      kind: server.reserved > 0
        ? .reserved : server.superuserReserved > 0 ? .superuserReserved : .server,
      name: nil, limit: limit, used: used)
  }

  private static func serverLimit(_ server: ServerFacts, role: RoleFacts, used: Int) -> Limit {
    if role.isLoginSuperuser ?? role.isSuperuser {
      return Limit(kind: .server, name: nil, limit: server.maxConnections, used: used)
    }
    if !role.canUseReservedConnections { return ordinaryLimit(server, used: used) }
    let withoutSuperusers = server.maxConnections - server.superuserReserved
    return Limit(
      kind: server.superuserReserved > 0 ? .superuserReserved : .server, name: nil,
      limit: withoutSuperusers, used: used)
  }
}
