import SessionAudit

/// What a report was judged with.
extension JSONWriter {
  mutating func judgedWith(_ policy: Policy) {
    object("judged_with") { json in
      json.object("thresholds") { json in
        for (key, value) in policy.thresholds { json.value(key, value) }
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
      json.array("covers") { json in
        for family in roster.families { json.value(nil, family) }
        for glob in roster.coversNames { json.value(nil, glob.pattern) }
        for network in roster.coversNetworks { json.value(nil, network.text) }
      }
      json.value("complete", roster.isComplete)
    }
  }

  /// Who shows that the roster is not believed about some, and how many that spared.
  mutating func rosterGaps(of report: AuditReport) {
    guard report.judgedWith.roster != nil else { return null("roster_gaps") }
    object("roster_gaps") { json in
      json.array("heard") { json in
        for witness in report.heardThoughUnlisted { json.value(nil, witness) }
      }
      json.value("spared", report.sparedByRosterGaps)
    }
  }

  private mutating func declarations(of policy: Policy) {
    for declared in policy.maxAges {
      declaration("max_age", declared.application) { $0.value("seconds", declared.value) }
    }
    for declared in policy.closesItself {
      declaration("closes_itself", declared.application) { $0.value("value", declared.value) }
    }
    for declared in policy.poolSizes {
      declaration("pool_size", declared.application) { $0.value("count", declared.value) }
    }
    for declared in policy.pooled {
      declaration("pooled", declared.application) { $0.value("value", declared.value) }
    }
    for declared in policy.instances {
      declaration("instances", declared.application) { $0.value("count", declared.value) }
    }
    for declared in policy.restarts {
      declaration("restarted_at", declared.application) { json in
        switch declared.value {
        case .at(let moment): json.value("time", moment)
        case .ago(let age): json.value("seconds_ago", age)
        }
      }
    }
    for declared in policy.oneInstance {
      declaration("one_instance", declared.application) {
        $0.value("value", declared.value)
      }
    }
    for declared in policy.staleAfters {
      declaration("stale_after", declared.application) { $0.value("seconds", declared.value) }
    }
    for declared in policy.protected {
      declaration("protect", declared.application) { $0.value("value", declared.value) }
    }
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
