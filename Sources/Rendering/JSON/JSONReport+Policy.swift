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
    for declared in policy.declared {
      object { json in
        json.value("kind", declared.kind)
        json.value("application", declared.application?.text)
        json.value("user", declared.application?.user)
        json.value("database", declared.application?.database)
        switch declared.value {
        case .duration(let duration): json.value("seconds", duration)
        case .count(let count): json.value("count", count)
        case .flag(let flag): json.value("value", flag)
        case .restart(.at(let moment)): json.value("time", moment)
        case .restart(.ago(let age)): json.value("seconds_ago", age)
        case .network(let network): json.value("network", network.text)
        case .shown: break
        }
      }
    }
  }
}
