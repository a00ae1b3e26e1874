/// The sessions that share an application_name, or another key.
public struct SessionGroup: Sendable, Equatable {
  /// One value for each dimension of the policy's `groupBy`; nil where the column is NULL.
  public var key: [String?]
  public var sessions = 0
  public var states: [SessionState: Int] = [:]
  /// Sessions by state age, one count for each bucket of the policy.
  public var bucketCounts: [Int]
  /// Sessions in no bucket: their state age is not known.
  public var unknownAge = 0
  public var oldestStateAge: Duration?
  public var oldestSessionAge: Duration?
  public var live = 0
  public var suspect = 0
  public var hidden = 0
  public var openedLastMinute = 0
  public var openedLast5Minutes = 0
  /// Sessions by client address; nil: a unix socket, or hidden.
  public var clients: [String?: Int] = [:]

  /// Groups by the policy's dimensions: most sessions first, then by key.
  static func groups(
    of sessions: [JudgedSession], by policy: Policy
  ) -> [SessionGroup] {
    var places: [GroupKey: Int] = [:]
    var groups: [SessionGroup] = []
    for judged in sessions {
      let key = GroupKey(of: judged.session, by: policy.groupBy)
      let place = places[key] ?? groups.count
      if place == groups.count {
        places[key] = place
        groups.append(SessionGroup(key: key.values, buckets: policy.bucketBounds.count + 1))
      }
      groups[place].add(judged, bounds: policy.bucketBounds)
    }
    // Places are sorted rather than groups, which are large.
    return groups.indices.sorted { comesFirst(groups[$0], groups[$1]) }.map { groups[$0] }
  }

  private static func comesFirst(_ a: SessionGroup, _ b: SessionGroup) -> Bool {
    if a.sessions != b.sessions { return a.sessions > b.sessions }
    for (aValue, bValue) in zip(a.key, b.key) where aValue != bValue {
      return (aValue ?? "") < (bValue ?? "")
    }
    return false
  }

  private init(key: [String?], buckets: Int) {
    self.key = key
    bucketCounts = [Int](repeating: 0, count: buckets)
  }

  private mutating func add(_ judged: JudgedSession, bounds: [Duration]) {
    sessions += 1
    if let state = judged.session.state { states[state, default: 0] += 1 }
    if let age = judged.times.stateAge {
      bucketCounts[bounds.firstIndex { age < $0 } ?? bounds.count] += 1
      oldestStateAge = max(oldestStateAge ?? age, age)
    } else {
      unknownAge += 1
    }
    if let age = judged.times.sessionAge { oldestSessionAge = max(oldestSessionAge ?? age, age) }
    switch judged.verdict {
    case .live: live += 1
    case .suspect: suspect += 1
    case .hidden: hidden += 1
    }
    if judged.wasOpened(within: .seconds(60)) { openedLastMinute += 1 }
    if judged.wasOpened(within: .seconds(300)) { openedLast5Minutes += 1 }
    clients[judged.session.clientAddress, default: 0] += 1
  }
}

extension SessionGroup {
  /// The states that occur, with their counts, in the order in which people read them.
  public var statesInReadingOrder: [(state: SessionState, count: Int)] {
    SessionState.inReadingOrder(states)
  }

  /// Client addresses, most sessions first.
  public var clientsByAddress: [(address: String?, sessions: Int)] {
    clients.map { ($0.key, $0.value) }.sorted {
      $0.1 != $1.1 ? $0.1 > $1.1 : ($0.0 ?? "") < ($1.0 ?? "")
    }
  }
}

/// The values that make a group. Nearly always there is one, which needs no array.
private struct GroupKey: Hashable {
  private var first: String?
  private var others: [String?]

  init(of session: Session, by dimensions: [GroupDimension]) {
    first = dimensions.first.flatMap { $0.value(of: session) }
    others = dimensions.count > 1 ? dimensions.dropFirst().map { $0.value(of: session) } : []
  }

  var values: [String?] { [first] + others }

  // By their bytes, or two roles whose names look alike would be one group.
  static func == (a: GroupKey, b: GroupKey) -> Bool {
    zip(a.values, b.values).allSatisfy { a, b in
      guard let a, let b else { return a == nil && b == nil }
      return a.hasSameBytes(as: b)
    }
  }

  func hash(into hasher: inout Hasher) {
    for value in values {
      guard var value else {
        hasher.combine(false)
        continue
      }
      value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
  }
}
