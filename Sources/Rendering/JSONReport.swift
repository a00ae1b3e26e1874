import SessionAudit

/// Reports as JSON, with the keys of docs/json.md in a fixed order.
public enum JSONReport {
  /// - Parameters:
  ///   - version: the program's own.
  ///   - summary: leave the sessions out.
  ///   - showQuery: with the text of each last query.
  ///   - handOn: takes the bytes, block by block.
  public static func audit(
    _ outcome: TargetResult<AuditReport>, version: String, summary: Bool = false,
    showQuery: Bool = false,
    indents: Bool = false, handOn: @escaping (UnsafeRawBufferPointer) -> Void
  ) {
    document(indents: indents, handOn: handOn) {
      audit(outcome, version, summary: summary, showQuery: showQuery, &$0)
    }
  }

  /// Of several targets, in the order given.
  public static func audits(
    _ outcomes: [TargetResult<AuditReport>], version: String, summary: Bool = false,
    showQuery: Bool = false,
    indents: Bool = false, handOn: @escaping (UnsafeRawBufferPointer) -> Void
  ) {
    fleet(outcomes, indents: indents, handOn: handOn) {
      audit($0, version, summary: summary, showQuery: showQuery, &$1)
    }
  }

  private static func audit(
    _ outcome: TargetResult<AuditReport>, _ version: String, summary: Bool, showQuery: Bool,
    _ json: inout JSONWriter
  ) {
    json.object { json in
      json.value("schema", "pgsessions/audit/1")
      switch outcome {
      case .report(let report):
        head(of: report, version, &json)
        json.rosterGaps(of: report)
        json.totals(report.totals)
        json.array("groups") { json in
          for group in report.groups {
            json.group(group, of: report.slots, policy: report.judgedWith)
          }
        }
        if !summary {
          json.array("sessions") { json in
            for session in report.sessions {
              json.session(session, at: report.capturedAt, showQuery: showQuery)
            }
          }
        }
        json.blocking(report.blocking)
        json.advice(report.advice)
        json.null("failure")
      case .refused(let failure, let target, let policy):
        emptyHead(target, policy, version, &json)
        json.null("roster_gaps")
        json.null("totals")
        json.array("groups") { _ in }
        if !summary { json.array("sessions") { _ in } }
        json.null("blocking")
        json.array("advice") { _ in }
        json.failure(failure)
      }
    }
  }

  public static func termination(
    _ answer: TargetResult<TerminationReport>, version: String, indents: Bool = false,
    handOn: @escaping (UnsafeRawBufferPointer) -> Void
  ) {
    document(indents: indents, handOn: handOn) { termination(answer, version, &$0) }
  }

  /// Of several targets, in the order given.
  public static func terminations(
    _ answers: [TargetResult<TerminationReport>], version: String, indents: Bool = false,
    handOn: @escaping (UnsafeRawBufferPointer) -> Void
  ) {
    fleet(answers, indents: indents, handOn: handOn) { termination($0, version, &$1) }
  }

  private static func termination(
    _ answer: TargetResult<TerminationReport>, _ version: String, _ json: inout JSONWriter
  ) {
    json.object { json in
      json.value("schema", "pgsessions/termination/1")
      switch answer {
      case .report(let report):
        json.value("executed", report.executed)
        head(of: report.audit, version, &json)
        json.rosterGaps(of: report.audit)
        json.plan(report.plan, at: report.audit.capturedAt)
        json.breaker(report.plan.breaker)
        json.outcomes(report.outcomes)
        json.terminationTotals(report)
        json.after(report.after)
        json.failure(report.failure)
      case .refused(let failure, let target, let policy):
        json.value("executed", false)
        emptyHead(target, policy, version, &json)
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

  /// One JSON value, on a line of its own.
  static func document(
    indents: Bool, handOn: @escaping (UnsafeRawBufferPointer) -> Void,
    _ body: (inout JSONWriter) -> Void
  ) {
    let sink = ByteSink(handOn: handOn)
    var writer = JSONWriter(into: sink, indents: indents)
    body(&writer)
    sink.append(literal: "\n")
    sink.flush()
  }

  static func fleet<Outcome>(
    _ outcomes: [Outcome], indents: Bool, handOn: @escaping (UnsafeRawBufferPointer) -> Void,
    _ report: (Outcome, inout JSONWriter) -> Void
  ) {
    document(indents: indents, handOn: handOn) { json in
      json.object { json in
        json.value("schema", "pgsessions/fleet/1")
        json.array("reports") { json in
          for outcome in outcomes { report(outcome, &json) }
        }
      }
    }
  }

  static func head(
    of report: AuditReport, _ version: String, _ json: inout JSONWriter
  ) {
    json.tool(version)
    json.value("captured_at", report.capturedAt)
    json.target(report.target)
    json.judgedWith(report.judgedWith)
    json.coverage(report.coverage)
    json.slots(report.slots)
  }

  static func emptyHead(
    _ target: Target, _ policy: Policy, _ version: String, _ json: inout JSONWriter
  ) {
    json.tool(version)
    // The server's clock was never read.
    json.null("captured_at")
    json.target(target)
    json.judgedWith(policy)
    json.null("coverage")
    json.null("slots")
  }
}
