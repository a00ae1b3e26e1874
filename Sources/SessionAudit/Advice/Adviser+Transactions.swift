/// Transactions that do nothing: no verdict waits for them, and others do.
extension Adviser {
  /// What is idle in a transaction keeps its locks, and old row versions in every table.
  var idleInTransaction: [Advice] {
    guard let found = report.idleTransactions else { return [] }
    let threshold = report.idleTransactionThreshold
    var selection = Selection(maximum: .max)
    selection.inTransactionLongerThan = threshold
    let plan = Planner.plan(report, selection: selection)
    // Their owners are gone, and other advice ends them for that.
    let orphans = Set(endable?.orphans.selected.map(\.identity) ?? [])
    if !plan.selected.isEmpty, plan.selected.count == found.count,
      plan.selected.allSatisfy({ orphans.contains($0.identity) })
    {
      return []
    }
    let stopped: Int? =
      if case .maximumShare(let victims, _, _)? = plan.breaker { victims } else { nil }
    let count = stopped ?? plan.selected.count
    let (lead, rest) = found.words(beyond: threshold)
    var summary =
      "\(lead)\(rest). \(found.count == 1 ? "It keeps its" : "Each keeps its") locks, and "
      + "dead rows from VACUUM."
    if count < found.count { summary += " \(kept(found.count - count, in: plan))" }
    if count > 0 {
      summary +=
        " Ending \(found.count == 1 ? "it" : "one") rolls it back, and its program's next statement "
        + "fails. This shows \(shown(count, of: found.count)), and ends nothing:"
    }
    return [
      Advice(
        "idle_in_transaction", .warning, summary,
        remedies: count == 0
          ? []
          : [
            step(
              "pgsessions terminate --in-transaction-longer-than \(DurationText.exact(threshold))"
                + (stopped == nil ? "" : " --max-share 100"))
          ])
    ]
  }

  private func shown(_ count: Int, of all: Int) -> String {
    all == 1 ? "it" : count == all ? "them" : "the \(count == 1 ? "other" : "other \(count)")"
  }

  /// How many the command leaves alone, and the commonest reason.
  private func kept(_ count: Int, in plan: TerminationPlan) -> String {
    var details: [String: Int] = [:]
    for kept in plan.kept where report.isIdleTransaction(kept.judged) {
      guard let reason = kept.reasons.first, !kept.isKept(for: .maximumShare) else { continue }
      details[reason.detail, default: 0] += 1
    }
    let most = details.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return "terminate keeps \(count == 1 ? "1" : "\(count)") of them"
      + (most.map { details.count == 1 ? ": \($0.key)." : ", \($0.value) because \($0.key)." }
        ?? ".")
  }
}
