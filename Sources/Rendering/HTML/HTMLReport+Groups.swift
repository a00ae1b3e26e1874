import SessionAudit

/// The groups: a row each, with a bar of its sessions by the age of their state.
extension HTMLWriter {
  /// So many have a row of their own; the rest is counted in one.
  private static let mostRows = 300

  func groups(of report: AuditReport) {
    let policy = report.judgedWith
    section("groups", "Who holds them")
    bucketLegend(policy, hasUnknown: report.groups.contains { $0.unknownAge > 0 })
    table(
      report.shownGroups, of: report, by: policy.groupBy, path: "groups",
      caption: "Sessions by \(policy.groupBy.map(\.keyName).joined(separator: ", ")) and state age")
    for sentence in Wording.untold(report) { markup("<p class=\"soft\">", sentence, "</p>\n") }
    for group in report.groups {
      guard let split = report.addresses(ofNameless: group) else { continue }
      markup(split.count > Wording.mostAddresses ? "<details>" : "<details open>")
      markup("<summary>Sessions without a name by address</summary>\n")
      table(
        split.map { ShownGroup(group: $0, names: 1, index: nil) }, of: report, by: [.client],
        path: nil,
        caption: "Sessions without an application_name by address")
      markup("</details>\n")
    }
    markup("</section>\n")
  }

  private func bucketLegend(_ policy: Policy, hasUnknown: Bool) {
    markup("<p class=\"legend\"><b>Age of their state</b>")
    for (index, name) in policy.bucketNames.enumerated() {
      markup("<span><i class=\"a\" style=\"opacity:")
      strength(index, policy)
      markup("\"></i>", name, "</span> ")
    }
    if hasUnknown { key("u", "unknown") }
    markup("</p>\n")
  }

  /// The older the stronger: it reads without colour too.
  private func strength(_ bucket: Int, _ policy: Policy) {
    let last = policy.bucketBounds.count
    decimal(last == 0 ? 1 : 0.2 + 0.8 * Double(bucket) / Double(last))
  }

  /// - Parameter path: where these groups are in the JSON; nil for those it does not have.
  private func table(
    _ rows: [ShownGroup], of report: AuditReport, by dimensions: [GroupDimension],
    path: String?, caption: String
  ) {
    let groups = rows.map(\.group)
    let most = groups.map(\.sessions).max() ?? 1
    let hides = groups.contains { $0.hidden > 0 }
    let frees = groups.contains { $0.freedByEndingOrphans > 0 }
    markup(
      "<div class=\"scroll\" role=\"region\" aria-label=\"Groups\" tabindex=\"0\"><table class=\"groups sortable\" data-portion=\"30\"><caption>"
    )
    text(caption)
    markup("</caption>\n<thead><tr>")
    for dimension in dimensions { markup("<th scope=\"col\">", dimension.keyName) }
    markup(
      """
      <th scope="col" class="wide">ages<th scope="col" class="n">sessions<th scope="col" class="n">% \
      of used<th scope="col" class="n">orphan<th scope="col" class="n">suspect<th scope="col" \
      class="n">live
      """)
    if hides { markup("<th scope=\"col\" class=\"n\">hidden") }
    if frees { markup("<th scope=\"col\" class=\"n\">ending frees") }
    markup("<th scope=\"col\" class=\"n\">oldest state<th scope=\"col\" class=\"n\">oldest session")
    markup("</thead>\n<tbody>\n")
    for shown in rows.prefix(Self.mostRows) {
      row(
        shown, of: report, dimensions, most: most, hides: hides, frees: frees,
        path: path.flatMap { path in shown.index.map { "\(path).\($0)" } }, explains: path != nil)
    }
    markup("</tbody></table></div>\n")
    let rest = groups.dropFirst(Self.mostRows)
    guard !rest.isEmpty else { return }
    func sum(_ count: (SessionGroup) -> Int) -> Int { rest.reduce(0) { $0 + count($1) } }
    markup("<p class=\"soft\">")
    text(
      "and \(rest.count) smaller groups: \(sum(\.sessions)) sessions, \(sum(\.orphan)) orphan, "
        + "\(sum(\.suspect)) suspect, \(sum(\.live)) live, \(sum(\.hidden)) hidden")
    markup("</p>\n")
  }

