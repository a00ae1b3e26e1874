import SessionAudit

/// Runs of `terminate` as metrics. Their names are not those of audits, whose file may lie beside: a
/// collector takes no series twice.
extension PrometheusReport {
  /// - Parameters:
  ///   - runs: each with its exit status and duration.
  ///   - now: by our clock.
  ///   - earlier: what was written of the runs before, which knows when the last success was.
  package static func terminations(
    _ runs: [TargetRun<TerminationReport>], now: Timestamp, earlier: String, to sink: ByteSink
  ) {
    var metrics = MetricWriter(into: sink)
    var seen: Set<String> = []
    for run in runs.filter({ $0.result.report != nil }) + runs.filter({ $0.result.report == nil }) {
      let name = HostileText.escaped(name(of: run.result.target))
      guard seen.insert(name).inserted else { continue }
      metrics.common = [("target", name)]
      metrics.run(run, .microseconds(now.microseconds) + offset, earlier[...])
    }
    metrics.flush()
  }
}

extension MetricWriter {
  fileprivate mutating func run(
    _ run: TargetRun<TerminationReport>, _ now: Duration, _ earlier: Substring
  ) {
    let report = run.result.report
    let status = run.status ?? .done
    gauge("terminate_run_timestamp_seconds", "When this was written, by the clock of this machine.")
    sample(now)
    gauge("terminate_run_duration_seconds", "How long the run took.")
    sample(run.duration ?? .zero)
    gauge("terminate_exit_status", "The exit status of the run on this target.")
    sample(Int(status.rawValue))
    gauge("terminate_run_success", "1: the exit status is 0; 0: it is not.")
    sample(status == .done ? 1 : 0)
    gauge("terminate_last_success_timestamp_seconds", "When the last run was written with success.")
    if status == .done { sample(now) } else { sample(asIn: earlier) }
    if let failure = run.result.failure {
      gauge(
        "terminate_run_failure", "What kept the run from its end; docs/json.md lists the kinds.")
      sample(1, [("kind", failure.kind.rawValue), ("limit", failure.limit?.kind.rawValue ?? "")])
    }
    gauge("terminate_sessions", "Sessions by what became of them in the run.")
    for result in TerminationOutcome.Result.allCases {
      sample(report?.count(result) ?? 0, [("result", result.rawValue)])
    }
    sample(report?.plan.overMax ?? 0, [("result", "over_max")])
    guard let report else { return }
    plan(report)
  }

  private mutating func plan(_ report: TerminationReport) {
    if let breaker = report.plan.breaker {
      gauge("terminate_breaker", "What stopped the plan, so that nothing was ended.")
      sample(1, [("kind", breaker.kind)])
    }
    gauge("terminate_selected", "Sessions that the run was to end.")
    sample(report.plan.selected.count)
    gauge(
      "terminate_may_hold_temporary_tables",
      "Sessions kept only because they may hold temporary tables: before Postgres 16 no server tells."
    )
    sample(report.plan.keptInDoubt)
    let totals = report.audit.totals
    // Where sessions are hidden, none that is seen does not mean that there is none.
    if totals.hidden == 0 || totals.orphan > 0 {
      gauge(
        "terminate_orphans",
        "Sessions with evidence that their owner is gone, before the run, as far as is seen.")
      sample(totals.orphan)
    }
    rosterGaps(of: report.audit, prefix: "terminate_")
    gauge(
      "terminate_hidden_sessions",
      "Sessions whose columns this role may not see: nothing is known of them.")
    sample(totals.hidden)
  }
}

extension TargetResult<TerminationReport> {
  fileprivate var failure: Failure? {
    switch self {
    case .report(let report): report.failure
    case .refused(let failure, _, _): failure
    }
  }
}
