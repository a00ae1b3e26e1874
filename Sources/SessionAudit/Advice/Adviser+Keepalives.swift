/// What keeps orphans from coming back: a server that notices that a client is gone.
extension Adviser {
  /// The role and database of orphans, whose settings let them live.
  private struct Place: Hashable {
    var roleID: UInt32
    var role: NameKey
    var databaseID: UInt32?
    var database: NameKey
  }

  var keepalives: [Advice] {
    let places = orphansPlaces
    guard !places.isEmpty else { return [] }
    let lives = places.map { place in (place: place, life: life(of: place)) }
    let long = lives.filter { $0.life.map { $0 > Keepalives.longLife } ?? true }
    guard let worst = long.first else {
      let longest = lives.compactMap(\.life).max() ?? .zero
      return [
        Advice(
          "keepalives_are_short", .info,
          "Sessions that begin now are let go \(DurationText.brief(longest)) after their "
            + "client vanished, by what is set. Orphans older than that began before it was set, or "
            + "something between client and server answers keepalives: a proxy, a pooler.")
      ]
    }
    return [
      Advice(
        "shorten_keepalives", .warning,
        "\(sentence(worst.place, life: worst.life)) With this, sessions that begin after it "
          + "are let go within two minutes, also while a query runs. \(whoMay(long.map(\.place))) It "
          + "is of no use where a proxy or pooler answers keepalives:",
        remedies: long.prefix(3).flatMap { statements(for: $0.place) }.map(Advice.Step.change))
    ]
  }

  /// Most orphans first.
  private var orphansPlaces: [Place] {
    var counts: [Place: Int] = [:]
    for judged in report.sessions where judged.verdict == .orphan {
      guard let id = judged.session.userID, let role = judged.session.user,
        let database = judged.session.database
      else { continue }
      let place = Place(
        roleID: id, role: NameKey(role), databaseID: judged.session.databaseID,
        database: NameKey(database))
      counts[place, default: 0] += 1
    }
    return counts.sorted {
      ($1.value, $0.key.role.text, $0.key.database.text)
        < ($0.value, $1.key.role.text, $1.key.database.text)
    }.map(\.key)
  }

  /// nil: not known.
  private func life(of place: Place) -> Duration? {
    report.settings?.lifeAfterVanishing(
      role: place.roleID, database: place.databaseID, inTransaction: false)
  }

  private func sentence(_ place: Place, life: Duration?) -> String {
    guard let life else {
      return
        "The cure: where nothing is set, a session of \(place.role.text) outlives a client that "
        + "vanished by 2h 11m (pgsessions doctor tells)."
    }
    return "The cure: a session of \(place.role.text) outlives a client that vanished by "
      + "\(DurationText.brief(life))."
  }

  private func whoMay(_ places: [Place]) -> String {
    let roles = Set(places.map(\.role.text)).sorted()
    if roles == [report.target.user ?? ""] { return "\(roles[0]) may set it on itself." }
    return "A role may set it on itself, a superuser on all."
  }

  private func statements(for place: Place) -> [String] {
    let settings = report.settings ?? .unreadable
    return settings.alterRole(
      (place.roleID, place.role.text), in: (place.databaseID, place.database.text),
      settings.cure(role: place.roleID, database: place.databaseID)
        + [ServerSettings.connectionCheck])
  }
}
