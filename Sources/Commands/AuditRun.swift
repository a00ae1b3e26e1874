import InputFiles
import PostgresClient
import Rendering
import ServerAccess
import SessionAudit
import System

/// One audit of one target: read, judge, look again, advise.
struct AuditRun: Sendable {
  var connector: Connector
  var judging: JudgeSettings
  var keepsQueries: Bool
  /// What of the command line judges in the same way at a moment, for the commands that advice
  /// prints.
  var words: @Sendable (Timestamp) -> [String]
  /// What the same server showed before.
  var earlier: EarlierReport?

  /// - Throws: `ExitError` for what the command line would have to say otherwise.
  func result(of target: ResolvedTarget) throws -> TargetResult<AuditReport> {
    let judging = try judging.of(target, within: connector.timeout)
    do {
      let (session, deadline) = try connector.connect(
        target, deadline: Deadline(after: connector.timeout))
      var snapshot = try SnapshotReader(session).read(
        keepingQueries: keepsQueries, deadline: deadline)
      snapshot.target.name = target.reportName
      snapshot.earlier = try earlier?.look(before: snapshot)
      let policy = try judging.policy(for: snapshot, isSaved: false)
      earlier?.warn(ofWhatItCannotProve: snapshot, by: policy)
      var report = Judge.judge(snapshot, by: policy)
      report.add(
        try DetailsReader(session).read(
          candidates: report.candidates, lockWaiters: report.lockWaiters,
          among: snapshot.sessions,
          asksSettings: report.totals.orphan > 0 && snapshot.role.canReadSettings,
          deadline: deadline))
      report.advise(words: words(for: target.commandWords, seenFrom: LocalClock.now))
      return .report(report)
    } catch let error as PostgresError {
      return refused(try Diagnostics.failure(error, reaching: target), target)
    }
  }

  /// Of each target that a file has the report of.
  /// - Throws: `ExitError` with status 64 to 66.
  func results(of parts: [SavedReport.Part]) throws -> [TargetResult<AuditReport>] {
    try parts.map { part in
      switch part {
      case .refused(var failure, let target):
        // As when it was written: a hand may have changed it since.
        failure.message = Redaction.reported(failure.message)
        failure.hints = failure.hints.map(Redaction.reported)
        return .refused(failure, target: target, judgedWith: judging.policy)
      case .snapshot(var snapshot, let standards):
        snapshot.earlier = try earlier?.look(before: snapshot)
        let forgotten = judging.forgotten(of: standards)
        if !forgotten.isEmpty {
          Diagnostics.warn(
            "it was judged with \(forgotten.joined(separator: ", ")), and is not now",
            of: TextReport.title(of: snapshot.target))
        }
        let policy = try judging.policy(for: snapshot, isSaved: true)
        earlier?.warn(ofWhatItCannotProve: snapshot, by: policy)
        var report = Judge.judge(snapshot, by: policy)
        report.advise(
          words: words(
            for: TargetResolver.commandWords(for: snapshot.target), seenFrom: snapshot.capturedAt))
        return .report(report)
      }
    }
  }

  func refused(_ failure: Failure, _ target: ResolvedTarget) -> TargetResult<AuditReport> {
    .refused(
      failure, target: target.described(environment: connector.environment),
      judgedWith: judging.policy)
  }

  private func words(for target: String, seenFrom now: Timestamp) -> String {
    (words(now) + [target]).filter { !$0.isEmpty }.joined(separator: " ")
  }
}
