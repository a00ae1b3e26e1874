import SessionAudit

extension SavedReport {
  /// Gathers what is spread over a report: rights and numbers of roles show only in what is said
  /// of their sessions.
  struct Reader {
    private(set) var sessions: [Session] = []
    private(set) var holdings: [Int32: Set<Holding>] = [:]
    private(set) var unknown: [Int32: Set<Holding>] = [:]
    private var serverVersion = 0
    private var userIDs = Numbering()
    private var databaseIDs = Numbering()
    private var superuserRoles: Set<UInt32> = []
    private var usableRoles: Set<UInt32> = []
    /// No process has it, so that no session is our own until one says that it is.
    private var ownPID: Int32 = -1
    private var seen: Set<Identity> = []

    private struct Identity: Hashable {
      var pid: Int32
      var backendStart: Timestamp?
    }

    mutating func target(_ json: JSONField) throws(InputFileError) -> Target {
      var target = Target(name: try json["name"].string())
      target.host = try json["host"].string()
      target.port = try json["port"].int(in: 1...65_535).map { String($0) }
      target.database = try json["database"].string()
      target.databaseID = target.database.map { databaseIDs[$0] }
      target.user = try json["user"].string()
      target.serverVersion = try json["server_version"].string()
      target.serverVersionNumber = try json["server_version_num"].int(in: 0...Int(Int32.max))
      serverVersion = target.serverVersionNumber ?? 0
      target.inRecovery = try json["in_recovery"].bool()
      target.postmasterStartTime = try json["postmaster_start_time"].time()
      target.pooled = try json["pooled"].bool()
      return target
    }

    mutating func add(_ json: JSONField) throws(InputFileError) {
      var session = try SavedReport.session(json)
      session.userID = session.user.map { userIDs[$0] }
      session.databaseID = session.database.map { databaseIDs[$0] }
      if let held = try SavedReport.holdings(json["holds"]) {
        holdings[session.pid] = held
        let isOfOldServer = serverVersion < 160_000 && held.contains(.temporaryTables)
        // Where it is left out: whose temporary tables are, no server before 16 tells by itself.
        let doubts =
          try SavedReport.holdings(json["holds_unknown"])
          ?? (isOfOldServer ? [.temporaryTables] : [])
        if !doubts.isEmpty { unknown[session.pid] = doubts }
        session.beginsBackup = held.contains(.backup)
      }
      let identity = Identity(pid: session.pid, backendStart: session.backendStart)
      guard seen.insert(identity).inserted else {
        throw json.error("has the pid and backend_start of an earlier session")
      }
      try learn(from: json["protections"], of: &session)
      sessions.append(session)
    }

    private mutating func learn(
      from protections: JSONField, of session: inout Session
    ) throws(InputFileError) {
      var kinds: [String] = []
      for protection in try protections.elements() ?? [] {
        if let kind = try protection["kind"].string() { kinds.append(kind) }
      }
      if kinds.contains("own_session") { ownPID = session.pid }
      // What its name does not say its last query has said.
      if kinds.contains("backup") && session.backup == nil { session.beginsBackup = true }
      guard let userID = session.userID else { return }
      if kinds.contains("superuser") { superuserRoles.insert(userID) }
      if !kinds.contains("not_permitted") { usableRoles.insert(userID) }
    }

    /// The settings, as Postgres has them by default where the report is silent.
    func server(_ slots: JSONField) throws(InputFileError) -> ServerFacts {
      let range = 0...Int(Int32.max)
      var server = ServerFacts(
        maxConnections: try slots["max_connections"].int(in: range) ?? 100,
        superuserReserved: try slots["superuser_reserved"].int(in: range) ?? 3,
        reserved: try slots["reserved"].int(in: range) ?? 0,
        roleLimits: [], databaseLimits: [], superuserRoles: superuserRoles)
      for limit in try slots["limits"].elements() ?? [] {
        let kind = try limit["kind"].string()
        guard kind == "role" || kind == "database" else { continue }
        let named = NamedLimit(
          name: try limit["name"].requiredString(),
          limit: try limit["limit"].requiredInt(in: range))
        if kind == "role" {
          server.roleLimits.append(named)
        } else {
          server.databaseLimits.append(named)
        }
      }
      for name in try slots["invalid_databases"].elements() ?? [] {
        server.invalidDatabases.append(try name.requiredString())
      }
      return server
    }

    /// What the role may do, as far as its report betrays it.
    func role(_ report: JSONField, user: String?) throws(InputFileError) -> RoleFacts {
      let slots = try report["slots"]
      let binding = try slots["binding_limit"]["kind"].string()
      let reserved = try slots["superuser_reserved"].int(in: 0...Int(Int32.max)) ?? 3
      let coverage = try report["coverage"]
      let reason = try coverage["reason"].string() ?? ""
      // From 18 on a count that is not exact though nothing is hidden betrays who asked.
      let version = try report["target"]["server_version_num"].int(in: 0...Int(Int32.max)) ?? 0
      let hidden = try coverage["hidden"].int(in: 0...SavedReport.mostSessions) ?? 0
      let isExact = try slots["used_exact"].bool() ?? true
      let missesPrompts = version >= 180_000 && hidden == 0 && !isExact
      return RoleFacts(
        name: user ?? "unknown", ownPID: ownPID,
        // Only superusers have no limit but the server's where slots are kept for superusers.
        isSuperuser: binding == "server" && reserved > 0,
        canReadAllStats: !coverage.isNull && !reason.contains("pg_read_all_stats")
          && !missesPrompts,
        // Session by session it comes out of usableRoles.
        canSignalBackends: false,
        canUseReservedConnections: binding != "reserved", usableRoles: usableRoles)
    }
  }

  /// Reports hold no oids: each name gets a number of its own.
  private struct Numbering {
    /// The first that Postgres gives to what users make.
    private static let first: UInt32 = 16_384
    private var numbers: [[UInt8]: UInt32] = [:]

    /// By bytes: Swift's == holds two spellings of one accented letter to be equal.
    subscript(name: String) -> UInt32 {
      mutating get {
        let bytes = Array(name.utf8)
        let number = numbers[bytes] ?? Self.first + UInt32(numbers.count)
        numbers[bytes] = number
        return number
      }
    }
  }
}
