/// What was or would be ended, what was kept and why, and what became of each victim.
public struct TerminationReport: Sendable {
  /// The report that the plan was made from.
  public var audit: AuditReport
  public var plan: TerminationPlan
  /// False: a dry run, or nothing was signalled because the user declined.
  public var executed: Bool
  /// The user answered the question with no.
  public var wasDeclined = false
  /// One for each selected session, in the plan's order; empty in a dry run.
  public var outcomes: [TerminationOutcome]
  /// What ended the run before its time.
  public var failure: Failure?
  /// nil: nothing was ended, or nobody could look any more.
  public var after: SlotsAfter?

  public init(
    audit: AuditReport, plan: TerminationPlan, executed: Bool,
    outcomes: [TerminationOutcome] = [], failure: Failure? = nil
  ) {
    self.audit = audit
    self.plan = plan
    self.executed = executed
    self.outcomes = outcomes
    self.failure = failure
  }

  public func count(_ result: TerminationOutcome.Result) -> Int {
    outcomes.count { $0.result == result }
  }

  /// Whether some victims are still there or were never tried.
  public var isPartial: Bool {
    outcomes.contains { [.survived, .refused, .notAttempted].contains($0.result) }
  }
}

/// What became of one victim.
public struct TerminationOutcome: Sendable, Equatable {
  public enum Result: String, Sendable, CaseIterable {
    /// Signalled, and seen to have left.
    case gone
    /// Signalled, and not seen to have left.
    case survived
    /// No longer as it was judged: left alone.
    case changed
    /// Had left before it was signalled.
    case alreadyGone = "already_gone"
    case refused
    case notAttempted = "not_attempted"
  }

  public var identity: SessionIdentity
  public var applicationName: String
  public var result: Result
  public var detail: String?
  /// `changed` by us: its query was cancelled, and its session lives on.
  public var wasCancelled = false

  public init(
    identity: SessionIdentity, applicationName: String, result: Result, detail: String? = nil
  ) {
    self.identity = identity
    self.applicationName = applicationName
    self.result = result
    self.detail = detail
  }

  /// The outcome of a planned victim.
  public init(_ victim: Victim, _ result: Result, _ detail: String? = nil) {
    self.init(
      identity: victim.identity, applicationName: victim.judged.session.applicationName,
      result: result, detail: detail)
  }
}
