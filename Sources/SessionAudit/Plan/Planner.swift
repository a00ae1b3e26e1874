/// Chooses victims from a report. Pure: it reads the report alone and widens nothing; whatever it
/// can't tell about a session keeps that session.
public enum Planner {
  public static func plan(_ report: AuditReport, selection: Selection) -> TerminationPlan {
    var selected: [Victim] = []
    var kept: [KeptSession] = []
    for judged in report.sessions {
      switch decide(judged, in: report, selection: selection) {
      case .selected(let identity, let reasons):
        selected.append(Victim(identity: identity, judged: judged, reasons: reasons))
      case .kept(let reasons):
        kept.append(KeptSession(judged: judged, reasons: reasons))
      }
    }
    selected.sort { a, b in
      let (aSilent, bSilent) = (a.judged.times.silent ?? .zero, b.judged.times.silent ?? .zero)
      return aSilent != bSilent ? aSilent > bSilent : a.identity.pid < b.identity.pid
    }
    let surplus = selected.dropFirst(selection.maximum)
    let overMax = Reason(
      Protection(.overMax, "a run ends at most \(selection.maximum), those silent longest first"))
    kept += surplus.map { KeptSession(judged: $0.judged, reasons: [overMax]) }
    selected.removeLast(surplus.count)
    return TerminationPlan(selected: selected, kept: kept)
  }

  /// Those that would be ended as far as the report tells before anybody asked what they hold.
  public static func candidates(_ report: AuditReport, selection: Selection) -> [Int32] {
    report.sessions.filter { judged in
      if case .selected = decide(judged, in: report, selection: selection) { true } else { false }
    }.map(\.session.pid)
  }

  private enum Decision {
    case selected(SessionIdentity, [Reason])
    case kept([Reason])
  }

  private static func decide(
    _ judged: JudgedSession, in report: AuditReport, selection: Selection
  ) -> Decision {
    let session = judged.session
    if let reason = filteredOut(session, selection) { return .kept([reason]) }
    if !selection.allDatabases && !report.target.isConnected(to: session) {
      return kept(
        .otherDatabase,
        "it is in another database than the connected one; see --all-databases and --include-stateful"
      )
    }
    // Without its columns nothing below can be told, so nothing is done.
    func protections(_ kinds: Protection.Kind...) -> [Reason] {
      judged.protections.filter { kinds.contains($0.kind) }.map { .init($0) }
    }
    let unconditional = protections(.hidden, .ownSession)
    guard unconditional.isEmpty else { return .kept(unconditional) }
    guard let identity = session.identity else { return kept(.hidden, "when it began is unknown") }
    let byAge = byAge(judged, identity, selection)
    guard case .selected = byAge else { return byAge }
    // What comes here would be ended but for these; "may not" then tells more than "too young".
    var reasons = protections(.superuser, .notPermitted)
    if !selection.includePooled { reasons += protections(.pooled) }
    if !selection.includeStateful { reasons += protections(.holdsState) }
    return reasons.isEmpty ? byAge : .kept(reasons)
  }

  private static func kept(_ kind: Protection.Kind, _ detail: String) -> Decision {
    .kept([.init(Protection(kind, detail))])
  }

  private static func filteredOut(
    _ session: Session, _ selection: Selection
  ) -> Reason? {
    filteredOut("application_name", "application", selection.applications) {
      $0.matches(session.applicationName)
    }
      ?? filteredOut("user", "user", selection.users) { $0.matches(session.user ?? "") }
      ?? filteredOut("database", "database", selection.databases) {
        $0.matches(session.database ?? "")
      }
      ?? filteredOut("client address", "client", selection.clients) {
        $0.matches(session.clientAddress)
      }
  }

  private static func filteredOut<Pattern>(
    _ column: String, _ option: String, _ filter: VictimFilter<Pattern>,
    _ matches: (Pattern) -> Bool
  ) -> Reason? {
    switch filter.answer(matches) {
    case .passes: nil
    case .notNamed: .init("not_matched", "its \(column) matches no --\(option)")
    case .isExcluded: .init("not_matched", "its \(column) matches a --not-\(option)")
    }
  }

  private static func byAge(
    _ judged: JudgedSession, _ identity: SessionIdentity, _ selection: Selection
  ) -> Decision {
    // Both thresholds speak of idle sessions: whatever else a session does, it is in use.
    guard let state = judged.session.state, state == .idle else {
      let state = judged.session.state?.name ?? "unknown"
      return kept(.inUse, "its state is \(state)")
    }
    var reasons: [Reason] = []
    if let threshold = selection.idleLongerThan {
      guard let age = judged.times.stateAge, age > threshold else {
        return .kept([tooYoung("idle", judged.times.stateAge, threshold)])
      }
      reasons.append(longer("idle_longer_than", "idle", age, threshold))
    }
    if let threshold = selection.sessionOlderThan {
      guard let age = judged.times.sessionAge, age > threshold else {
        return .kept([tooYoung("open", judged.times.sessionAge, threshold)])
      }
      reasons.append(longer("session_older_than", "open", age, threshold))
    }
    return reasons.isEmpty
      ? .kept([.init("not_selected", "nothing was selected")]) : .selected(identity, reasons)
  }

  private static func tooYoung(
    _ word: String, _ age: Duration?, _ threshold: Duration
  ) -> Reason {
    let since = age.map { "for \(DurationText.brief($0))" } ?? "since an unknown time"
    return .init(
      "too_young", "\(word) \(since), not longer than \(DurationText.exact(threshold))")
  }

  private static func longer(
    _ kind: String, _ word: String, _ age: Duration, _ threshold: Duration
  ) -> Reason {
    .init(
      kind,
      "\(word) for \(DurationText.brief(age)), longer than \(DurationText.exact(threshold))")
  }
}
