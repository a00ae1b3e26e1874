/// Rights that are missing, and the SQL that grants them.
public enum AuditAdvice {
  /// The grant with which this role sees all sessions.
  public static func seeAll(_ report: AuditReport) -> String {
    "GRANT pg_read_all_stats TO "
      + "\(report.target.user.map(SQLText.identifier) ?? "CURRENT_USER");"
  }

  static func notPermitted(_ count: Int, _ user: String?) -> Advice {
    Advice(
      "not_permitted", .warning,
      "\(user ?? "this role") may not end \(Wording.counted(count, "session")) that "
        + "\(count == 1 ? "matches" : "match").",
      remedies: [
        .change("GRANT pg_signal_backend TO \(user.map(SQLText.identifier) ?? "CURRENT_USER");")
      ])
  }

  /// What was handed in and is not believed, or made nobody an orphan.
  public static func doubtfulInput(_ report: AuditReport) -> [Advice] {
    Adviser(report: report, endable: nil, words: "").doubtfulInput
  }

  /// What this role lacks to end, or even to see, what the selection may match; nil where it
  /// lacks nothing.
  public static func rights(for report: TerminationReport) -> Advice? {
    let name = report.audit.target.user ?? "this role"
    let role = report.audit.target.user.map(SQLText.identifier) ?? "CURRENT_USER"
    let barred = report.plan.kept.count { $0.isKept(for: .notPermitted) }
    let hidden = report.plan.kept.count { $0.isKept(for: .hidden) }
    if barred > 0 { return notPermitted(barred, report.audit.target.user) }
    guard hidden > 0 else { return nil }
    let lacksSignal = report.plan.kept.contains { kept in
      kept.isKept(for: .hidden) && kept.judged.protections.contains { $0.kind == .notPermitted }
    }
    return Advice(
      "hidden_sessions", .warning,
      hidden == 1
        ? "1 session that may match is hidden from \(name), and is left alone."
        : "\(hidden) sessions that may match are hidden from \(name), and are left alone.",
      remedies: [
        .change(
          "GRANT \(lacksSignal ? "pg_read_all_stats, pg_signal_backend" : "pg_read_all_stats") "
            + "TO \(role);")
      ])
  }
}
