import OperatingSystem
import PostgresClient
import ServerAccess
import SessionAudit

/// What runs of `terminate` have in common, of whichever target.
package struct Termination: ReportingRun {
  package var connector: Connector
  /// Of a target, by its place in the policy file.
  var selection: @Sendable (Int?) -> Selection
  var judging: JudgeSettings
  var execute: Bool
  var ending: Terminator.Options
  var takesLock: Bool
  /// How long another run may hold the lock.
  package var lockPatience = Duration.seconds(2)
  var interrupts: Interrupts?
  var log: LogFile?

  package init(
    connector: Connector, selection: @escaping @Sendable (Int?) -> Selection,
    judging: JudgeSettings, execute: Bool, ending: Terminator.Options, takesLock: Bool,
    interrupts: Interrupts?, log: LogFile?
  ) {
    (self.connector, self.selection, self.judging) = (connector, selection, judging)
    (self.execute, self.ending, self.takesLock) = (execute, ending, takesLock)
    (self.interrupts, self.log) = (interrupts, log)
  }

  /// - Parameter confirm: asks whether a target's plan shall be carried out; nil: it shall.
  package func fleet(
    of targets: [ResolvedTarget], confirm: (@Sendable (TerminationReport) throws -> Bool)?
  ) -> Fleet<TerminationReport> {
    fleet(of: targets) { try run(on: $0, confirm: confirm) }
  }

  /// One run on one target.
  /// - Parameter confirm: asks whether the plan shall be carried out; nil: it shall.
  /// - Throws: `ExitError` for what the command line would have to say otherwise.
  package func run(
    on target: ResolvedTarget, confirm: ((TerminationReport) throws -> Bool)? = nil
  ) throws -> TargetRun<TerminationReport> {
    let recorder = LogRecorder(log)
    let start = ContinuousClock.now
    var common = self
    do {
      common.judging = try judging.of(
        target, within: connector.timeout, interruption: interrupts?.first)
    } catch var failure as ExitError {
      failure.status = interrupts?.status ?? failure.status
      throw failure
    }
    let run = TerminationRun(
      common: common, selection: selection(target.policyPlace), confirm: confirm,
      record: recorder.record, name: target.reportName)
    var done = try run.run(on: target)
    recorder.finish(done.result)
    done.logFailure = recorder.failure
    done.duration = start.duration(to: .now)
    return done
  }
}

/// One run of `terminate`: read, judge, plan; ask; take the lock; judge again; end; watch; look.
private struct TerminationRun {
  var common: Termination
  var selection: Selection
  var confirm: ((TerminationReport) throws -> Bool)?
  /// Writes down each step; false where it can't.
  var record: (TerminationEvent) -> Bool
  /// What tells the target from others in reports.
  var name: String?
  private let looks = Looks()

  /// What this run saw first of the server.
  private final class Looks {
    var first: EarlierLook?
  }

  init(
    common: Termination, selection: Selection, confirm: ((TerminationReport) throws -> Bool)?,
    record: @escaping (TerminationEvent) -> Bool, name: String?
  ) {
    (self.common, self.selection, self.confirm) = (common, selection, confirm)
    (self.record, self.name) = (record, name)
  }

  /// The server's whole time; what a person takes to answer is not counted.
  private var timeout: Duration { common.connector.timeout }

  func run(on target: ResolvedTarget) throws -> TargetRun<TerminationReport> {
    var status: ExitStatus?
    let result = try common.result(of: target, interruption: common.interrupts?.first) {
      session, deadline in
      // After a question it is made anew.
      var report = try plan(
        session, isCarriedOut: common.execute && confirm == nil, deadline: deadline)
      if common.execute { status = try execute(&report, session, deadline: deadline) }
      return report
    }
    return TargetRun(result, status: status)
  }

