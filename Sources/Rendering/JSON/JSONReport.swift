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
    document(to: sink) { $0.report(result, form) }
    return true
  }

  package func write(_ results: [TargetResult<Report>], to sink: ByteSink) -> Bool {
    document(to: sink) { json in
      json.object { json in
        json.value("schema", "pgsessions/fleet/1")
        json.array("reports") { json in
          for result in results { json.report(result, form) }
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
  static var schema: String { get }
  /// What it rests on.
  var audit: AuditReport { get }
  var failure: Failure? { get }

  /// What stands before all that reports have in common.
  static func lead(_ report: Self?, _ json: inout JSONWriter)

  /// What stands after that: the same keys where there is no report.
  static func body(_ report: Self?, _ form: JSONForm, _ json: inout JSONWriter)
}

extension JSONDocument {
  package static func lead(_ report: Self?, _ json: inout JSONWriter) {}
}

extension JSONWriter {
  fileprivate mutating func report<Report: JSONDocument>(
    _ result: TargetResult<Report>, _ form: JSONForm
  ) {
    object { json in
      json.value("schema", Report.schema)
      Report.lead(result.report, &json)
      json.tool(form.version)
      switch result {
      case .report(let report):
        json.head(report.audit, target: report.audit.target, report.audit.judgedWith)
        Report.body(report, form, &json)
        json.failure(report.failure)
      case .refused(let failure, let target, let policy):
        json.head(nil, target: target, policy)
        Report.body(nil, form, &json)
        json.failure(failure)
      }
    }
  }

  /// - Parameter audit: nil: the server was never asked, nor its clock read.
  private mutating func head(_ audit: AuditReport?, target asked: Target, _ policy: Policy) {
    value("captured_at", audit?.capturedAt)
    target(asked)
    judgedWith(policy)
    coverage(audit?.coverage)
    slots(audit?.slots)
  }
}
