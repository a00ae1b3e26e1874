import OperatingSystem
import PostgresClient
import ServerAccess
import SessionAudit

/// One examination of one target.
package struct DoctorRun: ReportingRun {
  package var connector: Connector
  var judging: JudgeSettings
  /// The name of a role that may be made: what it needs is read too.
  var plannedRole: String?

  package init(connector: Connector, judging: JudgeSettings, plannedRole: String?) {
    (self.connector, self.judging, self.plannedRole) = (connector, judging, plannedRole)
  }

  package func fleet(of targets: [ResolvedTarget]) -> Fleet<DoctorReport> {
    fleet(of: targets) { TargetRun(try result(of: $0)) }
  }

  /// - Throws: `ExitError` for what the command line would have to say otherwise.
  package func result(of target: ResolvedTarget) throws -> TargetResult<DoctorReport> {
    let judging = try judging.of(target, within: connector.timeout)
    return try result(of: target) { session, deadline in
      let snapshot = try SnapshotReader(session).read(as: target.reportName, deadline: deadline)
      let audit = try judging.judged(snapshot)
      let reader = DoctorReader(session)
      let facts = try reader.read(
        readsSettings: snapshot.role.canReadSettings, deadline: deadline)
      var report = Doctor.examine(audit, facts: facts)
      report.plannedRole = try plannedRole.map { try reader.plans(for: $0, deadline: deadline) }
      return report
    }
  }
}
