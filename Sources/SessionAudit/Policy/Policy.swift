/// Everything the judge is told beside the snapshot.
public struct Policy: Sendable, Equatable {
  /// How long a session must be silent before it looks abandoned.
  public var staleAfter: Duration
  /// How long a restart may take: while it lasts, old and new overlap and prove nothing.
  public var restartGrace = Duration.seconds(300)
  /// How far the clocks of rosters and restarts may be from the server's.
  public var clockTolerance = Duration.seconds(30)
  /// How far beyond its max age a request may still use a session.
  public var maxAgeSlack = Duration.seconds(30)
  /// Upper bounds of all state-age buckets but the last, which has none; rising.
  public var bucketBounds: [Duration]
  public var groupBy: [GroupDimension]

  /// Instead of `staleAfter`, whatever the database.
  public var staleAfters: [Declaration<Duration>] = []
  /// Applications whose sessions are never ended, whatever the database.
  public var protected: [Declaration<Bool>] = []

  /// The age at which an application closes its connections (Django's CONN_MAX_AGE).
  public var maxAges: [Declaration<Duration>] = []
  /// Applications whose pools close connections at that age by themselves, without a request.
  public var closesItself: [Declaration<Bool>] = []
  /// The most sessions that one instance, which is one address, holds.
  public var poolSizes: [Declaration<Int>] = []
  /// Whether a pooler keeps an application's sessions, where its traces would be misread.
  public var pooled: [Declaration<Bool>] = []
  /// The most instances that may run at once, one-offs and workers included.
  public var instances: [Declaration<Int>] = []
  /// Restarts that are completed.
  public var restarts: [Declaration<RestartTime>] = []
  /// Whether a name means one instance, where the name itself would be misread.
  public var oneInstance: [Declaration<Bool>] = []
  /// Names that are shown as one family, each under its glob.
  public var families: [Glob] = []
  /// Addresses that many instances share: NAT, mesh egress, proxies.
  public var sharedAddresses: [Network] = []
  public var poolers: [Network] = []
  public var roster: Roster?

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

  /// What holds of all sessions, by its key in JSON: the option's name and the unit.
  public var thresholds: [(key: StaticString, value: Duration)] {
    [
      ("stale_after_seconds", staleAfter), ("restart_grace_seconds", restartGrace),
      ("clock_tolerance_seconds", clockTolerance), ("max_age_slack_seconds", maxAgeSlack),
    ]
  }

  /// Whether anything was declared of the instances that run.
  var saysWhoRuns: Bool {
    !instances.isEmpty || !restarts.isEmpty || !poolSizes.isEmpty || roster != nil
  }

  /// How long this session must be silent before it looks abandoned.
  public func staleAfter(of session: Session) -> Duration {
    staleAfters.declaration(for: session)?.value ?? staleAfter
  }

  /// Whether a name may be one instance's that comes back, as it was declared or as it looks.
  package func mayMeanOneInstance(_ name: String) -> Bool {
    oneInstance.value(for: name, user: nil, database: nil, isConnected: true)
      ?? [.instance, .numbered].contains(InstanceName(name).meaning)
  }

  /// The family that a name is shown under.
  public func family(of name: String) -> String {
    families.last { $0.matches(name) }?.pattern ?? InstanceName(name).family
  }

  /// Whether a name never comes back after a restart, so that it tells nothing of who runs.
  public func isNewAtEachStart(_ name: String) -> Bool {
    if oneInstance.value(for: name, user: nil, database: nil, isConnected: true) == true {
      return false
    }
    return InstanceName(name).isNewAtEachStart
  }
}

/// What sessions can be grouped by.
public enum GroupDimension: String, Sendable, CaseIterable {
  case application
  case family
  case user
  case database
  case client
  case state

  /// Its key in JSON, which is the column's name in pg_stat_activity where it has one.
  public var keyName: String {
    switch self {
    case .application: "application_name"
    case .family: "family"
    case .user: "user"
    case .database: "database"
    case .client: "client_address"
    case .state: "state"
    }
  }

  public func value(of session: Session, by policy: Policy) -> String? {
    switch self {
    case .application: session.applicationName
    case .family: policy.family(of: session.applicationName)
    case .user: session.user
    case .database: session.database
    case .client: session.clientAddress
    case .state: session.state?.name
    }
  }
}
