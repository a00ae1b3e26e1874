extension Evidence {
  /// What was found, as a person says it, with the figures.
  /// - Parameter now: when the snapshot was taken.
  public func sentence(about session: Session, _ times: SessionTimes, at now: Timestamp) -> String {
    let said = found(session, times, now)
    return doubt.map { "\(said) \(Self.sentence(for: $0))" } ?? said
  }

  private func found(_ session: Session, _ times: SessionTimes, _ now: Timestamp) -> String {
    func at(_ moment: Timestamp?) -> String {
      moment.map { "at \($0.clock(seenFrom: now))" } ?? "at an unknown time"
    }
    let address = session.clientAddress ?? "its socket"
    let silent = times.silent.map(DurationText.brief) ?? "an unknown time"
    let heard = "last heard \(at(times.lastHeard))"
    switch finding {
    case .idleBeyondThreshold(let threshold):
      return "Idle, and silent for \(silent): \(heard), beyond the threshold of "
        + "\(DurationText.exact(threshold))."
    case .pastMaxAge(let maxAge):
      let open = times.sessionAge.map(DurationText.brief) ?? "an unknown time"
      return "Open for \(open) and silent for \(silent), though its application closes connections "
        + "after \(DurationText.exact(maxAge)): no request has reached it since."
    case .silentClient(let threshold):
      let age = times.stateAge.map(DurationText.brief) ?? silent
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
    case .beforeRestart(let restart):
      return
        "Opened \(at(session.backendStart)) and \(heard), before the restart that was complete "
        + "\(at(restart))."
    case .ownerGone(let covers, let missing):
      return "The roster covers \(covers), and has no \(missing) that is alive; \(heard)."
    case .predatesOwner(let owner, let startedAt):
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
    guard doubt != .sharedName else {
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
    switch doubt {
    case .sharedName: "Many instances may share its name, so it could be a quiet one."
    case .heardSideBySide:
      "Two addresses of that name were in use side by side for longer than a restart takes, so it "
        + "may not mean one instance."
    case .hiddenNamesakes(let count):
      count == 1
        ? "A hidden session bears the same name, and may be from its address."
        : "\(count) hidden sessions bear the same name, and may be from its address."
    case .noAddress: "No address tells its instance, so this is not certain."
    case .withinTolerance(let tolerance):
      "Clocks may differ by \(DurationText.exact(tolerance)), so this is not certain."
    }
  }
}

extension Timestamp {
  /// `09:41:07 UTC`, with the date where it is another day than `now`'s.
  func clock(seenFrom now: Timestamp) -> String {
    dayAndMicroseconds.day == now.dayAndMicroseconds.day
      ? String(readable.dropFirst(date.utf8.count + 1)) : readable
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
