/// The sessions that share an application_name, or another key.
public struct SessionGroup: Sendable, Equatable {
  /// One value for each dimension of the policy's `groupBy`; nil where the column is NULL.
  public var key: [String?]
  public var sessions = 0
  public var states = StateCounts()
  /// Sessions by state age, one count for each bucket of the policy.
  public var bucketCounts: [Int]
  /// Sessions in no bucket: their state age is not known.
  public var unknownAge = 0
  public var oldestStateAge: Duration?
  public var oldestSessionAge: Duration?
  public var live = 0
  public var suspect = 0
  public var orphan = 0
  /// Slots that ending its orphans would free: those of its orphans that would be ended.
  public var freedByEndingOrphans = 0
  public var hidden = 0
  public var openedLastMinute = 0
  public var openedLast5Minutes = 0
  /// Sessions by client address; nil: a unix socket, or hidden.
  public var clients: [String?: Int] = [:]
  /// Suspects and orphans, each by the strongest evidence about it.
  public var suspectEvidence: [Evidence.Kind: Int] = [:]
  public var orphanEvidence: [Evidence.Kind: Int] = [:]
  /// nil where no max age is declared.
  public var recycling: Recycling?

  /// Groups by the policy's dimensions: most sessions first, then by key.
  /// - Parameter recycling: for each session what it says of recycling; empty for nothing.
  static func groups(
    of sessions: [JudgedSession], recycling: [RecyclingSign?], by policy: Policy
  ) -> [SessionGroup] {
    var places: [GroupKey: Int] = [:]
    var groups: [SessionGroup] = []
    var signs: [Int: [RecyclingSign]] = [:]
    places.reserveCapacity(sessions.count / 8)
    // By index: a session is large, and a copy of it touches a dozen strings.
    for index in sessions.indices {
      let key = GroupKey(of: sessions[index].session, by: policy)
      let place = places[key] ?? groups.count
      if place == groups.count {
        places[key] = place
        groups.append(SessionGroup(key: key.values, buckets: policy.bucketBounds.count + 1))
      }
      groups[place].add(sessions, index, bounds: policy.bucketBounds)
      if !recycling.isEmpty, let sign = recycling[index] { signs[place, default: []].append(sign) }
    }
    for (place, signs) in signs { groups[place].recycling = Recycling(signs) }
    // Places are sorted rather than groups, which are large.
    return groups.indices.sorted { a, b in
      groups[a].sessions != groups[b].sessions
        ? groups[a].sessions > groups[b].sessions : comesFirst(groups[a].key, groups[b].key)
    }.map { groups[$0] }
  }

  private static func comesFirst(_ a: [String?], _ b: [String?]) -> Bool {
    for (aValue, bValue) in zip(a, b) where aValue != bValue {
      return (aValue ?? "") < (bValue ?? "")
    }
    return false
  }

  private init(key: [String?], buckets: Int) {
    self.key = key
    bucketCounts = [Int](repeating: 0, count: buckets)
  }

  private mutating func add(_ all: [JudgedSession], _ index: Int, bounds: [Duration]) {
    sessions += 1
    if let state = all[index].session.state { states.add(1, in: state) }
    if let age = all[index].times.stateAge {
      bucketCounts[bounds.firstIndex { age < $0 } ?? bounds.count] += 1
      oldestStateAge = max(oldestStateAge ?? age, age)
    } else {
      unknownAge += 1
    }
    if let age = all[index].times.sessionAge {
      oldestSessionAge = max(oldestSessionAge ?? age, age)
    }
    switch all[index].verdict {
    case .live: live += 1
    case .suspect: suspect += 1
    case .orphan: orphan += 1
    case .hidden: hidden += 1
    }
    if all[index].wasOpened(within: .seconds(60)) { openedLastMinute += 1 }
    if all[index].wasOpened(within: .seconds(300)) { openedLast5Minutes += 1 }
    clients[all[index].session.clientAddress, default: 0] += 1
    if let kind = all[index].evidence.first?.kind {
      if all[index].verdict == .orphan {
        orphanEvidence[kind, default: 0] += 1
      } else {
        suspectEvidence[kind, default: 0] += 1
      }
    }
  }
}

extension SessionGroup {
  /// 0–1: what of the used slots is its own.
  public func share(of slots: Slots) -> Double {
    slots.used > 0 ? Double(sessions) / Double(slots.used) : 0
  }

  /// The states that occur, with their counts, in the order in which people read them.
  public var statesInReadingOrder: [(state: SessionState, count: Int)] {
    states.inReadingOrder
  }

  /// Client addresses, most sessions first.
  public var clientsByAddress: [(address: String?, sessions: Int)] {
    clients.map { ($0.key, $0.value) }.sorted {
      $0.1 != $1.1 ? $0.1 > $1.1 : ($0.0 ?? "") < ($1.0 ?? "")
    }
  }
}

extension AuditReport {
  /// Counts for each group how many of its sessions these are.
  mutating func countFreed(by victims: [Victim]) {
    guard !victims.isEmpty else { return }
    let freed = victims.reduce(into: [GroupKey: Int]()) {
      $0[GroupKey(of: $1.judged.session, by: judgedWith), default: 0] += 1
    }
    for place in groups.indices {
      groups[place].freedByEndingOrphans = freed[GroupKey(groups[place].key)] ?? 0
    }
  }

  /// The sessions of a group without a name by their client addresses, which are all that tells
  /// them apart; nil for other groups.
  public func addresses(ofNameless group: SessionGroup) -> [SessionGroup]? {
    guard judgedWith.groupBy == [.application] || judgedWith.groupBy == [.family],
      group.key == [""], group.clients.count > 1
    else { return nil }
    var policy = judgedWith
    policy.groupBy = [.client]
    return SessionGroup.groups(
      of: sessions.filter { $0.session.applicationName.isEmpty }, recycling: [], by: policy)
  }
}

/// The values that make a group, by their bytes, or two roles whose names look alike would be one.
/// Nearly always there is one, which needs no array.
private struct GroupKey: Hashable {
  private var first: NameKey?
  private var others: [NameKey?]

  init(of session: borrowing Session, by policy: borrowing Policy) {
    var values: [String?] = []
    // Without a closure, which would copy the policy for each session.
    for (place, dimension) in policy.groupBy.enumerated() {
      let value = dimension.value(of: session, by: policy)
      if place == 0 { first = value.map { NameKey($0) } } else { values.append(value) }
    }
    others = values.map { $0.map { NameKey($0) } }
  }

  init(_ values: [String?]) {
    first = values.first.flatMap { $0.map { NameKey($0) } }
    others = values.dropFirst().map { $0.map { NameKey($0) } }
  }

  var values: [String?] { ([first] + others).map { $0?.text } }
}
