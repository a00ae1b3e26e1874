import SessionAudit

/// What mends a server as SQL for psql: statements that this role may run as they are, the others,
/// and those to be thought about, as comments.
package struct DoctorSQL: Renderer {
  package init() {}

  /// For a role that was planned, what makes it; else what mends the server.
  package func write(_ result: TargetResult<DoctorReport>, to sink: ByteSink) -> Bool {
    guard let report = result.report else { return false }
    sink.append(
      report.plannedRole.map { Self.role($0, for: report) } ?? Self.statements(for: report))
    return true
  }

  /// Each by itself.
  package func write(_ results: [TargetResult<DoctorReport>], to sink: ByteSink) -> Bool {
    results.map { write($0, to: sink) }.contains(true)
  }

  package static func statements(for report: DoctorReport) -> String {
    let target = report.audit.target
    let place = [target.database, target.host].compactMap { $0 }.joined(separator: " on ")
    var lines = [
      comment(
        "For \(target.user ?? "this role") on \(place), PostgreSQL "
          + "\(target.serverVersion ?? "?"), \(report.audit.capturedAt.readable)")
    ]
    var done: Set<String> = []
    var last: [String] = []
    for finding in report.findings {
      for remedy in finding.remedies where !remedy.sql.isEmpty {
        lines += ["", comment("\(finding.code): \(finding.summary)")]
        if let caution = remedy.caution { lines.append(comment("Think first: \(caution)")) }
        if let needs = remedy.needs { lines.append(comment("Needs \(needs):")) }
        if let effect = remedy.effect { lines.append(comment("Takes effect \(effect).")) }
        guard remedy.needs == nil && remedy.caution == nil else {
          lines += remedy.sql.map(comment)
          continue
        }
        // Once, after all that it is to make the server read.
        last += remedy.sql.filter { $0 == Remedy.reload && !last.contains($0) }
        lines += remedy.sql.filter { $0 != Remedy.reload && done.insert($0).inserted }
      }
    }
    if lines.count == 1 { lines.append(comment("There is nothing to mend by SQL.")) }
    return (lines + (last.isEmpty ? [] : [""] + last)).joined(separator: "\n") + "\n"
  }

  package static func role(_ planned: PlannedRole, for report: DoctorReport) -> String {
    LeastPrivilege.sql(for: planned, on: report).map { line in
      line.hasPrefix("--") ? HostileText.escaped(line) : line
    }.joined(separator: "\n") + "\n"
  }

  /// What a server says can't end the comment: no line break is left in it.
  private static func comment(_ text: String) -> String { "-- " + HostileText.escaped(text) }
}
