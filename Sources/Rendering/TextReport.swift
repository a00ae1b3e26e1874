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
    let place = " on \(Self.place(of: target)), \(Self.version(of: target))"
    let name = target.name.map { lines(of: ($0, "", .strong)) } ?? []
    return name + lines(of: (Self.name(of: target), place, .strong)) + [
      style.paint(report.capturedAt.readable, .faint)
    ]
  }

  /// `app@shop on db.example port 5432`, as far as it is known; what tells it from other targets where
  /// that does not.
  package static func title(of target: Target) -> String {
    if let name = target.name { return name }
    let name = [target.user, target.database].compactMap { $0 }.joined(separator: "@")
    let host = target.host.map { $0.hasPrefix("/") ? "socket \($0)" : $0 }
    let place = [host, target.port.map { "port \($0)" }].compactMap { $0 }.joined(separator: " ")
    let title = [name, place].filter { !$0.isEmpty }.joined(separator: " on ")
    return title.isEmpty ? "the default server" : title
  }

  /// `app@shop`
  static func name(of target: Target) -> String {
    "\(target.user ?? "?")@\(target.database ?? "?")"
  }

  /// `db.example port 5432`
  static func place(of target: Target) -> String {
    let host = target.host.map { $0.hasPrefix("/") ? "socket \($0)" : $0 } ?? "the default host"
    return "\(host) port \(target.port ?? "?")"
  }

  /// `PostgreSQL 17.11, standby`
  static func version(of target: Target) -> String {
    "PostgreSQL \(target.serverVersion?.prefix { $0 != " " } ?? "?")"
      + (target.inRecovery == true ? ", standby" : "")
      + (target.pooled == true ? ", through a pooler" : "")
  }

  func slots(_ slots: Slots, role: String?) -> [String] {
    let ratio = slots.binding.usedRatio
    let words = HostileText.escaped(Self.sentence(for: slots, role: role))
    let room = style.width - 9 - CellWidth.of(words)
    let gauge = style.paint(
      style.gauge(ratio, width: min(32, max(8, room))), Self.meaning(ofRatio: ratio))
    // Where both don't fit on one line the words go under it.
    var lines =
      room >= 8
      ? ["slots  \(gauge)  \(words)"]
      : ["slots  \(gauge)"]
        + CellWidth.wrapped(words, to: style.width - 7).map { "       " + $0 }
    let limit = HostileText.escaped("limit: " + Self.limitSentence(slots))
    lines += CellWidth.wrapped(limit, to: style.width - 7)
      .map { "       " + style.paint($0, .faint) }
    return lines + others(slots.othersNearlyUsed)
  }

  /// `51 of 57 used (89 %), 6 left for app`, and how sure that is.
  static func sentence(for slots: Slots, role: String?) -> String {
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
    return "\(count), \(left) left for \(role ?? "this role")"
  }

  /// Shown of those whose limits are nearly used; the rest is counted.
  static let mostOthers = 5

  private func others(_ limits: [Slots.Limit]) -> [String] {
    var lines = limits.prefix(Self.mostOthers).flatMap { limit in
      CellWidth.wrapped(HostileText.escaped(Self.sentence(for: limit)), to: style.width - 7)
        .map { "       " + style.paint($0, Self.meaning(ofRatio: limit.usedRatio)) }
    }
    if limits.count > Self.mostOthers {
      lines.append("       and \(limits.count - Self.mostOthers) more limits nearly used")
    }
    return lines
  }

  /// `role app: 5 of 8 used, 3 left`
  static func sentence(for limit: Slots.Limit) -> String {
    let about = limit.certainty == .about ? "about " : ""
    return "\(limit.owner): \(about)\(min(limit.used, limit.limit)) of \(limit.limit) used, "
      + "\(limit.available == 0 ? "none" : "\(limit.available)") left"
  }

  static func meaning(ofRatio ratio: Double) -> TerminalStyle.Meaning {
    ratio >= 0.9 ? .bad : ratio >= Slots.notableRatio ? .warning : .good
  }

  static func limitSentence(_ slots: Slots) -> String {
    let server = "max_connections \(slots.maxConnections)"
    let all = "\(slots.used) of \(server) used"
    switch slots.binding.kind {
    case .role: return "CONNECTION LIMIT of role \(slots.binding.name ?? "?"); \(all)"
    case .database:
      return "CONNECTION LIMIT of database \(slots.binding.name ?? "?"); \(all)"
    case .server, .reserved, .superuserReserved:
      var parts = [server]
      if slots.superuserReserved > 0 { parts.append("\(slots.superuserReserved) for superusers") }
      if slots.reserved > 0 { parts.append("\(slots.reserved) for pg_use_reserved_connections") }
      return parts.joined(separator: ", ")
    }
  }

  private func summary(_ report: AuditReport) -> [String] {
    var said = Self.summary(report)
    if let roster = report.judgedWith.roster {
      said.append(("", Self.sentence(for: roster, at: report.capturedAt), nil))
    }
    let declared = Self.declarations(of: report.judgedWith)
    if !declared.isEmpty {
      said.append(("", "declared: " + declared.joined(separator: "; "), nil))
    }
    return said.flatMap(lines)
  }

  /// A sentence in lines, with what it begins with painted.
  func lines(of sentence: Sentence) -> [String] {
    let lead = HostileText.escaped(sentence.lead)
    var lines = CellWidth.wrapped(lead + HostileText.escaped(sentence.rest), to: style.width)
    if let first = lines.first, first.hasPrefix(lead) {
      lines[0] = style.paint(lead, sentence.meaning) + first.dropFirst(lead.count)
    }
    return lines
  }

  /// A sentence with what it begins with, which is painted.
  typealias Sentence = (lead: String, rest: String, meaning: TerminalStyle.Meaning?)

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
        "\(totals.clientSessions) client \(totals.clientSessions == 1 ? "session" : "sessions")"
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

  /// Who keeps others waiting; what to do about it is the advice's.
  private func blocking(_ report: AuditReport) -> [String] {
    guard let (head, roots) = Self.blocking(report) else { return [] }
    return [""] + lines(of: (head.lead, head.rest + (roots.isEmpty ? "" : ":"), head.meaning))
      + roots.flatMap { sentence in
        CellWidth.wrapped(HostileText.escaped(sentence), to: style.width - 4).enumerated().map {
          index, line in (index == 0 ? "  " : "    ") + line
        }
      }
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
