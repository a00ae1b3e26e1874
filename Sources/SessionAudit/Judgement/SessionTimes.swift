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
  /// How long nothing has moved: the lesser of silence and state age. A query may have taken long
  /// and just ended, and a client may ping.
  public var quiet: Duration?
  /// From `backend_start` to `lastHeard`: the age at which the client last used the session.
  public var usedAtAge: Duration?

  /// - Parameter pingedAt: when it was last seen to ping; nil: it was not.
  public init(
    of session: borrowing Session, at now: Timestamp, staleAfter: Duration,
    pingedAt: Timestamp? = nil
  ) {
    func age(_ moment: Timestamp?) -> Duration? { moment.map { max(.zero, now - $0) } }
    stateAge = age(session.stateChange)
    sessionAge = age(session.backendStart)
    lastHeard = Self.lastHeard(session, at: now, stateAge: stateAge, staleAfter: staleAfter)
    if let heard = lastHeard, let pingedAt { lastHeard = max(heard, pingedAt) }
    silent = age(lastHeard)
    quiet = silent.map { min($0, stateAge ?? $0) }
    if let lastHeard, let start = session.backendStart {
      usedAtAge = max(.zero, lastHeard - start)
    }
  }

  private static func lastHeard(
    _ session: borrowing Session, at now: Timestamp, stateAge: Duration?, staleAfter: Duration
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
