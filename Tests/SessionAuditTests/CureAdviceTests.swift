import SessionAudit
import Testing

/// What the advice says of causes: who keeps others waiting, who opens so many, pools that are too
/// large, limits of others, databases that are invalid, rosters of something else.
struct CureAdviceTests {
  private func advice(
    _ sessions: [Session], role: RoleFacts = .app(), policy: Policy = Policy(),
    blocking: [Blocker]? = nil, server change: (inout ServerFacts) -> Void = { _ in }
  ) -> [Advice] {
    var snapshot = Snapshot.of(sessions, role: role, server: .hundred(change: change))
    if let blocking { snapshot.details = Details(blocking: blocking) }
    var report = snapshot.judged(by: policy)
    report.advise(words: "")
    return report.advice
  }

  // MARK: - Locks

  private static let waiter = Session.client(pid: 9, .active, silent: .seconds(30)) {
    $0.waitEventType = "Lock"
  }

  private func lockAdvice(
    _ root: Session, waiters: Int = 1, role: RoleFacts = .app()
  ) throws -> Advice {
    let blocker = Blocker(
      pid: root.pid, waiters: waiters, heldSince: root.transactionStart,
      applicationName: root.applicationName)
    return try #require(advice([root, Self.waiter], role: role, blocking: [blocker]).first)
  }

  private static let root = Session.client(pid: 2, .idleInTransaction, silent: .seconds(40)) {
    $0.transactionStart = .ago(.seconds(59))
    $0.lastCommand = "UPDATE"
  }

