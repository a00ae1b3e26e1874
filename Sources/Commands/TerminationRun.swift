import PostgresClient
import ServerAccess
import SessionAudit

/// One run of `terminate`: read, judge, plan, ask, read and judge again, end, watch.
struct TerminationRun {
  var selection: Selection
  var judging: Judging
  var execute: Bool
  /// The server's whole time; what a person takes to answer is not counted.
  var timeout: Duration
  var verifyWithin: Duration
  /// Asks whether the plan shall be carried out; nil: it shall.
  var confirm: ((TerminationReport) throws -> Bool)?

  /// - Throws: `CommandFailure` for what the command line would have to say otherwise.
  func answer(
    connecting connect: (Deadline) throws(PostgresError) -> (
      connection: Connection, deadline: Deadline
    ),
    to target: ResolvedTarget, described: Target
  ) throws -> TerminationAnswer {
    var deadline = Deadline(after: timeout)
    let session: Connection
    var report: TerminationReport
    do {
      (session, deadline) = try connect(deadline)
      report = try plan(session, deadline: deadline)
    } catch let error as PostgresError {
      return .refused(
        try Diagnostics.failure(error, reaching: target), target: described,
        judgedWith: judging.policy)
    }
    guard execute else { return .report(report) }
    if report.audit.target.pooled == true {
      throw CommandFailure.usage(
        "this connection goes through a transaction pooler, where nothing can be ended safely",
        next: "Connect to the server itself.")
    }
    guard !report.plan.selected.isEmpty else {
      report.executed = true
      return .report(report)
    }
    guard let confirm else {
      end(report.plan.selected, in: &report, session, deadline: deadline)
      return .report(report)
    }
    guard try confirm(report) else {
      report.wasDeclined = true
      return .report(report)
    }
    try endConfirmed(&report, session, deadline: Deadline(after: timeout))
    return .report(report)
  }

  /// Reads, judges and plans; what the sessions hold that would be ended is asked before the plan
  /// is made.
  /// - Throws: `PostgresError`, and `CommandFailure` for a policy that the snapshot contradicts.
  private func plan(_ session: Connection, deadline: Deadline) throws -> TerminationReport {
    let snapshot = try SnapshotReader(session).read(keepingQueries: false, deadline: deadline)
    var audit = Judge.judge(snapshot, by: try judging.policy(for: snapshot, isSaved: false))
    let candidates = Planner.candidates(audit, selection: selection)
    if !candidates.isEmpty {
      audit.add(
        try DetailsReader(session).read(
          candidates: candidates, lockWaiters: [], among: snapshot.sessions, deadline: deadline))
    }
    return TerminationReport(
      audit: audit, plan: Planner.plan(audit, selection: selection), executed: false)
  }

  private func end(
    _ victims: [Victim], in report: inout TerminationReport, _ session: Connection,
    deadline: Deadline
  ) {
    let result = Terminator(session, verifyWithin: verifyWithin).end(victims, deadline: deadline)
    report.executed = true
    report.outcomes = result.outcomes
    report.failure = result.failure.map { Failure($0) }
  }

  /// Time has passed while a person read the plan: what would no longer be planned is left alone.
  private func endConfirmed(
    _ report: inout TerminationReport, _ session: Connection, deadline: Deadline
  ) throws {
    let confirmed = report.plan.selected
    let again: TerminationPlan
    do {
      again = try plan(session, deadline: deadline).plan
    } catch let error as PostgresError {
      report.executed = true
      report.outcomes = confirmed.map { TerminationOutcome($0, .notAttempted) }
      report.failure = Failure(error)
      return
    }
    let still = Set(again.selected.map(\.identity))
    let present = still.union(again.kept.compactMap { $0.judged.session.identity })
    let victims = confirmed.filter { still.contains($0.identity) }
    end(victims, in: &report, session, deadline: deadline)
    let ended = Dictionary(
      report.outcomes.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
    report.outcomes = confirmed.map { victim in
      let identity = victim.identity
      return ended[identity]
        ?? (present.contains(identity)
          ? TerminationOutcome(victim, .changed, "no longer selected after the question")
          : TerminationOutcome(victim, .alreadyGone, "it left before the question was answered"))
    }
  }
}
