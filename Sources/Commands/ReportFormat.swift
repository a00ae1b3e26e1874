import Rendering
import Runs
import SessionAudit

/// The forms of a report. Another is a case here, with what writes it of each report.
enum ReportFormat: String, CaseIterable {
  case text
  case json
  /// One object on one line.
  case ndjson
  case csv
  /// One page that needs nothing else.
  case html
  case prometheus

  static var help: String {
    "The form of the report: text (default), json, ndjson; audit also csv, html, prometheus."
  }
}

/// What is asked of a form, beside its name.
struct FormOptions {
  var indents = false
  var summary = false
  var showQuery = false
  /// When it is written; nil: it is of another day.
  var now: Timestamp?
}

/// A report in forms that need no more than options. Text is for the eye, and each command's own.
protocol FormattedReport: TargetReport {
  /// - Returns: nil for a form that this report does not have, and for text.
  static func renderer(_ format: ReportFormat, _ options: FormOptions) -> (any Renderer<Self>)?
}

extension AuditReport: FormattedReport {
  static func renderer(
    _ format: ReportFormat, _ options: FormOptions
  ) -> (any Renderer<AuditReport>)? {
    switch format {
    case .text: nil
    case .json, .ndjson:
      JSONReport<AuditReport>(
        version: programVersion, summary: options.summary, showQuery: options.showQuery,
        indents: options.indents)
    case .csv: CSVReport(summary: options.summary, showQuery: options.showQuery)
    case .html:
      HTMLReport(
        version: programVersion, summary: options.summary, showQuery: options.showQuery)
    case .prometheus: PrometheusReport(now: options.now)
    }
  }
}

/// Of these there are text and JSON alone.
extension FormattedReport where Self: JSONDocument {
  static func renderer(
    _ format: ReportFormat, _ options: FormOptions
  ) -> (any Renderer<Self>)? {
    switch format {
    case .json, .ndjson: JSONReport<Self>(version: programVersion, indents: options.indents)
    case .text, .csv, .html, .prometheus: nil
    }
  }
}

extension DoctorReport: FormattedReport {}

extension TerminationReport: FormattedReport {}
