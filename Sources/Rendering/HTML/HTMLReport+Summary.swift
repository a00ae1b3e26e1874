import SessionAudit

/// How full it is, what is thought of the sessions, and what to do: what a reader needs first.
extension HTMLWriter {
  func slots(of report: AuditReport) {
    let slots = report.slots
    section("slots", "Connections")
    markup("<p class=\"lead\">", Wording.sentence(for: slots, role: report.target.user), "</p>\n")
    switch slots.binding.kind {
    case .role, .database:
      markup("<div class=\"gauge\">")
      gauge(slots.binding)
      markup("</div>\n")
      limit(of: slots)
      serverGauge(of: report)
    case .server, .reserved, .superuserReserved, .pooler:
      serverGauge(of: report)
      limit(of: slots)
    }
    let others = slots.othersNearlyUsed
    for limit in others.prefix(Wording.mostOthers) {
      markup("<div class=\"gauge\">")
      gauge(limit)
      markup("</div>\n")
    }
    if others.count > Wording.mostOthers {
      markup("<p class=\"soft\">and ", others.count - Wording.mostOthers)
      markup(" more limits nearly used</p>\n")
    }
    markup("</section>\n")
  }

  private func limit(of slots: Slots) {
    markup("<p class=\"soft\">Limit: ", Wording.limitSentence(slots), "</p>\n")
  }

  /// All of max_connections: who has them, what is left, and what is kept for others.
  private func serverGauge(of report: AuditReport) {
    let (slots, totals) = (report.slots, report.totals)
    let parts: [(StaticString, Int, String)] =
      Verdict.byUrgency.map { ($0.letter, totals.count(of: $0), $0.rawValue) }
      + [("x", slots.used - totals.clientSessions, "other")]
    let kept = slots.superuserReserved + slots.reserved
    // A limit that was lowered, or that superusers have passed, has less than is used.
    let whole = max(slots.maxConnections, slots.used, 1)
    let scale = 1000 / Double(whole)
    markup(
      "<svg class=\"slots\" role=\"img\" viewBox=\"0 0 1000 30\" preserveAspectRatio=\"none\"><title>"
    )
    text("\(slots.used) of max_connections \(slots.maxConnections) used")
    markup("</title><desc>")
    text(
      parts.filter { $0.1 > 0 }.map { "\($0.1) \($0.2)" }.joined(separator: ", ")
        + "; \(kept) kept for superusers and reserved roles")
    markup(
      """
      </desc><defs><pattern class="hatch" width="8" height="8" patternUnits="userSpaceOnUse" id="
      """)
    id("kept")
    markup("\"><path d=\"M2 0v8\"/></pattern></defs>")
    markup("<rect class=\"free\" width=\"1000\" height=\"30\"/>")
    if kept > 0 {
      markup("<g style=\"fill:url(#")
      id("kept")
      markup(")\">")
      bar(from: Double(slots.maxConnections - kept) * scale, Double(kept) * scale, "kept")
      markup("</g>")
    }
    var start = 0.0
    for (letter, count, _) in parts where count > 0 {
      bar(from: start, Double(count) * scale, letter)
      start += Double(count) * scale
    }
    markup("</svg>\n<p class=\"legend\">")
    for (letter, count, name) in parts where count > 0 { key(letter, "\(count) \(name)") }
    key("free", "\(max(0, whole - kept - slots.used)) free")
    if slots.superuserReserved > 0 { key("kept", "\(slots.superuserReserved) for superusers") }
    if slots.reserved > 0 { key("kept", "\(slots.reserved) for pg_use_reserved_connections") }
    markup("</p>\n")
  }

  private func bar(from start: Double, _ width: Double, _ kind: StaticString) {
    markup("<rect class=\"")
    markup(kind)
    markup("\" height=\"30\" x=\"", start, "\" width=\"")
    decimal(width)
    markup("\"/>")
  }

  /// One entry of a legend.
  func key(_ kind: StaticString, _ words: String) {
    markup("<span><i class=\"")
    markup(kind)
    markup("\"></i>", words, "</span> ")
  }

