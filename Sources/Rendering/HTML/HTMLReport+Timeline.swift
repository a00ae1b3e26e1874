import SessionAudit

/// Each session as a line: solid from its beginning to when its client was last heard, faint from
/// there to now. One picture a lane, two paths a verdict: thousands of sessions stay small.
extension HTMLWriter {
  private static let width = 4000.0
  /// Of a block; the rest is folded away.
  private static let mostLanes = 40
  /// Pixels of blocks that are open at first.
  private static let mostOpen = 1800.0

  /// Where the lines of the grid stand, which every lane repeats.
  func gridStyle(of scale: TimelineScale) {
    let ticks = scale.ticks
    guard !ticks.isEmpty else { return }
    if isPart {
      markup("#")
      id("target")
      markup(" ")
    }
    markup(".track{background-image:")
    for index in ticks.indices {
      markup(index == 0 ? "" : ",")
      markup("linear-gradient(var(--line),var(--line))")
    }
    markup(";background-position:")
    for (index, tick) in ticks.enumerated() {
      markup(index == 0 ? "" : ",")
      decimal(tick.place * 100)
      markup("% 0")
    }
    markup("}\n")
  }

  func timeline(_ timeline: Timeline, of report: AuditReport) {
    section("timeline", "When they began, and when they were last heard")
    markup("<p class=\"legend\">")
    for verdict in Verdict.byUrgency where verdict != .hidden {
      key(verdict.letter, verdict.rawValue)
    }
    markup(
      """
      <span><i class="l"></i><i class="l faint"></i>from its beginning to when its client was last \
      heard, then silence until now</span></p>

      """)
    if timeline.undrawn > 0 {
      markup("<p class=\"notice\">")
      text(
        timeline.undrawn == 1
          ? "1 session is not drawn: this role does not see when it began."
          : "\(timeline.undrawn) sessions are not drawn: this role does not see when they began.")
      markup("</p>\n")
    }
    var height = 0.0
    for block in timeline.blocks {
      let isOpen = height < Self.mostOpen
      markup(
        isOpen
          ? "<details class=\"block\" open><summary><b>" : "<details class=\"block\"><summary><b>")
      text(block.title)
      markup("</b> ", Self.counts(block.counts), "</summary>\n")
      axis(timeline.scale)
      let isLong = block.lanes.count > Self.mostLanes
      let lanes = isLong ? block.lanesByUrgency : block.lanes
      for (index, lane) in lanes.prefix(Self.mostLanes).enumerated() {
        let isSame = index > 0 && lanes[index - 1].application == lane.application
        self.lane(lane, timeline, report, names: !isSame)
        height += max(18, timeline.height(of: lane) + 4)
      }
      let rest = lanes.dropFirst(Self.mostLanes)
      if !rest.isEmpty {
        markup("<details><summary>and ", rest.count, " more: ")
        text(Self.counts(rest.reduce(into: [:]) { $0.merge($1.counts, uniquingKeysWith: +) }))
        markup("</summary>\n")
        for lane in rest { self.lane(lane, timeline, report, names: true) }
        markup("</details>\n")
      }
      markup("</details>\n")
    }
    markup("</section>\n")
  }

  /// `8 orphan, 5 live`
  private static func counts(_ counts: [Verdict: Int]) -> String {
    Verdict.byUrgency.compactMap { verdict in counts[verdict].map { "\($0) \(verdict.rawValue)" } }
      .joined(separator: ", ")
  }

  private func axis(_ scale: TimelineScale) {
    markup("<div class=\"lane axis\" aria-hidden=\"true\"><div></div><div class=\"ticks\">")
    for tick in scale.ticks {
      markup("<span style=\"left:", tick.place * 100)
      markup("%\">", DurationText.brief(tick.age), "</span>")
    }
    markup("<span style=\"left:100%\">now</span></div></div>\n")
  }

