import OperatingSystem
import PostgresClient
import ServerAccess
import SessionAudit

/// What comes to a report of a target: how it is reached, and what it is judged by.
protocol ReportingRun: Sendable {
  var connector: Connector { get }
  var judging: JudgeSettings { get }
}

extension ReportingRun {
  /// The same on each target.
  func fleet<Report>(
    of targets: [ResolvedTarget],
    work: @escaping @Sendable (ResolvedTarget) throws -> TargetRun<Report>
  ) -> Fleet<Report> {
    Fleet(targets: targets, timeout: connector.timeout, refused: refused, work: work)
  }

  /// - Parameters:
  ///   - interruption: ends connecting early.
  ///   - report: what is done with the session; a failure of the server in it is the target's refusal.
  /// - Throws: `ExitError` for what the command line would have to say otherwise.
  func result<Report>(
    of target: ResolvedTarget, interruption: Interruption? = nil,
    _ report: (_ session: Connection, _ deadline: Deadline) throws -> Report
  ) throws -> TargetResult<Report> {
    do {
      let (session, deadline) = try connector.connect(
        target, deadline: Deadline(after: connector.timeout), interruption: interruption)
      return .report(try report(session, deadline))
    } catch let error as PostgresError {
      return refused(try Diagnostics.failure(error, reaching: target), target)
    }
  }

  package func refused<Report>(_ failure: Failure, _ target: ResolvedTarget) -> TargetResult<Report>
  {
    .refused(
      failure, target: target.described(environment: connector.environment),
      judgedWith: judging.policy)
  }
}

extension JudgeSettings {
  /// - Parameters:
  ///   - isSaved: the snapshot comes from a file, perhaps of another day.
  ///   - earlier: what the same server showed before; nil: what the snapshot has.
  /// - Throws: `ExitError` for what the snapshot contradicts.
  func judged(
    _ snapshot: Snapshot, isSaved: Bool = false, earlier: EarlierReport? = nil
  ) throws -> AuditReport {
    var snapshot = snapshot
    if let earlier { snapshot.earlier = try earlier.look(before: snapshot) }
    let policy = try policy(for: snapshot, isSaved: isSaved)
    earlier?.warn(ofWhatItCannotProve: snapshot, by: policy)
    return Judge.judge(snapshot, by: policy)
  }
}