  @Test func endsTheRootOfALockQueue() throws {
    let found = try lockAdvice(Self.root)
    #expect(found.code == "lock_root" && found.severity == .warning)
    #expect(
      found.summary
        == "pid 2 of web.1 keeps 1 waiting for a lock, in its transaction since 11:59:01 UTC (59s). Ending it rolls its "
        + "transaction back and closes its connection. This does it, only while it is still in "
        + "that transaction:")
    #expect(
      found.remedy
        == "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_get_activity(2) WHERE backend_start = "
        + "'2026-03-01T02:00:00.000000Z' AND xact_start = '2026-03-01T11:59:01.000000Z';")
    var old = Self.root
    old.transactionStart = .ago(.minutes(1))
    #expect(try lockAdvice(old).severity == .critical)
    #expect(try lockAdvice(Self.root, waiters: 10).severity == .critical)
    var active = Self.root
    active.state = .active
    #expect(try lockAdvice(active).summary.contains("Its query is still running"))
  }

  @Test func saysFirstThatTheRootIsABackup() throws {
    var backup = Self.root
    backup.applicationName = "pg_dump"
    let found = try lockAdvice(backup)
    #expect(
      found.summary.contains(
        "(59s). It is pg_dump's, and without it the backup may be wrong and still report success: let "
          + "it finish, or stop the backup itself. Ending it"), "\(found.summary)")
    #expect(found.remedy?.contains("pg_terminate_backend") == true)
  }

  @Test func saysWhoMayEndTheRoot() throws {
    var others = Self.root
    (others.userID, others.user) = (RoleID.other, "other")
    #expect(
      try lockAdvice(others).summary.contains(
        "app may not: it takes its role or pg_signal_backend. This does it, only while"))
    var superusers = Self.root
    (superusers.userID, superusers.user) = (RoleID.superuser, "postgres")
    let found = try lockAdvice(superusers, role: .app { $0.canSignalBackends = true })
    #expect(found.summary.contains("Only a superuser may. This does it,") && found.remedy != nil)
    // A lock of the session, without a transaction.
    var idle = Self.root
    (idle.state, idle.transactionStart) = (.idle, nil)
    #expect(
      try lockAdvice(idle).remedy?.hasSuffix("AND state_change = '2026-03-01T11:59:20.000000Z';")
        == true)
  }

  @Test func endsNothingThatItCannotName() throws {
    func first(_ blocker: Blocker, _ more: Session...) throws -> Advice {
      try #require(advice(more + [Self.waiter], blocking: [blocker]).first)
    }
    let prepared = try first(Blocker(pid: 0, waiters: 1, heldSince: nil, applicationName: nil))
    #expect(prepared.severity == .critical && prepared.summary.contains("ROLLBACK PREPARED"))
    #expect(prepared.remedy?.contains("FROM pg_catalog.pg_prepared_xacts") == true)
    let process = try first(Blocker(pid: 77, waiters: 1, heldSince: nil, applicationName: ""))
    #expect(process.remedy == nil && process.summary.contains("It is no client's"))
    let hidden = try first(
      Blocker(pid: 3, waiters: 1, heldSince: nil, applicationName: "web.1"), .hidden(pid: 3))
    #expect(hidden.code == "lock_root" && hidden.remedy == nil)
    #expect(hidden.summary.contains("A role that sees it"))
  }

  // MARK: - Slots

  private func young(
    _ count: Int, first: Int32, application: String = "web.1", silent: Duration = .zero,
    change: (inout Session) -> Void = { _ in }
  ) -> [Session] {
    (0..<count).map { index in
      .client(
        pid: first + Int32(index), .idle, open: .seconds(20), silent: silent,
        application: application, change: change)
    }
  }

  @Test func namesWhoOpensSoMany() throws {
    // 3 for superusers; 4 of another role; a tenth of 97 for whoever comes: 84.
    let others = (0..<4).map { index in
      Session.idle(pid: 500 + Int32(index), silent: .zero, application: "report") {
        ($0.userID, $0.user) = (RoleID.other, "other")
      }
    }
    let storm = young(41, first: 2) + young(8, first: 100, application: "worker.1")
    let found = try #require(advice(storm + others).first)
    #expect(found.code == "connection_storm" && found.severity == .info)
    #expect(
      found.summary
        == "49 of 53 sessions were opened within the last minute: 41 of web.*, 8 of worker.*. After "
        + "a restart that is normal; else something connects again and again. With this, which "
        + "a superuser may set, app can't take the last 13 connections, which others need:")
    #expect(found.remedy == "ALTER ROLE \"app\" CONNECTION LIMIT 84;")
    // A role that has a limit needs no other.
    let limited = advice(storm + others) { $0.roleLimits = [NamedLimit(name: "app", limit: 90)] }
    #expect(limited.first?.code == "connection_storm" && limited.first?.remedy == nil)
    // Below half of the limit it takes a server that is nearly full.
    #expect(advice(young(48, first: 2)).isEmpty)
    #expect(
      advice(young(48, first: 2)) { $0.maxConnections = 66 }.first?.code == "connection_storm")
    #expect(advice(young(19, first: 2)) { $0.maxConnections = 40 }.isEmpty)
  }

  @Test func saysWhatPoolWouldFit() throws {
    func pools(_ instances: Int, _ each: Int) -> [Session] {
      (0..<instances).flatMap { instance in
        (0..<each).map { index in
          Session.idle(
            pid: Int32(instance * 100 + index + 2), silent: .zero, open: .hours(2),
            application: "web.\(instance + 1)"
          ) { $0.clientAddress = "10.0.1.\(instance)" }
        }
      }
    }
    let found = advice(
      pools(7, 12)
        + pools(1, 13).map { session in
          var session = session
          (session.applicationName, session.clientAddress) = ("web.9", "10.0.2.1")
          session.pid += 5_000
          return session
        })
    #expect(found.map(\.code) == ["pools_too_large", "slots_nearly_full"])
    #expect(found.allSatisfy { $0.severity == .critical })
    #expect(
      found.first?.summary
        == "The pools hold nearly all of the 97 connections (97 are idle): web.* has 97 from 8 "
        + "addresses, up to 13 each, where at most 10 each fit.")
    // With room left nobody's pool is too large.
    #expect(advice(pools(7, 12)).isEmpty)
    // What others hold can't be shared out.
    let others = (0..<20).map { index in
      Session.idle(pid: 9_000 + Int32(index), silent: .zero, application: "one-off \(index)")
    }
    #expect(
      advice(others + pools(7, 11)).first?.summary.contains(
        "web.* has 77 from 7 addresses, 11 each, where at most 9 each fit")
        == true)
    // How many processes are behind an address is not seen.
    let one = pools(1, 97).map { session in
      var session = session
      session.applicationName = "web.\(session.pid % 12)"
      return session
    }
    #expect(
      advice(one).first?.summary.contains("web.* has 97 from 1 address, where at most 87 fit.")
        == true)
    // Orphans are to be ended, and no pool is to blame.
    let gone = (0..<60).map { index in
      Session.idle(pid: 9_000 + Int32(index), silent: .hours(3)) { $0.clientAddress = "10.0.9.9" }
    }
    let codes = advice(gone + pools(3, 12)).map(\.code)
    #expect(codes.first == "shorten_keepalives" && !codes.contains("pools_too_large"))
  }

  @Test func namesFullLimitsOfOthers() throws {
    let others = (0..<20).map { index in
      Session.idle(pid: Int32(index + 2), silent: .zero, application: "job \(index)") {
        ($0.userID, $0.user) = (RoleID.other, "other")
      }
    }
    let found = advice(others) { $0.roleLimits = [NamedLimit(name: "other", limit: 20)] }
    #expect(found.map(\.code) == ["limit_nearly_reached"] && found[0].severity == .critical)
    #expect(
      found[0].summary
        == "20 of the 20 connections of role other are used, none is left, whatever room this role "
        + "has.")
    let left = advice(others) { $0.roleLimits = [NamedLimit(name: "other", limit: 22)] }
    #expect(left.first?.severity == .warning)
    #expect(advice(others) { $0.roleLimits = [NamedLimit(name: "other", limit: 23)] }.isEmpty)
  }

  @Test func dropsInvalidDatabases() throws {
    let found = advice([]) { $0.invalidDatabases = ["o\"dd", "ev\u{1B}il\\"] }
    #expect(found.map(\.code) == ["invalid_database", "invalid_database"])
    #expect(found[0].remedy == "DROP DATABASE \"o\"\"dd\";")
    #expect(found[1].remedy == "DROP DATABASE U&\"ev\\+00001Bil\\\\\";")
  }

  // MARK: - Rosters

  @Test func doubtsARosterOfSomethingElse() throws {
    var policy = Policy()
    policy.roster = Roster(
      format: .heroku,
      entries: [.init(name: "clock.1", networks: [], isAlive: true, startedAt: nil)])
    let sessions: [Session] = [.idle(pid: 2, silent: .zero)]
    let found = advice(sessions, policy: policy)
    #expect(found.map(\.code) == ["roster_covers_nothing"] && found[0].severity == .warning)
    #expect(found[0].summary.contains("(clock.*)"))
    #expect(advice([], policy: policy).isEmpty, "there is nothing to cover")
    var complete = policy
    complete.roster?.isComplete = true
    #expect(!advice(sessions, policy: complete).contains { $0.code == "roster_covers_nothing" })
    policy.roster?.entries.append(.init(name: "web.1", networks: [], isAlive: true, startedAt: nil))
    #expect(advice(sessions, policy: policy).map(\.code) == ["declared_without_effect"])
  }

  @Test func countsWhatEndingWouldFree() {
    let old = (0..<3).map { index in
      Session.idle(pid: Int32(index + 2), silent: .hours(3)) { $0.clientAddress = "10.0.0.1" }
    }
    let new = Session.idle(pid: 9, silent: .zero, open: .hours(1)) { $0.clientAddress = "10.0.0.2" }
    var report = Snapshot.of(old + [new, .idle(pid: 10, silent: .zero, application: "x")]).judged()
    report.advise(words: "")
    #expect(report.groups.map(\.freedByEndingOrphans) == [3, 0])
    #expect(report.groups.map { $0.share(of: report.slots) } == [0.8, 0.2])
    // What holds state is not ended on inferred evidence before it has been silent for long.
    var elsewhere = Snapshot.of(
      old.map { session in
        var session = session
        session.database = "other"
        return session
      } + [new]
    ).judged()
    elsewhere.advise(words: "")
    #expect(elsewhere.groups.allSatisfy { $0.freedByEndingOrphans == 0 })
  }
}
