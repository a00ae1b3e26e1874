/// What a second look at a few sessions adds.
extension AuditReport {
  /// Sessions worth asking what they hold: those that might be ended.
  public var candidates: [Int32] {
    sessions.filter { $0.verdict == .suspect || $0.verdict == .orphan }.map(\.session.pid)
  }

  /// Adds what was learned of some sessions: what they hold protects them.
  public mutating func add(_ details: Details) {
    for index in sessions.indices {
      guard let holds = details.holdings[sessions[index].session.pid] else { continue }
      guard target.isConnected(to: sessions[index].session) else {
        sessions[index].protections.append(
          Protection(.holdsState, "what a session of another database holds can't be known"))
        continue
      }
      sessions[index].holds = holds
      if !holds.isEmpty {
        sessions[index].protections.append(Protection(.holdsState, Holding.sentence(for: holds)))
      }
    }
    // With hidden sessions nobody knows who waits unseen: no waiter is not "none".
    if lockWaiters.isEmpty && !coverage.isComplete && details.blocking?.isEmpty == true { return }
    blocking = details.blocking
  }
}

extension Holding {
  /// In a fixed order, as people and scripts read them.
  public static func inOrder(_ holds: Set<Holding>) -> [Holding] {
    allCases.filter(holds.contains)
  }

  static func sentence(for holds: Set<Holding>) -> String {
    let words = inOrder(holds).map { holding in
      switch holding {
      case .advisoryLock: "holds an advisory lock"
      case .temporaryTables: "has, or may have, temporary tables"
      case .listen: "listens for notifications"
      case .replicationSlot: "uses a replication slot"
      case .backup: "has begun a base backup"
      case .progress: "shows in a progress view"
      }
    }
    return "it " + words.joined(separator: ", and ")
  }
}
