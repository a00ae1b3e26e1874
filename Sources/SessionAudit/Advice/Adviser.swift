/// Says what to do next, one theme a file.
struct Adviser {
  let report: AuditReport
  /// What can be ended; nil where nobody is suspect or an orphan.
  let endable: EndableSessions?
  /// What of a command line judges in the same way and names the same target.
  let words: String

  /// The worst first, and of what is equally bad causes and cures before what only describes.
  var advice: [Advice] {
    let all =
      locks + keepalives + orphans + storm + pools + notClosed + connectionLeaks + idleInTransaction
      + fullLimits + invalidDatabases + barred + coverage + doubtfulInput + suspects
      + quietApplications + leftAlone + names
    return [Advice.Severity.critical, .warning, .info].flatMap { severity in
      all.filter { $0.severity == severity }
    }.map(onPrimary)
  }

  /// A standby takes no statement that changes roles or databases.
  private func onPrimary(_ advice: Advice) -> Advice {
    guard report.target.inRecovery == true, advice.remedies.contains(where: \.isChange) else {
      return advice
    }
    var advice = advice
    advice.summary = "On the primary, since this is a standby: \(advice.summary)"
    return advice
  }

  /// How much what frees slots matters: nobody gets in any more, or not yet.
  var urgency: Advice.Severity {
    report.slots.binding.available == 0 ? .critical : .warning
  }

  /// - Parameter command: without what names the target and how it is judged.
  func step(_ command: String) -> Advice.Step {
    .command([command, words].filter { !$0.isEmpty }.joined(separator: " "))
  }

  func family(of session: Session) -> String {
    report.judgedWith.family(of: session.applicationName)
  }

  static func label(_ family: String) -> String {
    family.isEmpty ? "(no application_name)" : family
  }
}

extension AuditReport {
  /// Adds what to do next, and what ending the orphans of each group would free: counted by the
  /// planner, so that a command that is shown does what is said of it.
  /// - Parameter words: what of a command line judges in the same way and names the same target,
  ///   quoted for a shell and without a password; empty where nothing was said and the environment
  ///   names it.
  public mutating func advise(words: String) {
    let endable = totals.suspect + totals.orphan > 0 ? EndableSessions(in: self) : nil
    if let endable { countFreed(by: endable.orphans.selected) }
    advice = Adviser(report: self, endable: endable, words: words).advice
  }
}

/// What each of the commands that are shown would end.
struct EndableSessions {
  let orphans: TerminationPlan
  let suspects: TerminationPlan

  init(in report: AuditReport) {
    func plan(_ change: (inout Selection) -> Void) -> TerminationPlan {
      var selection = Selection(maximum: .max)
      change(&selection)
      return Planner.plan(report, selection: selection)
    }
    orphans = plan { $0.orphans = true }
    suspects = plan { $0.suspects = true }
  }
}
