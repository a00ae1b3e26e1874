/// The SQL for a role that has just what this program needs.
public enum LeastPrivilege {
  /// - Parameters:
  ///   - name: of the role, new or not.
  ///   - exists: whether the server has it already.
  ///   - report: of the server that the SQL is for.
  /// - Returns: lines, comments among them; they run on that server as whoever `needs` says.
  public static func sql(name: String, exists: Bool, for report: DoctorReport) -> [String] {
    let role = SQLText.identifier(name)
    let has16 = (report.audit.target.serverVersionNumber ?? 0) >= 160_000
    let patient = Patient(audit: report.audit, facts: report.facts)
    let may =
      report.facts.rights.mayCreateRoles && report.facts.rights.mayGrantRead
      && report.facts.rights.mayGrantSignal
    var lines: [String] = []
    if patient.isStandby {
      lines.append("-- This server is a standby: run this on its primary.")
    } else if !may {
      lines.append("-- To be run by \(patient.superuser).")
    }
    if exists {
      lines.append("-- The role is there already; its other rights and its limit stay as they are.")
    } else {
      lines.append("CREATE ROLE \(role) LOGIN CONNECTION LIMIT 3;")
      lines.append("-- Give it a password with psql's \\password, which sends no plain text.")
    }
    if let database = report.audit.target.database {
      lines.append(
        "GRANT CONNECT ON DATABASE \(SQLText.identifier(database)) TO \(role);")
    }
    lines.append("-- To see all sessions (pg_monitor has this, and more):")
    lines.append("GRANT pg_read_all_stats TO \(role);")
    lines.append("-- To end sessions; without it the role can only look:")
    lines.append("GRANT pg_signal_backend TO \(role);")
    if has16 {
      lines.append(
        "-- To get in where applications have taken all other slots (reserved_connections):")
      lines.append("GRANT pg_use_reserved_connections TO \(role);")
    }
    return lines
  }
}
