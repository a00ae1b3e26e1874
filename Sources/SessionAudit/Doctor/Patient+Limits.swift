/// How many sessions there may be, and who may take them all.
extension Patient {
  var slots: [Finding] {
    let slots = audit.slots
    let binding = slots.binding
    let percent = Int((binding.usedRatio * 100).rounded(.down))
    let parts =
      ["max_connections \(slots.maxConnections)"]
      + (slots.superuserReserved > 0 ? ["\(slots.superuserReserved) for superusers"] : [])
      + (slots.reserved > 0 ? ["\(slots.reserved) for pg_use_reserved_connections"] : [])
    let whose: String =
      switch binding.kind {
      case .role: "CONNECTION LIMIT of role \(binding.name ?? "?"); "
      case .database: "CONNECTION LIMIT of database \(binding.name ?? "?"); "
      case .server, .reserved, .superuserReserved: ""
      }
    var findings = [
      Finding(
        "slots",
        binding.available == 0 ? .critical : binding.usedRatio >= 0.9 ? .warning : .ok,
        "\(Self.certainty(of: binding))\(binding.used) of \(binding.limit) connections are "
          + "used (\(percent) %), \(binding.available) left for \(user) "
          + "(\(whose)\(parts.joined(separator: ", "))).")
    ]
    for limit in slots.othersNearlyUsed where limit.usedRatio >= 0.9 {
      findings.append(
        Finding(
          "limit_nearly_reached", .warning,
          "\(limit.kind == .role ? "Role" : "Database") \(limit.name ?? "?") has \(limit.used) of "
            + "its \(limit.limit) connections.",
          consequence: "Its applications are refused at the limit, whatever else is free."))
    }
    return findings
  }

  private static func certainty(of limit: Slots.Limit) -> String {
    switch limit.certainty {
    case .exact: ""
    case .atLeast: "At least "
    case .about: "About "
    }
  }

  var limits: [Finding] {
    [reserved, superuserReserved, superusers].compactMap { $0 } + roleLimits + invalidDatabases
  }

  private var reserved: Finding? {
    guard settings.has(.reserved) else {
      return Finding(
        "reserved_connections", .info,
        "Before 16 only superusers have slots of their own: where applications have taken the "
          + "others, \(user) can't get in. CONNECTION LIMITs of their roles leave room.")
    }
    // A superuser has slots of its own.
    let grants =
      isSuperuser
      ? []
      : [grant(["pg_use_reserved_connections"], isOurs: facts.rights.mayGrantReserved == true)]
    let may = audit.slots.reserved > 0 && audit.slots.binding.kind != .reserved
    if audit.slots.reserved == 0 {
      return Finding(
        "reserved_connections", .info,
        "No slots are kept for whoever looks after the server (reserved_connections is 0).",
        consequence: "Where applications have taken all others, only superusers get in.",
        // With fewer slots three would be missed, and with too few the server would not start.
        remedies: audit.slots.maxConnections - audit.slots.superuserReserved < 20
          ? [] : [serverRemedy([(.reserved, "3")], needsRestart: true)] + grants)
    }
    if may || isSuperuser {
      return Finding(
        "reserved_connections", .ok,
        "\(counted(audit.slots.reserved, "slot")) are kept for "
          + "\(isSuperuser ? "whoever has pg_use_reserved_connections" : "roles like \(user)") "
          + "(reserved_connections).")
    }
    return Finding(
      "reserved_connections", .info,
      "\(counted(audit.slots.reserved, "slot")) are kept (reserved_connections), but not for "
        + "\(user).",
      consequence: "Where applications have taken all others, \(user) can't get in.",
      remedies: grants)
  }

  private var superuserReserved: Finding? {
    guard audit.slots.superuserReserved == 0 else { return nil }
    return Finding(
      "superuser_reserved_connections", .warning,
      "No slots are kept for superusers (superuser_reserved_connections is 0).",
      consequence: "Where applications have taken all, nobody gets in to help.",
      remedies: audit.slots.maxConnections - audit.slots.reserved < 20
        ? [] : [serverRemedy([(.superuserReserved, "3")], needsRestart: true)])
  }

  /// Applications that connect as superusers: no limit holds for them, and nobody may end them here.
  private var superusers: Finding? {
    let ids = Set(facts.roles.filter(\.isSuperuser).map(\.id))
    let remote = audit.sessions.filter { judged in
      guard let id = judged.session.userID, ids.contains(id) else { return false }
      return !judged.isOwn && isRemote(judged.session)
    }
    guard !remote.isEmpty else { return nil }
    let names = Set(remote.compactMap(\.session.user)).sorted()
    return Finding(
      "superuser_sessions", .warning,
      "\(counted(remote.count, "session")) of \(few(names)) \(remote.count == 1 ? "comes" : "come") "
        + "from other hosts with all rights of a superuser.",
      consequence:
        "No CONNECTION LIMIT holds for them, they take the slots that are kept for whoever "
        + "helps, and pgsessions never ends them. An application needs a role of its own.")
  }

  /// Roles that may take what everybody needs.
  private var roleLimits: [Finding] {
    let slots = audit.slots
    let ordinary = max(1, slots.maxConnections - slots.superuserReserved - slots.reserved)
    // A tenth, and at least three, for everybody else.
    let suggested = ordinary - max(3, ordinary / 10)
    guard suggested > 0 else { return [] }
    var findings: [Finding] = []
    for role in facts.roles where !role.isSuperuser {
      let used = audit.sessions.count { $0.session.userID == role.id }
      if role.connectionLimit >= ordinary {
        findings.append(
          Finding(
            "role_connection_limit", .info,
            "Role \(role.name) may have \(role.connectionLimit) connections, and the server has "
              + "\(ordinary) for ordinary roles: its limit binds nobody."))
      } else if role.connectionLimit < 0, used * 4 >= ordinary {
        findings.append(unlimited(role, used: used, of: ordinary, suggested: suggested))
      }
    }
    return findings
  }

  private func unlimited(
    _ role: DoctorFacts.Role, used: Int, of ordinary: Int, suggested: Int
  ) -> Finding {
    let limit = max(suggested, used)
    return Finding(
      "role_connection_limit", used * 4 >= ordinary * 3 ? .warning : .info,
      "Role \(role.name) has \(used) of \(ordinary) connections, and no limit of its own.",
      consequence: "It can take all of them from everybody else"
        + (role.name == audit.target.user ? "." : ", \(user) included."),
      remedies: [
        Remedy(
          sql: [
            "ALTER ROLE \(SQLText.identifier(role.name)) CONNECTION LIMIT \(limit);"
          ],
          needs: isStandby ? "the primary" : role.mayLimit ? nil : superuser,
          caution: "Beyond it \(role.name) is refused, whatever else is free.",
          effect: "for connections that begin after it")
      ])
  }

  /// Databases whose dropping was interrupted.
  private var invalidDatabases: [Finding] {
    facts.databases.filter { $0.connectionLimit == -2 }.map { database in
      Finding(
        "invalid_database", .warning,
        "Database \(database.name) is invalid: dropping it was interrupted, and nobody can connect "
          + "to it.",
        remedies: [
          Remedy(
            sql: ["DROP DATABASE \(SQLText.identifier(database.name));"],
            needs: isStandby
              ? "the primary" : database.mayAlter ? nil : "its owner, or \(superuser)",
            caution: "What is left of it goes for good; nothing else can be done with it.")
        ])
    }
  }
}
