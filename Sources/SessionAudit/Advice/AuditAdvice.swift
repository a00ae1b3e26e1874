/// What to do next, read from a report alone.
public enum AuditAdvice {
  /// - Parameter words: what of a command line judges in the same way and names the same target,
  ///   quoted for a shell and without a password; empty where nothing was said and the environment
  ///   names it.
  public static func advice(for report: AuditReport, words: String) -> [Advice] {
    var advice: [Advice] = []
    if let reason = report.coverage.reason {
      advice.append(
        Advice(
          code: "hidden_sessions", severity: .warning,
          summary: "Not everything is seen: \(reason).", remedy: seeAll(report)))
    }
    let binding = report.slots.binding
    if binding.usedRatio >= 0.9 {
      advice.append(
        Advice(
          code: "slots_nearly_full", severity: binding.available == 0 ? .critical : .warning,
          summary: "\(binding.used) of \(binding.limit) connections are used, "
            + "\(binding.available) left for this role.",
          remedy: nil))
    }
    if let roster = report.judgedWith.roster, let takenAt = roster.takenAt,
      report.capturedAt - takenAt > report.judgedWith.restartGrace
    {
      let age = DurationText.brief(report.capturedAt - takenAt)
      advice.append(
        Advice(
          code: "roster_old", severity: .warning,
          summary: "The roster is \(age) old: sessions that began or were heard since are not "
            + "judged by it.", remedy: nil))
    }
    return advice + doubtfulInput(report) + whatCanBeEnded(in: report, words)
      + names(in: report)
  }

  /// The grant with which this role sees all sessions.
  public static func seeAll(_ report: AuditReport) -> String {
    "GRANT pg_read_all_stats TO "
      + "\(report.target.user.map(quotedIdentifier) ?? "CURRENT_USER");"
  }

  /// What was said of the applications, and does not fit what is seen.
  private static func doubtfulInput(_ report: AuditReport) -> [Advice] {
    var advice: [Advice] = []
    if !report.heardThoughUnlisted.isEmpty {
      let names = report.heardThoughUnlisted
      advice.append(
        Advice(
          code: "roster_lacks_living", severity: .warning,
          summary:
            "\(few(names)) \(names.count == 1 ? "was" : "were") heard just now, but the roster, "
            + "which covers \(names.count == 1 ? "it" : "them"), lists none such that is alive: is it "
            + "the right one, and complete?", remedy: nil))
    }
    let policy = report.judgedWith
    let patterns =
      policy.maxAges.map(\.application) + policy.instances.map(\.application)
      + policy.restarts.map(\.application) + policy.oneInstance.map(\.application)
    for pattern in patterns.compactMap({ $0 }) {
      let isMatched = report.sessions.contains { judged in
        pattern.matches(
          judged.session.applicationName, database: judged.session.database,
          isConnected: report.target.isConnected(to: judged.session))
      }
      guard !isMatched else { continue }
      advice.append(
        Advice(
          code: "declaration_unmatched", severity: .warning,
          summary: "What was declared of \"\(pattern.text)\" is said of no session here.",
          remedy: nil
        ))
    }
    return advice
  }

  /// Where only addresses tell sessions apart, a name would tell whose they are.
  private static func names(in report: AuditReport) -> [Advice] {
    let nameless = report.sessions.count { judged in
      judged.session.kind == .client && judged.session.applicationName.isEmpty
        && judged.session.state != .starting
        && !judged.protections.contains { $0.kind == .pooled || $0.kind == .ownSession }
    }
    guard nameless > 0 else { return [] }
    return [
      Advice(
        code: "no_application_name", severity: .info,
        summary: "\(plural(nameless, "session")) without an application_name: only the address "
          + "tells which instance \(nameless == 1 ? "it belongs" : "they belong") to. Start each "
          + "instance with its own name in PGAPPNAME, which psycopg, Django, Celery, node-postgres "
          + "and everything on libpq take over. On Heroku:",
        remedy: "PGAPPNAME=\"$DYNO\"")
    ]
  }

