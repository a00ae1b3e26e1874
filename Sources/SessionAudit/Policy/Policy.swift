/// Everything the judge is told beside the snapshot.
public struct Policy: Sendable, Equatable {
  /// How long a session must be silent before it looks abandoned.
  public var staleAfter: Duration
  /// Upper bounds of all state-age buckets but the last, which has none; rising.
  public var bucketBounds: [Duration]
  public var groupBy: [GroupDimension]

  public init(
    staleAfter: Duration = .seconds(3600),
    bucketBounds: [Duration] = [
      .seconds(60), .seconds(600), .seconds(3600), .seconds(86_400),
    ],
    groupBy: [GroupDimension] = [.application]
  ) {
    self.staleAfter = staleAfter
    self.bucketBounds = bucketBounds
    self.groupBy = groupBy
  }
}

/// What sessions can be grouped by.
public enum GroupDimension: String, Sendable, CaseIterable {
  case application
  case user
  case database
  case client
  case state

  /// Its key in JSON, which is the column's name in pg_stat_activity where it has one.
  public var keyName: String {
    switch self {
    case .application: "application_name"
    case .user: "user"
    case .database: "database"
    case .client: "client_address"
    case .state: "state"
    }
  }

  public func value(of session: Session) -> String? {
    switch self {
    case .application: session.applicationName
    case .user: session.user
    case .database: session.database
    case .client: session.clientAddress
    case .state: session.state?.name
    }
  }
}
