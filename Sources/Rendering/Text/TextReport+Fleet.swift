import SessionAudit

extension TextReport {
  /// - Parameter overviewAlone: without the reports.
  func audits(_ outcomes: [TargetResult<AuditReport>], overviewAlone: Bool) -> String {
    let overview = self.overview(of: outcomes).joined(separator: "\n") + "\n"
    guard !overviewAlone else { return overview }
    return parts([overview] + outcomes.compactMap(\.report).map(audit))
  }

  /// In the place of a report, where there is none; the error itself is on stderr.
  func refusal<Report>(_ result: TargetResult<Report>) -> String {
    guard case .refused(let failure, let target, _) = result else { return "" }
    return style.paint(HostileText.escaped(Wording.title(of: target)), .strong) + "\n"
      + style.paint("no report: \(Wording.words(for: failure))", .bad) + "\n"
  }

  /// The reports of several targets, one after the other.
  func parts(_ parts: [String]) -> String {
    let rule = String(repeating: style.unicode ? "─" : "-", count: min(style.width, 100))
    return parts.joined(separator: "\n" + style.paint(rule, .faint) + "\n\n")
  }

  private func overview(of outcomes: [TargetResult<AuditReport>]) -> [String] {
    var table = TextTable([
      .init(title: "target", isFlexible: true),
      .init(title: "slots", rank: 1),
      .init(title: "left", alignsRight: true, rank: 2),
      .init(title: "sessions", alignsRight: true, rank: 3),
      .init(title: "orphan", alignsRight: true),
      .init(title: "suspect", alignsRight: true),
      .init(title: "hidden", alignsRight: true, isOptional: true),
    ])
    for outcome in outcomes { table.add(row(of: outcome)) }
    let (lines, leftOut) = table.laidOut(style)
    return Wording.summary(of: outcomes).flatMap(self.lines) + ["", lines[0]]
      + zip(lines.dropFirst(), outcomes).flatMap { line, outcome -> [String] in
        guard case .refused(let failure, _, _) = outcome else { return [line] }
        return [line]
          + CellWidth.wrapped("no report: \(Wording.words(for: failure))", to: style.width - 4)
          .map { "    " + style.paint($0, .bad) }
      } + faint(Self.remark(on: leftOut))
  }

  private func row(of outcome: TargetResult<AuditReport>) -> [TextTable.Cell] {
    let title = TextTable.Cell(Self.shortTitle(of: outcome.target))
    switch outcome {
    case .refused: return [title] + [TextTable.Cell](repeating: .init(""), count: 6)
    case .report(let report):
      let (totals, binding) = (report.totals, report.slots.binding)
      let meaning = Self.meaning(ofRatio: binding.usedRatio)
      return [
        title,
        .init(
          (style.width >= 100 ? style.gauge(binding.usedRatio, width: 8) + " " : "")
            + "\(binding.used)/\(binding.limit)", meaning),
        .init("\(binding.available)", meaning == .good ? nil : meaning),
        .init("\(totals.clientSessions)"),
        .init("\(totals.orphan)", totals.orphan > 0 ? .bad : .faint),
        .init("\(totals.suspect)", totals.suspect > 0 ? .warning : .faint),
        .init(totals.hidden > 0 ? "\(totals.hidden)" : "", .warning),
      ]
    }
  }

  /// `app@shop db.example:5432`
  private static func shortTitle(of target: Target) -> String {
    guard target.name == nil, let host = target.host, let port = target.port else {
      return Wording.title(of: target)
    }
    let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    return "\(Wording.name(of: target)) \(place)"
  }
}
