/// What to do next, read from a report alone.
public enum AuditAdvice {
  /// - Parameter target: the words that name the same target on a command line, quoted for a
  ///   shell and without a password; empty where the environment names it.
  public static func advice(for report: AuditReport, target: String) -> [Advice] {
    var advice: [Advice] = []
    let role = report.target.user.map(quotedIdentifier) ?? "CURRENT_USER"
    if let reason = report.coverage.reason {
      advice.append(
        Advice(
          code: "hidden_sessions", severity: .warning,
          summary: "Not everything is seen: \(reason).",
          remedy: "GRANT pg_read_all_stats TO \(role);"))
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
    if report.totals.suspect > 0 {
      let count = report.totals.suspect
      let threshold = DurationText.exact(report.judgedWith.staleAfter)
      advice.append(
        Advice(
          code: "suspect_sessions", severity: .info,
          summary: "\(count) \(count == 1 ? "session has" : "sessions have") been idle and silent "
            + "for \(threshold) or longer. This shows what would be ended, and ends nothing:",
          remedy: (["pgsessions terminate --idle-longer-than \(threshold)", target])
            .filter { !$0.isEmpty }.joined(separator: " ")))
    }
    return advice
  }

  /// What this role lacks to end, or even to see, what the selection may match; nil where it
  /// lacks nothing.
  public static func rights(for report: TerminationReport) -> Advice? {
    let name = report.audit.target.user ?? "this role"
    let role = report.audit.target.user.map(quotedIdentifier) ?? "CURRENT_USER"
    let barred = report.plan.kept.count { $0.isKept(for: .notPermitted) }
    let hidden = report.plan.kept.count { $0.isKept(for: .hidden) }
    if barred > 0 {
      return Advice(
        code: "not_permitted", severity: .warning,
        summary: "\(name) may not end \(barred) of the sessions that match.",
        remedy: "GRANT pg_signal_backend TO \(role);")
    }
    guard hidden > 0 else { return nil }
    return Advice(
      code: "hidden_sessions", severity: .warning,
      summary: hidden == 1
        ? "1 session that may match is hidden from \(name), and is left alone."
        : "\(hidden) sessions that may match are hidden from \(name), and are left alone.",
      remedy: "GRANT pg_read_all_stats TO \(role);")
  }

  /// A name as SQL quotes it.
  static func quotedIdentifier(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}
