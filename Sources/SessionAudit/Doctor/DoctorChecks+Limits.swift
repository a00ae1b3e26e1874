/// How many sessions there may be, and who may take them all.
extension DoctorChecks {
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
      case .server, .reserved, .superuserReserved, .pooler: ""
      }
    var findings = [
      Finding(
        "slots",
        binding.available == 0
          ? .critical : binding.usedRatio >= Slots.nearlyFullRatio ? .warning : .ok,
        "\(binding.certainty.words)\(binding.used) of \(binding.limit) connections are "
          + "used (\(percent) %), \(binding.available) left for \(user) "
          + "(\(whose)\(parts.joined(separator: ", "))).")
    ]
    findings += slots.othersNearlyUsed.filter { $0.usedRatio >= Slots.nearlyFullRatio }.map(reached)
    let others = slots.watched.dropFirst()
    if !others.isEmpty {
      let sentences = others.prefix(6).map {
        "\($0.owner) \(min($0.used, $0.limit)) of \($0.limit)"
      }
      findings.append(
        Finding(
          "other_limits", .ok,
          "Limits that others meet: \(sentences.joined(separator: ", "))"
            + (others.count > 6 ? " and \(others.count - 6) more." : ".")))
    }
    return findings
  }

  private func reached(_ limit: Slots.Limit) -> Finding {
    Finding(
      "limit_nearly_reached", limit.available == 0 ? .critical : .warning,
      "\(min(limit.used, limit.limit)) of the \(limit.limit) connections of \(limit.owner) are used"
        + (limit.available == 0 ? ": none is left." : "."),
      consequence:
        "At the limit their applications are refused, whatever room \(user) has. Make their "
        + "pools smaller, end what was left behind (pgsessions audit), or raise it.",
      remedies: raised(limit))
  }

  /// A higher limit of its own, where the server has room for it.
  private func raised(_ limit: Slots.Limit) -> [Remedy] {
    guard limit.kind == .role, let name = limit.name,
      let higher = audit.slots.suggestedLimit(forRoleWith: limit.used), higher > limit.limit
    else { return [] }
    return [
      connectionLimit(
        higher, for: name,
        isOurs: facts.roles.first { $0.name == name }?.mayLimit == true,
        caution: "It takes connections that others may need.")
    ]
  }

  var limits: [Finding] {
    [reserved, superuserReserved, superusers].compactMap { $0 } + roleLimits + invalidDatabases
  }

  private var reserved: Finding? {
    let others =
      isSuperuser ? "only superusers get in." : "\(user) can't get in, only superusers can."
    guard version >= 160_000 else {
      return Finding(
        "reserved_connections", .info,
        "Before 16 only superusers have slots of their own: where applications have taken the "
          + "others, \(others) CONNECTION LIMITs of applications' roles leave room.")
    }
    let kept =
      "\(Wording.counted(audit.slots.reserved, "slot")) \(audit.slots.reserved == 1 ? "is" : "are")"
    if audit.slots.reserved == 0 {
      return Finding(
        "reserved_connections", .info,
        "No slots are kept for whoever looks after the server (reserved_connections is 0).",
        consequence: "Where applications have taken all others, \(others)",
        // With fewer slots three would be missed, and with too few the server would not start.
        remedies: audit.slots.maxConnections - audit.slots.superuserReserved < 20
          ? [] : [serverRemedy([(.reserved, "3")], needsRestart: true)] + wayToReserved)
    }
    if isSuperuser || facts.rights.canUseReserved {
      return Finding(
        "reserved_connections", .ok,
        "\(kept) kept for \(isSuperuser ? "roles with pg_use_reserved_connections" : "roles like \(user)") "
          + "(reserved_connections).")
    }
    return Finding(
      "reserved_connections", .info,
      "\(kept) kept (reserved_connections), but not for \(user).",
      consequence: "Where applications have taken all others, \(user) can't get in.",
      remedies: wayToReserved)
  }

  /// An application must not get what is kept for whoever helps: it would take that too.
  private var wayToReserved: [Remedy] {
    if isSuperuser { return [] }
    if isApplication {
      return [
        Remedy(settings: ["for a role that looks after it: pgsessions doctor --role pgsessions"])
      ]
    }
    return [grant(["pg_use_reserved_connections"], isOurs: facts.rights.mayGrantReserved == true)]
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
    let all = audit.sessions.filter { judged in
      judged.session.userID.map(ids.contains) == true && !judged.isOwn
    }
    // Two or three are people; what comes from elsewhere, or in numbers, is an application.
    guard all.count > 3 || all.contains(where: { isRemote($0.session) }) else { return nil }
    let names = Set(all.compactMap(\.session.user)).sorted()
    return Finding(
      "superuser_sessions", .warning,
      "\(Wording.counted(all.count, "session")) of \(Wording.few(names)) \(all.count == 1 ? "has" : "have") all "
        + "rights of a superuser.",
      consequence:
        "No CONNECTION LIMIT holds for them, they take the slots that are kept for whoever "
        + "helps, and pgsessions never ends them. An application needs a role of its own.")
  }

  /// Roles that may take what everybody needs.
  private var roleLimits: [Finding] {
    let ordinary = audit.slots.ordinary.limit
    return facts.roles.filter { !$0.isSuperuser }.compactMap { role in
      let used = audit.sessions.count { $0.session.userID == role.id }
      if role.connectionLimit >= ordinary {
        return unbounded(
          role, used: used, .info,
          "Role \(role.name) may have \(role.connectionLimit) connections, and the server has "
            + "\(ordinary) for ordinary roles: its limit binds nobody.")
      }
      guard role.connectionLimit < 0, used * 4 >= ordinary else { return nil }
      return unbounded(
        role, used: used, used * 4 >= ordinary * 3 ? .warning : .info,
        "Role \(role.name) has \(used) of \(ordinary) connections, and no limit of its own.")
    }
  }

  private func unbounded(
    _ role: DoctorFacts.Role, used: Int, _ severity: Finding.Severity, _ summary: String
  ) -> Finding {
    let limit = audit.slots.suggestedLimit(forRoleWith: used)
    return Finding(
      "role_connection_limit", severity, summary,
      consequence: "It can take all of them from everybody else"
        + (role.name == user || isSuperuser ? "." : ", \(user) included."),
      remedies: limit.map { limit in
        [
          connectionLimit(
            limit, for: role.name, isOurs: role.mayLimit,
            caution: limit < used
              ? "It has \(used) now, and gets no new connection until it has less."
              : "Beyond it \(role.name) is refused, whatever else is free.")
        ]
      } ?? [])
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
