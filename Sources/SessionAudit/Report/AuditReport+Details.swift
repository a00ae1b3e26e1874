/// What a second look at a few sessions adds.
extension AuditReport {
  /// Sessions worth asking what they hold: those that might be ended.
  public var candidates: [Int32] {
    sessions.filter {
      $0.verdict == .suspect || $0.verdict == .orphan || isIdleTransaction($0)
    }.map(\.session.pid)
  }

  /// Adds what was learned of some sessions: what they hold protects them.
  public mutating func add(_ details: Details) {
    settings = details.settings
    doubtfulSchemas = details.doubtfulSchemas
    for index in sessions.indices {
      // Of what is in another database the judge has said that it can't be known.
      guard let holds = details.holdings[sessions[index].session.pid],
        target.isConnected(to: sessions[index].session)
      else { continue }
      let unknown = details.unknown[sessions[index].session.pid] ?? []
      (sessions[index].holds, sessions[index].holdsUnknown) = (holds, unknown)
      if !holds.isEmpty {
        sessions[index].protections.append(
          Protection(.holdsState, Holding.sentence(for: holds, unknown: unknown)))
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

  /// - Parameter unknown: of which of them nobody can tell whether they are held.
  static func sentence(for holds: Set<Holding>, unknown: Set<Holding>) -> String {
    let why =
      isSure(of: holds, unknown)
      ? "" : ": its role has some, and before 16 no server tells whose"
    return "it \(clause(for: holds, unknown: unknown))\(why)"
  }

  /// Temporary tables are all that is taken to be held without being known.
  private static func isSure(of holds: Set<Holding>, _ unknown: Set<Holding>) -> Bool {
    !holds.contains(.temporaryTables) || !unknown.contains(.temporaryTables)
  }

  /// - Parameter wasEnded: it holds them no more.
  /// - Returns: "holds an advisory lock, and may hold temporary tables".
  public static func clause(
    for holds: Set<Holding>, unknown: Set<Holding>, wasEnded: Bool = false
  ) -> String {
    let isSure = isSure(of: holds, unknown)
    let things = inOrder(holds).filter { isSure || $0 != .temporaryTables }.map { holding in
      switch holding {
      case .advisoryLock: "an advisory lock"
      case .temporaryTables: "temporary tables"
      case .listen: "a LISTEN"
      case .replicationSlot: "a replication slot"
      case .backup: "a base backup"
      case .progress: "a command that shows its progress"
      }
    }
    let held =
      things.isEmpty ? [] : [(wasEnded ? "held " : "holds ") + things.joined(separator: ", ")]
    let maybe = isSure ? [] : ["may \(wasEnded ? "have held" : "hold") temporary tables"]
    return (held + maybe).joined(separator: ", and ")
  }
}
