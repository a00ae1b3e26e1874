import SessionAudit

/// What was found, of one target and of several.
extension Wording {
  /// How many there are, and what is thought of them.
  static func summary(_ report: AuditReport) -> [Sentence] {
    let totals = report.totals
    var states = StateCounts()
    for group in report.groups { states.add(group.states) }
    let counts = states.inReadingOrder.map { "\($0.count) \($0.state.name)" }
      .joined(separator: ", ")
    var said: [Sentence] = [
      (
        "",
        counted(totals.clientSessions, "client session")
          + (counts.isEmpty ? "" : ": \(counts)"), nil
      )
    ]
    said += verdicts(report)
    if totals.openedLastMinute > 0 {
      said.append(
        (
          "",
          "\(totals.openedLastMinute)\(report.coverage.isComplete ? "" : " of the visible ones") opened in the last minute, "
            + "\(totals.openedLast5Minutes) in the last five", nil
        ))
    }
    return said
  }

  /// How many answered, and what was found on them: sessions are those of a server, so that several
  /// targets on one have the same.
  static func summary(of outcomes: [TargetResult<AuditReport>]) -> [Sentence] {
    let reports = outcomes.compactMap(\.report)
    let servers = Dictionary(grouping: reports.indices) { place in
      // No two servers started in the same microsecond.
      reports[place].target.postmasterStartTime.map { "\($0.microseconds)" } ?? "target \(place)"
    }.values
    let silent = outcomes.count - reports.count
    var said: [Sentence] = [
      ("", "\(outcomes.count) targets, \(reports.count) of them with a report", nil)
    ]
    if silent > 0 { said.append(("\(silent) without", ": nothing is known of these", .bad)) }
    if servers.count < reports.count {
      said.append(
        (
          "",
          "several are on one server, whose sessions each of them has: "
            + "\(counted(servers.count, "server")) in all", nil
        ))
    }
    for (word, meaning, count) in [
      ("orphan", .bad, { $0.totals.orphan }), ("suspect", .warning, { $0.totals.suspect }),
      ("hidden", .warning, { $0.totals.hidden }),
    ] as [(String, Meaning, (AuditReport) -> Int)] {
      let counts = servers.compactMap { $0.map { count(reports[$0]) }.max() }.filter { $0 > 0 }
      guard !counts.isEmpty else { continue }
      let places = counted(counts.count, "server")
      let rest = word == "hidden" ? " on \(places): not all is known of these" : " on \(places)"
      said.append(("\(counts.reduce(0, +)) \(word)", rest, meaning))
    }
    return said
  }

  /// What each verdict that occurs means; that none is suspect only where all was seen.
  static func verdicts(_ report: AuditReport) -> [Sentence] {
    let totals = report.totals
    var said: [Sentence] = []
    if totals.orphan > 0 {
      said.append(
        (
          "\(totals.orphan) orphan",
          ": there is evidence that \(totals.orphan == 1 ? "its owner is" : "their owners are") gone"
            + " (\(bases(report)))", .bad
        ))
    }
    if totals.suspect > 0 {
      said.append(
        (
          "\(totals.suspect) suspect",
          ": \(totals.suspect == 1 ? "looks" : "look") abandoned; a quiet pool can look the same",
          .warning
        ))
    }
    let idle = report.idleTransactions
    if let idle {
      let words = idle.words(beyond: report.idleTransactionThreshold)
      said.append((words.lead, words.rest, .warning))
    }
    if totals.suspect == 0 && totals.orphan == 0 {
      let threshold = DurationText.exact(report.judgedWith.staleAfter)
      let (none, noVisible) =
        idle == nil
        ? ("none is suspect", "no visible session is suspect")
        : ("nothing else looks abandoned", "no other visible session looks abandoned")
      said.append(
        (
          "",
          report.coverage.isComplete
            ? "\(none): no idle session has been silent for \(threshold)" : noVisible, nil
        ))
    }
    if totals.hidden > 0 {
      said.append(
        (
          "\(totals.hidden) hidden",
          ": this role sees that they exist, not what they do or wait for", .warning
        ))
    }
    return said
  }

  /// `3 by roster, 2 inferred`
  private static func bases(_ report: AuditReport) -> String {
    let bases = report.sessions.compactMap(\.orphanBasis)
    return Basis.allCases.reversed().compactMap { basis in
      let count = bases.count { $0 == basis }
      guard count > 0 else { return nil }
      return "\(count) " + (basis == .roster ? "by roster" : basis.rawValue)
    }.joined(separator: ", ")
  }

  /// How many wait, and a sentence about each root; nil where nobody waits.
  static func blocking(_ report: AuditReport) -> (head: Sentence, roots: [String])? {
    guard !report.lockWaiters.isEmpty else { return nil }
    let waiters = report.lockWaiters.count
    let roots = (report.blocking ?? []).map { report.sentence(about: $0) }
    let longest =
      report.longestLockWaiter.map { ", the oldest query for \(DurationText.brief($0))" } ?? ""
    return (
      (
        "\(waiters) \(waiters == 1 ? "waits" : "wait") for a lock",
        longest + (roots.isEmpty ? "; who holds it is not known" : ""), .warning
      ), roots
    )
  }

  /// `too many connections (server)`
  static func words(for failure: Failure) -> String {
    failure.kind.rawValue.replacing("_", with: " ")
      + (failure.limit.map { " (\($0.kind.rawValue.replacing("_", with: " ")))" } ?? "")
  }
}
