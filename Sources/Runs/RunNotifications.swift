import Rendering
import ServerAccess
import SessionAudit

/// Who hears of a run that ends sessions, beside whoever reads its report: Prometheus, by a file of
/// metrics, and a hook.
package struct RunNotifications {
  private let metrics: RunMetricsFile?
  private let hook: Hook?
  private let started = ContinuousClock.now

  /// Makes sure that the metrics can be written before anything else is done.
  /// - Parameter others: the other files that are written, and the options that name them.
  /// - Throws: status 73.
  package init(
    metrics: String?, hook: Hook?, beside others: [(option: String, path: String?)]
  ) throws(ExitError) {
    self.metrics = if let metrics { try RunMetricsFile(metrics) } else { nil }
    self.hook = hook
    guard let file = self.metrics?.file else { return }
    for (option, path) in others where path.map({ $0 != "-" && file.isAt($0) }) ?? false {
      throw ExitError(
        status: .cannotCreate, sentence: "\(option) and --metrics name the same file",
        nextStep: "One would take the place of the other: name another file for one of them.")
    }
  }

  /// Tells of a run that is over and reported.
  /// - Parameters:
  ///   - runs: each with its status.
  ///   - status: of all of them.
  /// - Returns: the status where the metrics could not be written, which is said.
  package func tell(_ runs: [TargetRun<TerminationReport>], status: ExitStatus) -> ExitStatus {
    let whole = started.duration(to: .now)
    var status = status
    do throws(ExitError) {
      try metrics?.write(
        runs.map { run in
          var run = run
          run.duration = run.duration ?? whole
          return run
        })
    } catch {
      Diagnostics.report(error)
      if status != .interrupted && status != .terminated { status = error.status }
    }
    let results = runs.map(\.result)
    if let hook, Hook.isCalled(for: results, status) {
      // What `--json` prints.
      let json = JSONReport<TerminationReport>(version: programVersion)
      hook.tell(
        results.count == 1 ? json.bytes(of: results[0]) : json.bytes(of: results), status: status)
    }
    return status
  }

  /// Tells of a run that came to no report, whichever of its targets that was about.
  package func tell(
    _ failure: ExitError, _ targets: [ResolvedTarget], environment: [String: String]
  ) -> ExitStatus {
    Diagnostics.report(failure)
    let runs = targets.map { target in
      TargetRun<TerminationReport>(
        .refused(
          Failure(ofOne: failure), target: target.described(environment: environment),
          judgedWith: Policy()), status: failure.status)
    }
    return tell(runs, status: failure.status)
  }
}
