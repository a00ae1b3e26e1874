extension Evidence {
  /// What was found, as a person says it, with the figures.
  /// - Parameter now: when the snapshot was taken.
  public func sentence(about session: Session, _ times: SessionTimes, at now: Timestamp) -> String {
    sentence(aboutEach: Subjects(session, times, at: now))
  }

  /// The same about each of several sessions of one address, with the span of their figures.
  public func sentence(aboutEach subjects: Subjects) -> String {
    let said = found(subjects)
    return doubt.map { "\(said) \(Self.sentence(for: $0))" } ?? said
  }

  private func found(_ subjects: Subjects) -> String {
    let session = subjects.first.session
    func at(_ moment: Timestamp) -> String { "at \(moment.clock(seenFrom: subjects.now))" }
    let address = session.clientAddress ?? "its socket"
    let silent = subjects.length { $0.times.silent }
    let heard = "last heard \(subjects.moment { $0.times.lastHeard })"
    switch finding {
    case .idleBeyondThreshold(let threshold):
      // A query that took long leaves two ages, of which the shorter one counts.
      let idle = subjects.length { $0.times.quiet }
      return idle == silent
        ? "Idle, and silent for \(silent): \(heard), beyond the threshold of "
          + "\(DurationText.exact(threshold))."
        : "Idle for \(idle), beyond the threshold of \(DurationText.exact(threshold)); its last "
          + "query began \(subjects.moment { $0.times.lastHeard })."
    case .pastMaxAge(let maxAge, let closesItself):
      // The silence of one that pings ends with each ping.
      let quiet = subjects.length { $0.session.state == .idle ? $0.times.quiet : $0.times.silent }
      let closes =
        closesItself
        ? "its pool closes by itself what is older than \(DurationText.exact(maxAge)) and not in use: "
          + "leaked, checked out, or dead."
        : "its application closes connections after \(DurationText.exact(maxAge)): a quiet thread, a "
          + "leak, or nobody is there."
      return
        "Open for \(subjects.length { $0.times.sessionAge }) and silent for \(quiet), though \(closes)"
    case .beyondPoolSize(let limit, let sessions):
      return "\(sessions) sessions of it come from \(address), where at most \(limit) "
        + "\(limit == 1 ? "belongs" : "belong"); this one, \(heard), is not "
        + (limit == 1 ? "the one heard last." : "among the \(limit) heard last.")
    case .silentClient(let threshold):
      let age = subjects.length { $0.times.stateAge ?? $0.times.silent }
      return session.state?.isActive == true
        ? "Its command began \(age) ago, beyond the threshold of \(DurationText.exact(threshold)), and "
          + "waits for its client (\(session.waitEvent ?? "Client"))."
        : "Idle in a transaction for \(age), beyond the threshold of "
          + "\(DurationText.exact(threshold)); \(heard)."
    case .replacedAddress(let newcomer):
      return "\(newcomer.address) began \(at(newcomer.began)), soon after \(address) fell silent: "
        + "it may have taken its place. This session was \(heard)."
    case .superseded(let newcomer):
      return superseded(by: newcomer, session, address, at(newcomer.began), heard)
    case .beyondInstances(let limit, let moment):
      let others = limit == 1 ? "another address was" : "\(limit) other addresses were"
      let most = limit == 1 ? "1 instance" : "\(limit) instances"
      return "\(at(moment).capitalizedFirst) \(others) in use, and at most \(most) may run; this "
        + "one is from \(address), \(heard)."
    case .beforeRestart(let restart, _):
      return
        "Opened \(subjects.moment { $0.session.backendStart }) and \(heard), before the restart that was complete "
        + "\(at(restart))."
    case .ownerGone(let covers, let missing):
      return "The roster covers \(covers), and has no \(missing) that is alive; \(heard)."
    case .predatesOwner(let owner, let startedAt, _):
      return "The roster's \(owner) began \(at(startedAt)); this session was \(heard)."
    case .predatesAll(let startedAt):
      return "Everything alive in the roster began \(at(startedAt)) or later; this session was "
        + "\(heard)."
    }
  }

  private func superseded(
    by newcomer: Newcomer, _ session: Session, _ address: String, _ began: String, _ heard: String
  ) -> String {
    let name = session.applicationName
    guard doubt != .sharedName, doubt != .numberedName else {
      return "\(newcomer.address) began \(began), after \(address) fell silent; this session was "
        + "\(heard)."
    }
    let sentence =
      "\(name) runs from \(newcomer.address), where its oldest session began \(began); this one is "
      + "from \(address), \(heard)."
    // What no snapshot can tell.
    return doubt == nil
      ? sentence + " Its owner is gone, unless two applications here have a \(name) each."
      : sentence
  }

  private static func sentence(for doubt: Doubt) -> String {
    let clause = clause(for: doubt)
    return switch doubt {
    case .rosterLacks, .hostIsListed, .restartInPlace: "But \(clause)."
    default: clause.prefix(1).uppercased() + clause.dropFirst() + "."
    }
  }

  /// Why it is not certain, to stand behind a colon.
  static func clause(for doubt: Doubt) -> String {
    switch doubt {
    case .sharedName: "many instances may share its name, so it could be a quiet one"
    case .heardSideBySide:
      "two addresses of that name were in use side by side for longer than a restart takes, so it "
        + "may not mean one instance"
    case .hiddenNamesakes(let count):
      count == 1
        ? "a hidden session bears the same name, and may be from its address"
        : "\(count) hidden sessions bear the same name, and may be from its address"
    case .noAddress: "no address tells its instance, so this is not certain"
    case .withinTolerance(let tolerance):
      "clocks may differ by \(DurationText.exact(tolerance)), so this is not certain"
    case .numberedName:
      "the number in its name may count processes, shards or tenants, so it could be a quiet one"
    case .rosterLacks(let witness):
      "the roster lacks \(witness) too, which was heard just now, so it is not believed here"
    case .hostIsListed(let name):
      "\(name), which the roster lists, comes from its address too, so this is not certain"
    case .mayBePooled:
      "its address leaves DISCARD ALL behind, as a pooler does, so this is not certain"
    case .severalNames(let count):
      "\(count) instance names come from its address, which is not taken for one instance"
    case .restartInPlace(let reason):
      "its address is heard, and \(clause(for: reason)), so this is not certain"
    }
  }

  private static func clause(for reason: Doubt.InPlace) -> String {
    switch reason {
    case .notNamed: "the restart was declared of no application by name"
    case .notAlone: "the roster does not have one owner there that has a start"
    case .nobodyNew: "no session of the same name, user and database began there since"
    case .olderHeard: "a session from before it was heard since"
    }
  }
}

