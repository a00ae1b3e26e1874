import Rendering
import SessionAudit

extension AuditCommand {
  /// - Returns: whether there was anything to write.
  func write(
    _ outcome: TargetResult<AuditReport>, as format: ReportFormat, _ file: OutputFile?,
    _ environment: [String: String], _ handOn: @escaping (UnsafeRawBufferPointer) -> Void
  ) -> Bool {
    switch (format, outcome) {
    case (.json, _), (.ndjson, _):
      JSONReport.audit(
        outcome, version: programVersion, summary: summary, showQuery: showQuery,
        indents: output.indents(file), handOn: handOn)
    case (.html, _):
      HTMLReport.audit(
        outcome, version: programVersion, summary: summary, showQuery: showQuery, handOn: handOn)
    case (.prometheus, _):
      PrometheusReport.audit(outcome, now: input == nil ? LocalClock.now : nil, handOn: handOn)
    // A table without rows would say that there are no sessions.
    case (.text, .refused), (.csv, .refused): return false
    case (.csv, .report(let report)):
      if summary {
        CSVReport.groups(of: report, handOn: handOn)
      } else {
        CSVReport.sessions(of: report, showQuery: showQuery, handOn: handOn)
      }
    case (.text, .report(let report)):
      OutputOptions.handOn(text(file, environment).audit(report), handOn)
    }
    return true
  }

  /// The reports of several targets in one.
  func write(
    _ outcomes: [TargetResult<AuditReport>], as format: ReportFormat, _ file: OutputFile?,
    _ environment: [String: String], _ handOn: @escaping (UnsafeRawBufferPointer) -> Void
  ) -> Bool {
    switch format {
    case .json, .ndjson:
      JSONReport.audits(
        outcomes, version: programVersion, summary: summary, showQuery: showQuery,
        indents: output.indents(file), handOn: handOn)
    case .html:
      HTMLReport.audits(
        outcomes, version: programVersion, summary: summary, showQuery: showQuery, handOn: handOn)
    case .prometheus:
      PrometheusReport.audits(outcomes, now: input == nil ? LocalClock.now : nil, handOn: handOn)
    case .csv:
      let reports = outcomes.compactMap(\.report)
      guard !reports.isEmpty else { return false }
      if summary {
        CSVReport.groups(ofAll: reports, handOn: handOn)
      } else {
        CSVReport.sessions(ofAll: reports, showQuery: showQuery, handOn: handOn)
      }
    case .text:
      OutputOptions.handOn(
        text(file, environment).audits(outcomes, overviewAlone: summary), handOn)
      return outcomes.contains { $0.report != nil }
    }
    return true
  }

  private func text(_ file: OutputFile?, _ environment: [String: String]) -> TextReport {
    TextReport(
      style: output.style(environment: environment, on: file?.descriptor ?? 1),
      lists: sessions || showQuery, showsQuery: showQuery)
  }
}
