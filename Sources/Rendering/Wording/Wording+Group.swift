import SessionAudit

/// The groups, and why their sessions are what they are.
extension Wording {
  /// Addresses shown of a group without a name; the rest is counted.
  static let mostAddresses = 12

  static func label(_ value: String?, of dimension: GroupDimension) -> String {
    switch (dimension, value) {
    case (.application, ""), (.application, nil), (.family, ""): "(no application_name)"
    case (.client, nil): "(no address)"
    case (_, nil): "(none)"
    case (_, let value?): value
    }
  }

  /// What a line stands for that is no group of its own.
  static func folded(_ row: ShownGroup) -> Note {
    ("\(row.names) names, new at each start", .faint)
  }

  /// Why its sessions are suspects or orphans, and whether they are recycled, in a few words.
  static func explanation(of group: SessionGroup, in slots: Slots) -> [Note] {
    var notes: [Note] = []
    if group.orphan > 0 {
      let why = "\(group.orphan) orphan: \(reasons(group.orphanEvidence))"
      notes.append((why + freed(by: group, of: slots), .bad))
    }
    if group.suspect > 0 {
      // "Superseded" is said of what is gone; here it may be quiet.
      notes.append(("\(group.suspect) suspect: \(reasons(group.suspectEvidence))", .warning))
    }
    if let recycling = group.recycling, recycling.verdict != .noEvidence {
      notes.append((sentence(for: recycling), .faint))
    }
    return notes
  }

  /// What ending the orphans of a group would give back, as the end of a sentence.
  private static func freed(by group: SessionGroup, of slots: Slots) -> String {
    let count = group.freedByEndingOrphans
    guard count > 0 else { return "" }
    let slots = "\(counted(count, "slot")) (\(percent(count, of: slots)) %)"
    if count < group.orphan { return "; \(count) can be ended, which frees \(slots)" }
    return "; ending \(count == 1 ? "it" : "them") frees \(slots)"
  }

  static func percent(_ sessions: Int, of slots: Slots) -> String {
    guard slots.used > 0 else { return "" }
    let percent = Double(sessions) * 100 / Double(slots.used)
    return sessions > 0 && percent < 0.5 ? "<1" : "\(Int(percent.rounded()))"
  }

  private static func reasons(_ counts: [Evidence.Kind: Int]) -> String {
    // One kind needs no number: it is that of the verdict.
    if counts.count == 1, let kind = counts.first?.key { return words(for: kind) }
    return Evidence.Kind.allCases.reversed().compactMap { kind in
      counts[kind].map { "\($0) \(words(for: kind))" }
    }.joined(separator: ", ")
  }

  private static func sentence(for recycling: Recycling) -> String {
    let maxAge = "max age \(DurationText.exact(recycling.maxAge))"
    switch recycling.verdict {
    case .notClosed: return recycling.notClosed
    case .notEnforced:
      return
        "\(maxAge) is not enforced: \(recycling.usedBeyondMaxAge) used beyond it, one of them when it "
        + "was \(DurationText.brief(recycling.worstUsedAtAge)) old"
    case .enforced:
      return
        "\(maxAge) is enforced: \(Wording.counted(recycling.replacedAtMaxAge, "connection")) "
        + "\(recycling.replacedAtMaxAge == 1 ? "was" : "were") replaced at that age since the earlier "
        + "look, and none is open or was used beyond it"
    case .noEvidence: return "\(maxAge): nothing tells if it is enforced"
    }
  }

  static func words(for kind: Evidence.Kind) -> String {
    switch kind {
    case .idleBeyondThreshold: "idle beyond the threshold"
    case .pastMaxAge: "past the max age"
    case .beyondPoolSize: "beyond the size of its pool"
    case .silentClient: "silent client"
    case .superseded: "superseded by a newer address"
    case .replacedAddress: "address replaced by a newer one"
    case .beyondInstances: "beyond the instances that may run"
    case .beforeRestart: "from before the restart"
    case .ownerGone: "owner not in the roster"
    case .predatesOwner: "from before its owner in the roster began"
    case .predatesAll: "from before anything in the roster began"
    }
  }

  static func untold(_ report: AuditReport) -> [String] {
    let untold = report.groups.compactMap(\.recycling).filter { $0.verdict == .noEvidence }
    guard let shortest = untold.map(\.maxAge).min() else { return [] }
    let sentence =
      "max age: nothing tells if it is enforced by \(Wording.counted(untold.count, "group"))"
    // Two looks at what closes at once have nothing in common.
    guard shortest > .zero else { return [sentence] }
    return [
      sentence
        + ". What was closed leaves no row: save a report now (audit --json -o now.json), and "
        + "judge another one within \(DurationText.exact(shortest)) with --earlier now.json"
    ]
  }
}
