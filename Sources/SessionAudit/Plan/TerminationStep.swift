/// What is carried out at a time: one victim, or all orphans of one address, whose evidence is
/// looked at once more before the first of them.
public struct TerminationStep: Sendable {
  /// Places in the plan's `selected`.
  public var victims: [Int]
  /// nil: no evidence is to be looked at again; the state of each victim is, in any case.
  public var source: JudgedSource?
}

/// A name from a client address as it was judged, with all of its sessions whatever their user and
/// database: the process that works in one of them is alive in all.
public struct JudgedSource: Sendable {
  public var applicationName: String
  public var clientAddress: String?
  public var sessions: [SessionUse]
  /// Where a new process has taken the address over: when it began. What began since is that one's,
  /// and speaks for nobody from before.
  public var restartedAt: Timestamp?

  public init(
    applicationName: String, clientAddress: String?, sessions: [SessionUse],
    restartedAt: Timestamp? = nil
  ) {
    self.applicationName = applicationName
    self.clientAddress = clientAddress
    self.sessions = sessions
    self.restartedAt = restartedAt
  }

  /// What shows that somebody is there: a session that is new, or that was used since.
  /// - Parameter now: what the server shows of this source now. Sessions that have left say nothing.
  /// - Returns: a clause about it; nil where nothing was heard.
  public func sign(in now: [SessionUse]) -> String? {
    let judged = Dictionary(sessions.map { ($0.pid, $0) }) { first, _ in first }
    for use in now {
      if let restartedAt, let start = use.backendStart, start >= restartedAt { continue }
      // One that is hidden was as silent when its source was judged.
      if use.backendStart == nil, let before = judged[use.pid], before.backendStart == nil {
        continue
      }
      guard let before = judged[use.pid], use.isSameSession(as: before) else {
        return "pid \(use.pid) has connected from there since"
      }
      if use != before {
        return "pid \(use.pid), from there too, "
          + (use.state?.isActive == true ? "is active" : "was used since")
      }
    }
    return nil
  }
}

/// The columns of a session that change when its client does something.
public struct SessionUse: Sendable, Equatable {
  public var pid: Int32
  /// nil: this role may not see it.
  public var backendStart: Timestamp?
  public var state: SessionState?
  public var stateChange: Timestamp?
  public var queryStart: Timestamp?

  public init(
    pid: Int32, backendStart: Timestamp?, state: SessionState?, stateChange: Timestamp?,
    queryStart: Timestamp?
  ) {
    self.pid = pid
    self.backendStart = backendStart
    self.state = state
    self.stateChange = stateChange
    self.queryStart = queryStart
  }

  public init(_ session: Session) {
    self.init(
      pid: session.pid, backendStart: session.backendStart, state: session.state,
      stateChange: session.stateChange, queryStart: session.queryStart)
  }

  /// By identity; of one whose start is unknown nobody can tell.
  public func isSameSession(as other: SessionUse) -> Bool {
    pid == other.pid && backendStart != nil && backendStart == other.backendStart
  }
}

extension TerminationPlan {
  /// In the plan's order; an address comes where the first of its orphans does.
  /// - Parameter report: what the plan was made from.
  public func steps(in report: AuditReport) -> [TerminationStep] {
    var steps: [TerminationStep] = []
    var places: [SourceKey: Int] = [:]
    for (index, victim) in selected.enumerated() {
      guard victim.isOrphan else {
        steps.append(TerminationStep(victims: [index], source: nil))
        continue
      }
      let session = victim.judged.session
      let key = SourceKey(session, victim.judged.restartedInPlaceAt)
      if let place = places[key] {
        steps[place].victims.append(index)
      } else {
        places[key] = steps.count
        steps.append(
          TerminationStep(
            victims: [index],
            source: JudgedSource(
              applicationName: session.applicationName, clientAddress: session.clientAddress,
              sessions: [], restartedAt: key.restartedAt)))
      }
    }
    let starts = Set(places.keys.map(\.restartedAt))
    for judged in report.sessions {
      for start in starts {
        guard let place = places[SourceKey(judged.session, start)] else { continue }
        steps[place].source?.sessions.append(SessionUse(judged.session))
      }
    }
    return steps
  }
}

private struct SourceKey: Hashable {
  private let name: NameKey
  private let client: NameKey?
  let restartedAt: Timestamp?

  init(_ session: Session, _ restartedAt: Timestamp?) {
    self.restartedAt = restartedAt
    name = NameKey(session.applicationName)
    client = session.clientAddress.map { NameKey($0) }
  }
}
