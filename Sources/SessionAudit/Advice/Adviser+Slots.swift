/// Which limits are used up, and databases that nobody can use.
extension Adviser {
  /// Which limits are used up, or nearly so.
  var fullLimits: [Advice] {
    let binding = report.slots.binding
    var advice: [Advice] = []
    if binding.usedRatio >= Slots.nearlyFullRatio {
      advice.append(
        Advice(
          "slots_nearly_full", urgency,
          "\(binding.certainty.words)\(binding.used) of \(binding.limit) connections"
            + "\(Self.owner(of: binding)) \(binding.used == 1 ? "is" : "are") used, "
            + "\(binding.available) left for this role.",
          remedies: [lookDeeper]))
    }
    let others = report.slots.othersNearlyUsed.filter { $0.usedRatio >= Slots.nearlyFullRatio }
    for limit in others.prefix(3) {
      let used = min(limit.used, limit.limit)
      let left =
        limit.available == 0
        ? "none is" : "\(limit.available) \(limit.available == 1 ? "is" : "are")"
      advice.append(
        Advice(
          "limit_nearly_reached", limit.available == 0 ? .critical : .warning,
          "\(used) of the \(limit.limit) connections of \(limit.owner) "
            + "\(used == 1 ? "is" : "are") used, \(left) left, whatever room this role has.",
          remedies: advice.isEmpty ? [lookDeeper] : []))
    }
    return advice
  }

  /// Doctor says which limits could be other ones, and who may change them.
  private var lookDeeper: Advice.Step { step("pgsessions doctor") }

  private static func owner(of limit: Slots.Limit) -> String {
    switch limit.kind {
    case .role, .database: " of \(limit.owner)"
    case .server, .reserved, .superuserReserved, .pooler: ""
    }
  }

  var invalidDatabases: [Advice] {
    report.slots.invalidDatabases.prefix(3).map { name in
      Advice(
        "invalid_database", .warning,
        "Database \(name) is invalid: its dropping was interrupted, and nobody can connect "
          + "to it any more. Its owner drops what is left of it:",
        remedies: [.change("DROP DATABASE \(SQLText.identifier(name));")])
    }
  }
}

extension Slots.Limit {
  /// Whose limit it is, in a sentence.
  public var owner: String {
    switch kind {
    case .role, .database: "\(kind.rawValue) \(name ?? "?")"
    case .server, .reserved, .superuserReserved, .pooler: "ordinary roles"
    }
  }
}

extension Slots.Limit.Certainty {
  /// What a sentence about a count begins with.
  var words: String {
    switch self {
    case .exact: ""
    case .atLeast: "At least "
    case .about: "About "
    }
  }
}