  /// - Parameter names: whether the application is named; it is that of the lane above otherwise.
  private func lane(
    _ lane: Timeline.Lane, _ timeline: Timeline, _ report: AuditReport, names: Bool
  ) {
    let name = Wording.label(lane.application, of: .application)
    let address = lane.address.map { " from \($0)" } ?? ""
    markup("<div class=\"lane\"><div class=\"who\">")
    if names { markup("<bdi>", name, "</bdi> ") }
    if let address = lane.address { markup("<bdi class=\"soft\">", address, "</bdi>") }
    // Gaps of less than a pixel would only make the colours pale.
    markup(timeline.rowHeight > 2 ? "</div><svg class=\"track" : "</div><svg class=\"track dense")
    markup("\" role=\"img\" preserveAspectRatio=\"none\" viewBox=\"0 0 4000 ")
    number(lane.sessions.count * 10)
    markup("\" height=\"", timeline.height(of: lane))
    markup("\"><title>")
    text("\(name)\(address): \(Self.counts(lane.counts))\(Self.span(of: lane, report))")
    markup("</title>")
    for verdict in Verdict.byUrgency where lane.counts[verdict] != nil {
      path(of: lane, verdict, timeline.scale, report, isTail: true)
      path(of: lane, verdict, timeline.scale, report, isTail: false)
    }
    markup("</svg><div class=\"count\">", Self.counts(lane.counts), "</div></div>\n")
  }

  /// Since when, and when the last of them was heard, in words.
  private static func span(of lane: Timeline.Lane, _ report: AuditReport) -> String {
    let times = lane.sessions.map { report.sessions[$0].times }
    guard let oldest = times.compactMap(\.sessionAge).max() else { return "" }
    let heard = times.compactMap(\.silent).min().map {
      ", last heard \(DurationText.brief($0)) ago"
    }
    let opened = times.count == 1 ? "opened" : "the first opened"
    return ", \(opened) \(DurationText.brief(oldest)) ago\(heard ?? "")"
  }

  /// One path for all sessions of a verdict.
  private func path(
    of lane: Timeline.Lane, _ verdict: Verdict, _ scale: TimelineScale, _ report: AuditReport,
    isTail: Bool
  ) {
    var begun = false
    for (row, place) in lane.sessions.enumerated() where report.sessions[place].verdict == verdict {
      let times = report.sessions[place].times
      guard let age = times.sessionAge else { continue }
      let start = Int(scale.place(ofAge: age) * Self.width)
      // Not told (track_activities off): the whole of it is silence.
      let heard = times.silent.map { Int(scale.place(ofAge: $0) * Self.width) } ?? start
      // At least as much as can be seen.
      let solid = min(max(heard, start + 12), Int(Self.width))
      let (from, to) = isTail ? (solid, Int(Self.width)) : (min(start, solid - 12), solid)
      guard to > from else { continue }
      if !begun {
        markup(isTail ? "<path class=\"t " : "<path class=\"")
        markup(verdict.letter)
        markup("\" d=\"")
        begun = true
      }
      markup("M", from, " ")
      number(row * 10 + 5)
      markup("h", to - from)
    }
    if begun { markup("\"/>") }
  }
}

extension Timeline {
  /// Pixels; a lane of hundreds gets no more than others can spare.
  func height(of lane: Lane) -> Double {
    let height = Double(lane.sessions.count) * rowHeight
    return rowHeight > 2 ? height : min(height, 60)
  }
}

extension Timeline.Block {
  /// Applications with the most orphans first, then suspects; each with all its generations.
  fileprivate var lanesByUrgency: [Timeline.Lane] {
    let counts = Dictionary(grouping: lanes, by: \.application).mapValues { lanes in
      Verdict.byUrgency.map { verdict in lanes.reduce(0) { $0 - ($1.counts[verdict] ?? 0) } }
    }
    return lanes.enumerated().sorted { a, b in
      let (x, y) = (counts[a.element.application] ?? [], counts[b.element.application] ?? [])
      return x != y ? x.lexicographicallyPrecedes(y) : a.offset < b.offset
    }.map(\.element)
  }
}
