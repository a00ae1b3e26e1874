import InputFiles
import OperatingSystem
import PostgresClient
import Rendering
import ServerAccess
import SessionAudit

/// One audit of one target: read, judge, look again, advise.
package struct AuditRun: ReportingRun {
  package var connector: Connector
  package var judging: JudgeSettings
  var keepsQueries: Bool
  /// What of the command line judges in the same way at a moment, for the commands that advice
  /// prints.
  var words: @Sendable (Timestamp) -> [String]
  /// What the same server showed before.
  package var earlier: EarlierReport?

  package init(
    connector: Connector, judging: JudgeSettings, keepsQueries: Bool,
    words: @escaping @Sendable (Timestamp) -> [String]
  ) {
    (self.connector, self.judging) = (connector, judging)
    (self.keepsQueries, self.words) = (keepsQueries, words)
  }

  package func fleet(of targets: [ResolvedTarget]) -> Fleet<AuditReport> {
    fleet(of: targets) { TargetRun(try result(of: $0)) }
  }

  /// - Throws: `ExitError` for what the command line would have to say otherwise.
  package func result(of target: ResolvedTarget) throws -> TargetResult<AuditReport> {
    let judging = try judging.of(target, within: connector.timeout)
    return try result(of: target) { session, deadline in
      let snapshot = try SnapshotReader(session).read(
        as: target.reportName, keepingQueries: keepsQueries, deadline: deadline)
      var report = try judging.judged(snapshot, earlier: earlier)
      report.add(
        try DetailsReader(session).read(
          candidates: report.candidates, lockWaiters: report.lockWaiters,
          among: snapshot.sessions,
          asksSettings: report.totals.orphan > 0 && snapshot.role.canReadSettings,
          deadline: deadline))
      report.advise(words: words(for: target.commandWords, seenFrom: LocalClock.now))
      return report
    }
  }

  /// Of each target that a file has the report of.
  /// - Throws: `ExitError` with status 64 to 66.
  package func results(of parts: [SavedReport.Part]) throws -> [TargetResult<AuditReport>] {
    try parts.map { part in
      switch part {
      case .refused(var failure, let target):
        // As when it was written: a hand may have changed it since.
        failure.message = Redaction.reported(failure.message)
        failure.hints = failure.hints.map(Redaction.reported)
        return .refused(failure, target: target, judgedWith: judging.policy)
      case .snapshot(let snapshot, let standards):
        // What can't be compared ends it before anything is said of it.
        _ = try earlier?.look(before: snapshot)
        let forgotten = judging.forgotten(of: standards)
        if !forgotten.isEmpty {
          Diagnostics.warn(
            "it was judged with \(forgotten.joined(separator: ", ")), and is not now",
            of: Wording.title(of: snapshot.target))
        }
        var report = try judging.judged(snapshot, isSaved: true, earlier: earlier)
        report.advise(
          words: words(
            for: TargetResolver.commandWords(for: snapshot.target), seenFrom: snapshot.capturedAt))
        return .report(report)
      }
    }
  }

  private func words(for target: String, seenFrom now: Timestamp) -> String {
    (words(now) + [target]).filter { !$0.isEmpty }.joined(separator: " ")
  }
}
