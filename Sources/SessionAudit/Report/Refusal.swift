/// What a refused connection means: finer than the kind of its failure, as what to do is another
/// thing for each.
public enum Refusal: Hashable, Sendable {
  /// - Parameter name: the role, the database, or the setting of the pooler.
  case noSlot(LimitKind, name: String?)
  case serverStartingOrStopping
  /// A standby with hot_standby off.
  case standbyTakesNone
  case noPassword
  case wrongPassword
  /// pg_hba.conf, or a pooler's list of users, does not let us in.
  case notAdmitted
  case roleMayNotLogIn
  case authentication
  case noConnectPrivilege
  /// A right that another thing at the start takes, such as a setting in PGOPTIONS.
  case notPermitted
  case noSuchDatabase
  /// Nobody can connect to it (datallowconn).
  case databaseTakesNoConnections
  /// Its DROP DATABASE was interrupted.
  case databaseIsInvalid
  case poolerDisabledDatabase
  /// It has remembered that the server refused it, and not why.
  case poolerCannotLogIn
  /// Its own database for its administrators, which knows no SQL.
  case poolersConsole
  case parameterNotTaken
  case nobodyListens
  case noRoute
  case unknownHost
  case noSocket
  case socketNotPermitted
  case hungUp
  case noPostgres
  case unreachable
  case timeout
  case tlsNotOffered
  case badCertificate
  case tls
  case unknown
}

extension Refusal {
  public var kind: Failure.Kind {
    switch self {
    case .noSlot: .tooManyConnections
    case .serverStartingOrStopping, .standbyTakesNone: .serverStartingOrStopping
    case .noPassword, .wrongPassword, .notAdmitted, .roleMayNotLogIn, .authentication:
      .authentication
    case .noConnectPrivilege, .notPermitted: .permission
    case .noSuchDatabase, .databaseTakesNoConnections, .databaseIsInvalid,
      .poolerDisabledDatabase, .poolersConsole:
      .unknownDatabase
    case .poolerCannotLogIn, .nobodyListens, .noRoute, .unknownHost, .noSocket,
      .socketNotPermitted, .hungUp, .noPostgres, .unreachable:
      .unreachable
    case .timeout: .timeout
    case .tlsNotOffered, .badCertificate, .tls: .tls
    case .parameterNotTaken, .unknown: .unknown
    }
  }

  public var limit: Failure.Limit? {
    guard case .noSlot(let kind, let name) = self else { return nil }
    return Failure.Limit(kind: kind, name: name)
  }

  /// Of the refusals of several hosts the one with the lowest rank is the one to act on: first what
  /// a server said that may take us in a moment, then what a server said at all.
  var rank: Int {
    switch kind {
    case .tooManyConnections: 0
    case .serverStartingOrStopping: 1
    case .authentication: self == .notAdmitted ? 3 : 2
    case .permission: 4
    case .unknownDatabase: 5
    case .tls: 6
    case .unknown, .query, .lost: 7
    case .timeout: 8
    case .unreachable: 9
    }
  }

  /// How to get in all the same: as whom, or where; nil where neither helps or is known.
  /// - Parameter database: the one that refuses us, which is no way out.
  public func wayIn(besides database: String? = nil) -> WayIn? {
    switch self {
    case .noSlot(.superuserReserved, _): .role("postgres")
    case .noSlot(.reserved, _), .noSlot(.role, _), .roleMayNotLogIn: .anotherRole
    case .noSlot(.database, _), .databaseTakesNoConnections, .databaseIsInvalid:
      .database(database == "postgres" ? "template1" : "postgres")
    default: nil
    }
  }

  /// The place of the one to act on among the refusals of several hosts.
  /// - Parameter refusals: in the order in which the hosts were asked; not empty.
  public static func first(of refusals: [Refusal]) -> Int {
    refusals.indices.min { refusals[$0].rank < refusals[$1].rank } ?? 0
  }
}

/// Who or what may be let in where somebody was refused.
public enum WayIn: Hashable, Sendable {
  case role(String)
  /// Which one is for whoever reads it to say.
  case anotherRole
  case database(String)
}
