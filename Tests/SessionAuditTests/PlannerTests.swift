import SessionAudit
import Testing

struct PlannerTests {
  private func plan(
    _ sessions: [Session], _ selection: Selection, role: RoleFacts = .app()
  ) -> TerminationPlan {
    Planner.plan(Snapshot.of(sessions, role: role).judged(), selection: selection)
  }

  /// The kinds of the reasons for which one session is selected, or kept.
  private func decision(
    _ session: Session, _ selection: Selection, role: RoleFacts = .app()
  ) -> (selected: Bool, reasons: [String], detail: String) {
    let plan = plan([session], selection, role: role)
    let reasons = plan.selected.first?.reasons ?? plan.kept.first?.reasons ?? []
    return (!plan.selected.isEmpty, reasons.map(\.kind), reasons.first?.detail ?? "")
  }

  private let idleHour = Selection(idleLongerThan: .hours(1))

  @Test func takesWhatIsIdleForLongerThanTheThreshold() {
    for age in [Duration.zero, .minutes(59), .hours(1)] {
      let found = decision(.idle(pid: 2, silent: age), idleHour)
      #expect(!found.selected && found.reasons == ["too_young"])
    }
    let found = decision(.idle(pid: 2, silent: .hours(1) + .microseconds(1)), idleHour)
    #expect(found.selected && found.reasons == ["idle_longer_than"])
  }

  @Test func takesWhatIsOpenForLongerThanTheThreshold() {
    let selection = Selection(sessionOlderThan: .days(1))
    let young = decision(.idle(pid: 2, silent: .zero, open: .days(1)), selection)
    #expect(!young.selected && young.reasons == ["too_young"])
    let old = decision(.idle(pid: 2, silent: .zero, open: .days(1) + .microseconds(1)), selection)
    #expect(old.selected && old.reasons == ["session_older_than"])
  }

  @Test func takesWhatIsBeyondBothThresholdsWhereBothAreGiven() {
    let selection = Selection(idleLongerThan: .hours(1), sessionOlderThan: .days(1))
    let both = decision(.idle(pid: 2, silent: .hours(2), open: .days(2)), selection)
    #expect(both.selected && both.reasons == ["idle_longer_than", "session_older_than"])
    #expect(!decision(.idle(pid: 2, silent: .hours(2), open: .hours(3)), selection).selected)
    #expect(!decision(.idle(pid: 2, silent: .minutes(2), open: .days(2)), selection).selected)
  }

