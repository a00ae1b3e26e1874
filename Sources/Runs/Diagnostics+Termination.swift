import SessionAudit

extension Diagnostics {
  /// What kept a run from ending what it was to end.
  /// - Returns: the status of it.
  package static func termination(
    _ result: TargetResult<TerminationReport>, of name: String?
  ) -> ExitStatus {
    guard let done = result.report else { return refusal(result, of: name) }
    if let failure = done.failure { report(failure, of: name) }
    if let breaker = done.plan.breaker {
      report(ExitError(breaker, done.plan), of: name)
    }
    let status = ExitStatus(done)
    if status == .notPermitted, let lack = AuditAdvice.rights(for: done) {
      report(
        ExitError(
          status: status, sentence: "nothing could be ended: \(lack.summary)",
          nextStep: lack.remedy), of: name)
    }
    return status
  }
}

extension ExitError {
  /// What stopped a plan, and what to do about it.
  fileprivate init(_ breaker: Breaker, _ plan: TerminationPlan) {
    switch breaker {
    case .maximumShare(let victims, let visible, let percent):
      self.init(
        status: .stoppedByBreaker,
        sentence: "\(victims) of \(visible) visible sessions would be ended, more than --max-share "
          + "\(percent) allows: nothing was ended",
        nextStep: "Narrow the selection, or raise --max-share where that many are meant.")
    case .lastOfApplication:
      let kept = plan.kept.filter { $0.reasons.first?.kind == breaker.kind }
      let names = Set(kept.map(\.judged.session.applicationName)).sorted()
      let count = kept.count
      self.init(
        status: .stoppedByBreaker,
        sentence:
          "\(Wording.counted(count, "orphan")) (\(Wording.few(names))) would leave "
          + "\(count == 1 ? "its application" : "their applications") without a session that was "
          + "heard within --stale-after: nothing was ended",
        nextStep:
          "Check the roster and what was declared; where that is right, add --allow-empty, or "
          + "allow_empty = true to the application in the policy file.")
    }
  }
}