  /// What can be done about orphans and suspects, and what stands in the way: counted by the
  /// planner, so that the command shown does what is said of it.
  private static func whatCanBeEnded(in report: AuditReport, _ words: String) -> [Advice] {
    guard report.totals.suspect + report.totals.orphan > 0 else { return [] }
    var advice: [Advice] = []
    func plan(_ change: (inout Selection) -> Void) -> TerminationPlan {
      var selection = Selection(maximum: .max)
      change(&selection)
      return Planner.plan(report, selection: selection)
    }
    func command(_ selection: String) -> String {
      ["pgsessions terminate \(selection)", words].filter { !$0.isEmpty }.joined(separator: " ")
    }
    let orphans = plan { $0.orphans = true }
    let count = orphans.selected.count
    if count > 0 {
      // What it is by default depends on where it runs.
      let isInferred = orphans.selected.contains { $0.judged.orphanBasis == .inferred }
      advice.append(
        Advice(
          code: "orphan_sessions", severity: .warning,
          summary: "\(plural(count, "orphan")) could be ended. This shows "
            + "\(count == 1 ? "it" : "them"), and ends nothing:",
          remedy: command("--orphans" + (isInferred ? " --trust inferred" : ""))))
    }
    let last = orphans.kept.filter { $0.isKept(for: .lastOfApplication) }
    if !last.isEmpty {
      let names = Set(last.map { report.judgedWith.family(of: $0.judged.session.applicationName) })
        .sorted().map { $0.isEmpty ? "the application without a name" : $0 }
      let isInferred = last.contains { $0.judged.orphanBasis == .inferred }
      advice.append(
        Advice(
          code: "last_of_application", severity: .warning,
          summary:
            "\(plural(last.count, "orphan")) of \(few(names)) \(last.count == 1 ? "is" : "are") "
            + "kept: nothing else of \(names.count == 1 ? "it" : "them") was heard within "
            + "\(DurationText.exact(report.judgedWith.staleAfter)), so the evidence may be wrong. "
            + "Where it is right:",
          remedy: command("--orphans --allow-empty" + (isInferred ? " --trust inferred" : ""))))
    }
    let suspects = plan {
      $0.suspects = true
      $0.maximumShare = 50
    }
    advice += suspectAdvice(suspects, command)
    // Each keeps the other's verdict as not selected.
    let kept = orphans.kept + suspects.kept
    let stateful = kept.count {
      $0.isKept(for: .holdsState) && !$0.isKept(for: .otherDatabase)
    }
    if stateful > 0 {
      let more = count + suspects.selected.count > 0 ? " more" : ""
      advice.append(
        Advice(
          code: "stateful_sessions", severity: .info,
          summary:
            "\(stateful)\(more) \(stateful == 1 ? "holds" : "hold") state "
            + "that would be lost, or may hold it; --sessions says what. Only --include-stateful "
            + "ends such sessions.",
          remedy: nil))
    }
    let elsewhere = report.sessions.filter {
      ($0.verdict == .suspect || $0.verdict == .orphan)
        && !report.target.isConnected(to: $0.session)
    }
    if !elsewhere.isEmpty {
      let names = Set(elsewhere.compactMap(\.session.database)).sorted().map(quotedIdentifier)
      let place =
        names.isEmpty
        ? "other databases" : "\(names.count == 1 ? "database" : "databases") \(few(names))"
      advice.append(
        Advice(
          code: "other_databases", severity: .info,
          summary:
            "\(elsewhere.count == 1 ? "1 suspect or orphan is" : "\(elsewhere.count) suspects or orphans are") in "
            + "\(place): connect there to see "
            + "what is held and to end what is left behind.", remedy: nil))
    }
    let superusers = kept.count { $0.isKept(for: .superuser) }
    if superusers > 0 {
      advice.append(
        Advice(
          code: "superusers_sessions", severity: .info,
          summary: "\(plural(superusers, "suspect")) of superusers: those are never ended. An "
            + "application should not connect as a superuser.", remedy: nil))
    }
    let barred = kept.count { $0.isKept(for: .notPermitted) }
    if barred > 0 {
      advice.append(notPermitted(barred, report.target.user))
    }
    return advice
  }

  private static func suspectAdvice(
    _ plan: TerminationPlan, _ command: (String) -> String
  ) -> [Advice] {
    if case .maximumShare(let victims, let visible, let percent)? = plan.breaker {
      return [
        Advice(
          code: "suspect_sessions", severity: .info,
          summary: "\(plural(victims, "suspect")) of \(visible) visible sessions are more than "
            + "\(percent) %, which stops terminate. A quiet pool looks the same, so look first:",
          remedy: command("--suspects --max-share 100"))
      ]
    }
    let count = plan.selected.count
    guard count > 0 else { return [] }
    return [
      Advice(
        code: "suspect_sessions", severity: .info,
        summary:
          "\(plural(count, "suspect")) could be ended, but a quiet pool looks the same. This "
          + "shows \(count == 1 ? "it" : "them"), and ends nothing:",
        remedy: command("--suspects"))
    ]
  }

  private static func notPermitted(_ count: Int, _ user: String?) -> Advice {
    Advice(
      code: "not_permitted", severity: .warning,
      summary: "\(user ?? "this role") may not end \(plural(count, "session")) that "
        + "\(count == 1 ? "matches" : "match").",
      remedy: "GRANT pg_signal_backend TO \(user.map(quotedIdentifier) ?? "CURRENT_USER");")
  }

  /// The first three, for a sentence.
  private static func few(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and more" : "")
  }

  private static func plural(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  /// What this role lacks to end, or even to see, what the selection may match; nil where it
  /// lacks nothing.
  public static func rights(for report: TerminationReport) -> Advice? {
    let name = report.audit.target.user ?? "this role"
    let role = report.audit.target.user.map(quotedIdentifier) ?? "CURRENT_USER"
    let barred = report.plan.kept.count { $0.isKept(for: .notPermitted) }
    let hidden = report.plan.kept.count { $0.isKept(for: .hidden) }
    if barred > 0 { return notPermitted(barred, report.audit.target.user) }
    guard hidden > 0 else { return nil }
    let lacksSignal = report.plan.kept.contains { kept in
      kept.isKept(for: .hidden) && kept.judged.protections.contains { $0.kind == .notPermitted }
    }
    return Advice(
      code: "hidden_sessions", severity: .warning,
      summary: hidden == 1
        ? "1 session that may match is hidden from \(name), and is left alone."
        : "\(hidden) sessions that may match are hidden from \(name), and are left alone.",
      remedy: "GRANT \(lacksSignal ? "pg_read_all_stats, pg_signal_backend" : "pg_read_all_stats") "
        + "TO \(role);")
  }

  /// A name as SQL quotes it.
  static func quotedIdentifier(_ name: String) -> String {
    // By scalars: a quote with a combining mark behind it is one Character, and still a quote.
    "\"" + name.unicodeScalars.map { $0 == "\"" ? "\"\"" : "\($0)" }.joined() + "\""
  }
}
