import SessionAudit

/// Reports as JSON, with the keys of docs/json.md in a fixed order; those of several targets as one
/// object, `pgsessions/fleet/1`.
package struct JSONReport<Report: JSONDocument>: Renderer {
  private let form: JSONForm
  private let indents: Bool

  /// - Parameters:
  ///   - version: the program's own.
  ///   - summary: leave the sessions out.
  ///   - showQuery: with the text of each last query.
  ///   - indents: for somebody who looks at it, instead of one line.
  package init(
    version: String, summary: Bool = false, showQuery: Bool = false, indents: Bool = false
  ) {
    form = JSONForm(version: version, summary: summary, showQuery: showQuery)
    self.indents = indents
  }

  package func write(_ result: TargetResult<Report>, to sink: ByteSink) -> Bool {
    document(to: sink) { Report.write(result, form, &$0) }
    return true
  }

  package func write(_ results: [TargetResult<Report>], to sink: ByteSink) -> Bool {
    document(to: sink) { json in
      json.object { json in
        json.value("schema", "pgsessions/fleet/1")
        json.array("reports") { json in
          for result in results { Report.write(result, form, &json) }
        }
      }
    }
    return true
  }

  /// One JSON value, on a line of its own.
  private func document(to sink: ByteSink, _ body: (inout JSONWriter) -> Void) {
    var writer = JSONWriter(into: sink, indents: indents)
    body(&writer)
    sink.append(literal: "\n")
    sink.flush()
  }
}

/// What of a report is written, and by which program.
package struct JSONForm: Sendable {
  let version: String
  let summary: Bool
  let showQuery: Bool
}

/// A report that has a form as JSON.
package protocol JSONDocument: TargetReport {
  static func write(_ result: TargetResult<Self>, _ form: JSONForm, _ json: inout JSONWriter)
}

extension AuditReport: JSONDocument {
  package static func write(
    _ result: TargetResult<AuditReport>, _ form: JSONForm, _ json: inout JSONWriter
  ) {
    json.object { json in
      json.value("schema", "pgsessions/audit/1")
      switch result {
      case .report(let report):
        json.head(of: report, form)
        json.rosterGaps(of: report)
        json.totals(report.totals)
        json.array("groups") { json in
          for group in report.groups {
            json.group(group, of: report.slots, policy: report.judgedWith)
          }
        }
        if !form.summary {
          json.array("sessions") { json in
            for session in report.sessions {
              json.session(session, at: report.capturedAt, showQuery: form.showQuery)
            }
          }
        }
        json.blocking(report.blocking)
        json.advice(report.advice)
        json.null("failure")
      case .refused(let failure, let target, let policy):
        json.emptyHead(target, policy, form)
        json.null("roster_gaps")
        json.null("totals")
        json.array("groups") { _ in }
        if !form.summary { json.array("sessions") { _ in } }
        json.null("blocking")
        json.array("advice") { _ in }
        json.failure(failure)
      }
    }
  }
}

extension TerminationReport: JSONDocument {
  package static func write(
    _ result: TargetResult<TerminationReport>, _ form: JSONForm, _ json: inout JSONWriter
  ) {
    json.object { json in
      json.value("schema", "pgsessions/termination/1")
      switch result {
      case .report(let report):
        json.value("executed", report.executed)
        json.head(of: report.audit, form)
        json.rosterGaps(of: report.audit)
        json.plan(report.plan, at: report.audit.capturedAt)
        json.breaker(report.plan.breaker)
        json.outcomes(report.outcomes)
        json.terminationTotals(report)
        json.after(report.after)
        json.failure(report.failure)
      case .refused(let failure, let target, let policy):
        json.value("executed", false)
        json.emptyHead(target, policy, form)
        json.null("roster_gaps")
        json.object("plan") { json in
          json.array("selected") { _ in }
          json.array("kept") { _ in }
        }
        json.null("breaker")
        json.outcomes([])
        json.terminationTotals(nil)
        json.null("after")
        json.failure(failure)
      }
    }
  }
}

extension JSONWriter {
  mutating func head(of report: AuditReport, _ form: JSONForm) {
    tool(form.version)
    value("captured_at", report.capturedAt)
    target(report.target)
    judgedWith(report.judgedWith)
    coverage(report.coverage)
    slots(report.slots)
  }

  mutating func emptyHead(_ asked: Target, _ policy: Policy, _ form: JSONForm) {
    tool(form.version)
    // The server's clock was never read.
    null("captured_at")
    target(asked)
    judgedWith(policy)
    null("coverage")
    null("slots")
  }
}
