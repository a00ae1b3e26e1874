/// A role that somebody wants to run this program with.
public struct PlannedRole: Sendable, Equatable {
  public var name: String
  /// Whether the server has it already.
  public var exists: Bool
  public var isSuperuser: Bool
  /// Whether PUBLIC may connect to the database.
  public var anybodyMayConnect: Bool

  public init(name: String, exists: Bool, isSuperuser: Bool, anybodyMayConnect: Bool) {
    self.name = name
    self.exists = exists
    self.isSuperuser = isSuperuser
    self.anybodyMayConnect = anybodyMayConnect
  }
}

/// The SQL for a role that has just what this program needs.
public enum LeastPrivilege {
  /// - Parameter report: of the server that the SQL is for.
  /// - Returns: lines, comments among them; they run on that server as whoever the first one names.
  public static func sql(for planned: PlannedRole, on report: DoctorReport) -> [String] {
    let role = SQLText.identifier(planned.name)
    if planned.isSuperuser {
      return ["-- \(role) is a superuser, which has all of this and much more: make another role."]
    }
    let checks = DoctorChecks(audit: report.audit, facts: report.facts)
    let rights = report.facts.rights
    let mayMakeIt = rights.mayCreateRoles && rights.mayGrantReadRole && rights.mayGrantSignal
    var lines: [String] = []
    if checks.isStandby {
      lines.append("-- This server is a standby: run this on its primary.")
    } else if !mayMakeIt {
      lines.append("-- To be run by \(checks.superuser).")
    }
    if planned.exists {
      lines.append("-- The role is there already; its other rights and its limit stay as they are.")
    } else {
      lines.append("CREATE ROLE \(role) LOGIN CONNECTION LIMIT 3;")
      lines.append("-- Give it a password with psql's \\password, which sends no plain text.")
    }
    if !planned.anybodyMayConnect, let database = report.audit.target.database {
      lines.append("-- By the owner of the database:")
      lines.append("GRANT CONNECT ON DATABASE \(SQLText.identifier(database)) TO \(role);")
    }
    lines.append(
      rights.readRole == "pg_monitor"
        ? "-- To see all sessions (pg_read_all_stats would do, but you may not grant it):"
        : "-- To see all sessions (pg_monitor has this, and more):")
    lines.append("GRANT \(rights.readRole) TO \(role);")
    lines.append("-- To end sessions; without it the role can only look:")
    lines.append("GRANT pg_signal_backend TO \(role);")
    if checks.version >= 160_000 {
      lines.append(
        "-- To get in where applications have taken all other slots (reserved_connections):")
      // The rest does without it, and must not fail for it.
      let isForOthers = mayMakeIt && rights.mayGrantReserved == false
      if isForOthers { lines.append("-- By \(checks.superuser):") }
      lines.append("\(isForOthers ? "-- " : "")GRANT pg_use_reserved_connections TO \(role);")
    }
    return lines
  }
}
