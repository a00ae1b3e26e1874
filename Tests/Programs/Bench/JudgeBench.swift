import SessionAudit

/// What judging alone costs, without a server: names of all kinds at addresses of which some
/// collide, half of them silent for long, and everything said that can be said.
struct JudgeBench {
  private let sessions: Int
  private let rounds: Int
  private let now = Timestamp(microseconds: 825_681_600_000_000)

  init(sessions: Int, rounds: Int) {
    self.sessions = sessions
    self.rounds = rounds
  }

  func run() {
    var target = Target()
    (target.database, target.databaseID, target.user) = ("shop", 5, "app")
    let snapshot = Snapshot(
      capturedAt: now, target: target,
      server: ServerFacts(
        maxConnections: 20_000, superuserReserved: 3, reserved: 0, roleLimits: [],
        databaseLimits: [], superuserRoles: [10]),
      role: RoleFacts(
        name: "app", ownPID: 1, isSuperuser: false, canReadAllStats: true, canSignalBackends: true,
        canUseReservedConnections: false, usableRoles: [16_384]),
      sessions: (0..<sessions).map(session))
    let policies = [("nothing said", Policy()), ("everything said", policy())]
    for (name, policy) in policies {
      let clock = ContinuousClock()
      var totals = Judge.judge(snapshot, by: policy).totals
      let times = (0..<rounds).map { _ in
        clock.measure { totals = Judge.judge(snapshot, by: policy).totals }
      }.sorted()
      print(
        "\(sessions) sessions, \(name): \(Table.fixed(times[rounds / 2] / .milliseconds(1), 1)) ms "
          + "(median of \(rounds); least \(Table.fixed(times[0] / .milliseconds(1), 1))); "
          + "\(totals.suspect) suspects, \(totals.orphan) orphans")
    }
  }

  private func session(_ number: Int) -> Session {
    let names = [
      "web.\(number % 400)", "celery@host-\(number % 300)", "shop-7d9f8b6c5d-x2vl\(number % 6 + 4)",
      "", "psql", "shop-\(number % 90)", "shop_worker",
    ]
    var session = Session(pid: Int32(number + 2), applicationName: names[number % names.count])
    session.backendType = "client backend"
    (session.userID, session.user) = (16_384, "app")
    (session.databaseID, session.database) = number % 50 == 0 ? (6, "ledger") : (5, "shop")
    let silent = Duration.seconds(number % 2 == 0 ? 7200 + number % 3600 : number % 200)
    session.backendStart = now - (silent + .seconds(number % 7919))
    session.queryStart = now - silent
    session.stateChange = session.queryStart
    session.state = number % 20 == 1 ? .active : .idle
    if number % 10 != 0 {
      session.clientAddress = "10.\(number % 3).\(number / 250 % 12).\(number % 250)"
    }
    return session
  }

  private func policy() -> Policy {
    var policy = Policy()
    policy.maxAges = [Declaration(nil, .seconds(600)), Declaration(.init("web.*"), .seconds(60))]
    policy.instances = [Declaration(nil, 300), Declaration(.init("web.*"), 1)]
    policy.restarts = [Declaration(.init("shop*"), .ago(.seconds(5400)))]
    policy.sharedAddresses = ["10.2.0.0/20", "fd00::/8"].compactMap { Network($0) }
    var roster = Roster(format: .heroku, entries: [])
    for number in 0..<500 {
      roster.entries.append(
        Roster.Entry(
          name: number < 300 ? "web.\(number)" : "worker.\(number)", networks: [], isAlive: true,
          startedAt: now - Duration.seconds(number * 60)))
    }
    policy.roster = roster
    return policy
  }
}