  /// Ends what is planned, where that may be.
  /// - Returns: the exit status where it is not what the report says.
  private func execute(
    _ report: inout TerminationReport, _ session: Connection, deadline: Deadline
  ) throws -> ExitStatus? {
    if report.audit.target.pooled == true {
      throw ExitError.usage(
        "this connection goes through a pooler, where nothing can be ended safely",
        next: "Connect to the server itself.")
    }
    report.executed = true
    guard !report.plan.selected.isEmpty else { return nil }
    var status: ExitStatus?
    do {
      try Terminator.prepare(session, deadline: deadline)
      status = try carryOut(&report, session, deadline: deadline)
    } catch let error as PostgresError {
      report.failure = Failure(error)
    }
    if report.outcomes.isEmpty && !report.wasDeclined {
      report.outcomes = report.plan.selected.map { TerminationOutcome($0, .notAttempted) }
    }
    return status
  }

  /// Reads, judges and plans; what the sessions hold that would be ended is asked before the plan
  /// is made. Where one look is not enough it takes another, some time after the run's first.
  /// - Throws: `PostgresError`, and `ExitError` for a policy that the snapshot contradicts.
  private func plan(
    _ session: Connection, isCarriedOut: Bool, deadline: Deadline
  ) throws -> TerminationReport {
    let start = ContinuousClock.now
    let (report, hasEarlier) = try planOnce(session, deadline: deadline)
    guard !hasEarlier, report.plan.asksSecondLook(at: report.audit, isCarriedOut: isCarriedOut)
    else { return report }
    // The server's clock tells how far apart two looks are; ours goes on from the first of them.
    let distance = EarlierLook.leastDistance + .milliseconds(50)
    try session.pause(distance - start.duration(to: .now), deadline: deadline)
    return try planOnce(session, deadline: deadline).report
  }

  /// - Returns: also whether there was an earlier look that is far enough from this one.
  private func planOnce(
    _ session: Connection, deadline: Deadline
  ) throws -> (report: TerminationReport, hasEarlier: Bool) {
    var snapshot = try SnapshotReader(session).read(as: name, deadline: deadline)
    snapshot.earlier = looks.first
    if looks.first == nil { looks.first = EarlierLook(snapshot) }
    var audit = try common.judging.judged(snapshot)
    let candidates = Planner.candidates(audit, selection: selection)
    if !candidates.isEmpty {
      audit.add(
        try DetailsReader(session).read(
          candidates: candidates, lockWaiters: [], among: snapshot.sessions, deadline: deadline))
    }
    let report = TerminationReport(
      audit: audit, plan: Planner.plan(audit, selection: selection), executed: false)
    return (report, snapshot.hasEarlierLook)
  }

  /// Asks, takes the lock and ends.
  /// - Returns: the exit status where it is not what the report says.
  private func carryOut(
    _ report: inout TerminationReport, _ session: Connection, deadline: Deadline
  ) throws -> ExitStatus? {
    var deadline = deadline
    if let confirm {
      guard try confirm(report) else {
        (report.executed, report.wasDeclined) = (false, true)
        return nil
      }
      deadline = Deadline(after: timeout)
      // The timeout of each statement is what was left when it was set.
      try Terminator.prepare(session, deadline: deadline)
    }
    if common.takesLock {
      switch try RunLock(session).take(within: common.lockPatience, deadline: deadline) {
      case .taken: break
      case .held(let holder):
        report.failure = Self.failure(lockHeldBy: holder)
        return .lockHeld
      }
    }
    var outcomes: [SessionIdentity: TerminationOutcome] = [:]
    var plan = report.plan
    if confirm != nil {
      // Time has passed while a person read: what would no longer be planned is left alone, and
      // what would be is held against what was shown.
      let again = try self.plan(session, isCarriedOut: true, deadline: deadline).plan
      report.plan.breaker = again.breaker
      guard again.breaker == nil else { return nil }
      outcomes = changed(report.plan, since: again)
      plan.selected.removeAll { outcomes[$0.identity] != nil }
    } else if common.takesLock {
      // Another run may have been ending sessions when this one read them.
      report = try self.plan(session, isCarriedOut: true, deadline: deadline)
      report.executed = true
      plan = report.plan
    }
    for outcome in try end(plan, &report, session, deadline: deadline) {
      outcomes[outcome.identity] = outcome
    }
    report.outcomes = report.plan.selected.compactMap { outcomes[$0.identity] }
    return nil
  }

