/// What is decided about one session by itself.
extension Planner {
  enum Decision {
    /// - Parameter asOrphan: on the evidence that its owner is gone.
    case selected(SessionIdentity, [Reason], asOrphan: Bool)
    case kept([Reason])

    static func kept(_ kind: Protection.Kind, _ detail: String) -> Decision {
      .kept([.init(Protection(kind, detail))])
    }
  }

  static func decide(
    _ judged: JudgedSession, in report: AuditReport, selection: Selection
  ) -> Decision {
    let session = judged.session
    if let reason = filteredOut(session, selection) { return .kept([reason]) }
    if !selection.allDatabases && !report.target.isConnected(to: session) {
      return .kept(
        .otherDatabase,
        "it is in another database than the connected one; see --all-databases and --include-stateful"
      )
    }
    // Without its columns nothing below can be told, so nothing is done.
    func protections(_ kinds: Protection.Kind...) -> [Reason] {
      judged.protections.filter { kinds.contains($0.kind) }.map { .init($0) }
    }
    let unconditional = protections(.hidden, .ownSession, .parallelWorker)
    guard unconditional.isEmpty else { return .kept(unconditional) }
    guard let identity = session.identity else {
      return .kept(.hidden, "when it began is unknown")
    }
    switch selection.match(judged, in: report) {
    case .kept(let reason): return .kept([reason])
    case .matches(let reasons):
      // What comes here would be ended but for these; "may not" then tells more than "too young".
      let asOrphan = selection.orphans && judged.verdict == .orphan
      var barriers = protections(.superuser)
      if !selection.isForOthers { barriers += protections(.notPermitted) }
      barriers += protections(.byPolicy)
      // What no option lifts.
      let isBarred = !barriers.isEmpty
      let backup = selection.includeBackups ? [] : protections(.backup)
      let pooled = selection.includePooled ? [] : protections(.pooled)
      let stateful =
        selection.includeStateful || asOrphan && judged.mayLoseState(in: report)
        ? [] : protections(.holdsState)
      let options =
        (backup.isEmpty ? [] : ["--include-backups"])
        + (pooled.isEmpty ? [] : ["--include-pooled"])
        + (stateful.isEmpty ? [] : ["--include-stateful"])
      barriers += backup + pooled
      if let reason = groundless(
        judged, selection, asOrphan: asOrphan, besides: isBarred ? nil : options)
      {
        barriers.append(reason)
      }
      barriers += stateful
      return barriers.isEmpty ? .selected(identity, reasons, asOrphan: asOrphan) : .kept(barriers)
    }
  }

  /// Why the ground on which it would be ended will not do. What the policy says of an application
  /// are the only grounds for its sessions.
  /// - Parameter options: which it needs as well; nil: none would do.
  private static func groundless(
    _ judged: JudgedSession, _ selection: Selection, asOrphan: Bool, besides options: [String]?
  ) -> Reason? {
    let said = selection.trusts.declaration(for: judged.session)
    func forbidden(_ what: String) -> Reason {
      .init(Protection(.byPolicy, "\(said?.place ?? "the policy") lets \(what) be ended"))
    }
    if said?.value == .never { return forbidden("nothing of it") }
    if asOrphan {
      return untrusted(
        judged, said?.value.basis ?? selection.trust, asked: said?.place, options)
    }
    guard let said, !(selection.suspects && said.value == .suspects) else { return nil }
    return forbidden(said.value == .suspects ? "orphans and suspects alone" : "orphans alone")
  }

  private static func untrusted(
    _ judged: JudgedSession, _ trust: Basis, asked place: String?, _ options: [String]?
  ) -> Reason? {
    let basis = judged.orphanBasis
    if let basis, basis >= trust { return nil }
    let word = basis?.rawValue ?? "inferred"
    // No more than that it takes them: what it holds was not asked, nor who else is left.
    let takes = options.map { (["--trust \(word)"] + $0).joined(separator: " and ") }
    let remedy =
      place.map { "; \($0) asks for \(trust.rawValue)" } ?? takes.map { "; ending it takes \($0)" }
    return .init(
      Protection(.untrusted, "its evidence is only \(word)\(remedy ?? "")"))
  }

  private static func filteredOut(_ session: Session, _ selection: Selection) -> Reason? {
    filteredOut("application_name", "application", selection.applications) {
      $0.matches(shown: session.applicationName, $1)
    }
      ?? filteredOut("user", "user", selection.users) {
        $0.matches(shown: session.user ?? "", $1)
      }
      ?? filteredOut("database", "database", selection.databases) {
        $0.matches(shown: session.database ?? "", $1)
      }
      ?? filteredOut("client address", "client", selection.clients) { pattern, _ in
        pattern.matches(session.clientAddress)
      }
  }

  private static func filteredOut<Pattern>(
    _ column: String, _ option: String, _ filter: VictimFilter<Pattern>,
    _ matches: (Pattern, Glob.Reading) -> Bool
  ) -> Reason? {
    switch filter.answer(matches) {
    case .passes: nil
    case .notNamed: .init("not_matched", "its \(column) matches no --\(option)")
    case .isExcluded: .init("not_matched", "its \(column) matches a --not-\(option)")
    }
  }
}

extension JudgedSession {
  /// Whether an orphan may be ended with its transaction and with what it holds: its owner can't
  /// use them any more, and others wait for them. What is only inferred must have lasted.
  func mayLoseState(in report: AuditReport) -> Bool {
    guard let basis = orphanBasis else { return false }
    if basis > .inferred { return true }
    guard let silent = times.silent, let stateAge = times.stateAge else { return false }
    return min(silent, stateAge) >= report.judgedWith.staleAfter(of: session)
  }
}
