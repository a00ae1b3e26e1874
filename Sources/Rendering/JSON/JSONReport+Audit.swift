import SessionAudit

extension AuditReport: JSONDocument {
  package static var schema: String { "pgsessions/audit/1" }
  package var audit: AuditReport { self }
  package var failure: Failure? { nil }

  package static func body(_ report: AuditReport?, _ form: JSONForm, _ json: inout JSONWriter) {
    json.rosterGaps(of: report)
    json.totals(report?.totals)
    json.array("groups") { json in
      guard let report else { return }
      for group in report.groups { json.group(group, of: report.slots, policy: report.judgedWith) }
    }
    if !form.summary {
      json.array("sessions") { json in
        guard let report else { return }
        for session in report.sessions {
          json.session(session, at: report.capturedAt, showQuery: form.showQuery)
        }
      }
    }
    json.blocking(report?.blocking)
    json.advice(report?.advice ?? [])
  }
}