  /// Outcomes of those that a second plan no longer has.
  private func changed(
    _ confirmed: TerminationPlan, since again: TerminationPlan
  ) -> [SessionIdentity: TerminationOutcome] {
    let still = Set(again.selected.map(\.identity))
    let present = Set(again.kept.compactMap { $0.judged.session.identity })
    var outcomes: [SessionIdentity: TerminationOutcome] = [:]
    for victim in confirmed.selected where !still.contains(victim.identity) {
      outcomes[victim.identity] =
        present.contains(victim.identity)
        ? TerminationOutcome(victim, .changed, "no longer selected after the question")
        : TerminationOutcome(victim, .alreadyGone, "it left before the question was answered")
    }
    return outcomes
  }

  private func end(
    _ plan: TerminationPlan, _ report: inout TerminationReport, _ session: Connection,
    deadline: Deadline
  ) throws -> [TerminationOutcome] {
    guard !plan.selected.isEmpty else { return [] }
    let untried = plan.selected.map { TerminationOutcome($0, .notAttempted) }
    guard record(.begin(report)) else {
      report.failure = Self.failure(.notRecorded)
      return untried
    }
    // From here on the first signal is looked for between two statements, and none is cut short.
    session.interruption = common.interrupts?.second
    let result = Terminator(session, common.ending, record: record)
      .end(plan, of: report.audit, deadline: deadline)
    report.failure = result.earlyEnd.flatMap(Self.failure)
    let gone = zip(plan.selected, result.outcomes).filter { $1.result == .gone }
    if !gone.isEmpty, result.earlyEnd?.leavesConnectionUsable ?? true {
      do {
        report.after = SlotsAfter(
          try SnapshotReader(session).read(deadline: deadline),
          ended: gone.map(\.0.judged.session), judgedAt: report.audit.capturedAt)
      } catch {
        Diagnostics.warn("the slots after the run could not be read: \(Failure(error).message)")
      }
    }
    return result.outcomes
  }

  private static func failure(_ end: Terminator.EarlyEnd) -> Failure? {
    func failure(_ message: String, _ hint: String) -> Failure {
      Failure(kind: .unknown, sqlState: nil, message: message, hints: [hint])
    }
    return switch end {
    case .failed(let error): Failure(error)
    case .notTheSameServer:
      Failure(
        kind: .lost, sqlState: nil,
        message: "another server answers than the one that was judged: it was restarted, or a "
          + "standby became the primary", hints: ["Run it again to judge this one."])
    case .notRecorded:
      failure(
        "the log could not be written, so nothing more was signalled",
        "What was signalled before that is in the log, or in the report alone.")
    case .interrupted:
      failure("interrupted; nothing more was signalled", "What was signalled was watched.")
    }
  }

  private static func failure(lockHeldBy holder: RunLock.Holder?) -> Failure {
    let place = [holder?.user, holder?.database].compactMap { $0 }.joined(separator: "@")
    let since = holder?.since.map { ", since \($0.readable)" } ?? ""
    let who = holder.map { $0.pid.map { "pid \($0)" } ?? "a prepared transaction" }
    return Failure(
      kind: .unknown, sqlState: nil,
      message: "another run ends sessions on this server: "
        + (who.map { "\($0)\(place.isEmpty ? "" : " (\(place)\(since))") holds its lock" }
          ?? "its lock was held until a moment ago"),
      hints: ["Wait for it. If it is no pgsessions, --no-lock goes on without the lock."])
  }
}

extension Terminator.EarlyEnd {
  fileprivate var leavesConnectionUsable: Bool {
    switch self {
    case .failed(let error): if case .queryFailed = error { true } else { false }
    case .notRecorded: true
    case .notTheSameServer, .interrupted: false
    }
  }
}
