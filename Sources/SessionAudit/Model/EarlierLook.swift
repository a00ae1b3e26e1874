/// What the same server showed some time before: what moved since tells more than one look can.
public struct EarlierLook: Sendable {
  /// The server's clock at that look.
  public var capturedAt: Timestamp
  /// Its client sessions, in any order.
  public var sessions: [Session]

  public init(capturedAt: Timestamp, sessions: [Session]) {
    self.capturedAt = capturedAt
    self.sessions = sessions
  }

  public init(_ snapshot: Snapshot) {
    self.init(
      capturedAt: snapshot.capturedAt, sessions: snapshot.sessions.filter { $0.kind == .client })
  }

  /// Two looks tell a client that pings only where they are so far apart.
  public static let leastDistance = Duration.seconds(2)
}

extension Snapshot {
  /// Whether there is one that is far enough from this one.
  public var hasEarlierLook: Bool {
    earlier.map { capturedAt - $0.capturedAt >= EarlierLook.leastDistance } ?? false
  }

  /// Sessions whose clients were seen to ping between the two looks, with the moment of the last one:
  /// a bare Sync, as Postgrex and Npgsql send it, moves `state_change` and not `query_start`. The end
  /// of a query does so too, but it ends a state.
  var pings: [SessionIdentity: Timestamp] {
    guard let earlier, hasEarlierLook else { return [:] }
    var before: [SessionIdentity: Session] = [:]
    for session in earlier.sessions {
      if let identity = session.identity { before[identity] = session }
    }
    var pings: [SessionIdentity: Timestamp] = [:]
    for session in sessions {
      guard let identity = session.identity, let once = before[identity],
        let change = session.stateChange, let earlierChange = once.stateChange,
        session.state == .idle || session.state?.isInTransaction == true,
        session.state == once.state, session.queryStart == once.queryStart, change > earlierChange
      else { continue }
      pings[identity] = change
    }
    return pings
  }
}
