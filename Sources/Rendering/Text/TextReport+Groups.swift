import SessionAudit

/// The groups: one line each, why under it, and what has no name by its addresses.
extension TextReport {
  /// One line a group; the age buckets as small bars, oldest to the right.
  func groups(_ report: AuditReport) -> [String] {
    let policy = report.judgedWith
    var table = TextTable(
      policy.groupBy.map { .init(title: $0.keyName, isFlexible: true) } + [
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
    var notes: [[Wording.Note]] = []
    let shown = report.shownGroups
    for row in shown {
      let group = row.group
      let key = zip(policy.groupBy, group.key).map { Wording.label($1, of: $0) }
      table.add(cells(group, of: report.slots, key))
      notes.append(
        (row.names > 1 ? [Wording.folded(row)] : [])
          + Wording.explanation(of: group, in: report.slots))
      guard let split = report.addresses(ofNameless: group) else { continue }
      for part in split.prefix(Wording.mostAddresses) {
        table.add(cells(part, of: report.slots, ["  " + Wording.label(part.key[0], of: .client)]))
        notes.append([])
      }
      if split.count > Wording.mostAddresses {
        notes[notes.count - 1].append(
          ("and \(split.count - Wording.mostAddresses) more addresses", .faint))
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
        [legend] + Self.remark(on: leftOut) + Wording.untold(report)
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

  private func cells(_ group: SessionGroup, of slots: Slots, _ key: [String]) -> [TextTable.Cell] {
    key.map { .init($0) } + [
      .init("\(group.sessions)"),
      .init(Wording.percent(group.sessions, of: slots)),
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

  private static func count(_ count: Int?) -> String { count.map { $0 == 0 ? "" : "\($0)" } ?? "" }

  /// `<1m <10m <1h <1d 1d+`, in the order of the bars.
  private static func bucketNames(_ policy: Policy) -> String {
    let bounds = policy.bucketBounds.map(DurationText.exact)
    return (bounds.map { "<\($0)" } + [bounds.last.map { "\($0)+" } ?? "all"])
      .joined(separator: " ")
  }
}