  /// A limit of one role or database.
  private func gauge(_ limit: Slots.Limit) {
    markup("<p><bdi>", Wording.sentence(for: limit))
    markup(
      "</bdi></p><svg role=\"img\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\"><title>")
    text(Wording.sentence(for: limit))
    markup("</title><rect class=\"free\" width=\"1000\" height=\"10\"/>")
    // Of no verdict's colour: whose sessions they are is not known here.
    bar(from: 0, limit.usedRatio * 1000, "a")
    markup("</svg>")
  }

  func verdicts(of report: AuditReport) {
    let totals = report.totals
    section("verdicts", "Sessions")
    markup("<dl class=\"tiles\">")
    tile("", "client sessions", totals.clientSessions, "totals.client_sessions")
    tile("o", "orphan", totals.orphan, "totals.orphan")
    tile("s", "suspect", totals.suspect, "totals.suspect")
    tile("l", "live", totals.live, "totals.live")
    if totals.hidden > 0 { tile("h", "hidden", totals.hidden, "totals.hidden") }
    markup("</dl>\n<ul class=\"plain\">")
    for sentence in Wording.summary(report) {
      markup("<li>")
      if !sentence.lead.isEmpty { markup("<b>", sentence.lead, "</b>") }
      text(sentence.rest)
      markup("</li>\n")
    }
    if let reason = report.coverage.reason {
      markup("<li class=\"notice\">This is not the whole picture: ", reason, ".</li>\n")
    }
    markup("</ul>\n</section>\n")
  }

  private func tile(_ kind: StaticString, _ name: StaticString, _ count: Int, _ path: String) {
    markup("<div class=\"")
    markup(count > 0 ? kind : "none")
    markup("\"><dt>")
    markup(name)
    markup("</dt><dd>")
    figure(count, path)
    markup("</dd></div>")
  }

  func advice(_ advice: [Advice]) {
    guard !advice.isEmpty else { return }
    section("advice", "What to do")
    for item in advice {
      markup("<article class=\"", item.severity.rawValue, "\"><p><b>")
      text(item.severity.rawValue)
      markup("</b> ", item.summary, "</p>")
      if let remedy = item.remedy {
        markup("<pre tabindex=\"0\">")
        lines(of: remedy)
        markup("</pre>")
      }
      markup("</article>\n")
    }
    markup("</section>\n")
  }

  /// Text with the line breaks that it has, and without blanks that begin its lines.
  func lines(of text: String) {
    for (index, line) in text.split(separator: "\n").enumerated() {
      if index > 0 { markup("\n") }
      self.text(String(line.hasPrefix("\t") ? line.dropFirst() : line))
    }
  }

  func blocking(of report: AuditReport) {
    guard let (head, roots) = Wording.blocking(report) else { return }
    section("blocking", "Locks")
    markup("<p class=\"lead\"><b>", head.lead, "</b>")
    text(head.rest)
    markup("</p>\n<ul>")
    for root in roots { markup("<li>", root, "</li>\n") }
    markup("</ul>\n</section>\n")
  }

  func judgedWith(_ report: AuditReport) {
    let policy = report.judgedWith
    section("judged", "Judged with")
    markup("<dl class=\"facts\">")
    fact("suspect after silence of", DurationText.exact(policy.staleAfter))
    fact("a restart may take", DurationText.exact(policy.restartGrace))
    fact("clocks may differ by", DurationText.exact(policy.clockTolerance))
    if !policy.maxAges.isEmpty {
      fact("a max age may be passed by", DurationText.exact(policy.maxAgeSlack))
    }
    for said in Wording.declarations(of: policy) { fact("declared", said) }
    if let roster = policy.roster {
      fact("roster", Wording.sentence(for: roster, at: report.capturedAt))
    }
    let coverage = report.coverage
    fact(
      "seen",
      "\(coverage.visible) of \(coverage.total) client sessions"
        + (coverage.reason.map { "; \($0)" } ?? ""))
    let background = report.totals.background
    fact("beside them", "\(background) \(background == 1 ? "process" : "processes") of the server")
    markup("</dl>\n</section>\n")
  }

  private func fact(_ name: StaticString, _ value: String) {
    markup("<div><dt>")
    markup(name)
    markup("</dt><dd>", value, "</dd></div>\n")
  }
}

extension Totals {
  func count(of verdict: Verdict) -> Int {
    switch verdict {
    case .orphan: orphan
    case .suspect: suspect
    case .live: live
    case .hidden: hidden
    }
  }
}
