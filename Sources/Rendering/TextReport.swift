import SessionAudit

/// The audit as a tired person reads it: how full, who, how old, what next.
public struct TextReport {
  let style: TerminalStyle
  let lists: Bool
  let showsQuery: Bool

  /// - Parameters:
  ///   - lists: list every session with its evidence.
  ///   - showsQuery: with the text of each last query.
  public init(style: TerminalStyle, lists: Bool = false, showsQuery: Bool = false) {
    self.style = style
    self.lists = lists
    self.showsQuery = showsQuery
  }

  public func audit(_ report: AuditReport) -> String {
    var lines = head(report)
    lines += [""] + slots(report.slots, role: report.target.user)
    lines += [""] + summary(report)
    lines += [""] + groups(report)
    lines += blocking(report)
    if lists { lines += [""] + sessions(report) }
    lines += advice(report.advice)
    return lines.joined(separator: "\n") + "\n"
  }

  func head(_ report: AuditReport) -> [String] {
    let target = report.target
    let place =
      target.host.map { $0.hasPrefix("/") ? "socket \($0)" : $0 } ?? "the default host"
    let name = "\(target.user ?? "?")@\(target.database ?? "?")"
    let version = "PostgreSQL \(target.serverVersion?.prefix { $0 != " " } ?? "?")"
    let extra =
      (target.inRecovery == true ? ", standby" : "")
      + (target.pooled == true ? ", through a pooler" : "")
    return [
      style.paint(HostileText.escaped(name), .strong)
        + HostileText.escaped(" on \(place) port \(target.port ?? "?"), \(version)\(extra)"),
      style.paint(report.capturedAt.readable, .faint),
    ]
  }

  func slots(_ slots: Slots, role: String?) -> [String] {
    let binding = slots.binding
    let ratio = binding.usedRatio
    let percent = Int((ratio * 100).rounded(.down))
    // Where there is room, one more or less matters to nobody.
    let isTight = ratio >= Slots.notableRatio
    let (less, more) =
      switch binding.certainty {
      case .atLeast where isTight: ("at most ", "at least ")
      case .about where isTight: ("about ", "about ")
      default: ("", "")
      }
    let left = binding.available == 0 ? "none" : "\(less)\(binding.available)"
    let count = "\(more)\(binding.used) of \(binding.limit) used (\(percent) %)"
    let words = HostileText.escaped("  \(count), \(left) left for \(role ?? "this role")")
    let gauge = style.gauge(ratio, width: min(32, max(8, style.width - 7 - CellWidth.of(words))))
    var lines = ["slots  " + style.paint(gauge, Self.meaning(ofRatio: ratio)) + words]
    lines += CellWidth.wrapped(HostileText.escaped(limitSentence(slots)), to: style.width - 7)
      .map { "       " + style.paint($0, .faint) }
    return lines + others(slots.othersNearlyUsed)
  }

  /// Shown of those whose limits are nearly used; the rest is counted.
  private static let mostOthers = 5

  private func others(_ limits: [Slots.Limit]) -> [String] {
    var lines = limits.prefix(Self.mostOthers).map { limit in
      let about = limit.certainty == .about ? "about " : ""
      let text =
        "\(limit.owner): \(about)\(min(limit.used, limit.limit)) of \(limit.limit) used, "
        + "\(limit.available == 0 ? "none" : "\(limit.available)") left"
      return "       "
        + style.paint(HostileText.escaped(text), Self.meaning(ofRatio: limit.usedRatio))
    }
    if limits.count > Self.mostOthers {
      lines.append("       and \(limits.count - Self.mostOthers) more limits nearly used")
    }
    return lines
  }

  private static func meaning(ofRatio ratio: Double) -> TerminalStyle.Meaning {
    ratio >= 0.9 ? .bad : ratio >= Slots.notableRatio ? .warning : .good
  }

  private func limitSentence(_ slots: Slots) -> String {
    let server = "max_connections \(slots.maxConnections)"
    let all = "\(slots.used) of \(server) used"
    switch slots.binding.kind {
    case .role: return "limit: CONNECTION LIMIT of role \(slots.binding.name ?? "?"); \(all)"
    case .database:
      return "limit: CONNECTION LIMIT of database \(slots.binding.name ?? "?"); \(all)"
    case .server, .reserved, .superuserReserved:
      var parts = [server]
      if slots.superuserReserved > 0 { parts.append("\(slots.superuserReserved) for superusers") }
      if slots.reserved > 0 { parts.append("\(slots.reserved) for pg_use_reserved_connections") }
      return "limit: " + parts.joined(separator: ", ")
    }
  }

