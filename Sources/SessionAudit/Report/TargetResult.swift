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
