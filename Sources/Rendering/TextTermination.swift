import SessionAudit

/// The plan or the result of a termination for people.
extension TextReport {
  /// - Parameter next: the command that would carry the plan out; shown after a dry run.
  public func termination(_ report: TerminationReport, next: String) -> String {
    if report.wasDeclined { return "Nothing was ended: the answer was not yes.\n" }
    var lines = head(report.audit)
    lines += [""] + (report.executed ? outcomes(report) : dryRun(report))
    lines += kept(report)
    // Where it keeps a run from ending anything it is the error, and said on stderr.
    if !(report.executed && report.plan.isBarred) {
      lines += advice([AuditAdvice.rights(for: report)].compactMap { $0 })
    }
    if !report.executed && !report.plan.selected.isEmpty {
      lines += [
        "", "Nothing was ended: this is a dry run. To end them:", "  " + HostileText.escaped(next),
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func dryRun(_ report: TerminationReport) -> [String] {
    let selected = report.plan.selected
    guard !selected.isEmpty else { return ["No session would be ended\(Self.whyNone(report))."] }
    return ["\(Self.sessions(selected.count)) would be ended:"]
      + victims(selected.map { ($0, nil) })
  }

  /// The plan as the question before `--execute` shows it.
  public func question(_ report: TerminationReport) -> String {
    (head(report.audit) + [""] + ["\(Self.sessions(report.plan.selected.count)) to be ended:"]
      + victims(report.plan.selected.map { ($0, nil) }) + kept(report))
      .joined(separator: "\n") + "\n"
  }

  private func outcomes(_ report: TerminationReport) -> [String] {
    guard !report.plan.selected.isEmpty else {
      return ["No session was ended\(Self.whyNone(report))."]
    }
    let counts = TerminationOutcome.Result.allCases.compactMap { result -> String? in
      let count = report.count(result)
      guard count > 0 || result == .gone else { return nil }
      return "\(count) \(Self.words(for: result))"
    }
    return [counts.joined(separator: ", ") + "."]
      + victims(zip(report.plan.selected, report.outcomes).map { ($0, $1) })
      + (report.failure.map { ["The run ended early: \(HostileText.escaped($0.message))"] } ?? [])
  }

  private func victims(_ victims: [(Victim, TerminationOutcome?)]) -> [String] {
    var table = TextTable([
      .init(title: "pid", alignsRight: true),
      .init(title: "application_name", isFlexible: true),
      .init(title: "user", isFlexible: true),
      .init(title: "client", isFlexible: true),
      .init(title: "state age", alignsRight: true),
      .init(title: "session age", alignsRight: true),
      .init(title: victims.first?.1 == nil ? "why" : "result"),
    ])
    for (planned, outcome) in victims {
      let (session, times) = (planned.judged.session, planned.judged.times)
      table.add([
        .init("\(session.pid)"),
        .init(Self.label(session.applicationName, of: .application)),
        .init(session.user ?? "?"),
        .init(Self.client(of: session)),
        .init(times.stateAge.map(DurationText.brief) ?? "?"),
        .init(times.sessionAge.map(DurationText.brief) ?? "?"),
        outcome.map { .init($0.result.rawValue, Self.meaning(of: $0.result)) }
          ?? .init(
            (planned.reasons.map { Self.whyWords[$0.kind] ?? $0.kind }
              + (planned.judged.verdict == .orphan ? ["orphan"] : [])).joined(separator: ", ")),
      ])
    }
    let lines = table.lines(style)
    // What explains a result stands under its row, where it has room.
    return [lines[0]]
      + zip(lines.dropFirst(), victims).flatMap { line, victim in
        [line]
          + (victim.1?.detail.map { [style.paint("    " + HostileText.escaped($0), .faint)] } ?? [])
      }
  }

  /// A clause for an empty plan: a mistyped name is the likeliest cause.
  private static func whyNone(_ report: TerminationReport) -> String {
    if report.plan.isBarred { return "" }
    let named = report.plan.kept.filter { $0.reasons.first?.kind != "not_matched" }
    return named.isEmpty && !report.plan.kept.isEmpty
      ? ": nothing passes the filters" : ": none matches"
  }

  /// What was kept, counted by reason: a list of every healthy session helps nobody.
  private func kept(_ report: TerminationReport) -> [String] {
    guard !report.plan.kept.isEmpty else { return [] }
    var counts: [String: Int] = [:]
    for planned in report.plan.kept {
      counts[planned.reasons.first?.kind ?? "unknown", default: 0] += 1
    }
    let parts = counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
      .map { "\($0.value) \(Self.keptWords[$0.key] ?? $0.key)" }
    let sentence = "Kept \(report.plan.kept.count): \(parts.joined(separator: ", "))."
    return [""] + CellWidth.wrapped(sentence, to: style.width)
  }

  private static let whyWords = ["idle_longer_than": "idle", "session_older_than": "old"]

  private static let keptWords = [
    "too_young": "not old enough", "not_matched": "outside the filters", "in_use": "in use",
    "own_session": "our own", "superuser": "of superusers", "hidden": "hidden from this role",
    "not_permitted": "this role may not end", "other_database": "in other databases",
    "over_max": "beyond --max", "holds_state": "hold state (--include-stateful)",
    "pooled": "kept open by a pooler (--include-pooled)",
  ]

  private static func sessions(_ count: Int) -> String {
    "\(count) \(count == 1 ? "session" : "sessions")"
  }

  private static func words(for result: TerminationOutcome.Result) -> String {
    switch result {
    case .gone: "ended and seen to be gone"
    case .survived: "signalled but still there"
    case .changed: "left alone, used since"
    case .alreadyGone: "had left already"
    case .refused: "refused by the server"
    case .notAttempted: "not attempted"
    }
  }

  private static func meaning(
    of result: TerminationOutcome.Result
  ) -> TerminalStyle.Meaning? {
    switch result {
    case .gone, .alreadyGone: .good
    case .changed: nil
    case .survived, .refused, .notAttempted: .bad
    }
  }
}
