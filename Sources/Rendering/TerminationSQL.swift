import SessionAudit

/// A plan as SQL for somebody who may carry it out: one statement for each session, which ends it
/// only if it is still exactly as it was judged, on the server that it was judged on.
public enum TerminationSQL {
  public static func statements(for report: TerminationReport) -> String {
    let audit = report.audit
    let place = [audit.target.database, audit.target.host].compactMap { $0 }
      .joined(separator: " on ")
    let count = report.plan.selected.count
    var lines = [
      comment(
        "\(count) \(count == 1 ? "session" : "sessions") of \(place) to be ended, judged "
          + "\(audit.capturedAt.readable)"),
      comment("A session that has changed since is left alone, and gives no row."),
    ]
    for victim in report.plan.selected {
      lines += ["", comment(describe(victim)), statement(victim, on: audit.target)]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func describe(_ victim: Victim) -> String {
    let session = victim.judged.session
    let who = [
      session.applicationName.isEmpty ? "(no application_name)" : session.applicationName,
      session.user, session.clientAddress,
    ].compactMap { $0 }.joined(separator: ", ")
    return "\(who): \(victim.reasons.map(\.detail).joined(separator: " "))"
  }

  /// What a server says can't end the comment: no line break is left in it.
  private static func comment(_ text: String) -> String { "-- " + HostileText.escaped(text) }

  /// Numbers, times, and states, which are Postgres's own words or, quoted, whatever a server says.
  private static func statement(_ victim: Victim, on target: Target) -> String {
    let session = victim.judged.session
    func equals(_ column: String, _ literal: String?) -> String {
      "\(column) IS NOT DISTINCT FROM \(literal ?? "NULL")"
    }
    func time(_ moment: Timestamp?) -> String? {
      moment.map { "timestamptz '\($0.iso8601)'" }
    }
    let conditions = [
      equals("backend_start", time(victim.identity.backendStart)),
      equals("state", session.state.map { quoted($0.name) }),
      equals("state_change", time(session.stateChange)),
      equals("pg_catalog.pg_postmaster_start_time()", time(target.postmasterStartTime)),
    ]
    return """
      SELECT pid, pg_catalog.pg_terminate_backend(pid) AS terminated
      FROM pg_catalog.pg_stat_get_activity(\(victim.identity.pid))
      WHERE \(conditions.joined(separator: "\n  AND "));
      """
  }

  /// A string constant that reads the same whatever standard_conforming_strings is.
  private static func quoted(_ text: String) -> String {
    "'" + HostileText.escaped(text).filter { $0 != "\\" }.replacing("'", with: "''") + "'"
  }
}
