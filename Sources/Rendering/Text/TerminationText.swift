import SessionAudit

/// The plan or the result of a termination for people.
package struct TerminationText: Renderer {
  /// One for each target, in their order: what tells it from others, and the command that ends there
  /// what a dry run has shown.
  package struct Place: Sendable {
    var name: String?
    var next: String
    var isForAll: Bool

    /// - Parameter isForAll: the command goes for other targets as well.
    package init(name: String?, next: String, isForAll: Bool) {
      (self.name, self.next, self.isForAll) = (name, next, isForAll)
    }
  }

  private let text: TextReport
  private let places: [Place]
  private let isBrief: Bool

  /// - Parameter isBrief: a line for each session, and nothing where nothing is to be said.
  package init(_ text: TextReport, places: [Place], isBrief: Bool) {
    (self.text, self.places, self.isBrief) = (text, places, isBrief)
  }

  package func write(_ result: TargetResult<TerminationReport>, to sink: ByteSink) -> Bool {
    guard let report = result.report else { return false }
    sink.append(
      isBrief ? text.briefTermination(report) : text.termination(report, next: places[0].next))
    return true
  }

  package func write(_ results: [TargetResult<TerminationReport>], to sink: ByteSink) -> Bool {
    let parts = zip(results, places).map { result, place in
      // What has no report has its error.
      guard let report = result.report else { return isBrief ? "" : text.refusal(result) }
      return isBrief
        ? text.briefTermination(report, of: place.name)
        : text.termination(report, next: place.next, isForAll: place.isForAll)
    }
    sink.append(isBrief ? parts.joined() : text.parts(parts))
    return true
  }
}

