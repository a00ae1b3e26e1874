/// What the addresses of an application tell of each other.
extension ContractOracle {
  /// The sessions of one name, user and database from one client address.
  private struct Place: Hashable {
    let name: String
    let user: String
    let address: String
  }

  func fromAddresses() -> [SessionKey: Set<String>] {
    let places = Dictionary(grouping: facts.filter { $0.database == database }) {
      Place(name: $0.name, user: $0.user, address: $0.address)
    }
    let numbered = placesOfNumberedInstances(places)
    var found: [SessionKey: Set<String>] = [:]
    for (place, sessions) in places where !namesakes(sessions[0]).contains(where: isBusy) {
      let others = places.filter { other, _ in
        other.address != place.address && (other.name, other.user) == (place.name, place.user)
      }
      var kinds: Set<String> = []
      let meansInstance = TestName.ordinal(of: place.name) == nil || numbered.contains(place)
      if meansInstance, isSuperseded(sessions, by: Array(others.values)) {
        kinds.insert("superseded")
      }
      if isBeyond(sessions, Array(others.values)) { kinds.insert("beyond_instances") }
      for session in sessions { found[session.key] = kinds }
    }
    return found
  }

  private func begin(_ sessions: [SessionFact]) -> Int64 { sessions.map(\.start).min() ?? 0 }

  /// When an address was last heard.
  private func end(_ sessions: [SessionFact]) -> Int64 { lastHeard(namesakes(sessions[0])) }

  private func isSilentForLong(_ sessions: [SessionFact], since end: Int64) -> Bool {
    let changed = namesakes(sessions[0]).map(\.stateChange).max() ?? end
    return now - max(end, changed) >= limits.stale
  }

  /// Whether two addresses were in use side by side for longer than a restart takes, as those of a
  /// name are that many instances share.
  private func areSideBySide(_ all: [[SessionFact]]) -> Bool {
    all.contains { one in
      all.contains { other in
        (begin(one), one[0].address) < (begin(other), other[0].address)
          && min(end(one), end(other)) - begin(other) > limits.grace
      }
    }
  }

  private func isSuperseded(_ sessions: [SessionFact], by others: [[SessionFact]]) -> Bool {
    // An address that bears several names takes no part in what is inferred.
    let others = others.filter { !hasSeveralNames($0[0].address) }
    guard TestName.comesAgain(sessions[0].name), !hasSeveralNames(sessions[0].address),
      !areSideBySide(others + [sessions])
    else { return false }
    let end = end(sessions)
    return others.contains {
      begin($0) > end
        && (begin($0) <= now - limits.grace || isSilentForLong(sessions, since: end))
    }
  }

  /// Of names that end in a number: those whose families count from 0 on without a gap, each at one
  /// address at a time, no address with two. One alone proves no counting.
  private func placesOfNumberedInstances(_ places: [Place: [SessionFact]]) -> Set<Place> {
    let numbered = places.filter { TestName.ordinal(of: $0.key.name) != nil }
    let families = Dictionary(grouping: numbered) {
      [TestName.family(of: $0.key.name), $0.key.user]
    }
    var found: Set<Place> = []
    for members in families.values {
      let names = Dictionary(grouping: members, by: \.key.name)
      let ordinals = names.keys.compactMap { TestName.ordinal(of: $0) }.sorted()
      let isCounted = ordinals.count > 1 && ordinals == Array(0..<ordinals.count)
      if isCounted, !members.contains(where: { hasSeveralNames($0.key.address) }),
        !names.values.contains(where: { areSideBySide($0.map(\.value)) })
      {
        found.formUnion(members.map(\.key))
      }
    }
    return found
  }

  /// Whether one of its sessions proves that it was there: not a query that runs on when its host
  /// has vanished, nor the time between two hosts that had one address after the other.
  private func isSeen(_ sessions: [SessionFact], at moment: Int64) -> Bool {
    sessions.contains { $0.start <= moment && moment <= max($0.start, $0.queryStart) }
  }

  private func isBeyond(_ sessions: [SessionFact], _ others: [[SessionFact]]) -> Bool {
    guard let most = instances[sessions[0].name] else { return false }
    // Whoever is heard there, by whatever name, shows that the host is there.
    let host = host(sessions[0])
    if host.contains(where: isBusy) { return false }
    let end = max(end(sessions), lastHeard(host))
    let moments = [end + 1] + others.joined().map(\.start).filter { $0 > end }
    // While one replaces another both are there, for a grace at most.
    return moments.contains { moment in
      others.count { isSeen($0, at: moment) && self.end($0) >= moment + limits.grace } >= most
    }
  }
}
