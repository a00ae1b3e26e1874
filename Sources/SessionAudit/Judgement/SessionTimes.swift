/// The ages of one session at the moment of the snapshot. nil: the columns that would tell are
/// NULL (hidden, starting, disabled). None is negative: a clock that jumped makes an age zero.
public struct SessionTimes: Sendable, Equatable {
  /// Since `state_change`.
  public var stateAge: Duration?
  /// Since `backend_start`.
  public var sessionAge: Duration?
  /// The client's own last sign of life. `state_change` is none: a dead client's query ends, and
  /// its session turns idle with a fresh `state_change`, by the server's doing.
  public var lastHeard: Timestamp?
  /// Since `lastHeard`.
  public var silent: Duration?
  /// The lesser of `silent` and `stateAge`: how long an idle session has been left alone. A fresh
  /// `state_change` is no proof of life, but a query that has just ended, or a client that pings.
  var quiet: Duration? { silent.map { min($0, stateAge ?? $0) } }
  /// From `backend_start` to `lastHeard`: the age at which the client last used the session.
  public var usedAtAge: Duration?

  public init(of session: Session, at now: Timestamp, staleAfter: Duration) {
    func age(_ moment: Timestamp?) -> Duration? { moment.map { max(.zero, now - $0) } }
    stateAge = age(session.stateChange)
    sessionAge = age(session.backendStart)
    lastHeard = Self.lastHeard(session, at: now, stateAge: stateAge, staleAfter: staleAfter)
    silent = age(lastHeard)
    if let lastHeard, let start = session.backendStart {
      usedAtAge = max(.zero, lastHeard - start)
    }
  }

  private static func lastHeard(
    _ session: Session, at now: Timestamp, stateAge: Duration?, staleAfter: Duration
  ) -> Timestamp? {
    guard let start = session.backendStart else { return nil }
    // With track_activities off nothing after the start is told.
    guard let state = session.state, state != .disabled else { return nil }
    if state.isActive {
      let waitsForClient =
        session.waitEventType == "Client"
        && (session.waitEvent == "ClientRead" || session.waitEvent == "ClientWrite")
      if !waitsForClient || (stateAge ?? .zero) < staleAfter { return now }
    }
    return max(start, session.queryStart ?? start)
  }
}