  private func summary(_ report: AuditReport) -> [String] {
    let totals = report.totals
    var states = StateCounts()
    for group in report.groups { states.add(group.states) }
    let counts = states.inReadingOrder.map { "\($0.count) \($0.state.name)" }
      .joined(separator: ", ")
    var lines = [
      HostileText.escaped(
        "\(totals.clientSessions) client \(totals.clientSessions == 1 ? "session" : "sessions")"
          + (counts.isEmpty ? "" : ": \(counts)"))
    ]
    if totals.orphan > 0 {
      lines.append(
        style.paint("\(totals.orphan) orphan", .bad)
          + ": there is evidence that \(totals.orphan == 1 ? "its owner is" : "their owners are") gone"
          + " (\(bases(report)))")
    }
    let threshold = DurationText.exact(report.judgedWith.staleAfter)
    if totals.suspect > 0 {
      lines.append(
        style.paint("\(totals.suspect) suspect", .warning)
          + ": \(totals.suspect == 1 ? "looks" : "look") abandoned; a quiet pool can look the same")
    } else if totals.orphan == 0 {
      lines.append(
        report.coverage.isComplete
          ? "none is suspect: no idle session has been silent for \(threshold)"
          : "no visible session is suspect")
    }
    if totals.hidden > 0 {
      lines.append(
        style.paint("\(totals.hidden) hidden", .warning)
          + ": this role sees that they exist, not what they do or wait for")
    }
    if totals.openedLastMinute > 0 {
      lines.append(
        "\(totals.openedLastMinute)\(report.coverage.isComplete ? "" : " of the visible ones") opened in the last minute, "
          + "\(totals.openedLast5Minutes) in the last five")
    }
    if let roster = report.judgedWith.roster {
      lines.append(HostileText.escaped(Self.sentence(for: roster, at: report.capturedAt)))
    }
    let said = Self.said(report.judgedWith)
    if !said.isEmpty {
      lines.append(HostileText.escaped("declared: " + said.joined(separator: "; ")))
    }
    return lines.flatMap { style.colour ? [$0] : CellWidth.wrapped($0, to: style.width) }
  }

  /// `3 by roster, 2 inferred`
  private func bases(_ report: AuditReport) -> String {
    let bases = report.sessions.compactMap(\.orphanBasis)
    return Basis.allCases.reversed().compactMap { basis in
      let count = bases.count { $0 == basis }
      guard count > 0 else { return nil }
      return "\(count) " + (basis == .roster ? "by roster" : basis.rawValue)
    }.joined(separator: ", ")
  }

  /// What the user said, as it was written.
  private static func said(_ policy: Policy) -> [String] {
    func words<Value>(
      _ name: String, _ declarations: [Declaration<Value>], _ text: (Value) -> String
    ) -> [String] {
      declarations.map { declared in
        let application = declared.application.map { "\($0.text)=" } ?? ""
        return "\(name) \(application)\(text(declared.value))"
      }
    }
    let restarts = words("restarted at", policy.restarts) { time in
      switch time {
      case .at(let moment): moment.readable
      case .ago(let age): "\(DurationText.exact(age))-ago"
      }
    }
    return words("max age", policy.maxAges, DurationText.exact)
      + words("instances", policy.instances) { "\($0)" } + restarts
      + words("one instance", policy.oneInstance) { $0 ? "yes" : "no" }
      + policy.sharedAddresses.map { "shared address \($0.text)" }
      + policy.poolers.map { "pooler \($0.text)" }
  }

  private static func sentence(for roster: Roster, at now: Timestamp) -> String {
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

  /// Who keeps others waiting; what to do about it is the advice's.
  private func blocking(_ report: AuditReport) -> [String] {
    guard !report.lockWaiters.isEmpty else { return [] }
    let waiters = report.lockWaiters.count
    let longest = report.longestLockWaiter.map {
      ", the oldest query for \(DurationText.brief($0))"
    }
    let head =
      style.paint("\(waiters) \(waiters == 1 ? "waits" : "wait") for a lock", .warning)
      + (longest ?? "")
    guard let blocking = report.blocking, !blocking.isEmpty else {
      return ["", head + "; who holds it is not known"]
    }
    return ["", head + ":"]
      + blocking.flatMap { blocker in
        let sentence = HostileText.escaped(report.sentence(about: blocker))
        return CellWidth.wrapped(sentence, to: style.width - 4).enumerated().map { index, line in
          (index == 0 ? "  " : "    ") + line
        }
      }
  }

  func advice(_ advice: [Advice]) -> [String] {
    advice.flatMap { item -> [String] in
      let meaning: TerminalStyle.Meaning? =
        switch item.severity {
        case .info: nil
        case .warning: .warning
        case .critical: .bad
        }
      return [""]
        + CellWidth.wrapped(HostileText.escaped(item.summary), to: style.width)
        .map { style.paint($0, meaning) }
        + item.remedies.map { "  " + HostileText.escaped($0) }
    }
  }
}
