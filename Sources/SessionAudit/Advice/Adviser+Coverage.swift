/// What is not seen, and what was said that does not fit what is seen.
extension Adviser {
  var coverage: [Advice] {
    guard let reason = report.coverage.reason else { return [] }
    return [
      Advice(
        "hidden_sessions", .warning,
        "Not everything is seen: \(reason).",
        remedies: [.change(AuditAdvice.seeAll(report))])
    ]
  }

  var doubtfulInput: [Advice] { roster + declarations + withoutEffect }

  private var roster: [Advice] {
    guard let roster = report.judgedWith.roster else { return [] }
    var advice: [Advice] = []
    func warn(_ code: String, _ summary: String) {
      advice.append(Advice(code, .warning, summary))
    }
    if report.rosterCoversNothing {
      let names =
        roster.families + roster.coversNames.map(\.pattern) + roster.coversNetworks.map(\.text)
      warn(
        "roster_covers_nothing",
        "The roster says nothing of any session here: no application_name or address of theirs is "
          + "among what it covers" + (names.isEmpty ? "" : " (\(Wording.few(names)))")
          + ". Is it the right one? --roster-covers says what else it speaks of.")
    }
    let names = report.heardThoughUnlisted
    if !names.isEmpty {
      let count = report.sparedByRosterGaps
      let (was, it) = names.count == 1 ? ("was", "it") : ("were", "them")
      let spared =
        count == 0
        ? ""
        : count == 1
          ? " 1 session that it would make an orphan stays a suspect."
          : " \(count) sessions that it would make orphans stay suspects."
      warn(
        "roster_lacks_living",
        "\(Wording.few(names)) \(was) heard just now, and the roster, which covers \(it), does not "
          + "list \(it) as alive. So it is not believed about \(lacking(names)).\(spared) If \(it) "
          + "should be there, add \(it) and judge again; end no suspects before. A list of one "
          + "namespace looks like this, a node or NAT that pods' sessions come from "
          + "(--shared-address), and a pooler (--pooler).")
    }
    if let takenAt = roster.takenAt, report.capturedAt - takenAt > report.judgedWith.restartGrace {
      warn(
        "roster_old",
        "The roster is \(DurationText.brief(report.capturedAt - takenAt)) old: sessions that began "
          + "or were heard since are not judged by it.")
    }
    return advice
  }

  /// The applications of those who were heard.
  private func lacking(_ witnesses: [String]) -> String {
    let names = report.sessions.filter { judged in
      witnesses.contains(judged.session.applicationName)
        || judged.session.clientAddress.map(witnesses.contains) ?? false
    }.map { Self.label(family(of: $0.session)) }
    return Wording.few(Set(names).sorted())
  }

  private var declarations: [Advice] {
    let policy = report.judgedWith
    let patterns =
      policy.maxAges.map(\.application) + policy.closesItself.map(\.application)
      + policy.poolSizes.map(\.application) + policy.pooled.map(\.application)
      + policy.instances.map(\.application)
      + policy.restarts.map(\.application) + policy.oneInstance.map(\.application)
    return patterns.compactMap { $0 }.filter { pattern in
      !report.sessions.contains { judged in
        pattern.matches(
          judged.session.applicationName, user: judged.session.user,
          database: judged.session.database,
          isConnected: report.target.isConnected(to: judged.session))
      }
    }.map { pattern in
      Advice(
        "declaration_unmatched", .warning,
        "What was declared of \"\(pattern.text)\" is said of no session here.")
    }
  }
}
