/// What ends sessions and transactions that do nothing, and whether clients know.
extension DoctorChecks {
  var timeouts: [Finding] {
    [
      idleInTransaction, version >= 170_000 ? transactions : nil, quietClients ?? idleSessions,
      maxAge, healthChecks,
    ].compactMap { $0 } + recycling + notClosed
  }

  private var idleInTransaction: Finding {
    let open = sessions.filter { $0.session.state?.isInTransaction == true }
    let longest = open.compactMap(\.times.stateAge).max()
    let now =
      longest.map {
        "\(Wording.counted(open.count, "session")) \(open.count == 1 ? "is" : "are") idle in transaction "
          + "now, the longest for \(DurationText.brief($0)). "
      } ?? ""
    return judged(
      .idleInTransactionTimeout, isSet: "A transaction that does nothing ends",
      isUnset: "Nothing ends a transaction that does nothing",
      (longest ?? .zero) > .seconds(60) ? .warning : .info,
      consequence: now + "It keeps its locks, and vacuum from cleaning, for as long as it lives."
    ) {
      remedies(
        [(.idleInTransactionTimeout, "10min")], at: $0,
        caution: "It ends transactions that wait for their own application for longer.")
    }
  }

  /// 17 and later.
  private var transactions: Finding {
    let longest = sessions.compactMap { judged in
      judged.session.transactionStart.map { max(.zero, audit.capturedAt - $0) }
    }.max()
    return judged(
      .transactionTimeout, isSet: "No transaction lasts for ever",
      isUnset: "A transaction may last for ever", .info,
      consequence: longest.map { "The longest now has lasted for \(DurationText.brief($0))." }
    ) {
      remedies(
        [(.transactionTimeout, "1h")], at: $0,
        caution: "It ends dumps and other long transactions of these roles too.")
    }
  }

  private var idleSessions: Finding {
    let timed = places.filter { (duration(.idleSessionTimeout, $0) ?? .zero) > .zero }
    guard let shortest = timed.compactMap({ duration(.idleSessionTimeout, $0) }).min() else {
      let orphans = audit.totals.orphan > 0
      return judged(
        .idleSessionTimeout, isSet: "", isUnset: "Quiet sessions are left alone, as pools need it",
        orphans ? .info : .ok,
        consequence: orphans
          ? "Where a proxy answers keepalives for clients that vanished, this is what is left on the "
            + "server." : nil
      ) {
        guard orphans else { return [] }
        return remedies(
          [(.idleSessionTimeout, "1h")], at: $0,
          caution: "It ends the connections of quiet pools too: first set each pool's own max age "
            + "(Django's CONN_MAX_AGE) below it.")
      }
    }
    return Finding(
      "idle_session_timeout", .info,
      "Sessions\(of(timed)) that ask nothing for \(DurationText.brief(shortest)) are ended "
        + "(idle_session_timeout).",
      consequence:
        "That takes quiet pools too. A client's own max age (Django's CONN_MAX_AGE) must "
        + "be lower: doctor --max-age 10m compares it.")
  }

  /// CONN_MAX_AGE against idle_session_timeout. Django closes what is too old at the start of a
  /// request, so that with the lower age it never uses a session that the server has ended.
  private var maxAge: Finding? {
    let above = places.compactMap { place -> (ages: [String: Duration], place: Place)? in
      guard let timeout = duration(.idleSessionTimeout, place), timeout > .zero else { return nil }
      let ages = declaredMaxAges(at: place).filter { $0.value >= timeout }
      return ages.isEmpty ? nil : (ages, place)
    }
    guard let longest = above.flatMap(\.ages.values).max(), let place = above.first?.place,
      let timeout = above.compactMap({ duration(.idleSessionTimeout, $0.place) }).min()
    else { return nil }
    let milliseconds = longest.wholeMicroseconds / 1000 * 2
    let half = timeout.components.seconds / 2
    let names = Set(above.flatMap(\.ages.keys)).sorted().map {
      $0.isEmpty ? "the application of \(place.name)" : $0
    }
    let keeps = names.count == 1 ? "keeps its" : "keep their"
    return Finding(
      "max_age_above_idle_session_timeout", .warning,
      "\(Wording.few(names)) \(keeps) connections for \(DurationText.brief(longest)), and the server ends "
        + "them after \(DurationText.brief(timeout)) of quiet (idle_session_timeout).",
      consequence:
        "The next request on such a connection fails. The client's age must be the lower "
        + "one: lower it, or raise the server's.",
      remedies: [
        Remedy(settings: [
          "Django: \"CONN_MAX_AGE\": \(half), "
            + "\"CONN_HEALTH_CHECKS\": True"
        ])
      ]
        // The setting is an int of milliseconds.
        + (milliseconds > Int32.max
          ? []
          : remedies(
            [(.idleSessionTimeout, "\(milliseconds)ms")], at: above.map(\.place),
            caution: "Sessions that were left behind live longer then.")))
  }

