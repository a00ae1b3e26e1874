/// A session as the server shows it, and whose it is in truth.
struct RoundFact: CustomStringConvertible {
  let key: SessionKey
  let name: String
  let user: String
  let database: String
  let address: String
  let isLive: Bool
  /// The server's microseconds, as all times here.
  let start: Int64
  let queryStart: Int64
  let stateChange: Int64
  let isActive: Bool
  /// In a query that will have ended soon.
  let isSettling: Bool

  init(
    key: SessionKey, host: RoundHost, start: Int64, queryStart: Int64, stateChange: Int64,
    state: String, query: String
  ) {
    (self.key, name, user, database) = (key, host.name, host.user, host.database)
    (address, isLive) = (host.dyno.address, host.fate == .alive)
    (self.start, self.queryStart, self.stateChange) = (start, queryStart, stateChange)
    isActive = state == "active"
    isSettling = isActive && !query.contains(RoundHistory.longQuery)
  }

  var description: String {
    "\(isLive ? "live" : "left") '\(name)' \(user)@\(database) \(address) pid \(key.pid) "
      + "start \(start) query \(queryStart) change \(stateChange)\(isActive ? " active" : "")"
  }
}

/// The thresholds of a round, in microseconds.
struct RoundLimits {
  var grace: Int64 = 100_000
  var stale: Int64 = 3_600_000_000
  var tolerance: Int64 = 40_000
}

/// Who is alive, as it was written into the roster.
struct RoundRoster {
  struct Entry {
    var name: String?
    var address: String?
    var isAlive = true
    var startedAt: Int64?
  }

  var entries: [Entry] = []
  var takenAt: Int64 = 0
  var isComplete = false
  /// Whether it covers a name or an address, as the round made it.
  var covers: (_ name: String, _ address: String) -> Bool = { _, _ in false }
}

/// What the contract's words make of the true history, moment by moment and session by session.
struct RoundOracle {
  let facts: [RoundFact]
  let now: Int64
  let limits: RoundLimits
  /// The most instances that may run at once, by application.
  let instances: [String: Int]
  let roster: RoundRoster?

  /// The sessions of one name, user and database from one client address; a session whose address
  /// says nothing is alone.
  private struct Place: Hashable {
    let name: String
    let user: String
    let address: String?
    let alone: SessionKey?

    init(_ fact: RoundFact, hasAddress: Bool) {
      (name, user) = (fact.name, fact.user)
      (address, alone) = hasAddress ? (fact.address, nil) : (nil, fact.key)
    }
  }

  /// The orphans, and the kinds of evidence that make each one.
  func orphans() -> [SessionKey: Set<String>] {
    // An address that bears two instance names is none.
    let names = Dictionary(
      grouping: facts.filter { !RoundHistory.isShared($0.name) }, by: \.address)
    let shared = Set(names.filter { Set($0.value.map(\.name)).count > 1 }.keys)
    let places = Dictionary(grouping: facts.filter { $0.database == "shop" }) {
      Place($0, hasAddress: !shared.contains($0.address))
    }
    var found: [SessionKey: Set<String>] = [:]
    for (place, sessions) in places {
      guard !sessions.contains(where: { $0.isActive || now - $0.stateChange < limits.grace })
      else { continue }
      var kinds: Set<String> = []
      if place.address != nil {
        let others = places.filter { other, _ in
          other.address != nil && other.address != place.address && other.name == place.name
            && other.user == place.user
        }
        if isSuperseded(place, sessions, by: others.map(\.value)) { kinds.insert("superseded") }
        if isBeyond(place, sessions, others.map(\.value)) { kinds.insert("beyond_instances") }
      }
      for session in sessions {
        let all = kinds.union(fromRoster(session, hasAddress: place.address != nil))
        if !all.isEmpty { found[session.key] = all }
      }
    }
    return found
  }

  // MARK: - Addresses

  private func begin(_ sessions: [RoundFact]) -> Int64 { sessions.map(\.start).min() ?? 0 }
  private func heard(_ sessions: [RoundFact]) -> Int64 { sessions.map(heard).max() ?? 0 }
  private func heard(_ session: RoundFact) -> Int64 {
    session.isActive ? now : max(session.start, session.queryStart)
  }

  /// Whether one of its sessions proves that it was there: not a query that runs on when its host
  /// has vanished, nor the time between two hosts that had one address after the other.
  private func isSeen(_ sessions: [RoundFact], at moment: Int64) -> Bool {
    sessions.contains { $0.start <= moment && moment <= max($0.start, $0.queryStart) }
  }

  private func isSuperseded(
    _ place: Place, _ sessions: [RoundFact], by others: [[RoundFact]]
  ) -> Bool {
    guard RoundHistory.comesAgain(place.name) else { return false }
    let all = others + [sessions]
    // Many instances share a name that was in use at two addresses for longer than a restart takes.
    let isShared = all.contains { one in
      all.contains { other in
        (begin(one), one[0].address) < (begin(other), other[0].address)
          && min(heard(one), heard(other)) - begin(other) > limits.grace
      }
    }
    let end = heard(sessions)
    return !isShared
      && others.contains {
        begin($0) > end && (begin($0) <= now - limits.grace || now - end >= limits.stale)
      }
  }

  private func isBeyond(_ place: Place, _ sessions: [RoundFact], _ others: [[RoundFact]]) -> Bool {
    guard let most = instances[place.name] else { return false }
    let end = heard(sessions)
    let moments = [end + 1] + others.joined().map(\.start).filter { $0 > end }
    return moments.contains { moment in
      others.count { isSeen($0, at: moment) } >= most
        && (moment <= now - limits.grace || now - end >= limits.stale)
    }
  }

  // MARK: - Rosters

  private func fromRoster(_ session: RoundFact, hasAddress: Bool) -> Set<String> {
    guard let roster, session.start <= roster.takenAt else { return [] }
    func areAllLater(_ entries: [RoundRoster.Entry]) -> Bool {
      !entries.isEmpty
        && entries.allSatisfy {
          $0.startedAt.map { $0 - heard(session) >= limits.tolerance } ?? false
        }
    }
    let living = roster.entries.filter(\.isAlive)
    let owners = living.filter { $0.name == session.name || $0.address == session.address }
    var kinds: Set<String> = []
    let last = heard(facts.filter { ($0.name, $0.address) == (session.name, session.address) })
    if owners.isEmpty, roster.covers(session.name, session.address), last <= roster.takenAt,
      last <= now - limits.grace
    {
      kinds.insert("owner_gone")
    }
    if hasAddress || owners.contains(where: { $0.name == session.name }), areAllLater(owners) {
      kinds.insert("predates_owner")
    }
    if roster.isComplete, areAllLater(living) { kinds.insert("predates_all") }
    return kinds
  }
}
