import SessionAudit
import Testing

struct AuditAdviceTests {
  private func advice(
    _ sessions: [Session], role: RoleFacts = .app(), limit: Int = 100, target: String = "-d shop",
    policy: Policy = Policy()
  ) -> [Advice] {
    let server = ServerFacts.hundred { $0.roleLimits = [NamedLimit(name: role.name, limit: limit)] }
    var report = Snapshot.of(sessions, role: role, server: server).judged(by: policy)
    report.advise(words: target)
    return report.advice
  }

  private func idle(_ count: Int, silent: Duration = .zero) -> [Session] {
    (0..<count).map { .idle(pid: Int32($0 + 2), silent: silent) }
  }

  @Test func saysNothingOfAHealthyServer() {
    #expect(advice(idle(5)).isEmpty)
    #expect(advice([]).isEmpty)
  }

  @Test func grantsTheRightThatHiddenSessionsNeed() throws {
    let role = RoleFacts.app {
      $0.canReadAllStats = false
      $0.name = "o\"hara's"
    }
    let found = try #require(advice([.hidden(pid: 2)], role: role).first)
    #expect(found.code == "hidden_sessions" && found.severity == .warning)
    #expect(found.remedy == "GRANT pg_read_all_stats TO \"o\"\"hara's\";")
    #expect(found.summary.hasPrefix("Not everything is seen: o\"hara's lacks pg_read_all_stats"))
    #expect(found.summary.hasSuffix("."))
  }