/// The sessions that a sentence speaks of, at least one; what they have in common is the first's.
public struct Subjects {
  public typealias Subject = (session: Session, times: SessionTimes)
  let first: Subject
  private let others: [Subject]
  let now: Timestamp

  public init(_ session: Session, _ times: SessionTimes, others: [Subject] = [], at now: Timestamp)
  {
    first = (session, times)
    self.others = others
    self.now = now
  }

  /// `4h 10m`, or `2h to 4h 10m`.
  func length(_ value: (Subject) -> Duration?) -> String {
    guard let span = span(value) else { return "an unknown time" }
    let (least, most) = (DurationText.brief(span.least), DurationText.brief(span.most))
    return least == most ? least : "\(least) to \(most)"
  }

  /// `at 07:50:00 UTC`, or `between 07:50:00 UTC and 07:58:12 UTC`.
  func moment(_ value: (Subject) -> Timestamp?) -> String {
    guard let span = span(value) else { return "at an unknown time" }
    let (least, most) = (span.least.clock(seenFrom: now), span.most.clock(seenFrom: now))
    return least == most ? "at \(least)" : "between \(least) and \(most)"
  }

  private func span<Value: Comparable>(_ value: (Subject) -> Value?) -> (least: Value, most: Value)?
  {
    var span = value(first).map { (least: $0, most: $0) }
    for subject in others {
      guard let next = value(subject) else { continue }
      span = span.map { (min($0.least, next), max($0.most, next)) } ?? (next, next)
    }
    return span
  }
}

extension Timestamp {
  /// `09:41:07 UTC`, with the date where it is another day than `now`'s.
  func clock(seenFrom now: Timestamp) -> String {
    dayAndMicroseconds.day == now.dayAndMicroseconds.day
      ? "\(time) UTC" : readable
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
