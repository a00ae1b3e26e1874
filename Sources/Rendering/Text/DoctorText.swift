import SessionAudit

/// What doctor found, for people.
package struct DoctorText: Renderer {
  private let text: TextReport

  package init(_ text: TextReport) { self.text = text }

  package func write(_ result: TargetResult<DoctorReport>, to sink: ByteSink) -> Bool {
    guard let report = result.report else { return false }
    sink.append(text.doctor(report))
    return true
  }

  package func write(_ results: [TargetResult<DoctorReport>], to sink: ByteSink) -> Bool {
    sink.append(text.parts(results.map { $0.report.map(text.doctor) ?? text.refusal($0) }))
    return true
  }
}

/// What doctor found, the gravest first, each with what mends it.
extension TextReport {
  public func doctor(_ report: DoctorReport) -> String {
    var lines = head(report.audit)
    lines += [""] + slots(report.audit.slots, role: report.audit.target.user)
    let (well, ill) = (
      report.findings.filter { $0.severity == .ok }, report.findings.filter { $0.severity != .ok }
    )
    for finding in ill { lines += [""] + self.finding(finding) }
    if !well.isEmpty { lines += ["", style.paint("OK", .good)] }
    for finding in well { lines += paragraph("\(finding.code): \(finding.summary)") }
    let graver = report.findings.count { $0.severity != .ok && $0.severity != .info }
    lines += ["", graver == 0 ? "Nothing is wrong that can be seen from here." : counts(report)]
    return lines.joined(separator: "\n") + "\n"
  }

  private func counts(_ report: DoctorReport) -> String {
    Finding.Severity.allCases.compactMap { severity in
      let count = report.findings.count { $0.severity == severity }
      return count == 0 ? nil : "\(count) \(severity.rawValue)"
    }.joined(separator: ", ")
      + ". --sql prints the SQL alone."
  }

  private func finding(_ finding: Finding) -> [String] {
    let meaning: Wording.Meaning =
      switch finding.severity {
      case .critical: .bad
      case .warning: .warning
      case .info: .strong
      case .ok: .good
      }
    return [style.paint(finding.severity.rawValue.uppercased(), meaning) + "  " + finding.code]
      + paragraph(finding.summary) + (finding.consequence.map(paragraph) ?? [])
      + finding.remedies.flatMap(remedy)
  }

  private func paragraph(_ text: String) -> [String] {
    CellWidth.wrapped(HostileText.escaped(text), to: style.width - 2).map { "  " + $0 }
  }

  private func remedy(_ remedy: Remedy) -> [String] {
    var lines: [String] = []
    let conditions = [
      remedy.needs.map { "Needs \($0)." }, remedy.caution,
      remedy.effect.map { "Takes effect \($0)." },
    ].compactMap { $0 }
    if !conditions.isEmpty { lines += paragraph(conditions.joined(separator: " ")) }
    // Whole lines, to be copied; of many the first, since the rest say the same of other roles.
    let most = 8
    lines += (remedy.settings + remedy.sql).prefix(most).map { "    " + HostileText.escaped($0) }
    let rest = remedy.settings.count + remedy.sql.count - most
    if rest > 0 { lines.append("    -- and \(rest) more: --sql prints them all") }
    return lines
  }
}