  @Test(arguments: [(8, nil), (9, Advice.Severity.warning), (10, .critical), (11, .critical)])
  func warnsFromNineTenthsOn(_ count: Int, _ severity: Advice.Severity?) {
    // Each from an address of its own: no pool is too large.
    let sessions = (0..<count).map { index in
      Session.idle(pid: Int32(index + 2), silent: .zero, application: "job \(index)")
    }
    let found = advice(sessions, limit: 10)
    #expect(found.map(\.severity) == [severity].compactMap { $0 })
    guard severity != nil else { return }
    #expect(found.map(\.code) == ["slots_nearly_full"])
    let left = max(0, 10 - count)
    #expect(
      found.first?.summary
        == "\(count) of 10 connections of role app are used, \(left) left for this role.")
    #expect(found.first?.remedy == "pgsessions doctor -d shop")
  }

  @Test func showsTheNextCommandForSuspects() throws {
    let one = try #require(advice(idle(1, silent: .hours(2))).first)
    #expect(one.code == "suspect_sessions" && one.severity == .info)
    #expect(
      one.summary
        == "1 suspect could be ended, but a quiet pool looks the same. This shows it, and ends "
        + "nothing:")
    #expect(one.remedy == "pgsessions terminate --suspects -d shop")
    let two = try #require(advice(idle(2, silent: .hours(2)), target: "").first)
    #expect(two.summary.hasPrefix("2 suspects could be ended,"))
    #expect(two.remedy == "pgsessions terminate --suspects")
    let many = try #require(advice(idle(12, silent: .hours(2)), target: "").first)
    #expect(many.summary.hasPrefix("12 suspects of 12 visible sessions are more than 50 %"))
    #expect(many.remedy == "pgsessions terminate --suspects --max-share 100")
  }

  @Test func showsTheNextCommandForOrphans() throws {
    let old = Session.idle(pid: 2, silent: .hours(3)) { $0.clientAddress = "10.0.0.1" }
    func new(_ silent: Duration) -> Session {
      .idle(pid: 3, silent: silent, open: .hours(2)) { $0.clientAddress = "10.0.0.2" }
    }
    // The cure first, then what to do now.
    let both = advice([old, new(.zero)])
    #expect(both.map(\.code) == ["shorten_keepalives", "orphan_sessions"])
    let inferred = try #require(both.last)
    #expect(inferred.severity == .warning)
    #expect(inferred.summary == "1 orphan could be ended. This shows it, and ends nothing:")
    #expect(inferred.remedy == "pgsessions terminate --orphans --trust inferred -d shop")
    var policy = Policy()
    policy.instances = [Declaration(nil, 1)]
    let declared = try #require(
      advice([old, new(.zero)], target: "--instances=1", policy: policy).last)
    #expect(declared.remedy == "pgsessions terminate --orphans --instances=1")
    let last = try #require(advice([old, new(.hours(1))]).first { $0.code.hasPrefix("last") })
    #expect(last.code == "last_of_application")
    #expect(
      last.summary
        == "1 orphan of web.* is kept: nothing else of it was heard within 1h, so the evidence may be "
        + "wrong. Where it is right:")
    #expect(
      last.remedy == "pgsessions terminate --orphans --allow-empty --trust inferred -d shop")
  }

  /// What lets orphans live is known only where the server was asked.
  @Test func theCureFollowsTheSettings() throws {
    let old = Session.idle(pid: 2, silent: .hours(3)) { $0.clientAddress = "10.0.0.1" }
    let new = Session.idle(pid: 3, silent: .zero, open: .hours(2)) {
      $0.clientAddress = "10.0.0.2"
    }
    func cure(_ idle: String?, _ overrides: [ServerSettings.Override] = []) throws -> Advice {
      var snapshot = Snapshot.of([old, new])
      func setting(_ value: String) -> ServerSettings.Setting {
        .init(value: value, resetValue: "0", source: "default", mayAlterSystem: false)
      }
      if let idle {
        snapshot.details = Details(
          settings: ServerSettings(
            settings: [
              "tcp_keepalives_idle": setting(idle), "tcp_keepalives_interval": setting("75"),
              "tcp_keepalives_count": setting("9"), "tcp_user_timeout": setting("0"),
            ], overrides: overrides))
      }
      var report = snapshot.judged()
      report.advise(words: "")
      return try #require(report.advice.first { $0.code.contains("keepalives") })
    }
    let unknown = try cure(nil)
    #expect(
      unknown.code == "shorten_keepalives" && unknown.summary.contains("where nothing is set"))
    let long = try cure("7200")
    #expect(long.severity == .warning && long.summary.contains("by 2h 11m."))
    #expect(long.summary.contains("app may set it on itself"))
    #expect(long.remedies.count == 4)
    #expect(long.remedies[0] == .change("ALTER ROLE \"app\" SET tcp_keepalives_idle = '60';"))
    #expect(long.remedies[3].text.hasSuffix("SET client_connection_check_interval = '10s';"))
    let short = try cure(
      "7200",
      [.init(role: RoleID.app, database: nil, name: "tcp_keepalives_idle", value: "1min")])
    #expect(short.code == "keepalives_are_short" && short.summary.contains("12m 15s"))
    #expect(short.remedy == nil)
  }

  /// The command that is shown must do what is said of it.
  @Test func countsOnlyWhatTheCommandWouldTake() throws {
    var elsewhere = Session.idle(pid: 90, silent: .hours(2))
    elsewhere.database = "other"
    let both = advice(idle(2, silent: .hours(2)) + [elsewhere])
    #expect(both.map(\.code) == ["suspect_sessions", "other_databases"])
    #expect(both.first?.summary.hasPrefix("2 suspects could be ended") == true)
    #expect(
      both.last?.summary
        == "1 suspect or orphan is in database \"other\": connect there to see what is held and to "
        + "end what is left behind.")
    #expect(advice([elsewhere]).map(\.code) == ["other_databases"])
  }

  /// Nobody can follow the advice to connect to a database that takes no more connections.
  @Test func endsFromHereWhereTheOtherDatabaseIsFull() throws {
    var elsewhere = Session.idle(pid: 90, silent: .hours(2))
    elsewhere.database = "other"
    for (limit, isFull) in [(1, true), (2, false)] {
      let server = ServerFacts.hundred {
        $0.databaseLimits = [NamedLimit(name: "other", limit: limit)]
      }
      var report = Snapshot.of([elsewhere], role: .app(), server: server).judged()
      report.advise(words: "-d shop")
      let said = try #require(report.advice.first { $0.code == "other_databases" }).summary
      #expect(said.contains("--all-databases") == isFull)
      #expect(said.contains("connect there") == !isFull)
    }
  }

  @Test func saysHowToSetTheName() throws {
    let nameless = Session.idle(pid: 2, silent: .zero, application: "")
    let found = try #require(advice([nameless, .idle(pid: 3, silent: .zero)]).first)
    #expect(
      found.code == "no_application_name" && found.remedy == "web: PGAPPNAME=$DYNO gunicorn …")
    #expect(found.summary.hasPrefix("1 session without an application_name:"))
    // A pooler's session has nobody's name.
    let pooled = Session.idle(pid: 2, silent: .zero, application: "") {
      $0.endsWithDiscardAll = true
    }
    #expect(advice([pooled]).isEmpty)
  }

  @Test func doubtsWhatDoesNotFit() throws {
    var policy = Policy()
    policy.instances = [Declaration(ApplicationPattern("wbe.*"), 2)]
    policy.maxAges = [Declaration(ApplicationPattern("web.*"), .minutes(10))]
    let typo = try #require(advice(idle(1, silent: .zero), policy: policy).first)
    #expect(typo.code == "declaration_unmatched" && typo.summary.contains("\"wbe.*\""))

    policy = Policy()
    policy.roster = Roster(
      format: .lines,
      entries: [.init(name: "web.7", networks: [], isAlive: true, startedAt: nil)])
    let lacking = try #require(advice(idle(1, silent: .zero), policy: policy).first)
    #expect(lacking.code == "roster_lacks_living")
    #expect(lacking.summary.hasPrefix("web.1 was heard just now, and the roster, which covers it,"))
    #expect(
      advice(idle(1, silent: .minutes(6)), policy: policy).map(\.code)
        == ["shorten_keepalives", "last_of_application"])
  }

  @Test func tellsOrphansFromSuspectsAndWhatIsHeld() throws {
    let old = Session.idle(pid: 2, silent: .hours(3)) { $0.clientAddress = "10.0.0.1" }
    let new = Session.idle(pid: 3, silent: .zero, open: .hours(1)) {
      $0.clientAddress = "10.0.0.2"
    }
    let quiet = Session.idle(pid: 4, silent: .hours(2), application: "report")
    var snapshot = Snapshot.of([old, new, quiet])
    func summaries() -> [String] {
      var report = snapshot.judged()
      report.advise(words: "")
      return report.advice.map(\.summary)
    }
    #expect(summaries()[1].hasPrefix("1 orphan could be ended."))
    #expect(try #require(summaries().last).hasPrefix("1 suspect could be ended, but"))
    snapshot.details = Details(holdings: [2: [], 4: [.advisoryLock]])
    #expect(
      summaries().last
        == "1 more holds state that would be lost, or may hold it; --sessions says what. Only "
        + "--include-stateful ends such sessions.")
  }

  @Test func saysThatARosterIsOld() {
    var policy = Policy()
    policy.roster = Roster(
      format: .lines,
      entries: [.init(name: "web.1", networks: [], isAlive: true, startedAt: nil)])
    policy.roster?.takenAt = .ago(.minutes(5))
    func codes() -> [String] { advice(idle(1, silent: .zero), policy: policy).map(\.code) }
    #expect(codes() == ["declared_without_effect"])
    policy.roster?.takenAt = .ago(.minutes(6))
    #expect(codes() == ["roster_old", "declared_without_effect"])
  }

  @Test func givesEachPieceInTurn() {
    let sessions = idle(9, silent: .hours(2)) + [.hidden(pid: 50)]
    #expect(
      advice(sessions, limit: 10).map(\.code) == [
        "slots_nearly_full", "hidden_sessions", "suspect_sessions", "quiet_applications",
      ])
  }
}

struct TerminationReportTests {
  @Test func countsItsOutcomes() {
    let audit = Snapshot.of([.idle(pid: 2, silent: .hours(2)), .idle(pid: 3, silent: .hours(3))])
      .judged()
    let plan = Planner.plan(audit, selection: Selection(idleLongerThan: .hours(1)))
    for result in TerminationOutcome.Result.allCases {
      let outcomes = [
        TerminationOutcome(plan.selected[0], .gone), TerminationOutcome(plan.selected[1], result),
      ]
      let report = TerminationReport(audit: audit, plan: plan, executed: true, outcomes: outcomes)
      #expect(report.count(result) == (result == .gone ? 2 : 1))
      #expect(report.isPartial == [.survived, .refused, .notAttempted].contains(result))
    }
    #expect(!TerminationReport(audit: audit, plan: plan, executed: false).isPartial)
    #expect(TerminationOutcome(plan.selected[0], .gone).applicationName == "web.1")
  }
}
