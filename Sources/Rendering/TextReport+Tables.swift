import SessionAudit

extension TextReport {
  /// Every session, oldest first, with why it is what it is.
  func sessions(_ report: AuditReport) -> [String] {
    var table = TextTable([
      .init(title: "pid", alignsRight: true),
      .init(title: "application_name", isFlexible: true),
      .init(title: "user@database", isFlexible: true),
      .init(title: "client", isFlexible: true),
      .init(title: "state", isFlexible: true),
      .init(title: "state age", alignsRight: true),
      .init(title: "silent", alignsRight: true),
      .init(title: "verdict"),
    ])
    for judged in report.sessions {
      let (session, times) = (judged.session, judged.times)
      table.add([
        .init("\(session.pid)"),
        .init(Self.label(session.applicationName, of: .application)),
        .init("\(session.user ?? "?")@\(session.database ?? "?")"),
        .init(Self.client(of: session)),
        .init(session.state?.name ?? "?"),
        .init(times.stateAge.map(DurationText.brief) ?? "?"),
        .init(times.silent.map(DurationText.brief) ?? "?"),
        .init(judged.verdict.rawValue, Self.meaning(of: judged.verdict)),
      ])
    }
    let lines = table.lines(style)
    // Under each row what explains it.
    return [lines[0]]
      + zip(lines.dropFirst(), report.sessions).flatMap { line, judged in
        [line] + explanation(of: judged, at: report.capturedAt).map { style.paint($0, .faint) }
      }
  }

  private func explanation(of judged: JudgedSession, at now: Timestamp) -> [String] {
    Self.explanation(of: judged, at: now, showsQuery: showsQuery).flatMap { line in
      CellWidth.wrapped(HostileText.escaped(line), to: style.width - 4).map { "    " + $0 }
    }
  }

  /// Why it is what it is, a sentence each.
  static func explanation(
    of judged: JudgedSession, at now: Timestamp, showsQuery: Bool
  ) -> [String] {
    judged.evidence.map { $0.sentence(about: judged.session, judged.times, at: now) }
      + notableProtections(of: judged).map { "Protected (\($0.kind.rawValue)): \($0.detail)." }
      + (showsQuery ? query(of: judged).map { ["Last query: \($0)"] } ?? [] : [])
  }

  /// That a session at work is protected goes without saying.
  static func notableProtections(of judged: JudgedSession) -> [Protection] {
    judged.protections.filter { judged.verdict != .live || $0.kind == .ownSession }
  }

  /// The text of its last query; our own tells nobody anything.
  private static func query(of judged: JudgedSession) -> String? {
    let isOwn = judged.protections.contains { $0.kind == .ownSession }
    return isOwn || judged.session.query?.isEmpty == true ? nil : judged.session.query
  }

  private static func meaning(of verdict: Verdict) -> TerminalStyle.Meaning? {
    switch verdict {
    case .orphan: .bad
    case .suspect: .warning
    case .live, .hidden: nil
    }
  }

  static func title(of dimension: GroupDimension) -> String { dimension.keyName }

  static func label(_ value: String?, of dimension: GroupDimension) -> String {
    switch (dimension, value) {
    case (.application, ""), (.application, nil), (.family, ""): "(no application_name)"
    case (.client, nil): "(no address)"
    case (_, nil): "(none)"
    case (_, let value?): value
    }
  }

  static func client(of session: Session) -> String {
    session.clientAddress ?? (session.isOnUnixSocket ? "socket" : "?")
  }
}
