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
    return style.paint(HostileText.escaped(Self.title(of: target)), .strong) + "\n"
      + style.paint("no report: \(Self.words(for: failure))", .bad) + "\n"
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
    return Self.summary(of: outcomes).flatMap(self.lines) + ["", lines[0]]
      + zip(lines.dropFirst(), outcomes).flatMap { line, outcome -> [String] in
        guard case .refused(let failure, _, _) = outcome else { return [line] }
        return [line]
          + CellWidth.wrapped("no report: \(Self.words(for: failure))", to: style.width - 4)
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
      return title(of: target)
    }
    let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    return "\(name(of: target)) \(place)"
  }

  /// How many answered, and what was found on them: sessions are those of a server, so that several
  /// targets on one have the same.
  static func summary(of outcomes: [TargetResult<AuditReport>]) -> [Sentence] {
    let reports = outcomes.compactMap(\.report)
    let servers = Dictionary(grouping: reports.indices) { place in
      // No two servers started in the same microsecond.
      reports[place].target.postmasterStartTime.map { "\($0.microseconds)" } ?? "target \(place)"
    }.values
    let silent = outcomes.count - reports.count
    var said: [Sentence] = [
      ("", "\(outcomes.count) targets, \(reports.count) of them with a report", nil)
    ]
    if silent > 0 { said.append(("\(silent) without", ": nothing is known of these", .bad)) }
    if servers.count < reports.count {
      said.append(
        (
          "",
          "several are on one server, whose sessions each of them has: "
            + "\(servers.count) \(servers.count == 1 ? "server" : "servers") in all", nil
        ))
    }
    for (word, meaning, count) in [
      ("orphan", .bad, { $0.totals.orphan }), ("suspect", .warning, { $0.totals.suspect }),
      ("hidden", .warning, { $0.totals.hidden }),
    ] as [(String, TerminalStyle.Meaning, (AuditReport) -> Int)] {
      let counts = servers.compactMap { $0.map { count(reports[$0]) }.max() }.filter { $0 > 0 }
      guard !counts.isEmpty else { continue }
      let places = "\(counts.count) \(counts.count == 1 ? "server" : "servers")"
      let rest = word == "hidden" ? " on \(places): not all is known of these" : " on \(places)"
      said.append(("\(counts.reduce(0, +)) \(word)", rest, meaning))
    }
    return said
  }

  /// `too many connections (server)`
  static func words(for failure: Failure) -> String {
    failure.kind.rawValue.replacing("_", with: " ")
      + (failure.limit.map { " (\($0.kind.rawValue.replacing("_", with: " ")))" } ?? "")
  }
}
