import SessionAudit

/// The audit as one page that needs nothing else: it reads well without its script, fetches nothing,
/// and may be mailed, printed and kept.
public enum HTMLReport {
  /// - Parameters:
  ///   - version: the program's own.
  ///   - summary: leave the list of sessions out.
  ///   - showQuery: with the text of each last query.
  ///   - handOn: takes the bytes, block by block.
  public static func audit(
    _ outcome: AuditOutcome, version: String, summary: Bool = false, showQuery: Bool = false,
    handOn: @escaping (UnsafeRawBufferPointer) -> Void
  ) {
    let sink = ByteSink(handOn: handOn)
    let html = HTMLWriter(into: sink)
    switch outcome {
    case .report(let report):
      let target = report.target
      let title =
        "\(TextReport.name(of: target)) on \(TextReport.place(of: target)), "
        + report.capturedAt.readable
      let timeline = Timeline(of: report)
      html.page(titled: title, version: version, scale: timeline.scale) {
        html.head(of: report, hasSessions: !summary)
        html.slots(of: report)
        html.verdicts(of: report)
        html.advice(report.advice)
        html.blocking(of: report)
        html.groups(of: report)
        html.timeline(timeline, of: report)
        if !summary { html.sessions(of: report, showQuery: showQuery) }
        html.judgedWith(report)
      }
    case .refused(let failure, let target, _):
      let title = "No report of \(TextReport.place(of: target))"
      html.page(titled: title, version: version) { html.refusal(failure, target) }
    }
    sink.flush()
  }
}

extension HTMLWriter {
  /// The policy forbids every request; of scripts it lets only our own run, by its hash, whatever
  /// might slip into the page.
  fileprivate func page(
    titled title: String, version: String, scale: TimelineScale? = nil, _ body: () -> Void
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
    if let scale { gridStyle(of: scale) }
    markup("</style>\n</head>\n<body>\n")
    body()
    markup("<footer>Made by pgsessions ")
    text(version)
    markup(
      ". It reads pg_stat_activity and changes nothing; this page needs no network.</footer>\n")
    markup("<script>")
    file(PackageResources.report_js)
    markup("</script>\n</body>\n</html>\n")
  }

  fileprivate func head(of report: AuditReport, hasSessions: Bool) {
    let target = report.target
    markup("<header>\n<h1><bdi>")
    text(TextReport.name(of: target))
    markup("</bdi></h1>\n<p class=\"soft\">")
    text("on \(TextReport.place(of: target)) · \(TextReport.version(of: target)) · ")
    markup("<time datetime=\"")
    text(report.capturedAt.iso8601)
    markup("\">")
    text(report.capturedAt.readable)
    markup("</time></p>\n<nav aria-label=\"Sections\">")
    if !report.advice.isEmpty { markup("<a href=\"#advice\">What to do</a> ") }
    markup("<a href=\"#groups\">Groups</a> <a href=\"#timeline\">Timeline</a>")
    if hasSessions { markup(" <a href=\"#sessions\">Sessions</a>") }
    markup("</nav>\n</header>\n")
  }

  fileprivate func refusal(_ failure: Failure, _ target: Target) {
    markup("<header>\n<h1>No report</h1>\n<p class=\"soft\">")
    let user = target.user.map { " as \($0)" } ?? ""
    text("asked: \(TextReport.place(of: target))\(user)")
    markup("</p>\n</header>\n<section class=\"critical\" id=\"failure\">\n<p><b>")
    let reason = failure.limit.map { "No slot is free: \($0.clause)." }
    text(reason ?? "The server could not be audited.")
    markup("</b></p>\n<pre>")
    text(failure.message)
    markup("</pre>\n")
    for hint in failure.hints {
      markup("<p>")
      text(hint)
      markup("</p>\n")
    }
    markup("<p class=\"soft\">Kind: ")
    text(failure.kind.rawValue)
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
