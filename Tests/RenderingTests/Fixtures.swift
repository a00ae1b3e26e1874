import SessionAudit

extension Duration {
  static func minutes(_ count: Int) -> Duration { .seconds(60 * count) }
  static func hours(_ count: Int) -> Duration { .minutes(60 * count) }
  static func days(_ count: Int) -> Duration { .hours(24 * count) }
}

extension Timestamp {
  /// 2026-03-01 12:00:00 UTC.
  static let now = Timestamp(microseconds: 825_681_600_000_000)
}

extension Session {
  static func client(
    pid: Int32, _ state: SessionState, silent: Duration, open: Duration = .hours(10),
    application: String = "web.1", change: (inout Session) -> Void = { _ in }
  ) -> Session {
    var session = Session(pid: pid, applicationName: application)
    session.backendType = "client backend"
    session.backendStart = .now - max(open, silent)
    session.userID = 16_384
    session.user = "app"
    session.database = "shop"
    session.clientAddress = "10.0.0.7"
    session.clientPort = 40_000
    session.state = state
    session.queryStart = .now - silent
    session.stateChange = .now - silent
    session.waitEventType = state.isActive ? nil : "Client"
    session.waitEvent = state.isActive ? nil : "ClientRead"
    session.lastCommand = "SELECT"
    session.query = "select 1"
    change(&session)
    return session
  }

  static func hidden(pid: Int32, application: String = "cron") -> Session {
    var session = Session(pid: pid, applicationName: application)
    session.userID = 16_385
    session.user = "other"
    session.database = "shop"
    return session
  }
}

/// A server with one of each kind of session, small enough to be read as golden text.
enum SmallServer {
  static let sessions: [Session] = [
    .client(pid: 101, .idle, silent: .hours(26), open: .days(3)),
    .client(pid: 102, .idle, silent: .hours(2) + .minutes(5)) { $0.clientAddress = "10.0.0.8" },
    .client(pid: 103, .active, silent: .milliseconds(1500)) { $0.transactionStart = $0.queryStart },
    .client(pid: 104, .idleInTransaction, silent: .minutes(20), application: "worker.1") {
      $0.transactionStart = .now - Duration.minutes(21)
      $0.lastCommand = "UPDATE"
      $0.query = "update orders\n  set paid = true"
    },
    .client(pid: 105, .idle, silent: .seconds(9), open: .seconds(40), application: "") {
      $0.queryStart = nil
      ($0.clientAddress, $0.clientPort) = (nil, -1)
      ($0.lastCommand, $0.query) = (nil, "")
    },
    .client(pid: 106, .idle, silent: .hours(3), application: "psql") {
      ($0.userID, $0.user) = (10, "postgres")
    },
    .hidden(pid: 107),
    .client(pid: 108, .active, silent: .zero, open: .seconds(1), application: "pgsessions"),
    background(pid: 50),
  ]

  private static func background(pid: Int32) -> Session {
    var session = Session(pid: pid, applicationName: "")
    session.backendType = "checkpointer"
    return session
  }

  static func snapshot(_ sessions: [Session] = sessions) -> Snapshot {
    var target = Target()
    target.host = "db.example"
    target.port = "5432"
    target.database = "shop"
    target.user = "app"
    target.serverVersion = "17.11 (Debian 17.11-1)"
    target.serverVersionNumber = 170_011
    target.inRecovery = false
    target.postmasterStartTime = .now - Duration.days(30)
    target.pooled = false
    let role = RoleFacts(
      name: "app", ownPID: 108, isSuperuser: false, canReadAllStats: false,
      canSignalBackends: false, canUseReservedConnections: false, usableRoles: [16_384])
    let server = ServerFacts(
      maxConnections: 20, superuserReserved: 3, reserved: 2,
      roleLimits: [NamedLimit(name: "app", limit: 8)],
      databaseLimits: [NamedLimit(name: "shop", limit: 30)], superuserRoles: [10])
    return Snapshot(
      capturedAt: .now, target: target, server: server, role: role, sessions: sessions)
  }

  static func report(
    _ sessions: [Session] = sessions, by policy: Policy = Policy()
  ) -> AuditReport {
    var report = Judge.judge(snapshot(sessions), by: policy)
    report.advise(words: "-h db.example -d shop")
    return report
  }

  static let refusal = TargetResult<AuditReport>.refused(
    Failure(
      kind: .tooManyConnections, sqlState: "53300",
      message: "too many connections for role \"app\"",
      limit: Failure.Limit(kind: .role, name: "app"),
      hints: ["Ask as another role: the limit is this role's own."]),
    target: refusedTarget, judgedWith: Policy())

  static var refusedTarget: Target {
    var target = Target()
    target.host = "db.example"
    target.port = "5432"
    target.user = "app"
    return target
  }

  /// Two victims by age; ended as `results` say, or a dry run without them.
  static func termination(
    _ results: [(TerminationOutcome.Result, String?)] = [], sessions: [Session] = sessions,
    failure: Failure? = nil
  ) -> TerminationReport {
    let audit = report(sessions)
    let plan = Planner.plan(audit, selection: Selection(idleLongerThan: .hours(1)))
    var report = TerminationReport(
      audit: audit, plan: plan, executed: !results.isEmpty,
      outcomes: zip(plan.selected, results).map { TerminationOutcome($0, $1.0, $1.1) },
      failure: failure)
    let gone = zip(plan.selected, results).filter { $1.0 == .gone }.map(\.0.judged.session)
    if failure == nil && !gone.isEmpty {
      var later = snapshot(sessions.filter { session in !gone.contains { $0.pid == session.pid } })
      later.capturedAt = .now - Duration.seconds(-2)
      report.after = SlotsAfter(later, ended: gone, judgedAt: audit.capturedAt)
    }
    return report
  }
}
