import SessionAudit

/// The audit as one page that needs nothing else: it reads well without its script, fetches nothing,
/// and may be mailed, printed and kept. Of several targets it is an overview, and each report folded
/// behind its line.
package struct HTMLReport: Renderer {
  private let version: String
  private let summary: Bool
  private let showQuery: Bool

  /// - Parameters:
  ///   - version: the program's own.
  ///   - summary: leave the list of sessions out.
  ///   - showQuery: with the text of each last query.
  package init(version: String, summary: Bool = false, showQuery: Bool = false) {
    (self.version, self.summary, self.showQuery) = (version, summary, showQuery)
  }

  package func write(_ result: TargetResult<AuditReport>, to sink: ByteSink) -> Bool {
    let html = HTMLWriter(into: sink)
    switch result {
    case .report(let report):
      let title =
        "\(Wording.name(of: report.target)) on \(Wording.place(of: report.target)), "
        + report.capturedAt.readable
      let timeline = Timeline(of: report)
      html.page(titled: title, version: version) {
        html.gridStyle(of: timeline.scale)
      } body: {
        html.head(of: report, hasSessions: !summary)
        html.body(of: report, timeline, summary: summary, showQuery: showQuery)
      }
    case .refused(let failure, let target, _):
      let title = "No report of \(Wording.place(of: target))"
      html.page(titled: title, version: version) {
      } body: {
        html.markup("<header>\n<h1>No report</h1>\n")
        html.asked(target)
        html.markup("</header>\n")
        html.refusal(failure)
      }
    }
    sink.flush()
    return true
  }

  package func write(_ results: [TargetResult<AuditReport>], to sink: ByteSink) -> Bool {
    let html = HTMLWriter(into: sink)
    let timelines = results.map { $0.report.map { Timeline(of: $0) } }
    html.page(titled: "\(results.count) targets", version: version) {
      for (part, timeline) in timelines.enumerated() {
        if let timeline { html.writing(part: part).gridStyle(of: timeline.scale) }
      }
    } body: {
      html.overview(of: results)
      for (part, result) in results.enumerated() {
        let html = html.writing(part: part)
        html.target(result, isOpen: results.count <= 3) {
          guard case .report(let report) = result, let timeline = timelines[part] else { return }
          html.body(of: report, timeline, summary: summary, showQuery: showQuery)
        }
      }
    }
    sink.flush()
    return true
  }
}

extension HTMLWriter {
  /// The policy forbids every request; of scripts it lets only our own run, by its hash, whatever
  /// might slip into the page.
  fileprivate func page(
    titled title: String, version: String, style: () -> Void, body: () -> Void
  ) {
    markup(
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
      style-src 'unsafe-inline'; script-src '
      """)
    markup(PageScript.hash)
    markup(
      """
      '; base-uri 'none'; form-action 'none'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="referrer" content="no-referrer">
      <title>
      """)
    text("\(title) – pgsessions")
    markup("</title>\n<style>\n")
    file(PackageResources.report_css)
    style()
    markup("</style>\n</head>\n<body>\n")
    body()
    markup("<footer>Made by pgsessions ", version)
    markup(
      ". It reads pg_stat_activity and changes nothing; this page needs no network.</footer>\n")
    markup("<script>")
    file(PackageResources.report_js)
    markup("</script>\n</body>\n</html>\n")
  }

  fileprivate func head(of report: AuditReport, hasSessions: Bool) {
    markup("<header>\n<h1><bdi>", Wording.name(of: report.target))
    markup("</bdi></h1>\n<p class=\"soft\">on ")
    place(of: report)
    markup("</p>\n<nav aria-label=\"Sections\">")
    if !report.advice.isEmpty { markup("<a href=\"#advice\">What to do</a> ") }
    markup("<a href=\"#groups\">Groups</a> <a href=\"#timeline\">Timeline</a>")
    if hasSessions { markup(" <a href=\"#sessions\">Sessions</a>") }
    markup("</nav>\n</header>\n")
  }

  /// Where and when.
  func place(of report: AuditReport) {
    text("\(Wording.place(of: report.target)) · \(Wording.version(of: report.target)) · ")
    markup("<time datetime=\"", report.capturedAt.iso8601, "\">")
    text(report.capturedAt.readable)
    markup("</time>")
  }

  fileprivate func body(
    of report: AuditReport, _ timeline: Timeline, summary: Bool, showQuery: Bool
  ) {
    slots(of: report)
    verdicts(of: report)
    advice(report.advice)
    blocking(of: report)
    groups(of: report)
    self.timeline(timeline, of: report)
    if !summary { sessions(of: report, showQuery: showQuery) }
    judgedWith(report)
  }

  func asked(_ target: Target) {
    markup("<p class=\"soft\">")
    text("asked: \(Wording.name(of: target)) on \(Wording.place(of: target))")
    markup("</p>\n")
  }

  func refusal(_ failure: Failure) {
    markup("<section class=\"critical refusal\" id=\"")
    id("failure")
    markup("\">\n<p><b>")
    let reason = failure.limit.map { "No slot is free: \($0.clause)." }
    text(reason ?? "The server could not be audited.")
    markup("</b></p>\n<pre>")
    lines(of: failure.message)
    markup("</pre>\n")
    for hint in failure.hints { markup("<p>", hint, "</p>\n") }
    markup("<p class=\"soft\">Kind: ", failure.kind.rawValue)
    if let state = failure.sqlState { text(", SQLSTATE \(state)") }
    markup("</p>\n</section>\n")
  }
}

extension Verdict {
  /// Its letter in the classes of the page.
  var letter: StaticString {
    switch self {
    case .orphan: "o"
    case .suspect: "s"
    case .live: "l"
    case .hidden: "h"
    }
  }

  /// What matters first.
  static let byUrgency: [Verdict] = [.orphan, .suspect, .hidden, .live]
}