  private func row(
    _ shown: ShownGroup, of report: AuditReport, _ dimensions: [GroupDimension], most: Int,
    hides: Bool, frees: Bool, path: String?, explains: Bool
  ) {
    let group = shown.group
    markup("<tr>")
    for (dimension, value) in zip(dimensions, group.key) {
      markup("<th scope=\"row\">", Wording.label(value, of: dimension))
    }
    markup("<td class=\"wide\" data-s=\"")
    // Sorts by what of it is oldest.
    number(group.oldestStateAge.map { Int($0.components.seconds) } ?? -1)
    markup("\">")
    ageBar(group, report.judgedWith, most: most)
    let notes =
      (shown.names > 1 ? [Wording.folded(shown)] : [])
      + (explains ? Wording.explanation(of: group, in: report.slots) : [])
    for note in notes { markup("<small>", note.text, "</small>") }
    cell(group.sessions, path, "sessions")
    markup("<td class=\"n\">", Wording.percent(group.sessions, of: report.slots))
    cell(group.orphan, path, "orphan", " o")
    cell(group.suspect, path, "suspect", " s")
    cell(group.live, path, "live")
    if hides { cell(group.hidden, path, "hidden") }
    if frees { cell(group.freedByEndingOrphans, path, "freed_by_ending_orphans") }
    age(group.oldestStateAge)
    age(group.oldestSessionAge)
    markup("\n")
  }

  /// A count, marked with its place in the JSON where that has it.
  func cell(
    _ count: Int, _ path: String?, _ key: StaticString, _ verdict: StaticString = ""
  ) {
    markup("<td class=\"n")
    markup(count > 0 ? verdict : " zero")
    markup("\"")
    if let path { figure("\(path).\(key)") }
    markup(">", count)
  }

  /// An age, with its whole seconds to sort by.
  func age(_ age: Duration?) {
    markup("<td class=\"n\" data-s=\"", age.map { Int($0.components.seconds) } ?? -1)
    markup("\">", age.map(DurationText.brief) ?? "?")
  }

  private func ageBar(_ group: SessionGroup, _ policy: Policy, most: Int) {
    let counts = zip(policy.bucketNames, group.bucketCounts).filter { $0.1 > 0 }
      .map { "\($0.1) \($0.0)" }
    let unknown = group.unknownAge > 0 ? ["\(group.unknownAge) unknown"] : []
    markup("<svg role=\"img\" viewBox=\"0 0 1000 14\" preserveAspectRatio=\"none\" data-buckets=\"")
    text((group.bucketCounts + [group.unknownAge]).map(String.init).joined(separator: " "))
    markup("\"><title>", "state age: " + (counts + unknown).joined(separator: ", "))
    markup("</title>")
    var start = 0.0
    func part(_ count: Int, _ paint: () -> Void) {
      guard count > 0 else { return }
      // One session among thousands still shows.
      let width = max(4, Double(count) * 1000 / Double(most))
      markup("<rect height=\"14\" x=\"", start, "\" width=\"")
      decimal(width)
      markup("\" ")
      paint()
      markup("/>")
      start += width
    }
    for (index, count) in group.bucketCounts.enumerated() {
      part(count) {
        markup("class=\"a\" fill-opacity=\"")
        strength(index, policy)
        markup("\"")
      }
    }
    part(group.unknownAge) { markup("class=\"u\"") }
    markup("</svg>")
  }
}

extension Policy {
  /// `<1m`, `1m–10m`, …, `≥1d`: the buckets of state age, youngest first.
  var bucketNames: [String] {
    let bounds = bucketBounds.map(DurationText.exact)
    guard let first = bounds.first, let last = bounds.last else { return ["any"] }
    return ["<\(first)"] + zip(bounds, bounds.dropFirst()).map { "\($0)–\($1)" } + ["≥\(last)"]
  }
}
