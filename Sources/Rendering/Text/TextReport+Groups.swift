import SessionAudit

/// The groups: one line each, why under it, and what has no name by its addresses.
extension TextReport {
  /// Addresses shown of a group without a name; the rest is counted.
  static let mostAddresses = 12

  /// One line a group; the age buckets as small bars, oldest to the right.
  func groups(_ report: AuditReport) -> [String] {
    let policy = report.judgedWith
    var table = TextTable(
      policy.groupBy.map { .init(title: Self.title(of: $0), isFlexible: true) } + [
        .init(title: "total", alignsRight: true),
        .init(title: "%", alignsRight: true, rank: 4),
        .init(title: "active", alignsRight: true, isOptional: true, rank: 2),
        .init(title: "idle", alignsRight: true, isOptional: true, rank: 3),
        .init(title: "in tx", alignsRight: true, isOptional: true, rank: 1),
        .init(title: "hidden", alignsRight: true, isOptional: true),
        .init(title: "ages"),
        .init(title: "state", alignsRight: true),
        .init(title: "session", alignsRight: true, rank: 5),
      ])
    var notes: [[Note]] = []
    let shown = report.shownGroups
    for row in shown {
      let group = row.group
      let key = zip(policy.groupBy, group.key).map { Self.label($1, of: $0) }
      table.add(cells(group, of: report.slots, key))
      notes.append(
        (row.names > 1 ? [Self.folded(row)] : []) + Self.explanation(of: group, in: report.slots))
      guard let split = report.addresses(ofNameless: group) else { continue }
      for part in split.prefix(Self.mostAddresses) {
        table.add(cells(part, of: report.slots, ["  " + Self.label(part.key[0], of: .client)]))
        notes.append([])
      }
      if split.count > Self.mostAddresses {
        notes[notes.count - 1].append(
          ("and \(split.count - Self.mostAddresses) more addresses", .faint))
      }
    }
    let (lines, leftOut) = table.laidOut(style)
    var result = [lines[0]]
    for (line, notes) in zip(lines.dropFirst(), notes) {
      result.append(line)
      for note in notes {
        let wrapped = CellWidth.wrapped(HostileText.escaped(note.text), to: style.width - 4)
        result += wrapped.map { style.paint("    " + $0, note.meaning) }
      }
    }
    let legend =
      "%: of the used slots; ages: by state age, \(Self.bucketNames(policy)); state, session: the "
      + "oldest"
    return result
      + faint(
        [legend] + Self.remark(on: leftOut) + Self.untold(report)
          + Self.families(report, shown.count))
  }

  /// Which columns are missing.
  static func remark(on leftOut: [String]) -> [String] {
    leftOut.isEmpty ? [] : ["too narrow for: \(leftOut.joined(separator: ", "))"]
  }

  /// More groups than fit a screen, where families would.
  private static let manyGroups = 40

  /// - Parameter lines: of the table.
  private static func families(_ report: AuditReport, _ lines: Int) -> [String] {
    let policy = report.judgedWith
    guard policy.groupBy == [.application], lines > manyGroups else { return [] }
    let families = Set(report.sessions.map { policy.family(of: $0.session.applicationName) }).count
    guard families <= lines / 2 else { return [] }
    return ["\(report.groups.count) groups; --group-by family makes \(families) of them"]
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

  private func cells(_ group: SessionGroup, of slots: Slots, _ key: [String]) -> [TextTable.Cell] {
    key.map { .init($0) } + [
      .init("\(group.sessions)"),
      .init(Self.percent(group.sessions, of: slots)),
      .init(Self.count(group.states[.active])),
      .init(Self.count(group.states[.idle])),
      .init(
        Self.count(
          (group.states[.idleInTransaction] ?? 0) + (group.states[.idleInTransactionAborted] ?? 0))),
      .init(Self.count(group.hidden), .warning),
      .init(style.bars(group.bucketCounts)),
      .init(group.oldestStateAge.map(DurationText.brief) ?? "?"),
      .init(group.oldestSessionAge.map(DurationText.brief) ?? "?"),
    ]
  }

  /// What a line stands for that is no group of its own.
  static func folded(_ row: ShownGroup) -> Note {
    ("\(row.names) names, new at each start", .faint)
  }

  typealias Note = (text: String, meaning: TerminalStyle.Meaning)

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
    let slots = "\(count) \(count == 1 ? "slot" : "slots") (\(percent(count, of: slots)) %)"
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

  private static func count(_ count: Int?) -> String { count.map { $0 == 0 ? "" : "\($0)" } ?? "" }

  /// `<1m <10m <1h <1d 1d+`, in the order of the bars.
  private static func bucketNames(_ policy: Policy) -> String {
    let bounds = policy.bucketBounds.map(DurationText.exact)
    return (bounds.map { "<\($0)" } + [bounds.last.map { "\($0)+" } ?? "all"])
      .joined(separator: " ")
  }
}