extension TextReport {
  /// - Parameters:
  ///   - next: the command that would carry the plan out; shown after a dry run.
  ///   - isForAll: it ends those of other targets as well.
  public func termination(
    _ report: TerminationReport, next: String, isForAll: Bool = false
  ) -> String {
    if report.wasDeclined { return "Nothing was ended: the answer was not yes.\n" }
    var lines = head(report.audit)
    lines += [""] + (report.executed ? outcomes(report) : dryRun(report))
    lines += doubts(report) + kept(report)
    if let after = report.after { lines += [""] + slots(before: report.audit.slots, after) }
    // Where it keeps a run from ending anything it is the error, and said on stderr.
    if !(report.executed && report.plan.isBarred) {
      lines += advice([AuditAdvice.rights(for: report)].compactMap { $0 })
    }
    lines += advice(AuditAdvice.doubtfulInput(report.audit))
    if !report.executed && !report.plan.selected.isEmpty {
      let which = isForAll ? "them, and those of the file's other targets" : "them"
      let place = next.contains("--live=-") ? ", behind the same pipe" : ""
      lines += [
        "", "Nothing was ended: this is a dry run. To end \(which)\(place):",
        "  " + HostileText.escaped(next),
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func dryRun(_ report: TerminationReport) -> [String] {
    let selected = report.plan.selected
    guard !selected.isEmpty else {
      return CellWidth.wrapped(
        "No session would be ended\(Self.whyNone(report)).", to: style.width)
    }
    return ["\(Wording.counted(selected.count, "session")) would be ended."]
      + victims(selected.map { ($0, nil) }, of: report)
  }

  /// A line for each session that was to be ended, and nothing where there was none.
  /// - Parameter name: whose of several targets they are.
  public func briefTermination(_ report: TerminationReport, of name: String? = nil) -> String {
    // The error says it once for all.
    if !report.outcomes.isEmpty, report.outcomes.allSatisfy({ $0.result == .notAttempted }) {
      return ""
    }
    let lines = report.plan.selected.enumerated().map { index, victim in
      let session = victim.judged.session
      let outcome = report.outcomes.indices.contains(index) ? report.outcomes[index] : nil
      let owner = [session.user, session.database].map { $0 ?? "?" }.joined(separator: "@")
      let why = victim.reasons.map(\.detail) + [outcome?.detail].compactMap { $0 }
      return HostileText.escaped(
        (name.map { "\($0): " } ?? "")
          + "\(outcome?.result.rawValue ?? "selected") \(session.pid) "
          + "\(Wording.label(session.applicationName, of: .application)) \(owner) "
          + "\(Wording.client(of: session)): \(why.joined(separator: "; "))")
    }
    // What keeps all of a role's sessions, or all that a list covers, would otherwise keep them for
    // ever, and nobody hear of it.
    let kept = [Self.keptInDoubt(report), Self.sparedByGaps(report.audit)].compactMap { $0 }.map {
      HostileText.escaped((name.map { "\($0): " } ?? "") + "kept " + $0)
    }
    return (lines + kept).map { $0 + "\n" }.joined()
  }

  private static func sparedByGaps(_ report: AuditReport) -> String? {
    let count = report.sparedByRosterGaps
    guard count > 0 else { return nil }
    let names = report.heardThoughUnlisted
    return
      "\(Wording.counted(count, "session")): the roster lacks \(Wording.few(names)), heard just now, so it is "
      + "not believed there."
  }

  /// The plan as the question before `--execute` shows it.
  public func question(_ report: TerminationReport) -> String {
    (head(report.audit) + [""] + [
      "\(Wording.counted(report.plan.selected.count, "session")) to be ended."
    ]
      + victims(report.plan.selected.map { ($0, nil) }, of: report) + doubts(report)
      + kept(report))
      .joined(separator: "\n") + "\n"
  }

  private func outcomes(_ report: TerminationReport) -> [String] {
    guard !report.plan.selected.isEmpty else {
      return CellWidth.wrapped("No session was ended\(Self.whyNone(report)).", to: style.width)
    }
    let cancelled = report.outcomes.count(where: \.wasCancelled)
    var counts = TerminationOutcome.Result.allCases.compactMap { result -> String? in
      let count = report.count(result) - (result == .changed ? cancelled : 0)
      return count > 0 ? "\(count) \(Self.words(for: result))" : nil
    }
    if cancelled > 0 {
      counts.insert(
        cancelled == 1
          ? "1 query cancelled, its session lives on"
          : "\(cancelled) queries cancelled, their sessions live on", at: 0)
    }
    if report.count(.gone) == 0 && cancelled == 0 { counts.insert("None was ended", at: 0) }
    return CellWidth.wrapped(counts.joined(separator: ", ") + ".", to: style.width)
      + victims(zip(report.plan.selected, report.outcomes).map { ($0, $1) }, of: report)
      + (report.failure.map {
        [""]
          + CellWidth.wrapped(
            "The run ended early: \(HostileText.escaped($0.message)).", to: style.width)
      } ?? [])
  }

  /// The victims under what selected them, so that it is said once.
  private func victims(
    _ victims: [(Victim, TerminationOutcome?)], of report: TerminationReport
  ) -> [String] {
    var order: [String] = []
    var sections: [String: [(Victim, TerminationOutcome?)]] = [:]
    for victim in victims {
      let why = Self.why(victim.0)
      if sections[why] == nil { order.append(why) }
      sections[why, default: []].append(victim)
    }
    return order.flatMap { why -> [String] in
      let section = sections[why] ?? []
      let noun = section.first?.0.isOrphan == true ? "orphan" : "session"
      let heading = "\(Wording.counted(section.count, noun)), \(why):"
      return ["", heading] + table(section)
    }
  }

  private func table(
    _ victims: [(Victim, TerminationOutcome?)]
  ) -> [String] {
    let isOver = victims.first?.1 != nil
    var table = TextTable(
      [
        .init(title: "pid", alignsRight: true),
        .init(title: "application_name", isFlexible: true),
        .init(title: "user", isFlexible: true, rank: 2),
        .init(title: "client", isFlexible: true),
        .init(title: "state age", alignsRight: true, rank: 1),
        .init(title: "session age", alignsRight: true, rank: 3),
      ] + (isOver ? [.init(title: "result")] : []))
    for (planned, outcome) in victims {
      let (session, times) = (planned.judged.session, planned.judged.times)
      table.add(
        [
          .init("\(session.pid)"),
          .init(Wording.label(session.applicationName, of: .application)),
          .init(session.user ?? "?"),
          .init(Wording.client(of: session)),
          .init(times.stateAge.map(DurationText.brief) ?? "?"),
          .init(times.sessionAge.map(DurationText.brief) ?? "?"),
        ]
          + (outcome.map { [.init($0.result.rawValue, Self.meaning(of: $0.result))] } ?? []))
    }
    let (lines, leftOut) = table.laidOut(style)
    // What explains a row stands under it, where it has room.
    return [lines[0]]
      + zip(lines.dropFirst(), victims).flatMap { line, victim in
        [line]
          + notes(of: victim.0, victim.1).map {
            style.paint("    " + HostileText.escaped($0), .faint)
          }
      } + faint(Self.remark(on: leftOut))
  }

  private static func why(_ victim: Victim) -> String {
    var words = victim.reasons.map { reason in
      whyWords[reason.kind] ?? Evidence.Kind(rawValue: reason.kind).map(Wording.words)
        ?? reason.kind
    }
    if victim.isOrphan, let basis = victim.judged.orphanBasis { words[0] += " (\(basis.rawValue))" }
    // What a threshold has selected may be an orphan too, and that speaks for it.
    if !victim.isOrphan && victim.judged.verdict == .orphan { words.append("and orphaned") }
    return words.joined(separator: ", ")
  }

  /// What it holds and what became of it.
  private func notes(
    of victim: Victim, _ outcome: TerminationOutcome?
  ) -> [String] {
    var notes = [outcome?.detail].compactMap { $0 }
    // Of one that was left alone it does not matter.
    guard outcome.map({ $0.result == .gone || $0.result == .survived }) ?? true else {
      return notes
    }
    if let holds = victim.judged.holds, !holds.isEmpty {
      notes.insert(
        Holding.clause(
          for: holds, unknown: victim.judged.holdsUnknown ?? [],
          wasEnded: outcome?.result == .gone), at: 0)
    }
    if victim.judged.session.state?.isInTransaction == true {
      notes.insert("idle in transaction", at: 0)
    }
    return notes.isEmpty ? [] : [notes.joined(separator: "; ")]
  }

  private func slots(before: Slots, _ after: SlotsAfter) -> [String] {
    let came =
      switch after.cameBack {
      case 0: "none of their applications has opened a session since"
      case 1: "their applications have opened 1 session since"
      default: "their applications have opened \(after.cameBack) sessions since"
      }
    return CellWidth.wrapped(
      "Slots: \(before.binding.used) of \(before.binding.limit) were used, "
        + "\(after.slots.binding.used) are now; \(came).", to: style.width)
  }

  /// A clause for an empty plan: a mistyped name is the likeliest cause.
  private static func whyNone(_ report: TerminationReport) -> String {
    if report.plan.isBarred { return "" }
    switch report.plan.breaker {
    case .maximumShare?: return ": --max-share stopped the plan"
    case .lastOfApplication?: return ": it would have emptied an application (--allow-empty)"
    case nil: break
    }
    let untrusted = report.plan.kept.filter { $0.reasons.first?.kind == "untrusted" }
    if let first = untrusted.first?.reasons.first {
      return untrusted.count == 1
        ? ": 1 orphan is left alone, as \(first.detail)"
        : ": \(untrusted.count) orphans are left alone, the first as \(first.detail)"
    }
    let matching = report.plan.kept.count { $0.reasons.first.map(Self.isOfMatching) ?? false }
    if matching > 0 {
      return matching == 1
        ? ": the one that matches is kept" : ": the \(matching) that match are all kept"
    }
    let named = report.plan.kept.filter { $0.reasons.first?.kind != "not_matched" }
    return named.isEmpty && !report.plan.kept.isEmpty
      ? ": nothing passes the filters" : ": none matches"
  }

  /// Whether it keeps a session that was asked for.
  private static func isOfMatching(_ reason: Reason) -> Bool {
    reason.option != nil || reasonsOfMatching.contains(reason.kind)
  }

  private static let reasonsOfMatching: Set = [
    "superuser", "not_permitted", "by_policy", "backup", "pooled", "untrusted", "holds_state",
    "newest_kept",
  ]

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
      + (Self.keptInDoubt(report).map {
        CellWidth.wrapped("Of them " + $0, to: style.width)
      } ?? [])
  }

  /// How many are kept for what perhaps none but one of them has.
  private static func keptInDoubt(_ report: TerminationReport) -> String? {
    let count = report.plan.keptInDoubt
    guard count > 0 else { return nil }
    let most = report.audit.doubtfulSchemas.map { min($0, count) }
    let few = most.flatMap {
      $0 < count ? "at most \($0) of them \($0 == 1 ? "does" : "do"), " : nil
    }
    return
      "\(Wording.counted(count, "session")) only as \(count == 1 ? "it" : "each") may hold temporary tables: "
      + "\(few ?? "")and before 16 no server tells whose they are (--include-stateful)."
  }

  /// What nobody can know of those that are to be ended.
  private func doubts(_ report: TerminationReport) -> [String] {
    let count = report.executed ? 0 : report.plan.mayListen
    guard count > 0 else { return [] }
    let last =
      count == 1
      ? "The last command of 1 session ends a transaction"
      : "The last commands of \(count) sessions end a transaction"
    return [""]
      + CellWidth.wrapped(
        "\(last) (COMMIT and the like). Whether a LISTEN was in it can't be seen, and a client that "
          + "listens there would hear no more.", to: style.width)
  }

  private static let whyWords = [
    "idle_longer_than": "idle beyond the threshold",
    "session_older_than": "open beyond the threshold",
    "in_transaction_longer_than": "idle in transaction beyond the threshold",
    "active_longer_than": "active beyond the threshold",
  ]

  private static let keptWords = [
    "too_young": "not old enough", "not_matched": "outside the filters", "in_use": "in use",
    "own_session": "our own", "superuser": "of superusers", "hidden": "hidden from this role",
    "not_permitted": "this role may not end", "other_database": "in other databases",
    "over_max": "beyond --max", "holds_state": "with state (--include-stateful)",
    "backup": "making or restoring a backup (--include-backups)",
    "pooled": "kept open by a pooler (--include-pooled)", "not_selected": "not selected",
    "untrusted": "on weaker evidence than --trust", "newest_kept": "newest of their application",
    "last_of_application": "last of their application (--allow-empty)",
    "max_share": "stopped by --max-share", "by_policy": "by the policy",
    "parallel_worker": "workers of other sessions",
  ]

  private static func words(for result: TerminationOutcome.Result) -> String {
    switch result {
    case .gone: "ended and seen to be gone"
    case .survived: "signalled, but still there"
    case .changed: "left alone, used since"
    case .alreadyGone: "had left already"
    case .refused: "refused by the server"
    case .notAttempted: "not attempted"
    }
  }

  private static func meaning(
    of result: TerminationOutcome.Result
  ) -> Wording.Meaning? {
    switch result {
    case .gone, .alreadyGone: .good
    case .changed: nil
    case .survived, .refused, .notAttempted: .bad
    }
  }
}
