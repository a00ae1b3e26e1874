import Rendering
import ServerAccess
import SessionAudit

/// Who hears of a run that ends sessions, beside whoever reads its report: Prometheus, by a file of
/// metrics, and a hook.
struct Notices {
  private let metrics: RunMetricsFile?
  private let hook: Hook?
  private let started = ContinuousClock.now

  /// Makes sure that the metrics can be written before anything else is done.
  /// - Parameter others: the other files that are written, and the options that name them.
  /// - Throws: status 73.
  init(
    metrics: String?, hook: Hook?, beside others: [(option: String, path: String?)]
  ) throws(CommandFailure) {
    self.metrics = if let metrics { try RunMetricsFile(metrics) } else { nil }
    self.hook = hook
    guard let file = self.metrics?.file else { return }
    for (option, path) in others where path.map({ $0 != "-" && file.isAt($0) }) ?? false {
      throw CommandFailure(
        status: .cannotCreate, sentence: "\(option) and --metrics name the same file",
        nextStep: "One would take the place of the other: name another file for one of them.")
    }
  }

  /// What came of the run on one target.
  struct Part {
    var answer: TargetResult<TerminationReport>
    var status: ExitStatus
    /// nil: as long as the whole.
    var duration: Duration?
  }

  /// Tells of a run that is over and reported.
  /// - Parameter status: of all its parts.
  /// - Returns: the status where the metrics could not be written, which is said.
  func tell(_ parts: [Part], status: ExitStatus) -> ExitStatus {
    let whole = started.duration(to: .now)
    var status = status
    do throws(CommandFailure) {
      try metrics?.write(
        parts.map {
          RunFigures(
            answer: $0.answer, exitStatus: $0.status.rawValue, duration: $0.duration ?? whole)
        })
    } catch {
      Diagnostics.report(error)
      if status != .interrupted && status != .terminated { status = error.status }
    }
    let answers = parts.map(\.answer)
    if let hook, Hook.isCalled(for: answers, status) {
      hook.tell(Self.json(answers), status: status)
    }
    return status
  }

  /// Tells of a run that came to no report, whichever of its targets that was about.
  func tell(
    _ failure: CommandFailure, _ targets: [ResolvedTarget], _ environment: [String: String]
  ) -> ExitStatus {
    let parts = targets.map { target in
      Part(
        answer: .refused(
          Failure(ofOne: failure), target: target.described(environment: environment),
          judgedWith: Policy()), status: failure.status)
    }
    return tell(parts, status: failure.status)
  }

  /// The object that `--json` prints.
  private static func json(_ answers: [TargetResult<TerminationReport>]) -> [UInt8] {
    var bytes: [UInt8] = []
    if answers.count == 1 {
      JSONReport.termination(answers[0], version: programVersion) { bytes += $0 }
    } else {
      JSONReport.terminations(answers, version: programVersion) { bytes += $0 }
    }
    return bytes
  }
}
