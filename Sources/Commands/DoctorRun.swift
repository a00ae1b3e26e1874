import PostgresClient
import ServerAccess
import SessionAudit
import System

/// One examination of one target.
struct DoctorRun: Sendable {
  var connector: Connector
  var judging: JudgeSettings
  /// The name of a role that may be made: what it needs is read too.
  var plannedRole: String?

  /// - Throws: `ExitError` for what the command line would have to say otherwise.
  func result(of target: ResolvedTarget) throws -> TargetResult<DoctorReport> {
    let judging = try judging.of(target, within: connector.timeout)
    do {
      let (session, deadline) = try connector.connect(
        target, deadline: Deadline(after: connector.timeout))
      var snapshot = try SnapshotReader(session).read(keepingQueries: false, deadline: deadline)
      snapshot.target.name = target.reportName
      let audit = Judge.judge(snapshot, by: try judging.policy(for: snapshot, isSaved: false))
      let reader = DoctorReader(session)
      let facts = try reader.read(
        readsSettings: snapshot.role.canReadSettings, deadline: deadline)
      var report = Doctor.examine(audit, facts: facts)
      report.plannedRole = try plannedRole.map { try reader.plans(for: $0, deadline: deadline) }
      return .report(report)
    } catch let error as PostgresError {
      return refused(try Diagnostics.failure(error, reaching: target), target)
    }
  }

  func refused(_ failure: Failure, _ target: ResolvedTarget) -> TargetResult<DoctorReport> {
    .refused(
      failure, target: target.described(environment: connector.environment),
      judgedWith: judging.policy)
  }
}
