/// How long the session of a client that vanished lives on here.
extension DoctorChecks {
  var vanishedClients: [Finding] {
    [keepalives, facts.rights.isLinux ? checkInterval : nil, userTimeout].compactMap { $0 }
  }

  private func life(_ place: Place, inTransaction: Bool) -> Duration? {
    settings.lifeAfterVanishing(
      role: place.role.id, database: place.databaseID, inTransaction: inTransaction)
  }

  private func worstLife(_ place: Place) -> Duration? {
    guard let idle = life(place, inTransaction: false), let busy = life(place, inTransaction: true)
    else { return nil }
    return max(idle, busy)
  }

  private var keepalives: Finding {
    let lives = places.compactMap { place in worstLife(place).map { (place, $0) } }
    let unknown = places.filter { worstLife($0) == nil }
    let long = lives.filter { $0.1 > Keepalives.longLife }.map(\.0)
    if long.isEmpty && !unknown.isEmpty {
      return Finding(
        "vanished_client", .info,
        "How long a session\(of(unknown)) outlives a client that vanished is not known here: "
          + unknownKeepalives,
        consequence: figures, remedies: remedies(cure(at: unknown), at: unknown))
    }
    guard let worst = lives.max(by: { $0.1 < $1.1 })?.0 else {
      return Finding("vanished_client", .info, "There is no session whose life could be told.")
    }
    return Finding(
      "vanished_client", long.isEmpty ? .ok : .warning, sentence(for: worst),
      consequence: long.isEmpty ? nil : figures,
      remedies: long.isEmpty ? [] : remedies(cure(at: long + unknown), at: long + unknown))
  }

  /// All that some of them need.
  private func cure(at places: [Place]) -> [ServerSettings.Assignment] {
    places.map { settings.cure(role: $0.role.id, database: $0.databaseID) }
      .max { $0.count < $1.count } ?? ServerSettings.shortKeepalives
  }

  private func sentence(for place: Place) -> String {
    let keepalives = settings.keepalives(role: place.role.id, database: place.databaseID)
    func text(_ life: Duration, _ timeout: SettingName) -> String {
      guard keepalives.total == life, let idle = keepalives.idle, let count = keepalives.count,
        let interval = keepalives.interval, let userTimeout = keepalives.userTimeout
      else { return "\(DurationText.brief(life)) (\(timeout.rawValue))" }
      if userTimeout > .zero {
        return
          "\(DurationText.brief(life)) (keepalives from \(idle) s on, each \(interval) s, until "
          + "tcp_user_timeout of \(DurationText.brief(userTimeout)))"
      }
      return "\(DurationText.brief(life)) (keepalives: \(idle) s + \(count) × \(interval) s)"
    }
    let idle = life(place, inTransaction: false) ?? .zero
    let busy = life(place, inTransaction: true) ?? .zero
    let whose = places.count > 1 || place.sessions == 0 ? " of \(place.name)" : ""
    return "An idle session\(whose) whose client vanished without a word lives on for "
      + text(idle, .idleSessionTimeout)
      + (busy == idle ? "" : ", one in a transaction for \(text(busy, .idleInTransactionTimeout))")
      + "."
  }

  private var unknownKeepalives: String {
    if !settings.isReadable { return "\(user) may not read pg_settings or pg_db_role_setting." }
    return audit.target.host?.hasPrefix("/") != true
      ? "\(user) or this connection has settings of its own, which hide the server's."
      : "a unix socket does not show what the system does where Postgres sets nothing. Most systems "
        + "wait 7200 s + 9 × 75 s, which is 2h 11m. Over TCP (-h 127.0.0.1) it is seen."
  }

  private var figures: String {
    let remote = fromNetwork
    let orphans = audit.totals.orphan
    let come =
      remote == 0
      ? ""
      : "\(audit.coverage.isComplete ? "" : "At least ")\(Wording.counted(remote, "session")) "
        + "\(remote == 1 ? "comes" : "come") from other hosts"
        + (orphans == 0
          ? ". "
          : ", and \(Wording.counted(orphans, "orphan")) \(orphans == 1 ? "is" : "are") seen now. ")
    return come
      + "A host that vanishes keeps its slots for so long. Where a proxy stands between and "
      + "answers keepalives itself, they tell nothing."
  }

  private var checkInterval: Finding {
    let busy = sessions.filter { $0.session.state?.isActive == true }
    let longest = busy.compactMap(\.times.stateAge).max()
    let now =
      longest.map {
        " \(busy.count == 1 ? "One query runs" : "\(busy.count) queries run") now, the longest for "
          + "\(DurationText.brief($0))."
      } ?? ""
    return judged(
      .connectionCheckInterval, isSet: "A query whose client is gone is ended",
      isUnset: "A query whose client is gone runs to its end",
      (longest ?? .zero) > .seconds(300) ? .warning : .info,
      consequence: "It holds its slot and its locks until then, and keepalives don't end it.\(now)"
    ) { remedies([ServerSettings.connectionCheck], at: $0) }
  }

  private var userTimeout: Finding {
    judged(
      .userTimeout, isSet: "An answer that nobody takes ends its session",
      isUnset: "A session that has sent an answer to a client that vanished waits for the system's "
        + "patience, usually about 15 minutes", .info
    ) { remedies([(.userTimeout, "2min")], at: $0) }
  }
}

extension DoctorChecks {
  /// A finding about a timeout of which 0 means none.
  func judged(
    _ name: SettingName, isSet: String, isUnset: String, _ severity: Finding.Severity,
    consequence: String? = nil, remedies: ([Place]) -> [Remedy]
  ) -> Finding {
    let unset = places.filter { duration(name, $0) == .zero }
    let unknown = places.filter { duration(name, $0) == nil }
    if !unset.isEmpty {
      return Finding(
        name.rawValue, severity, "\(isUnset) (\(name.rawValue) is 0\(of(unset))).",
        consequence: consequence, remedies: remedies(unset))
    }
    if !unknown.isEmpty {
      return Finding(
        name.rawValue, .info,
        !settings.isReadable
          ? "What \(name.rawValue) is is not known: \(user) may not read the settings."
          : "What \(name.rawValue) is\(of(unknown)) is not known: \(user) or this connection has a setting of "
            + "its own, which hides the server's.")
    }
    let values = Set(places.compactMap { duration(name, $0) }).sorted()
    return Finding(
      name.rawValue, .ok,
      "\(isSet) (\(name.rawValue) is \(values.map(DurationText.brief).joined(separator: ", "))).")
  }

  func duration(_ name: SettingName, _ place: Place) -> Duration? {
    settings.duration(name, role: place.role.id, database: place.databaseID)
  }

  /// ` for app@shop`, where that is not everybody.
  func of(_ some: [Place]) -> String {
    some.count == places.count ? "" : " for \(Wording.few(some.map(\.name)))"
  }
}
