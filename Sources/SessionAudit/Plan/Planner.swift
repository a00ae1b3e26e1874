/// Chooses victims from a report. Pure: it reads the report alone and widens nothing; whatever it
/// can't tell about a session keeps that session.
///
/// Each session is decided by itself; then the newest of each group are kept, the breakers look at
/// the whole, and last comes the limit on one run. The breakers stand before that limit, or a
/// mistake would be carried out in portions.
public enum Planner {
  public static func plan(_ report: AuditReport, selection: Selection) -> TerminationPlan {
    var plan = TerminationPlan(selected: [], kept: [])
    for judged in report.sessions {
      switch decide(judged, in: report, selection: selection) {
      case .selected(let identity, let reasons, let asOrphan):
        plan.selected.append(
          Victim(identity: identity, judged: judged, reasons: reasons, isOrphan: asOrphan))
      case .kept(let reasons):
        plan.kept.append(KeptSession(judged: judged, reasons: reasons))
      }
    }
    keepNewest(in: &plan, of: report, selection)
    applyBreakers(to: &plan, of: report, selection)
    plan.selected.sort { a, b in
      let (aSilent, bSilent) = (a.judged.times.silent ?? .zero, b.judged.times.silent ?? .zero)
      return aSilent != bSilent ? aSilent > bSilent : a.identity.pid < b.identity.pid
    }
    let surplus = Set(plan.selected.dropFirst(selection.maximum).map(\.identity))
    plan.keep(.overMax) {
      surplus.contains($0.identity)
        ? "a run ends at most \(selection.maximum), those silent longest first" : nil
    }
    return plan
  }

  /// Those that would be ended as far as the report tells before anybody asked what they hold.
  public static func candidates(_ report: AuditReport, selection: Selection) -> [Int32] {
    return report.sessions.filter { judged in
      if case .selected = decide(judged, in: report, selection: selection) {
        true
      } else {
        false
      }
    }.map(\.session.pid)
  }

  // MARK: - The whole

  /// A pool's newest connections are those that it uses. Evidence that an owner is gone is stronger
  /// than that.
  private static func keepNewest(
    in plan: inout TerminationPlan, of report: AuditReport, _ selection: Selection
  ) {
    guard selection.keep > 0 || !selection.keeps.isEmpty else { return }
    var groups: [ApplicationOfDatabase: (sessions: [SessionIdentity], keep: Int)] = [:]
    for judged in report.sessions where isAnothersClient(judged) {
      guard let identity = judged.session.identity else { continue }
      let key = ApplicationOfDatabase(judged.session, named: judged.session.applicationName)
      let keep = selection.keeps.declaration(for: judged.session)?.value ?? selection.keep
      var group = groups.removeValue(forKey: key) ?? ([], 0)
      group.sessions.append(identity)
      // Of several roles the one that keeps most.
      group.keep = max(group.keep, keep)
      groups[key] = group
    }
    var kept: [SessionIdentity: Int] = [:]
    // Sessions of a report stand by backend_start and pid.
    for group in groups.values {
      for identity in group.sessions.suffix(group.keep) { kept[identity] = group.keep }
    }
    plan.keep(.newestKept) { victim in
      guard !victim.isOrphan, let count = kept[victim.identity] else { return nil }
      return count == 1
        ? "it is the newest of its application"
        : "it is one of the \(count) newest of its application"
    }
  }

  private static func applyBreakers(
    to plan: inout TerminationPlan, of report: AuditReport, _ selection: Selection
  ) {
    keepLast(in: &plan, of: report, selection)
    let (victims, visible) = (plan.selected.count { !$0.isOrphan }, report.coverage.visible)
    if victims >= 10 && victims * 100 > selection.maximumShare * visible {
      plan.breaker = .maximumShare(
        victims: victims, visible: visible, percent: selection.maximumShare)
      plan.keep(.maximumShare) { _ in "the plan as a whole was stopped by --max-share" }
    } else if plan.selected.isEmpty,
      plan.kept.contains(where: { $0.isKept(for: .lastOfApplication) })
    {
      plan.breaker = .lastOfApplication
    }
  }

  /// Where evidence is wrong (the roster of another application, a number that was never true), it
  /// tends to speak against all instances at once. Whoever it speaks against is no witness that the
  /// application lives, whether this run would end it or not: runs for one instance each would else
  /// end one after the other.
  private static func keepLast(
    in plan: inout TerminationPlan, of report: AuditReport, _ selection: Selection
  ) {
    func mayBeEmpty(_ session: Session) -> Bool {
      selection.allowsEmpties.declaration(for: session)?.value ?? selection.allowsEmpty
    }
    guard plan.selected.contains(where: { $0.isOrphan && !mayBeEmpty($0.judged.session) }) else {
      return
    }
    func application(_ session: Session) -> ApplicationOfDatabase { .init(session, in: report) }
    let victims = Set(plan.selected.map(\.identity))
    let witnesses = report.sessions.filter { judged in
      isAnothersClient(judged) && judged.verdict != .orphan
        && judged.session.identity.map { !victims.contains($0) } ?? false
    }
    let heardNow = witnesses.filter { judged in
      judged.times.silent.map { $0 < report.judgedWith.staleAfter(of: judged.session) } ?? false
    }
    var heard = Set(heardNow.map { application($0.session) })
    // What a name that is new at each start belongs to, only its address can tell: another process
    // that is heard there speaks for it.
    let addresses = Set(heardNow.compactMap(\.session.clientAddress))
    for judged in witnesses
    where judged.session.clientAddress.map(addresses.contains) ?? false
      && report.judgedWith.isNewAtEachStart(judged.session.applicationName)
    {
      heard.insert(application(judged.session))
    }
    plan.keep(.lastOfApplication) { victim in
      let session = victim.judged.session
      guard victim.isOrphan, !mayBeEmpty(session), !heard.contains(application(session)) else {
        return nil
      }
      let stale = DurationText.exact(report.judgedWith.staleAfter(of: session))
      return "its application would be left without a session that was heard within \(stale); see "
        + "--allow-empty"
    }
  }

  static func isAnothersClient(_ judged: JudgedSession) -> Bool {
    judged.session.kind == .client && !judged.protections.contains { $0.kind == .ownSession }
  }
}

/// An application_name, or a family of them, in one database.
struct ApplicationOfDatabase: Hashable {
  private let name: NameKey
  private let databaseID: UInt32?
  private let database: NameKey?

  /// By family.
  init(_ session: Session, in report: AuditReport) {
    self.init(session, named: report.judgedWith.family(of: session.applicationName))
  }

  init(_ session: Session, named name: String) {
    self.name = NameKey(name)
    databaseID = session.databaseID
    // By number where there is one: names in an encoding that is not UTF-8 can look alike.
    database = databaseID == nil ? session.database.map { NameKey($0) } : nil
  }
}
