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
    let place = " on \(Wording.place(of: target)), \(Wording.version(of: target))"
    let name = target.name.map { lines(of: ($0, "", .strong)) } ?? []
    return name + lines(of: (Wording.name(of: target), place, .strong)) + [
      style.paint(report.capturedAt.readable, .faint)
    ]
  }

  func slots(_ slots: Slots, role: String?) -> [String] {
    let ratio = slots.binding.usedRatio
    let words = HostileText.escaped(Wording.sentence(for: slots, role: role))
    let room = style.width - 9 - CellWidth.of(words)
    let gauge = style.paint(
      style.gauge(ratio, width: min(32, max(8, room))), Self.meaning(ofRatio: ratio))
    // Where both don't fit on one line the words go under it.
    var lines =
      room >= 8
      ? ["slots  \(gauge)  \(words)"]
      : ["slots  \(gauge)"]
        + CellWidth.wrapped(words, to: style.width - 7).map { "       " + $0 }
    let limit = HostileText.escaped("limit: " + Wording.limitSentence(slots))
    lines += CellWidth.wrapped(limit, to: style.width - 7)
      .map { "       " + style.paint($0, .faint) }
    return lines + others(slots.othersNearlyUsed)
  }

  private func others(_ limits: [Slots.Limit]) -> [String] {
    var lines = limits.prefix(Wording.mostOthers).flatMap { limit in
      CellWidth.wrapped(HostileText.escaped(Wording.sentence(for: limit)), to: style.width - 7)
        .map { "       " + style.paint($0, Self.meaning(ofRatio: limit.usedRatio)) }
    }
    if limits.count > Wording.mostOthers {
      lines.append("       and \(limits.count - Wording.mostOthers) more limits nearly used")
    }
    return lines
  }

  static func meaning(ofRatio ratio: Double) -> Wording.Meaning {
    ratio >= 0.9 ? .bad : ratio >= Slots.notableRatio ? .warning : .good
  }

  private func summary(_ report: AuditReport) -> [String] {
    var said = Wording.summary(report)
    if let roster = report.judgedWith.roster {
      said.append(("", Wording.sentence(for: roster, at: report.capturedAt), nil))
    }
    let declared = Wording.declarations(of: report.judgedWith)
    if !declared.isEmpty { said.append(("", "declared: " + declared.joined(separator: "; "), nil)) }
    return said.flatMap(lines)
  }

  /// A sentence in lines, with what it begins with painted.
  func lines(of sentence: Wording.Sentence) -> [String] {
    let lead = HostileText.escaped(sentence.lead)
    var lines = CellWidth.wrapped(lead + HostileText.escaped(sentence.rest), to: style.width)
    if let first = lines.first, first.hasPrefix(lead) {
      lines[0] = style.paint(lead, sentence.meaning) + first.dropFirst(lead.count)
    }
    return lines
  }

  /// Who keeps others waiting; what to do about it is the advice's.
  private func blocking(_ report: AuditReport) -> [String] {
    guard let (head, roots) = Wording.blocking(report) else { return [] }
    return [""] + lines(of: (head.lead, head.rest + (roots.isEmpty ? "" : ":"), head.meaning))
      + roots.flatMap { sentence in
        CellWidth.wrapped(HostileText.escaped(sentence), to: style.width - 4).enumerated().map {
          index, line in (index == 0 ? "  " : "    ") + line
        }
      }
  }

  func advice(_ advice: [Advice]) -> [String] {
    advice.flatMap { item -> [String] in
      let meaning: Wording.Meaning? =
        switch item.severity {
        case .info: nil
        case .warning: .warning
        case .critical: .bad
        }
      return [""]
        + CellWidth.wrapped(HostileText.escaped(item.summary), to: style.width)
        .map { style.paint($0, meaning) }
        + item.remedies.map { "  " + HostileText.escaped($0.text) }
    }
  }
}
