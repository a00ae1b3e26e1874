/// What this role may see and do, and what can't be seen from here.
extension DoctorChecks {
  var rights: [Finding] { sight + [signals, activities, limitsOfSight].compactMap { $0 } }

  private var sight: [Finding] {
    if isSuperuser {
      return [
        Finding(
          "rights", .info, "\(user) is a superuser: it sees and may do everything.",
          consequence: "A cron job needs much less: pgsessions doctor --role pgsessions prints the "
            + "SQL for a role that has just that.")
      ]
    }
    if audit.coverage.hidden > 0 {
      let coverage = audit.coverage
      return [
        Finding(
          "rights", .warning,
          "\(user) does not see \(coverage.hidden) of \(Wording.counted(coverage.total, "session")): "
            + "neither state nor age (it lacks pg_read_all_stats).",
          consequence: "What is said here of sessions is said of the other \(coverage.visible). "
            + "Nothing says that the hidden ones are well.",
          remedies: [grant([facts.rights.readRole], isOurs: facts.rights.mayGrantReadRole)])
      ]
    }
    guard !facts.rights.canReadAllStats else { return [] }
    return [
      Finding(
        "rights", .info,
        "\(user) sees what its own role's sessions do, and would not see others' (it lacks "
          + "pg_read_all_stats).",
        remedies: [grant([facts.rights.readRole], isOurs: facts.rights.mayGrantReadRole)])
    ]
  }

  private var signals: Finding? {
    guard !isSuperuser else { return nil }
    let barred = audit.sessions.count { judged in
      judged.protections.contains { $0.kind == .notPermitted }
    }
    if facts.rights.canSignalBackends {
      return Finding(
        "right_to_end", .ok, "\(user) may end every session that is no superuser's.")
    }
    return Finding(
      "right_to_end", .info,
      "\(user) may end sessions of its own role alone, and of roles that it is a member of (it "
        + "lacks pg_signal_backend)"
        + (barred > 0 ? "; \(Wording.counted(barred, "session")) now it may not." : "."),
      remedies: [grant(["pg_signal_backend"], isOurs: facts.rights.mayGrantSignal)])
  }

  private var activities: Finding? {
    let disabled = audit.sessions.filter { $0.session.state == .disabled }
    let setting = settings.settings[SettingName.trackActivities.rawValue]
    guard !disabled.isEmpty || setting?.value == "off" else { return nil }
    let roles = Set(disabled.compactMap(\.session.user)).sorted()
    let isOfServer = setting.map { $0.isOfServer && $0.value == "off" } ?? false
    let resets = resetsOfActivities
    return Finding(
      "track_activities", .warning,
      "track_activities is off for "
        + (disabled.isEmpty
          ? "this session."
          : "\(Wording.counted(disabled.count, "session")) of \(Wording.few(roles))."),
      consequence: "Whether these are in use can't be told, and they are never called orphans.",
      remedies: (isOfServer ? [serverRemedy([(.trackActivities, "on")], needsRestart: false)] : [])
        + (resets.isEmpty
          ? []
          : [
            Remedy(
              sql: resets, needs: isStandby ? "the primary" : isSuperuser ? nil : superuser,
              effect: "for sessions that begin after it")
          ]))
  }

  /// What a role or a database has of its own goes before the server's.
  private var resetsOfActivities: [String] {
    let databases = Dictionary(
      facts.databases.map { ($0.id, $0.name) }
        + audit.sessions.compactMap { judged in
          judged.session.databaseID.flatMap { id in judged.session.database.map { (id, $0) } }
        }
    ) { first, _ in first }
    return settings.overrides.filter {
      $0.name == SettingName.trackActivities.rawValue
        && ["off", "false", "no", "0"].contains($0.value)
    }.compactMap { override in
      let role = override.role.flatMap { id in facts.roles.first { $0.id == id }?.name }
      let database = override.database.flatMap { databases[$0] }
      let place = database.map { " IN DATABASE \(SQLText.identifier($0))" } ?? ""
      switch (override.role, override.database) {
      case (nil, nil): return "ALTER ROLE ALL RESET track_activities;"
      case (nil, .some):
        return database.map { "ALTER DATABASE \(SQLText.identifier($0)) RESET track_activities;" }
      case (.some, .some) where database == nil: return nil
      case (.some, _):
        return role.map {
          "ALTER ROLE \(SQLText.identifier($0))\(place) RESET track_activities;"
        }
      }
    }
  }

  private var limitsOfSight: Finding? {
    var limits: [String] = []
    if version < 180_000 {
      limits.append(
        "connections at the password prompt hold slots and can't be seen before 18")
    }
    if version < 160_000 {
      limits.append("whose temporary tables are whose can't be told before 16")
    }
    if facts.databases.count > 0,
      sessions.contains(where: { !audit.target.isConnected(to: $0.session) })
    {
      limits.append("what sessions of other databases hold is known only from there")
    }
    guard !limits.isEmpty else { return nil }
    return Finding(
      "limits_of_sight", .ok, "What nobody sees from here: \(limits.joined(separator: "; ")).")
  }
}
