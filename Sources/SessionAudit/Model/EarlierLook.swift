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
}
