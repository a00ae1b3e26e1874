/// What can be ended, and what stands in the way.
extension Adviser {
  var orphans: [Advice] {
    guard let plan = endable?.orphans else { return [] }
    var advice: [Advice] = []
    let count = plan.selected.count
    if count > 0 {
      // What it is by default depends on where it runs.
      let isInferred = plan.selected.contains { $0.judged.orphanBasis == .inferred }
      advice.append(
        Advice(
          "orphan_sessions", urgency,
          "\(Wording.counted(count, "orphan")) could be ended\(unlisted(plan)). This shows "
            + "\(count == 1 ? "it" : "them"), and ends nothing:",
          remedies: [
            step("pgsessions terminate --orphans" + (isInferred ? " --trust inferred" : ""))
          ]))
    }
    let last = plan.kept.filter { $0.isKept(for: .lastOfApplication) }
    guard !last.isEmpty else { return advice }
    let names = Set(last.map { family(of: $0.judged.session) })
      .sorted().map { $0.isEmpty ? "the application without a name" : $0 }
    let isInferred = last.contains { $0.judged.orphanBasis == .inferred }
    advice.append(
      Advice(
        "last_of_application", .warning,
        "\(Wording.counted(last.count, "orphan")) of \(Wording.few(names)) "
          + "\(last.count == 1 ? "is" : "are") kept: nothing else of "
          + "\(names.count == 1 ? "it" : "them") was heard within "
          + "\(DurationText.exact(report.judgedWith.staleAfter)), so the evidence may be wrong. "
          + "Where it is right:",
        remedies: [
          step(
            "pgsessions terminate --orphans --allow-empty" + (isInferred ? " --trust inferred" : "")
          )
        ]))
    return advice
  }

  /// What the roster lacks, so that whoever made it sees whom it forgot.
  private func unlisted(_ plan: TerminationPlan) -> String {
    var missing: [String: Int] = [:]
    for victim in plan.selected {
      for case .ownerGone(_, let name) in victim.judged.evidence.map(\.finding) {
        missing[name, default: 0] += 1
      }
    }
    guard !missing.isEmpty else { return "" }
    let names = missing.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.key) (\($0.value))" }
    return "; the roster has none of \(Wording.few(names)): if one of these lives, add it"
  }

  var suspects: [Advice] {
    guard let plan = endable?.suspects else { return [] }
    if case .maximumShare(let victims, let visible, let percent)? = plan.breaker {
      return [
        Advice(
          "suspect_sessions", .info,
          "\(Wording.counted(victims, "suspect")) of \(visible) visible sessions are more than "
            + "\(percent) %, which stops terminate. A quiet pool looks the same, so look first:",
          remedies: [step("pgsessions terminate --suspects --max-share 100")])
      ]
    }
    let count = plan.selected.count
    guard count > 0 else { return [] }
    return [
      Advice(
        "suspect_sessions", .info,
        "\(Wording.counted(count, "suspect")) could be ended, but a quiet pool looks the same. This "
          + "shows \(count == 1 ? "it" : "them"), and ends nothing:",
        remedies: [step("pgsessions terminate --suspects")])
    ]
  }

  /// Each plan keeps the other's verdict as not selected.
  private var kept: [KeptSession] {
    endable.map { $0.orphans.kept + $0.suspects.kept } ?? []
  }

  var barred: [Advice] {
    let count = kept.count { $0.isKept(for: .notPermitted) }
    return count > 0 ? [AuditAdvice.notPermitted(count, report.target.user)] : []
  }

  /// What no command above takes, and why.
  var leftAlone: [Advice] {
    guard let endable else { return [] }
    var advice: [Advice] = []
    let kept = kept
    let stateful = kept.count { $0.isKept(for: .holdsState) && !$0.isKept(for: .otherDatabase) }
    if stateful > 0 {
      let isMore = endable.orphans.selected.count + endable.suspects.selected.count > 0
      advice.append(
        Advice(
          "stateful_sessions", .info,
          "\(stateful)\(isMore ? " more" : "") \(stateful == 1 ? "holds" : "hold") state "
            + "that would be lost, or may hold it; --sessions says what. Only --include-stateful "
            + "ends such sessions."))
    }
    let elsewhere = report.sessions.filter {
      ($0.verdict == .suspect || $0.verdict == .orphan)
        && !report.target.isConnected(to: $0.session)
    }
    if !elsewhere.isEmpty { advice.append(otherDatabases(elsewhere)) }
    let superusers = kept.count { $0.isKept(for: .superuser) }
    if superusers > 0 {
      advice.append(
        Advice(
          "superusers_sessions", .info,
          "\(Wording.counted(superusers, "suspect")) of superusers: those are never ended. An "
            + "application should not connect as a superuser."))
    }
    return advice
  }

  private func otherDatabases(_ elsewhere: [JudgedSession]) -> Advice {
    let names = Set(elsewhere.compactMap(\.session.database)).sorted()
      .map(SQLText.identifier)
    let place =
      names.isEmpty
      ? "other databases" : "\(names.count == 1 ? "database" : "databases") \(Wording.few(names))"
    let count = elsewhere.count
    let full = report.slots.limits.first { limit in
      limit.kind == .database && limit.available <= 0
        && elsewhere.contains { session in
          limit.name.map { session.session.database?.hasSameBytes(as: $0) == true } ?? false
        }
    }
    return Advice(
      "other_databases", .info,
      "\(count == 1 ? "1 suspect or orphan is" : "\(count) suspects or orphans are") in "
        + "\(place): "
        + (full.map {
          "\(SQLText.identifier($0.name ?? "")) takes no more connections, so end what is left behind "
            + "from here, with --all-databases and, as nobody sees from here what it holds, "
            + "--include-stateful."
        } ?? "connect there to see what is held and to end what is left behind."))
  }
}
