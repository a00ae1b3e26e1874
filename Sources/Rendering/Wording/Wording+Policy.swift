import SessionAudit

/// What a report was judged with.
extension Wording {
  /// What the user said, as it was written.
  static func declarations(of policy: Policy) -> [String] {
    func words<Value>(
      _ name: String, _ declarations: [Declaration<Value>], _ text: (Value) -> String
    ) -> [String] {
      declarations.map { declared in
        let application = declared.application.map { "\($0.text)=" } ?? ""
        let scope = [
          declared.application?.user.map { "role \($0)" },
          declared.application?.database.map { "database \($0)" },
        ].compactMap { $0 }.joined(separator: ", ")
        return "\(name) \(application)\(text(declared.value))"
          + (scope.isEmpty ? "" : " (\(scope))")
      }
    }
    let restarts = words("restarted at", policy.restarts) { time in
      switch time {
      case .at(let moment): moment.readable
      case .ago(let age): "\(DurationText.exact(age))-ago"
      }
    }
    return words("max age", policy.maxAges, DurationText.exact)
      + words("closes itself", policy.closesItself) { $0 ? "yes" : "no" }
      + words("pool size", policy.poolSizes) { "\($0)" }
      + words("pooled", policy.pooled) { $0 ? "yes" : "no" }
      + words("instances", policy.instances) { "\($0)" } + restarts
      + words("one instance", policy.oneInstance) { $0 ? "yes" : "no" }
      + words("stale after", policy.staleAfters, DurationText.exact)
      + words("protected", policy.protected) { $0 ? "yes" : "no" }
      + policy.sharedAddresses.map { "shared address \($0.text)" }
      + policy.poolers.map { "pooler \($0.text)" }
  }

  static func sentence(for roster: Roster, at now: Timestamp) -> String {
    let alive = roster.entries.count { $0.isAlive }
    let age = roster.takenAt.map { ", taken \(DurationText.brief(now - $0)) ago" } ?? ""
    var covers = roster.families
    for said in roster.coversNames.map(\.pattern) + roster.coversNetworks.map(\.text)
    where !covers.contains(said) {
      covers.append(said)
    }
    let most = covers.prefix(6).joined(separator: ", ") + (covers.count > 6 ? " and more" : "")
    return "roster (\(roster.format.rawValue)): \(alive) alive\(age)"
      + (covers.isEmpty ? "" : "; covers \(most)") + (roster.isComplete ? "; complete" : "")
  }
}
