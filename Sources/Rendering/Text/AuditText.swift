import SessionAudit

/// An audit for people; of several targets a line for each, and then the report of each.
package struct AuditText: Renderer {
  private let text: TextReport
  private let overviewAlone: Bool

  /// - Parameter overviewAlone: of several targets, without the reports.
  package init(_ text: TextReport, overviewAlone: Bool = false) {
    (self.text, self.overviewAlone) = (text, overviewAlone)
  }

  package func write(_ result: TargetResult<AuditReport>, to sink: ByteSink) -> Bool {
    guard let report = result.report else { return false }
    sink.append(text.audit(report))
    return true
  }

  package func write(_ results: [TargetResult<AuditReport>], to sink: ByteSink) -> Bool {
    sink.append(text.audits(results, overviewAlone: overviewAlone))
    return results.contains { $0.report != nil }
  }
}
