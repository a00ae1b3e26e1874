import SessionAudit

extension TerminationReport: JSONDocument {
  package static var schema: String { "pgsessions/termination/1" }

  package static func lead(_ report: TerminationReport?, _ json: inout JSONWriter) {
    json.value("executed", report?.executed ?? false)
  }

  package static func body(
    _ report: TerminationReport?, _ form: JSONForm, _ json: inout JSONWriter
  ) {
    json.rosterGaps(of: report?.audit)
    json.plan(of: report)
    json.value("breaker", report?.plan.breaker?.kind)
    json.outcomes(report?.outcomes ?? [])
    json.terminationTotals(report)
    json.after(report?.after)
  }
}

extension JSONWriter {
  fileprivate mutating func plan(of report: TerminationReport?) {
    let (now, plan) = (report?.audit.capturedAt, report?.plan)
    object("plan") { json in
      json.planned("selected", (plan?.selected ?? []).lazy.map { ($0.judged, $0.reasons) }, at: now)
      json.planned("kept", (plan?.kept ?? []).lazy.map { ($0.judged, $0.reasons) }, at: now)
    }
  }

  private mutating func planned(
    _ key: StaticString, _ sessions: some Sequence<(JudgedSession, [Reason])>,
    at now: Timestamp?
  ) {
    array(key) { json in
      guard let now else { return }
      for (judged, reasons) in sessions {
        json.object { json in
          json.sessionFields(judged, at: now)
          json.reasons("reasons", reasons)
        }
      }
    }
  }

  fileprivate mutating func outcomes(_ outcomes: [TerminationOutcome]) {
    array("outcomes") { json in
      for outcome in outcomes {
        json.object { $0.outcomeFields(outcome) }
      }
    }
  }

  mutating func outcomeFields(_ outcome: TerminationOutcome) {
    value("pid", outcome.identity.pid)
    value("backend_start", outcome.identity.backendStart)
    value("application_name", outcome.applicationName)
    value("result", outcome.result.rawValue)
    value("detail", outcome.detail)
  }

  mutating func terminationTotals(_ report: TerminationReport?) {
    object("totals") { json in
      json.value("selected", report?.plan.selected.count ?? 0)
      json.value("gone", report?.count(.gone) ?? 0)
      json.value("survived", report?.count(.survived) ?? 0)
      json.value("changed", report?.count(.changed) ?? 0)
      json.value("already_gone", report?.count(.alreadyGone) ?? 0)
      json.value("refused", report?.count(.refused) ?? 0)
      json.value("not_attempted", report?.count(.notAttempted) ?? 0)
      json.value("over_max", report?.plan.overMax ?? 0)
      json.value("may_hold_temporary_tables", report?.plan.keptInDoubt ?? 0)
    }
  }

  fileprivate mutating func after(_ after: SlotsAfter?) {
    guard let after else { return null("after") }
    object("after") { json in
      json.value("captured_at", after.capturedAt)
      json.slots(after.slots)
      json.value("came_back", after.cameBack)
    }
  }
}
