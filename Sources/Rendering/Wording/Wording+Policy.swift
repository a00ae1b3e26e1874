import SessionAudit

/// What a report was judged with.
extension Wording {
  /// What the user said, as it was written.
  static func declarations(of policy: Policy) -> [String] {
    policy.declared.compactMap { declared in
      let value: String
      switch declared.value {
      case .duration(let duration): value = DurationText.exact(duration)
      case .count(let count): value = "\(count)"
      case .flag(let flag): value = flag ? "yes" : "no"
      case .restart(.at(let moment)): value = moment.readable
      case .restart(.ago(let age)): value = "\(DurationText.exact(age))-ago"
      case .network(let network): value = network.text
      case .shown: return nil
      }
      let name =
        declared.kind == "protect"
        ? "protected" : declared.kind.split(separator: "_").joined(separator: " ")
      let application = declared.application.map { "\($0.text)=" } ?? ""
      let scope = [
        declared.application?.user.map { "role \($0)" },
        declared.application?.database.map { "database \($0)" },
      ].compactMap { $0 }.joined(separator: ", ")
      return "\(name) \(application)\(value)" + (scope.isEmpty ? "" : " (\(scope))")
    }
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
