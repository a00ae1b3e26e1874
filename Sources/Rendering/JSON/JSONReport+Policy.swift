import SessionAudit

/// What a report was judged with.
extension JSONWriter {
  mutating func judgedWith(_ policy: Policy) {
    object("judged_with") { json in
      json.object("thresholds") { json in
        json.value("stale_after_seconds", policy.staleAfter)
        json.value("restart_grace_seconds", policy.restartGrace)
        json.value("clock_tolerance_seconds", policy.clockTolerance)
        json.value("max_age_slack_seconds", policy.maxAgeSlack)
      }
      json.roster(policy.roster)
      json.array("declarations") { json in json.declarations(of: policy) }
    }
  }

  private mutating func roster(_ roster: Roster?) {
    guard let roster else { return null("roster") }
    object("roster") { json in
      json.value("format", roster.format.rawValue)
      json.value("taken_at", roster.takenAt)
      json.value("entries", roster.entries.count)
      json.value("alive", roster.entries.count { $0.isAlive })
      json.strings(
        "covers",
        roster.families + roster.coversNames.map(\.pattern) + roster.coversNetworks.map(\.text))
      json.value("complete", roster.isComplete)
    }
  }

  /// Who shows that the roster is not believed about some, and how many that spared.
  mutating func rosterGaps(of report: AuditReport?) {
    guard let report, report.judgedWith.roster != nil else { return null("roster_gaps") }
    object("roster_gaps") { json in
      json.strings("heard", report.heardThoughUnlisted)
      json.value("spared", report.sparedByRosterGaps)
    }
  }

  private mutating func declarations(of policy: Policy) {
    declarations("max_age", policy.maxAges) { $0.value("seconds", $1) }
    declarations("closes_itself", policy.closesItself) { $0.value("value", $1) }
    declarations("pool_size", policy.poolSizes) { $0.value("count", $1) }
    declarations("pooled", policy.pooled) { $0.value("value", $1) }
    declarations("instances", policy.instances) { $0.value("count", $1) }
    declarations("restarted_at", policy.restarts) { json, time in
      switch time {
      case .at(let moment): json.value("time", moment)
      case .ago(let age): json.value("seconds_ago", age)
      }
    }
    declarations("one_instance", policy.oneInstance) { $0.value("value", $1) }
    declarations("stale_after", policy.staleAfters) { $0.value("seconds", $1) }
    declarations("protect", policy.protected) { $0.value("value", $1) }
    for family in policy.families {
      declaration("family", ApplicationPattern(family.pattern)) { _ in }
    }
    for network in policy.sharedAddresses {
      declaration("shared_address", nil) { $0.value("network", network.text) }
    }
    for network in policy.poolers {
      declaration("pooler", nil) { $0.value("network", network.text) }
    }
  }

  private mutating func declarations<Value>(
    _ kind: String, _ declared: [Declaration<Value>], _ value: (inout JSONWriter, Value) -> Void
  ) {
    for declared in declared {
      declaration(kind, declared.application) { value(&$0, declared.value) }
    }
  }

  /// - Parameter application: nil: it speaks of all.
  private mutating func declaration(
    _ kind: String, _ application: ApplicationPattern?, _ value: (inout JSONWriter) -> Void
  ) {
    object { json in
      json.value("kind", kind)
      json.value("application", application?.text)
      json.value("user", application?.user)
      json.value("database", application?.database)
      value(&json)
    }
  }
}
