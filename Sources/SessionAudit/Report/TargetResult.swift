/// What is reported of one target.
public protocol TargetReport: Sendable {
  /// As it was reached.
  var target: Target { get }
}

extension AuditReport: TargetReport {}

extension TerminationReport: TargetReport {
  public var target: Target { audit.target }
}

extension DoctorReport: TargetReport {
  public var target: Target { audit.target }
}

/// What came of one target: a report, or why there is none.
public enum TargetResult<Report: TargetReport>: Sendable {
  case report(Report)
  /// - Parameters:
  ///   - target: as it was asked for.
  ///   - judgedWith: what it would have been judged with.
  case refused(Failure, target: Target, judgedWith: Policy)

  /// nil where it was refused.
  public var report: Report? { if case .report(let report) = self { report } else { nil } }

  /// As it was reached; where it was not, as it was asked for.
  public var target: Target {
    switch self {
    case .report(let report): report.target
    case .refused(_, let target, _): target
    }
  }
}

/// A run on one target: what came of it, and how it went.
package struct TargetRun<Report: TargetReport>: Sendable {
  package var result: TargetResult<Report>
  /// What the program would have ended with, had there been no other target; nil: what the result
  /// says.
  package var status: ExitStatus?
  /// That the log could not be written.
  package var logFailure: ExitError?
  /// From the first attempt to connect; nil where it did not come to a run.
  package var duration: Duration?

  package init(
    _ result: TargetResult<Report>, status: ExitStatus? = nil, duration: Duration? = nil
  ) {
    (self.result, self.status, self.duration) = (result, status, duration)
  }
}