  @Test func saysWhyInFigures() {
    let selection = Selection(idleLongerThan: .hours(1) + .seconds(30))
    #expect(
      decision(.idle(pid: 2, silent: .hours(2) + .minutes(5)), selection).detail
        == "idle for 2h 5m, longer than 1h30s")
    #expect(
      decision(.idle(pid: 2, silent: .minutes(5)), selection).detail
        == "idle for 5m, not longer than 1h30s")
    let unknown = Session.idle(pid: 2, silent: .hours(3)) { $0.stateChange = nil }
    #expect(
      decision(unknown, idleHour).detail == "idle since an unknown time, not longer than 1h")
  }

  /// State age, not silence: what the user asked for is what pg_stat_activity shows.
  @Test func takesIdleTimeFromStateChange() {
    let ended = Session.idle(pid: 2, silent: .hours(9)) { $0.stateChange = .ago(.minutes(1)) }
    #expect(!decision(ended, idleHour).selected)
  }

  @Test(arguments: [
    SessionState.active, .idleInTransaction, .idleInTransactionAborted, .fastpathFunctionCall,
    .disabled, .starting, .other("idle "), .other("IDLE"), nil,
  ])
  func takesNothingThatIsInUse(_ state: SessionState?) {
    let session = Session.client(pid: 2, .idle, open: .days(9), silent: .days(8)) {
      $0.state = state
    }
    for selection in [idleHour, Selection(sessionOlderThan: .hours(1))] {
      let found = decision(session, selection)
      #expect(!found.selected && found.reasons == ["in_use"])
      #expect(found.detail == "its state is \(state?.name ?? "unknown")")
    }
  }

  private static let protected: [(String, Session)] = [
    ("own_session", .idle(pid: 1, silent: .days(9))),
    ("superuser", .idle(pid: 2, silent: .days(9)) { $0.userID = RoleID.superuser }),
    ("not_permitted", .idle(pid: 2, silent: .days(9)) { $0.userID = RoleID.other }),
    ("not_permitted", .idle(pid: 2, silent: .days(9)) { $0.userID = nil }),
    ("hidden", .hidden(pid: 2)),
    ("other_database", .idle(pid: 2, silent: .days(9)) { $0.database = "ledger" }),
    ("other_database", .idle(pid: 2, silent: .days(9)) { $0.database = nil }),
  ]

  @Test(arguments: protected)
  func keepsWhatIsProtected(_ reason: String, _ session: Session) {
    let found = decision(session, idleHour)
    #expect(!found.selected && found.reasons == [reason])
  }

  /// Two databases may differ in bytes that Unicode holds to be the same text.
  @Test func comparesDatabasesByTheirBytes() {
    var snapshot = Snapshot.of([.idle(pid: 2, silent: .days(9)) { $0.database = "caf\u{E9}" }])
    snapshot.target.database = "cafe\u{301}"
    #expect(Planner.plan(snapshot.judged(), selection: idleHour).selected.isEmpty)
    snapshot.target.database = "caf\u{E9}"
    #expect(Planner.plan(snapshot.judged(), selection: idleHour).selected.count == 1)
  }

  @Test func takesOtherDatabasesOnlyWhenAsked() {
    let session = Session.idle(pid: 2, silent: .days(9)) { $0.database = "ledger" }
    var selection = Selection(idleLongerThan: .hours(1), allDatabases: true)
    // What it holds there can't be known, and unknown counts as holding.
    #expect(decision(session, selection).reasons == ["holds_state"])
    selection.includeStateful = true
    #expect(decision(session, selection).selected)
  }

  /// Whatever was selected, on whatever evidence, and whatever else is included.
  @Test(arguments: ["pg_dump", "pgBackRest [backup]", "begun"])
  func keepsBackupsUnlessTheirOwnOptionIsGiven(_ name: String) {
    let session = Session.client(
      pid: 2, .idleInTransaction, silent: .hours(9), application: name
    ) { $0.beginsBackup = name == "begun" }
    var selection = Selection(allDatabases: true)
    selection.inTransactionLongerThan = .minutes(1)
    (selection.includeActive, selection.includeStateful) = (true, true)
    (selection.includePooled, selection.isForOthers) = (true, true)
    let kept = decision(session, selection)
    #expect(!kept.selected && kept.reasons == ["backup"])
    #expect(kept.detail.hasSuffix(", which would be broken, perhaps unnoticed"))
    selection.includeBackups = true
    #expect(decision(session, selection).reasons == ["in_transaction_longer_than"])

    // As an orphan too.
    var policy = Policy()
    policy.restarts = [Declaration(nil, .ago(.minutes(30)))]
    var orphans = Selection()
    (orphans.orphans, orphans.trust, orphans.allowsEmpty) = (true, .declared, true)
    let report = Snapshot.of([session]).judged(by: policy)
    #expect(report[pid: 2]?.verdict == .orphan)
    #expect(
      Planner.plan(report, selection: orphans).kept.first?.reasons.map(\.kind) == ["backup"])
    orphans.includeBackups = true
    #expect(Planner.plan(report, selection: orphans).selected.count == 1)
  }

  @Test(arguments: [
    "pg_dump", "PG_DUMP", "pg_dumpall", "pg_restore", "pg_basebackup", "barman",
    "barman_receive_wal",
    "pgBackRest [backup]", "pgbackrest", "wal-g", "WAL-G 3.0", "pg_dump-nightly", "pg_dump 2",
  ])
  func knowsBackupsByTheirNames(_ name: String) {
    #expect(Session(pid: 2, applicationName: name).backup != nil)
  }

  @Test(arguments: [
    "", "pg_dumpster", "pg_dumpalls", "barmanager", "wal-gate", "my pg_dump", "pgBackRestore",
    "pg_dum",
    "pg-dump", "walg", "PG\u{3F}DUMP",
  ])
  func takesNoOtherNamesForBackups(_ name: String) {
    #expect(Session(pid: 2, applicationName: name).backup == nil)
  }

  @Test func countsWhatIsKeptInDoubtAlone() {
    let sessions: [Session] = (2...6).map { .idle(pid: $0, silent: .days(9)) }
    var snapshot = Snapshot.of(sessions)
    snapshot.details = Details(holdings: [
      2: [.temporaryTables], 3: [.temporaryTables], 4: [.temporaryTables, .advisoryLock], 5: [],
      6: [],
    ])
    snapshot.details?.unknown = [2: [.temporaryTables], 4: [.temporaryTables], 5: [.listen]]
    var plan = Planner.plan(snapshot.judged(), selection: idleHour)
    #expect(plan.keptInDoubt == 1 && plan.mayListen == 1)
    #expect(plan.selected.map(\.identity.pid).sorted() == [5, 6])
    var stateful = idleHour
    stateful.includeStateful = true
    plan = Planner.plan(snapshot.judged(), selection: stateful)
    #expect(plan.keptInDoubt == 0 && plan.selected.count == 5)
  }

  @Test func keepsWhatHoldsStateAndWhatIsPooled() {
    let session = Session.idle(pid: 2, silent: .days(9))
    var snapshot = Snapshot.of([session])
    snapshot.details = Details(holdings: [2: [.advisoryLock, .listen]])
    var selection = idleHour
    var plan = Planner.plan(snapshot.judged(), selection: selection)
    #expect(plan.kept.first?.reasons.map(\.kind) == ["holds_state"])
    #expect(
      plan.kept.first?.reasons.first?.detail
        == "it holds an advisory lock, a LISTEN")
    selection.includeStateful = true
    #expect(Planner.plan(snapshot.judged(), selection: selection).selected.count == 1)
    snapshot.details = Details(holdings: [2: []])
    #expect(Planner.plan(snapshot.judged(), selection: idleHour).selected.count == 1)

    var policy = Policy()
    policy.poolers = [Network("10.0.0.0/24")!]
    plan = Planner.plan(Snapshot.of([session]).judged(by: policy), selection: idleHour)
    #expect(plan.kept.first?.reasons.map(\.kind) == ["pooled"])
    selection.includePooled = true
    #expect(
      Planner.plan(Snapshot.of([session]).judged(by: policy), selection: selection).selected.count
        == 1)
  }

  /// One filter's values are alternatives, filters add up, and what is excluded stays out.
  @Test func narrowsByEveryColumn() {
    let sessions = [
      Session.idle(pid: 2, silent: .days(9), application: "web.1"),
      .idle(pid: 3, silent: .days(9), application: "web.2") { $0.clientAddress = "10.0.1.7" },
      .idle(pid: 4, silent: .days(9), application: "worker.1") { $0.clientAddress = "fd00::1" },
      .idle(pid: 5, silent: .days(9), application: "") {
        ($0.clientAddress, $0.clientPort) = (nil, -1)
      },
    ]
    func pids(_ change: (inout Selection) -> Void) -> [Int32] {
      var selection = idleHour
      change(&selection)
      return Planner.plan(Snapshot.of(sessions).judged(), selection: selection)
        .selected.map(\.identity.pid).sorted()
    }
    func clients(_ values: String..., but excluded: String...) -> [Int32] {
      pids {
        $0.clients = VictimFilter(
          values.map { ClientPattern($0) }, excluding: excluded.map { ClientPattern($0) })
      }
    }
    #expect(pids { _ in } == [2, 3, 4, 5])
    #expect(clients("10.0.0.0/24", "fd00::/8") == [2, 4])
    #expect(clients("10.*") == [2, 3] && clients("10.*", but: "10.0.1.7") == [2])
    #expect(clients("") == [5] && clients(but: "0.0.0.0/0") == [4, 5])
    #expect(
      pids { $0.applications = VictimFilter([Glob("web.*")], excluding: [Glob("web.2")]) } == [2])
    #expect(pids { $0.users = VictimFilter([Glob("nobody")]) }.isEmpty)
    #expect(pids { $0.users = VictimFilter(excluding: [Glob("app")]) }.isEmpty)
    #expect(
      pids {
        $0.databases = VictimFilter([Glob("sh?p")])
        $0.clients = VictimFilter([ClientPattern("10.0.1.7")])
      } == [3])
    let plan = Planner.plan(
      Snapshot.of(sessions).judged(),
      selection: {
        var selection = idleHour
        selection.clients.excluded = [ClientPattern("fd00::/8")]
        return selection
      }())
    #expect(
      plan.kept.flatMap { $0.reasons.map(\.detail) } == [
        "its client address matches a --not-client"
      ])
  }

  @Test func keepsWhatHasNoStartWithAReason() {
    let session = Session.idle(pid: 2, silent: .days(9)) { $0.backendStart = nil }
    let found = decision(session, idleHour)
    #expect(!found.selected && found.reasons == ["hidden"])
  }

  @Test func narrowsByApplication() {
    let sessions = ["web.1", "web.2", "worker.1", "", "Web.1"].enumerated().map {
      Session.idle(pid: Int32($0 + 2), silent: .hours(2), application: $1)
    }
    func taken(_ globs: String...) -> [Int32] {
      let selection = Selection(idleLongerThan: .hours(1), applications: globs.map { Glob($0) })
      let plan = plan(sessions, selection)
      #expect(plan.kept.allSatisfy { $0.reasons.map(\.kind) == ["not_matched"] })
      return plan.selected.map(\.identity.pid)
    }
    #expect(taken() == [2, 3, 4, 5, 6])
    #expect(taken("web.*") == [2, 3])
    #expect(taken("worker.*", "web.1") == [2, 4])
    #expect(taken("") == [5])
    #expect(taken("nothing-like-that") == [], "a filter that matches nothing ends nothing")
  }

  @Test func selectsNothingByNothing() {
    let selection = Selection(applications: [Glob("web.*")])
    #expect(selection.selectsByNothing)
    #expect(!idleHour.selectsByNothing && !Selection(sessionOlderThan: .zero).selectsByNothing)
    let found = decision(.idle(pid: 2, silent: .days(9)), selection)
    #expect(!found.selected && found.reasons == ["not_selected"])
  }

  @Test func takesThoseSilentLongestFirstAndAtMostTheMaximum() {
    let silences: [Duration] = [.hours(2), .hours(9), .hours(5), .hours(9), .hours(3)]
    let sessions = silences.enumerated().map { Session.idle(pid: Int32($0 + 2), silent: $1) }
    let all = plan(sessions, idleHour)
    #expect(all.selected.map(\.identity.pid) == [3, 5, 4, 6, 2] && all.overMax == 0)
    let two = plan(sessions, Selection(idleLongerThan: .hours(1), maximum: 2))
    #expect(two.selected.map(\.identity.pid) == [3, 5])
    #expect(two.overMax == 3 && two.kept.count == 3)
    #expect(two.kept.allSatisfy { $0.reasons.map(\.kind) == ["over_max"] })
    #expect(
      two.kept.first?.reasons.first?.detail == "a run ends at most 2, those silent longest first")
    #expect(plan(sessions, Selection(idleLongerThan: .hours(1), maximum: 5)).overMax == 0)
  }

  @Test func isBarredWhereOnlyRightsAreMissing() {
    let foreign = Session.idle(pid: 2, silent: .days(9)) { $0.userID = RoleID.other }
    let mine = Session.idle(pid: 3, silent: .days(9))
    let superuser = Session.idle(pid: 4, silent: .days(9)) { $0.userID = RoleID.superuser }
    #expect(plan([foreign], idleHour).isBarred)
    #expect(plan([.hidden(pid: 5)], idleHour).isBarred)
    #expect(!plan([foreign, mine], idleHour).isBarred, "something can be ended")
    #expect(!plan([], idleHour).isBarred)
    #expect(!plan([.idle(pid: 3, silent: .zero)], idleHour).isBarred, "nothing is too old")
    // What would not have been taken anyway was not barred by rights.
    #expect(!plan([.idle(pid: 2, silent: .zero) { $0.userID = RoleID.other }], idleHour).isBarred)
    #expect(!plan([superuser], idleHour).isBarred, "a protection, not a want of rights")
    let web = Selection(idleLongerThan: .hours(1), applications: [Glob("cron")])
    #expect(!plan([.hidden(pid: 5), foreign], web).isBarred, "they don't match the filter")
  }

  /// Two names in an encoding that is not UTF-8 may be one once they are repaired.
  @Test func tellsDatabasesApartByNumber() {
    var report = Snapshot.of([.idle(pid: 2, silent: .hours(2))]).judged()
    report.target.databaseID = 1
    for (number, expected) in [(UInt32(1), 1), (2, 0)] {
      report.sessions[0].session.databaseID = number
      let plan = Planner.plan(report, selection: Selection(idleLongerThan: .hours(1)))
      #expect(plan.selected.count == expected)
    }
    report.sessions[0].session.databaseID = nil
    #expect(
      Planner.plan(report, selection: Selection(idleLongerThan: .hours(1))).selected.isEmpty)
  }
}
