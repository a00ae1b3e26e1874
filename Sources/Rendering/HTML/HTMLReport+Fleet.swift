import SessionAudit

/// Several targets: a row for each, which leads to its report.
extension HTMLWriter {
  func overview(of outcomes: [TargetResult<AuditReport>]) {
    let sentences = Wording.summary(of: outcomes)
    markup("<header>\n<h1>", sentences[0].rest, "</h1>\n<ul class=\"plain\">")
    for sentence in sentences.dropFirst() {
      markup("<li><b>", sentence.lead, "</b>")
      text(sentence.rest)
      markup("</li>\n")
    }
    markup(
      """
      </ul>
      </header>
      <section id="overview">
      <div class="scroll" role="region" aria-label="Targets" tabindex="0">\
      <table class="fleet sortable" data-portion="100"><caption>Targets</caption>
      <thead><tr><th scope="col">target<th scope="col" class="wide">slots<th scope="col" class="n">used\
      <th scope="col" class="n">left<th scope="col" class="n">sessions<th scope="col" class="n">orphan\
      <th scope="col" class="n">suspect<th scope="col" class="n">hidden<th scope="col">report</thead>
      <tbody>

      """)
    for (part, outcome) in outcomes.enumerated() { writing(part: part).row(of: outcome) }
    markup("</tbody></table></div>\n</section>\n")
  }

  private func row(of outcome: TargetResult<AuditReport>) {
    markup("<tr><th scope=\"row\"><a href=\"#")
    id("report")
    markup("\"><bdi>", Wording.title(of: outcome.target), "</bdi></a>")
    switch outcome {
    case .refused(let failure, _, _):
      markup("<td class=\"wide\" data-s=\"-1\">")
      for _ in 0..<6 { markup("<td class=\"n zero\" data-s=\"-1\">–") }
      markup("<td class=\"o\">", Wording.words(for: failure))
    case .report(let report):
      let (totals, binding) = (report.totals, report.slots.binding)
      let percent = Int(binding.usedRatio * 100)
      markup("<td class=\"wide\" data-s=\"", percent)
      markup(
        "\"><svg role=\"img\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\"><title>")
      text("\(binding.used) of \(binding.limit) used")
      markup("</title><rect class=\"free\" width=\"1000\" height=\"10\"/><rect class=\"")
      markup(binding.usedRatio >= 0.9 ? "o" : binding.usedRatio >= Slots.notableRatio ? "s" : "l")
      markup("\" height=\"10\" width=\"", min(1, binding.usedRatio) * 1000, "\"/></svg>")
      markup("<td class=\"n\" data-s=\"", percent)
      markup("\">", "\(binding.used)/\(binding.limit)")
      cell(binding.available, "slots", "available")
      cell(totals.clientSessions, "totals", "client_sessions")
      cell(totals.orphan, "totals", "orphan", " o")
      cell(totals.suspect, "totals", "suspect", " s")
      cell(totals.hidden, "totals", "hidden")
      markup("<td class=\"soft\">", report.capturedAt.readable)
    }
    markup("\n")
  }

  /// - Parameter body: the report, where there is one.
  func target(_ outcome: TargetResult<AuditReport>, isOpen: Bool, _ body: () -> Void) {
    markup("<details class=\"target\" id=\"")
    id("target")
    markup(isOpen ? "\" open><summary><h2><bdi>" : "\"><summary><h2><bdi>")
    text(Wording.title(of: outcome.target))
    // A link opens the fold that its aim is in, not one that it aims at.
    markup("</bdi></h2></summary>\n<div class=\"aim\" id=\"")
    id("report")
    markup("\"></div>\n")
    switch outcome {
    case .report(let report):
      markup("<p class=\"soft\">on ")
      place(of: report)
      markup("</p>\n")
    case .refused(let failure, let target, _):
      asked(target)
      refusal(failure)
    }
    body()
    markup("<p><a href=\"#overview\">All targets</a></p>\n</details>\n")
  }
}