  /// By family.
  private func declaredMaxAges(at place: Place) -> [String: Duration] {
    var ages: [String: Duration] = [:]
    for session in sessions.lazy.map(\.session)
    where session.userID == place.role.id && session.databaseID == place.databaseID {
      let age = audit.judgedWith.maxAges.value(
        for: session.applicationName, user: session.user, database: session.database,
        isConnected: audit.target.isConnected(to: session))
      guard let age else { continue }
      let family = audit.judgedWith.family(of: session.applicationName)
      ages[family] = max(age, ages[family] ?? age)
    }
    return ages
  }

  /// Applications that were said to recycle their connections, and don't.
  private var recycling: [Finding] {
    audit.groups.compactMap { group in
      guard let recycling = group.recycling, recycling.verdict == .notEnforced else { return nil }
      let name = group.key.compactMap { $0 }.joined(separator: ", ")
      return Finding(
        "max_age_not_enforced", .warning,
        "\(name.isEmpty ? "An application without a name" : name) was said to close its connections "
          + "after \(DurationText.brief(recycling.maxAge)); "
          + "\(Wording.counted(recycling.usedBeyondMaxAge, "session")) \(recycling.usedBeyondMaxAge == 1 ? "was" : "were") "
          + "used beyond that, one at an age of \(DurationText.brief(recycling.worstUsedAtAge)).",
        consequence: "CONN_MAX_AGE is not what it is thought to be there, or does not hold: Django "
          + "closes only at the start and end of a request, Celery only around a task.")
    }
  }

  /// Applications whose connections stay open beyond that, though they could be closed.
  private var notClosed: [Finding] {
    audit.groups.compactMap { group in
      guard let recycling = group.recycling, recycling.verdict == .notClosed else { return nil }
      let name = group.key.compactMap { $0 }.joined(separator: ", ")
      return Finding(
        "max_age_not_closed", .warning,
        "\(name.isEmpty ? "An application without a name" : name): \(recycling.notClosed).",
        consequence: recycling.causeOfNotClosed)
    }
  }

  /// Whatever ends sessions here is felt by the next request, unless clients check.
  private var healthChecks: Finding? {
    let killed = facts.statistics?.killed ?? 0
    let isTimed = places.contains { (duration(.idleSessionTimeout, $0) ?? .zero) > .zero }
    let reasons = [
      isTimed ? "idle_session_timeout ends sessions here" : nil,
      killed > 0 ? "\(killed) \(killed == 1 ? "was" : "were") ended by somebody" : nil,
      audit.totals.orphan > 0 ? "\(Wording.counted(audit.totals.orphan, "orphan")) could be" : nil,
    ].compactMap { $0 }
    guard !reasons.isEmpty else { return nil }
    return Finding(
      "connection_health_checks", .info,
      "Clients should look whether a connection still lives before they use it: "
        + "\(reasons.joined(separator: ", ")).",
      consequence:
        "Without that, a connection that was ended costs the next request on it an error.",
      remedies: [
        Remedy(settings: [
          "Django 4.1+: \"CONN_HEALTH_CHECKS\": True beside CONN_MAX_AGE",
          "SQLAlchemy: create_engine(url, pool_pre_ping=True)",
        ])
      ])
  }
}
