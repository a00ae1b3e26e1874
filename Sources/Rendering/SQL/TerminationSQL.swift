import SessionAudit

/// A plan as SQL for somebody who may carry it out: one statement for each session, which ends it
/// only if it is still exactly as it was judged, on the server that it was judged on.
package struct TerminationSQL: Renderer {
  package init() {}

  package func write(_ result: TargetResult<TerminationReport>, to sink: ByteSink) -> Bool {
    guard let report = result.report else { return false }
    sink.append(Self.statements(for: report))
    return true
  }

  /// Each by itself.
  package func write(_ results: [TargetResult<TerminationReport>], to sink: ByteSink) -> Bool {
    results.map { write($0, to: sink) }.contains(true)
  }

  package static func statements(for report: TerminationReport) -> String {
    let audit = report.audit
    let place = [audit.target.database, audit.target.host].compactMap { $0 }
      .joined(separator: " on ")
    let count = report.plan.selected.count
    var lines = [
      comment(
        "\(Wording.counted(count, "session")) of \(place) to be ended, judged "
          + "\(audit.capturedAt.readable)"),
      comment(
        "A session that has changed since, or an orphan whose address was heard since, is left alone "
          + "and gives no row."),
    ]
    let pictureAsked = audit.pictureAsked
    for victim in report.plan.selected {
      lines += ["", comment(describe(victim)), statement(victim, audit, pictureAsked)]
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
  private static func statement(
    _ victim: Victim, _ audit: AuditReport, _ pictureAsked: Timestamp?
  ) -> String {
    let session = victim.judged.session
    func equals(_ column: String, _ literal: String?) -> String {
      "\(column) IS NOT DISTINCT FROM \(literal ?? "NULL")"
    }
    func time(_ moment: Timestamp?) -> String? {
      moment.map { "timestamptz '\($0.iso8601)'" }
    }
    var conditions = [
      equals("backend_start", time(victim.identity.backendStart)),
      equals("state", session.state.map { quoted($0.name) }),
      equals("state_change", time(session.stateChange)),
      equals("pg_catalog.pg_postmaster_start_time()", time(audit.target.postmasterStartTime)),
    ]
    if victim.isOrphan {
      // The evidence holds only while nobody is heard from there; of a process that has taken the
      // address over, whoever began before it.
      let older =
        time(victim.judged.restartedInPlaceAt).map { "\n      AND other.backend_start < \($0)" }
        ?? ""
      conditions.append(
        """
        NOT EXISTS (
            SELECT FROM pg_catalog.pg_stat_get_activity(NULL) AS other
            WHERE (other.application_name = \(quoted(session.applicationName))
                OR other.state = 'starting')
              AND \(equals("other.client_addr", session.clientAddress.map { "inet \(quoted($0))" }))
              AND greatest(other.backend_start, other.query_start, other.state_change)
                > \(time(pictureAsked) ?? "'-infinity'")\(older)
          )
        """)
    }
    return """
      SELECT pid, pg_catalog.pg_terminate_backend(pid) AS terminated
      FROM pg_catalog.pg_stat_get_activity(\(victim.identity.pid))
      WHERE \(conditions.joined(separator: "\n  AND "));
      """
  }

  /// A string constant that reads the same whatever standard_conforming_strings is, and holds no
  /// character that a terminal or psql would take for anything else.
  private static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x27 && $0 != 0x5C }
    if isPlain { return "'\(text)'" }
    return "E'"
      + text.unicodeScalars.map { scalar -> String in
        switch scalar {
        case "'": return "''"
        case "\\": return "\\\\"
        case _ where scalar.isASCII && !HostileText.isHostile(scalar): return "\(scalar)"
        default:
          let hex = String(scalar.value, radix: 16)
          return "\\U" + String(repeating: "0", count: 8 - hex.count) + hex
        }
      }.joined() + "'"
  }
}
