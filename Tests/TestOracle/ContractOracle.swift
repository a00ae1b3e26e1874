/// Who a session is: its process, and its start as JSON has it.
public struct SessionKey: Hashable, Sendable {
  public let pid: Int32
  public let start: String

  public init(pid: Int32, start: String) { (self.pid, self.start) = (pid, start) }
}

/// A session as the server shows it, and whose it is in truth.
public struct SessionFact: Sendable, CustomStringConvertible {
  public let key: SessionKey
  public let name: String
  public let user: String
  public let database: String
  public let address: String
  /// Whether its host is alive, of which the oracle knows nothing.
  public let isLive: Bool
  /// The server's microseconds, as all times here.
  public let start: Int64
  public let queryStart: Int64
  public let stateChange: Int64
  /// As the server calls it.
  public let state: String

  public init(
    key: SessionKey, name: String, user: String, database: String, address: String, isLive: Bool,
    start: Int64, queryStart: Int64, stateChange: Int64, state: String
  ) {
    (self.key, self.name, self.user, self.database) = (key, name, user, database)
    (self.address, self.isLive, self.start) = (address, isLive, start)
    (self.queryStart, self.stateChange, self.state) = (queryStart, stateChange, state)
  }

  public var isActive: Bool { state == "active" }

  public var description: String {
    "\(isLive ? "live" : "left") '\(name)' \(user)@\(database) \(address) pid \(key.pid) "
      + "start \(start) query \(queryStart) change \(stateChange)\(isActive ? " active" : "")"
  }
}

/// What an application_name of those that tests make up says.
public enum TestName {
  /// Whether many instances share it.
  public static func isShared(_ name: String) -> Bool { !name.contains { ".@-".contains($0) } }

  /// Whether it is one instance's, and comes again after a restart, as those of a Deployment's pods
  /// don't.
  public static func comesAgain(_ name: String) -> Bool {
    !isShared(name) && name.count { $0 == "-" } < 2
  }
}

/// The thresholds of a judgement, in microseconds.
public struct OracleLimits: Sendable {
  public var grace: Int64
  public var stale: Int64
  public var tolerance: Int64

  public init(
    grace: Int64 = 100_000, stale: Int64 = 3_600_000_000, tolerance: Int64 = 40_000
  ) {
    (self.grace, self.stale, self.tolerance) = (grace, stale, tolerance)
  }
}

/// Who is alive, as it was written into a roster.
public struct OracleRoster {
  public struct Entry: Sendable {
    public var name: String?
    public var address: String?
    public var isAlive: Bool
    public var startedAt: Int64?

    public init(
      name: String? = nil, address: String? = nil, isAlive: Bool = true, startedAt: Int64? = nil
    ) {
      (self.name, self.address, self.isAlive, self.startedAt) = (name, address, isAlive, startedAt)
    }
  }

  public var entries: [Entry]
  public var takenAt: Int64
  public var isComplete = false
  /// Whether it covers a name or an address, as it was made.
  public var covers: (_ name: String, _ address: String) -> Bool

  public init(
    entries: [Entry] = [], takenAt: Int64 = 0,
    covers: @escaping (_ name: String, _ address: String) -> Bool = { _, _ in false }
  ) {
    (self.entries, self.takenAt, self.covers) = (entries, takenAt, covers)
  }
}

/// What the contract's words make of the true history, moment by moment and session by session.
public struct ContractOracle {
  let facts: [SessionFact]
  let now: Int64
  let limits: OracleLimits
  /// The most instances that may run at once, by application.
  let instances: [String: Int]
  let roster: OracleRoster?
  /// The one that is judged from.
  let database: String

  /// - Parameters:
  ///   - now: the server's clock.
  ///   - instances: the most instances that may run at once, by application.
  public init(
    facts: [SessionFact], now: Int64, limits: OracleLimits, instances: [String: Int] = [:],
    roster: OracleRoster? = nil, database: String = "shop"
  ) {
    (self.facts, self.now, self.limits) = (facts, now, limits)
    (self.instances, self.roster, self.database) = (instances, roster, database)
  }

  /// The sessions of one name, user and database from one client address; a session whose address
  /// says nothing is alone.
  private struct Place: Hashable {
    let name: String
    let user: String
    let address: String?
    let alone: SessionKey?

    init(_ fact: SessionFact, hasAddress: Bool) {
      (name, user) = (fact.name, fact.user)
      (address, alone) = hasAddress ? (fact.address, nil) : (nil, fact.key)
    }
  }

  /// The orphans, and the kinds of evidence that make each one.
  public func orphans() -> [SessionKey: Set<String>] {
    // An address that bears two instance names is none.
    let names = Dictionary(
      grouping: facts.filter { !TestName.isShared($0.name) }, by: \.address)
    let shared = Set(names.filter { Set($0.value.map(\.name)).count > 1 }.keys)
    let places = Dictionary(grouping: facts.filter { $0.database == database }) {
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

  private func begin(_ sessions: [SessionFact]) -> Int64 { sessions.map(\.start).min() ?? 0 }
  private func heard(_ sessions: [SessionFact]) -> Int64 { sessions.map(lastHeard).max() ?? 0 }
  func lastHeard(_ session: SessionFact) -> Int64 {
    session.isActive ? now : max(session.start, session.queryStart)
  }

  /// Whether one of its sessions proves that it was there: not a query that runs on when its host
  /// has vanished, nor the time between two hosts that had one address after the other.
  private func isSeen(_ sessions: [SessionFact], at moment: Int64) -> Bool {
    sessions.contains { $0.start <= moment && moment <= max($0.start, $0.queryStart) }
  }

  private func isSuperseded(
    _ place: Place, _ sessions: [SessionFact], by others: [[SessionFact]]
  ) -> Bool {
    guard TestName.comesAgain(place.name) else { return false }
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

  private func isBeyond(_ place: Place, _ sessions: [SessionFact], _ others: [[SessionFact]])
    -> Bool
  {
    guard let most = instances[place.name] else { return false }
    let end = heard(sessions)
    let moments = [end + 1] + others.joined().map(\.start).filter { $0 > end }
    return moments.contains { moment in
      others.count { isSeen($0, at: moment) } >= most
        && (moment <= now - limits.grace || now - end >= limits.stale)
    }
  }

  // MARK: - Rosters

  private func fromRoster(_ session: SessionFact, hasAddress: Bool) -> Set<String> {
    guard let roster, session.start <= roster.takenAt else { return [] }
    func areAllLater(_ entries: [OracleRoster.Entry]) -> Bool {
      !entries.isEmpty
        && entries.allSatisfy {
          $0.startedAt.map { $0 - lastHeard(session) >= limits.tolerance } ?? false
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
