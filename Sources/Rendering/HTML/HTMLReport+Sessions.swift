import SessionAudit

/// Every session, the most urgent first, with why it is what it is.
extension HTMLWriter {
  /// Up to so many have every sentence about them; of more each has its strongest, and the rest is
  /// named by its kind, or the page would be too large for a mail.
  private static let mostInFull = 1500
  /// More than these are folded away until somebody asks.
  private static let mostUnfolded = 120

  func sessions(of report: AuditReport, showQuery: Bool) {
    let sessions = report.sessions
    let isLarge = sessions.count > Self.mostInFull
    section("sessions", "Every session")
    markup(sessions.count > Self.mostUnfolded ? "<details><summary>" : "<details open><summary>")
    text("\(Wording.counted(sessions.count, "session")), the most urgent first")
    markup(
      "</summary>\n<div class=\"scroll\" role=\"region\" aria-label=\"Sessions\" tabindex=\"0\">")
    markup("<table class=\"sessions sortable filtered\" data-portion=\"200\"><caption>Sessions")
    if isLarge {
      markup(
        ", each with its strongest evidence; the JSON report has every sentence")
    }
    markup(
      """
      </caption>
      <thead><tr><th scope="col">verdict<th scope="col" class="n">pid<th scope="col">application_name<th scope="col">user@database\
      <th scope="col">client<th scope="col">state<th scope="col" class="n">state age\
      <th scope="col" class="n">silent<th scope="col" class="n">session age<th scope="col" \
      class="why">why</thead>
      <tbody>

      """)
    for verdict in Verdict.byUrgency {
      let places = sessions.indices.filter { sessions[$0].verdict == verdict }
        .sorted { a, b in
          let (x, y) = (sessions[a].times.silent ?? .zero, sessions[b].times.silent ?? .zero)
          return x != y ? x > y : a < b
        }
      for place in places {
        row(sessions[place], at: report.capturedAt, isLarge: isLarge, showQuery: showQuery)
      }
    }
    markup("</tbody></table></div>\n</details>\n</section>\n")
  }

  private func row(
    _ judged: JudgedSession, at now: Timestamp, isLarge: Bool, showQuery: Bool
  ) {
    let (session, times) = (judged.session, judged.times)
    markup("<tr class=\"")
    markup(judged.verdict.letter)
    markup("\"><td><b>", judged.verdict.rawValue, "</b><th scope=\"row\" class=\"n\">")
    number(Int(session.pid))
    markup("<td>", Wording.label(session.applicationName, of: .application), "<td>")
    text("\(session.user ?? "?")@\(session.database ?? "?")")
    markup("<td>", Wording.client(of: session), "<td>")
    text(session.state?.name ?? "?")
    age(times.stateAge)
    age(times.silent)
    age(times.sessionAge)
    let reasons =
      isLarge && !showQuery
      ? Self.brief(judged, at: now)
      : Wording.explanation(of: judged, at: now, showsQuery: showQuery)
    for (index, sentence) in reasons.enumerated() {
      markup(index == 0 ? "<td class=\"why\">" : "<br>")
      text(sentence)
    }
    markup("\n")
  }

  /// The strongest evidence in full, the rest by its kind.
  private static func brief(_ judged: JudgedSession, at now: Timestamp) -> [String] {
    guard let first = judged.evidence.first else {
      return Wording.notableProtections(of: judged).map { "Protected: \($0.kind.rawValue)." }
    }
    let others = judged.evidence.dropFirst().map { Wording.words(for: $0.kind) }
    let protections = Wording.notableProtections(of: judged).map(\.kind.rawValue)
    return [first.sentence(about: judged.session, judged.times, at: now)]
      + (others.isEmpty ? [] : ["Also \(others.joined(separator: ", "))."])
      + (protections.isEmpty ? [] : ["Protected: \(protections.joined(separator: ", "))."])
  }
}
