import SessionAudit

extension TextReport {
  /// Every session, those of one address together and the address with the oldest first, with why
  /// they are what they are: once for all that share it.
  func sessions(_ report: AuditReport) -> [String] {
    var table = TextTable([
      .init(title: "pid", alignsRight: true),
      .init(title: "application_name", isFlexible: true, least: 16),
      .init(title: "user@db", isFlexible: true, rank: 4),
      .init(title: "client", isFlexible: true),
      .init(title: "state", isFlexible: true, rank: 2),
      .init(title: "state age", alignsRight: true, rank: 1),
      .init(title: "silent", alignsRight: true, rank: 3),
      .init(title: "verdict"),
    ])
    let kin = Kin.inOrder(of: report.sessions)
    for judged in kin.flatMap(\.sessions) {
      let (session, times) = (judged.session, judged.times)
      table.add([
        .init("\(session.pid)"),
        .init(Wording.label(session.applicationName, of: .application)),
        .init("\(session.user ?? "?")@\(session.database ?? "?")"),
        .init(Wording.client(of: session)),
        .init(session.state?.name ?? "?"),
        .init(times.stateAge.map(DurationText.brief) ?? "?"),
        .init(times.silent.map(DurationText.brief) ?? "?"),
        .init(judged.verdict.rawValue, Self.meaning(of: judged.verdict)),
      ])
    }
    let (all, leftOut) = table.laidOut(style)
    var lines = all[...]
    var result = [lines.removeFirst()]
    for kin in kin {
      for judged in kin.sessions {
        result.append(lines.removeFirst())
        if showsQuery, let query = Wording.query(of: judged) {
          result += note("Last query: \(query)")
        }
      }
      var reasons = Self.reasons(kin, at: report.capturedAt)
      if kin.sessions.count > 1 && !reasons.isEmpty {
        reasons.insert("Each of these \(kin.sessions.count):", at: 0)
      }
      result += reasons.flatMap(note)
    }
    return result + faint(Self.remark(on: leftOut))
  }

  /// Lines about a whole table.
  func faint(_ sentences: [String]) -> [String] {
    sentences.flatMap { CellWidth.wrapped($0, to: style.width) }.map { style.paint($0, .faint) }
  }

  /// Lines that stand under a row.
  private func note(_ text: String) -> [String] {
    CellWidth.wrapped(HostileText.escaped(text), to: style.width - 4)
      .map { style.paint("    " + $0, .faint) }
  }

  private static func reasons(_ kin: Kin, at now: Timestamp) -> [String] {
    let first = kin.sessions[0]
    let subjects = Subjects(
      first.session, first.times,
      others: kin.sessions.dropFirst().map { ($0.session, $0.times) }, at: now)
    return first.evidence.map { $0.sentence(aboutEach: subjects) } + Wording.protections(of: first)
  }

  private static func meaning(of verdict: Verdict) -> Wording.Meaning? {
    switch verdict {
    case .orphan: .bad
    case .suspect: .warning
    case .live, .hidden: nil
    }
  }
}

/// Sessions of one address that the same can be said of.
private struct Kin {
  var sessions: [JudgedSession]

  /// All of them by address, in the order of the first of each; those of one address together.
  static func inOrder(of sessions: [JudgedSession]) -> [Kin] {
    var places: [Address: Int] = [:]
    var addresses: [[Kin]] = []
    var alike: [Traits: Int] = [:]
    for judged in sessions {
      let address = Address(judged.session)
      let place = places[address] ?? addresses.count
      if place == addresses.count {
        places[address] = place
        addresses.append([])
      }
      let traits = Traits(of: judged, at: place)
      if let first = alike[traits], addresses[place][first].isAbout(judged) {
        addresses[place][first].sessions.append(judged)
      } else {
        alike[traits] = addresses[place].count
        addresses[place].append(Kin(sessions: [judged]))
      }
    }
    return addresses.flatMap { $0 }
  }

  private func isAbout(_ other: JudgedSession) -> Bool {
    let one = sessions[0]
    guard
      one.verdict == other.verdict && one.evidence == other.evidence
        && Wording.notableProtections(of: one) == Wording.notableProtections(of: other)
    else { return false }
    // Sentences name these.
    return one.evidence.isEmpty
      || one.session.state?.isActive == other.session.state?.isActive
        && one.session.waitEvent == other.session.waitEvent
  }

  /// What tells sessions of an address apart, quickly; those alike in it may still differ, and then
  /// only the last of them gets company.
  private struct Traits: Hashable {
    var place: Int
    var verdict: Verdict
    var kinds: [Evidence.Kind]
    var protections: [Protection.Kind]
    var isActive: Bool?
    var waitEvent: String?

    init(of judged: JudgedSession, at place: Int) {
      self.place = place
      verdict = judged.verdict
      kinds = judged.evidence.map(\.kind)
      protections = Wording.notableProtections(of: judged).map(\.kind)
      isActive = kinds.isEmpty ? nil : judged.session.state?.isActive
      waitEvent = kinds.isEmpty ? nil : judged.session.waitEvent
    }
  }

  private struct Address: Hashable {
    var application: [UInt8]
    var user: String?
    var database: String?
    var client: String

    init(_ session: Session) {
      application = Array(session.applicationName.utf8)
      (user, database) = (session.user, session.database)
      client = Wording.client(of: session)
    }
  }
}
