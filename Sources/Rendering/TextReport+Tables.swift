import SessionAudit

extension TextReport {
  /// One line a group; the age buckets as small bars, oldest to the right.
  func groups(_ report: AuditReport) -> [String] {
    let policy = report.judgedWith
    var table = TextTable(
      policy.groupBy.map { .init(title: Self.title(of: $0), isFlexible: true) } + [
        .init(title: "total", alignsRight: true),
        .init(title: "active", alignsRight: true, isOptional: true),
        .init(title: "idle", alignsRight: true, isOptional: true),
        .init(title: "in tx", alignsRight: true, isOptional: true),
        .init(title: "hidden", alignsRight: true, isOptional: true),
        .init(title: "ages"),
        .init(title: "state", alignsRight: true),
        .init(title: "session", alignsRight: true),
        .init(title: "suspect", alignsRight: true, isOptional: true),
      ])
    for group in report.groups {
      table.add(
        zip(policy.groupBy, group.key).map { .init(Self.label($1, of: $0)) } + [
          .init("\(group.sessions)"),
          .init(Self.count(group.states[.active])),
          .init(Self.count(group.states[.idle])),
          .init(
            Self.count(
              (group.states[.idleInTransaction] ?? 0)
                + (group.states[.idleInTransactionAborted] ?? 0))),
          .init(Self.count(group.hidden), .warning),
          .init(style.bars(group.bucketCounts)),
          .init(group.oldestStateAge.map(DurationText.brief) ?? "?"),
          .init(group.oldestSessionAge.map(DurationText.brief) ?? "?"),
          .init(Self.count(group.suspect), group.suspect > 0 ? .warning : nil),
        ])
    }
    return table.lines(style) + [
      style.paint(
        "ages: by state age, \(Self.bucketNames(policy)); state, session: the oldest",
        .faint)
    ]
  }

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
        .init(judged.verdict.rawValue, judged.verdict == .suspect ? .warning : nil),
      ])
    }
    let lines = table.lines(style)
    // Under each row what explains it.
    return [lines[0]]
      + zip(lines.dropFirst(), report.sessions).flatMap { line, judged in
        [line] + explanation(of: judged).map { style.paint($0, .faint) }
      }
  }

  private func explanation(of judged: JudgedSession) -> [String] {
    var lines = judged.evidence.map(\.detail)
    lines += judged.protections.map { "Protected (\($0.kind.rawValue)): \($0.detail)." }
    let isOwn = judged.protections.contains { $0.kind == .ownSession }
    if showsQuery, !isOwn, let query = judged.session.query, !query.isEmpty {
      lines.append("Last query: \(query)")
    }
    return lines.flatMap { line in
      CellWidth.wrapped(HostileText.escaped(line), to: style.width - 4).map { "    " + $0 }
    }
  }

  static func title(of dimension: GroupDimension) -> String { dimension.keyName }

  static func label(_ value: String?, of dimension: GroupDimension) -> String {
    switch (dimension, value) {
    case (.application, ""), (.application, nil): "(no application_name)"
    case (.client, nil): "(no address)"
    case (_, nil): "(none)"
    case (_, let value?): value
    }
  }

  static func client(of session: Session) -> String {
    session.clientAddress ?? (session.isOnUnixSocket ? "socket" : "?")
  }

  private static func count(_ count: Int?) -> String { count.map { $0 == 0 ? "" : "\($0)" } ?? "" }

  /// `<1m <10m <1h <1d 1d+`, in the order of the bars.
  private static func bucketNames(_ policy: Policy) -> String {
    let bounds = policy.bucketBounds.map(DurationText.exact)
    return (bounds.map { "<\($0)" } + [bounds.last.map { "\($0)+" } ?? "all"])
      .joined(separator: " ")
  }
}
