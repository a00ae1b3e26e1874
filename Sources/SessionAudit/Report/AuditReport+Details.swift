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
    for index in sessions.indices {
      // Of what is in another database the judge has said that it can't be known.
      guard let holds = details.holdings[sessions[index].session.pid],
        target.isConnected(to: sessions[index].session)
      else { continue }
      sessions[index].holds = holds
      if !holds.isEmpty {
        sessions[index].protections.append(
          Protection(
            .holdsState, Holding.sentence(for: holds, serverVersion: target.serverVersionNumber)))
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

  /// - Parameter serverVersion: as `server_version_num`.
  static func sentence(for holds: Set<Holding>, serverVersion: Int?) -> String {
    let why =
      isSure(of: holds, serverVersion)
      ? "" : ": its role has some, and before 16 no server tells whose"
    return "it \(clause(for: holds, serverVersion: serverVersion))\(why)"
  }

  /// Before 16 only the role of temporary tables is known.
  private static func isSure(of holds: Set<Holding>, _ serverVersion: Int?) -> Bool {
    (serverVersion ?? 0) >= 160_000 || !holds.contains(.temporaryTables)
  }

  /// - Parameter wasEnded: it holds them no more.
  /// - Returns: "holds an advisory lock, and may hold temporary tables".
  public static func clause(
    for holds: Set<Holding>, serverVersion: Int?, wasEnded: Bool = false
  ) -> String {
    let isSure = isSure(of: holds, serverVersion)
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
