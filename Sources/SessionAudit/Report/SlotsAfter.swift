/// The server right after sessions were ended.
public struct SlotsAfter: Sendable, Equatable {
  public var capturedAt: Timestamp
  public var slots: Slots
  /// Sessions that the applications of those that are gone have opened meanwhile: a pool fills up
  /// again, an orphan stays away.
  public var cameBack: Int

  /// - Parameter judgedAt: when those that were ended were last judged; what is younger came since.
  public init(_ snapshot: Snapshot, ended victims: [Session], judgedAt: Timestamp) {
    capturedAt = snapshot.capturedAt
    slots = Slots(snapshot: snapshot)
    let owners = Set(victims.map(Owner.init))
    cameBack = snapshot.sessions.count { session in
      guard session.kind == .client, session.pid != snapshot.role.ownPID,
        let start = session.backendStart
      else { return false }
      return start > judgedAt && owners.contains(Owner(session))
    }
  }
}

/// An application_name with its user and database.
private struct Owner: Hashable {
  private let name: NameKey
  private let userID: UInt32?
  private let databaseID: UInt32?

  init(_ session: Session) {
    name = NameKey(session.applicationName)
    (userID, databaseID) = (session.userID, session.databaseID)
  }
}
