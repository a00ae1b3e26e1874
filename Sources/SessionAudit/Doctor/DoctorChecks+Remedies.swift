extension DoctorChecks {
  /// How to give the sessions of these places other settings: for the whole server where this role
  /// may, else role by role.
  /// - Parameters:
  ///   - assignments: of settings that an ordinary role may set.
  ///   - byRole: role by role in any case, as others are not to have it.
  func remedies(
    _ assignments: [ServerSettings.Assignment], at places: [Place],
    byRole: Bool = false, caution: String? = nil
  ) -> [Remedy] {
    let names = assignments.map(\.name)
    if !byRole, maySetForServer(names, at: places) {
      return [
        Remedy(
          sql: assignments.map { "ALTER SYSTEM SET \($0.name.rawValue) = '\($0.value)';" }
            + [Remedy.reload],
          caution: caution, effect: "for sessions that begin or ask something after it")
      ]
    }
    func statements(_ places: [Place]) -> [String] {
      var statements: [String] = []
      for place in places {
        statements += settings.alterRole(
          (place.role.id, place.role.name), in: (place.databaseID, place.database), assignments
        ).filter { !statements.contains($0) }
      }
      return statements
    }
    let effect = "for sessions that begin after it"
    let mine = places.filter { $0.role.maySet && !isStandby }
    let others = places.filter { !$0.role.maySet || isStandby }
    var remedies: [Remedy] = []
    if !mine.isEmpty {
      remedies.append(Remedy(sql: statements(mine), caution: caution, effect: effect))
    }
    if !others.isEmpty {
      let names = Set(others.map(\.role.name)).sorted()
      remedies.append(
        Remedy(
          sql: statements(others),
          needs: isStandby
            ? "the primary"
            : "\(Wording.few(names)) \(names.count == 1 ? "itself" : "themselves"), or \(superuser)",
          caution: caution, effect: effect))
    }
    return remedies
  }

  /// Settings that only the whole server has.
  func serverRemedy(
    _ assignments: [ServerSettings.Assignment], needsRestart: Bool
  ) -> Remedy {
    let names = assignments.map(\.name)
    let may = maySetForServer(names, at: [], needsReload: !needsRestart)
    let isFixed = names.contains { settings.settings[$0.rawValue]?.source == "command line" }
    return Remedy(
      sql: assignments.map { "ALTER SYSTEM SET \($0.name.rawValue) = '\($0.value)';" }
        + (needsRestart ? [] : [Remedy.reload]),
      needs: may
        ? nil
        : isFixed ? "the server's command line, which sets it and goes before" : superuser,
      effect: needsRestart ? "after a restart of the server" : nil)
  }

  /// Whether ALTER SYSTEM is ours to use, and what it sets would hold at these places.
  private func maySetForServer(
    _ names: [SettingName], at places: [Place], needsReload: Bool = true
  ) -> Bool {
    guard settings.settings[SettingName.allowAlterSystem.rawValue]?.value != "off",
      facts.rights.mayReload || !needsReload
    else { return false }
    return names.allSatisfy { name in
      guard let setting = settings.settings[name.rawValue], setting.mayAlterSystem,
        setting.source != "command line"
      else { return false }
      return places.allSatisfy {
        settings.override(name, role: $0.role.id, database: $0.databaseID) == nil
      }
    }
  }

  /// GRANT of predefined roles to ours.
  func grant(_ roles: [String], isOurs: Bool) -> Remedy {
    Remedy(
      sql: [
        "GRANT \(roles.joined(separator: ", ")) TO "
          + "\(audit.target.user.map(SQLText.identifier) ?? "CURRENT_USER");"
      ],
      needs: isStandby ? "the primary" : isOurs ? nil : superuser)
  }

  /// Who has all rights here, and where a provider has them instead.
  var superuser: String {
    let place: String? =
      switch facts.rights.providerRole {
      case "rds_superuser": "on Amazon RDS a DB parameter group, or the master user"
      case "cloudsqlsuperuser": "on Cloud SQL a database flag, or the user postgres"
      case "azure_pg_admin": "on Azure a server parameter, or the admin user"
      case "supabase_admin": "on Supabase the user postgres, or the dashboard"
      case "neon_superuser": "on Neon the project's settings, or its owner"
      default: nil
      }
    return "a superuser (\(place ?? "with a managed server its provider's settings"))"
  }

  /// ALTER ROLE … CONNECTION LIMIT.
  /// - Parameter isOurs: whether this role may.
  func connectionLimit(
    _ limit: Int, for role: String, isOurs: Bool, caution: String
  ) -> Remedy {
    Remedy(
      sql: ["ALTER ROLE \(SQLText.identifier(role)) CONNECTION LIMIT \(limit);"],
      needs: isStandby ? "the primary" : isOurs ? nil : superuser, caution: caution,
      effect: "for connections that begin after it")
  }
}
