import SessionAudit

/// Reports of servers as large as one likes, with everything that a page has to show: applications
/// of many kinds, generations that were left behind, quiet pools, locks, what is hidden.
public enum SampleReport {
  public static let now = Timestamp(microseconds: 846_000_000_000_000)

  /// - Parameter sessions: how many client sessions there are, ours included.
  public static func make(sessions count: Int, grouping: [GroupDimension] = [.application])
    -> AuditReport
  {
    var target = Target()
    (target.host, target.port) = ("db.example", "5432")
    (target.database, target.databaseID, target.user) = ("shop", 5, "app")
    (target.serverVersion, target.serverVersionNumber) = ("17.11 (Debian 17.11-1)", 170_011)
    (target.inRecovery, target.pooled) = (false, false)
    target.postmasterStartTime = now - .seconds(40 * 86_400)
    let limit = count * 20 / 17
    let snapshot = Snapshot(
      capturedAt: now, target: target,
      server: ServerFacts(
        maxConnections: limit, superuserReserved: 3, reserved: 2,
        roleLimits: [NamedLimit(name: "reporting", limit: max(4, count / 9))],
        databaseLimits: [], superuserRoles: [10]),
      role: RoleFacts(
        name: "app", ownPID: 1, isSuperuser: false, canReadAllStats: false, canSignalBackends: true,
        canUseReservedConnections: false, usableRoles: [16_384]),
      sessions: Town(of: count).sessions)
    var policy = Policy(groupBy: grouping)
    policy.instances = [Declaration(ApplicationPattern(""), 1)]
    var report = Judge.judge(snapshot, by: policy)
    if let root = report.sessions.first(where: { $0.session.state == .idleInTransaction }),
      !report.lockWaiters.isEmpty
    {
      report.blocking = [
        Blocker(
          pid: root.session.pid, waiters: report.lockWaiters.count,
          heldSince: root.session.transactionStart, applicationName: root.session.applicationName)
      ]
    }
    report.advise(words: "-h db.example -d shop")
    return report
  }
}

/// The sessions of such a server.
private struct Town {
  var sessions: [Session] = []
  private let count: Int

  init(of count: Int) {
    self.count = count
    add("pgsessions", address: "10.0.9.9", open: .seconds(1), silent: .zero, state: .active)
    var instance = 0
    while sessions.count < count {
      instance += 1
      let pool = min(3 + instance * 7 % 9, count - sessions.count)
      for place in 0..<pool { self.place(place, ofInstance: instance, pool) }
    }
  }

  /// One of an instance's pool. Every third dyno has vanished once and came back elsewhere.
  private mutating func place(_ place: Int, ofInstance instance: Int, _ pool: Int) {
    let age = Duration.seconds(4000 + instance * 37 % 6000)
    let recent = Duration.seconds((place * 53 + instance * 17) % 290)
    switch instance % 12 {
    case 0, 3, 6:
      // The first half is of the life before.
      let isOld = place < pool / 2
      add(
        "web.\(instance / 3)",
        address: isOld ? "10.1.\(instance % 250).7" : "10.2.\(instance % 250).9",
        open: isOld ? age + .seconds(9000 + place * 40) : age - .seconds(place * 90),
        silent: isOld ? age + .seconds(30 + place * 20) : recent)
    case 1, 4, 7:
      add(
        "web.\(instance / 3 + 1000)", address: "10.3.\(instance % 250).2", open: age,
        silent: recent,
        state: place == 1 ? .active : .idle)
    case 2:
      // Without a name, restarted twice: the address alone tells.
      let life = place % 3
      add(
        "", address: "10.5.\(life).\(instance % 250)",
        open: .seconds(20_000 - life * 7000),
        silent: life == 2 ? recent : .seconds(14_000 - life * 6900))
    case 5:
      add(
        "celery@host-\(instance)", address: "10.6.0.\(instance % 250)", open: .seconds(200_000),
        silent: place == 0 ? recent : .seconds(4000 + place * 3000))
    case 8:
      let isRoot = place == 0
      add(
        "worker.\(instance / 12 + 1)", address: "10.7.0.\(instance % 250)", open: .seconds(30_000),
        silent: isRoot ? .seconds(900) : recent, state: isRoot ? .idleInTransaction : .active
      ) {
        $0.transactionStart = SampleReport.now - .seconds(isRoot ? 1200 : 60)
        if !isRoot { ($0.waitEventType, $0.waitEvent) = ("Lock", "transactionid") }
      }
    case 9:
      var session = Session(pid: Int32(2000 + sessions.count), applicationName: "reporting")
      (session.userID, session.user, session.database) = (16_390, "reporting", "warehouse")
      sessions.append(session)
    case 10:
      add(
        "psql", address: nil, open: .seconds(1_700_000 - place * 90_000), silent: .seconds(90_000)
      ) {
        $0.clientPort = -1
      }
    default:
      add(
        "shop-7d9f8b6c5d-x\(instance)", address: "10.8.\(instance % 250).\(place % 3)",
        open: .seconds(50 + place * 30), silent: .seconds(place))
    }
  }

  private mutating func add(
    _ application: String, address: String?, open: Duration, silent: Duration,
    state: SessionState = .idle, change: (inout Session) -> Void = { _ in }
  ) {
    guard sessions.count < count else { return }
    // Ours is 1, as the role says.
    var session = Session(
      pid: sessions.isEmpty ? 1 : Int32(2000 + sessions.count), applicationName: application)
    session.backendType = "client backend"
    (session.userID, session.user) = (16_384, "app")
    (session.databaseID, session.database) = (5, "shop")
    session.backendStart = SampleReport.now - max(open, silent)
    session.queryStart = SampleReport.now - silent
    session.stateChange = session.queryStart
    session.state = state
    (session.clientAddress, session.clientPort) = (address, 40_000)
    session.lastCommand = "SELECT"
    change(&session)
    sessions.append(session)
  }
}
