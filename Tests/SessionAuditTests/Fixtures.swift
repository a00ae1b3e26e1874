import SessionAudit

extension Duration {
  static func minutes(_ count: Int) -> Duration { .seconds(60 * count) }
  static func hours(_ count: Int) -> Duration { .minutes(60 * count) }
  static func days(_ count: Int) -> Duration { .hours(24 * count) }
}

extension Timestamp {
  /// 2026-03-01 12:00:00 UTC, when all snapshots of these tests are taken.
  static let now = Timestamp(microseconds: 825_681_600_000_000)

  static func ago(_ age: Duration) -> Timestamp { now - age }
}

/// Roles of the test server.
enum RoleID {
  static let superuser: UInt32 = 10
  static let app: UInt32 = 16_384
  static let other: UInt32 = 16_385
}

extension Session {
  /// A client's session of role app in database shop; `change` makes it what the test is about.
  static func client(
    pid: Int32, _ state: SessionState, open: Duration = .hours(10), silent: Duration = .zero,
    application: String = "web.1", change: (inout Session) -> Void = { _ in }
  ) -> Session {
    var session = Session(pid: pid, applicationName: application)
    session.backendType = "client backend"
    session.backendStart = .ago(open)
    session.userID = RoleID.app
    session.user = "app"
    session.database = "shop"
    session.clientAddress = "10.0.0.7"
    session.clientPort = 40_000
    session.state = state
    session.queryStart = .ago(silent)
    session.stateChange = .ago(silent)
    change(&session)
    return session
  }

  static func idle(
    pid: Int32, silent: Duration, open: Duration = .hours(10), application: String = "web.1",
    change: (inout Session) -> Void = { _ in }
  ) -> Session {
    client(
      pid: pid, .idle, open: max(open, silent), silent: silent, application: application,
      change: change)
  }

  /// As pg_stat_activity shows a session to a role without the right to see it.
  static func hidden(
    pid: Int32, application: String = "web.1", change: (inout Session) -> Void = { _ in }
  ) -> Session {
    var session = Session(pid: pid, applicationName: application)
    session.userID = RoleID.other
    session.user = "other"
    session.database = "shop"
    change(&session)
    return session
  }

  /// A process of the server; `type` nil as a role without rights sees it.
  static func background(pid: Int32, type: String?) -> Session {
    var session = Session(pid: pid, applicationName: "")
    session.backendType = type
    return session
  }
}

extension RoleFacts {
  /// What an ordinary application's role may do.
  static func app(change: (inout RoleFacts) -> Void = { _ in }) -> RoleFacts {
    var role = RoleFacts(
      name: "app", ownPID: 1, isSuperuser: false, canReadAllStats: true, canSignalBackends: false,
      canUseReservedConnections: false, usableRoles: [RoleID.app])
    change(&role)
    return role
  }
}

extension ServerFacts {
  static func hundred(change: (inout ServerFacts) -> Void = { _ in }) -> ServerFacts {
    var server = ServerFacts(
      maxConnections: 100, superuserReserved: 3, reserved: 0, roleLimits: [], databaseLimits: [],
      superuserRoles: [RoleID.superuser])
    change(&server)
    return server
  }
}

extension Snapshot {
  /// What role app sees of database shop.
  static func of(
    _ sessions: [Session], role: RoleFacts = .app(), server: ServerFacts = .hundred(),
    version: Int? = 180_006
  ) -> Snapshot {
    var target = Target()
    target.host = "db.example"
    target.port = "5432"
    target.database = "shop"
    target.user = role.name
    target.serverVersionNumber = version
    return Snapshot(
      capturedAt: .now, target: target, server: server, role: role, sessions: sessions)
  }

  func judged(by policy: Policy = Policy()) -> AuditReport { Judge.judge(self, by: policy) }
}

extension AuditReport {
  subscript(pid pid: Int32) -> JudgedSession? { sessions.first { $0.session.pid == pid } }
}

extension JudgedSession {
  /// What is said of it in snapshots taken now.
  var sentences: [String] { evidence.map { $0.sentence(about: session, times, at: .now) } }

  var kinds: [Evidence.Kind] { evidence.map(\.kind) }
}
