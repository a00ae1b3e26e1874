import Testing

@testable import SessionAudit

/// What doctor finds, and what it says mends it.
struct DoctorTests {
  /// A server without anything set, as a role sees it that may do nothing but look.
  private func facts(change: (inout DoctorFacts) -> Void = { _ in }) -> DoctorFacts {
    var settings: [String: ServerSettings.Setting] = [:]
    for name in SettingName.allCases {
      settings[name.rawValue] = .init(
        value: "0", resetValue: "0", source: "default", mayAlterSystem: false)
    }
    for (name, value) in [
      (SettingName.keepalivesIdle, "7200"), (.keepalivesInterval, "75"), (.keepalivesCount, "9"),
      (.trackActivities, "on"), (.allowAlterSystem, "on"),
    ] {
      settings[name.rawValue]?.value = value
    }
    var facts = DoctorFacts(
      settings: ServerSettings(settings: settings, overrides: []),
      roles: [
        .init(
          id: RoleID.app, name: "app", isSuperuser: false, connectionLimit: -1, maySet: true,
          mayLimit: false)
      ],
      databases: [.init(id: 5, name: "shop", connectionLimit: -1, mayAlter: false)],
      statistics: .init(sessions: 1000, abandoned: 2, fatal: 0, killed: 0, reset: nil),
      rights: .init(
        isSuperuser: false, canReadAllStats: true, canSignalBackends: false, canUseReserved: false,
        mayCreateRoles: false, mayGrantRead: false, mayGrantMonitor: false, mayGrantSignal: false,
        mayGrantReserved: false,
        mayReload: false, isLinux: true, providerRole: nil))
    change(&facts)
    return facts
  }

  private func sessions(_ count: Int, change: (inout Session) -> Void = { _ in }) -> [Session] {
    (0..<count).map { number in
      .idle(pid: Int32(100 + number), silent: .seconds(5)) { session in
        session.databaseID = 5
        change(&session)
      }
    }
  }

  private func findings(
    _ facts: DoctorFacts, _ sessions: [Session], policy: Policy = Policy(),
    change: (inout Snapshot) -> Void = { _ in }
  ) -> [String: Finding] {
    var snapshot = Snapshot.of(sessions)
    snapshot.target.databaseID = 5
    change(&snapshot)
    let report = Doctor.examine(snapshot.judged(by: policy), facts: facts)
    // The gravest first.
    let ranks = report.findings.map { Finding.Severity.allCases.firstIndex(of: $0.severity) ?? 0 }
    #expect(ranks == ranks.sorted())
    return Dictionary(report.findings.map { ($0.code, $0) }) { first, _ in first }
  }

  @Test func aVanishedClientsSessionLivesForTwoHours() throws {
    let finding = try #require(findings(facts(), sessions(4))["vanished_client"])
    #expect(finding.severity == .warning)
    #expect(finding.summary.contains("2h 11m (keepalives: 7200 s + 9 × 75 s)"))
    #expect(finding.consequence?.contains("4 sessions come from other hosts") == true)
    #expect(
      finding.remedies == [
        Remedy(
          sql: [
            "ALTER ROLE \"app\" SET tcp_keepalives_idle = '60';",
            "ALTER ROLE \"app\" SET tcp_keepalives_interval = '10';",
            "ALTER ROLE \"app\" SET tcp_keepalives_count = '6';",
          ], effect: "for sessions that begin after it")
      ])
  }

  @Test func aTimeoutForIdleSessionsLeavesThoseInATransaction() throws {
    let override = ServerSettings.Override(
      role: RoleID.app, database: nil, name: "idle_session_timeout", value: "5min")
    let timed = facts { $0.settings.overrides = [override] }
    let finding = try #require(findings(timed, sessions(1))["vanished_client"])
    #expect(finding.severity == .warning)
    #expect(finding.summary.contains("5m (idle_session_timeout), one in a transaction for 2h 11m"))
  }

  @Test func whatARoleHasInOneDatabaseIsSetThere() throws {
    let override = ServerSettings.Override(
      role: RoleID.app, database: 5, name: "tcp_keepalives_idle", value: "1h")
    let set = facts { $0.settings.overrides = [override] }
    let sql = try #require(findings(set, sessions(1))["vanished_client"]?.remedies.first?.sql)
    #expect(sql[0] == "ALTER ROLE \"app\" IN DATABASE \"shop\" SET tcp_keepalives_idle = '60';")
    #expect(sql[1] == "ALTER ROLE \"app\" SET tcp_keepalives_interval = '10';")
  }

  @Test func whoMayAlterTheSystemDoesUnlessAnOverrideGoesBefore() throws {
    var may = facts { facts in
      facts.rights.mayReload = true
      for name in facts.settings.settings.keys {
        facts.settings.settings[name]?.mayAlterSystem = true
      }
    }
    func sql() throws -> [String] {
      try #require(findings(may, sessions(1))["vanished_client"]?.remedies.first?.sql)
    }
    #expect(try sql().first == "ALTER SYSTEM SET tcp_keepalives_idle = '60';")
    #expect(try sql().last == "SELECT pg_reload_conf();")
    may.settings.settings["allow_alter_system"]?.value = "off"
    #expect(try sql().first?.hasPrefix("ALTER ROLE") == true)
    may.settings.settings["allow_alter_system"]?.value = "on"
    may.settings.settings["tcp_keepalives_count"]?.source = "command line"
    #expect(try sql().first?.hasPrefix("ALTER ROLE") == true)
    may.settings.settings["tcp_keepalives_count"]?.source = "default"
    may.settings.overrides = [
      .init(role: RoleID.app, database: nil, name: "tcp_keepalives_idle", value: "0")
    ]
    #expect(try sql().first?.hasPrefix("ALTER ROLE") == true)
  }

  @Test func whatWeMayNotDoIsSaidToBeSomebodyElses() throws {
    let barred = facts { $0.roles[0].maySet = false }
    let remedy = try #require(findings(barred, sessions(1))["vanished_client"]?.remedies.first)
    #expect(remedy.needs?.hasPrefix("app itself, or a superuser") == true)
    let standby = findings(facts(), sessions(1)) { $0.target.inRecovery = true }
    #expect(standby["vanished_client"]?.remedies.first?.needs == "the primary")
    let managed = facts {
      $0.roles[0].maySet = false
      $0.rights.providerRole = "rds_superuser"
    }
    let needs = findings(managed, sessions(1))["vanished_client"]?.remedies.first?.needs
    #expect(needs?.contains("Amazon RDS") == true)
  }

  @Test func whatCanNotBeKnownIsNeverSaidToBeWell() {
    let hidden = facts { facts in
      for name in facts.settings.settings.keys {
        facts.settings.settings[name]?.source = "user"
      }
    }
    let found = findings(hidden, sessions(1))
    for code in [
      "vanished_client", "client_connection_check_interval", "tcp_user_timeout",
      "idle_in_transaction_session_timeout", "idle_session_timeout", "transaction_timeout",
    ] {
      #expect(found[code]?.severity == .info, "\(code)")
      #expect(found[code]?.summary.contains("not known") == true, "\(code)")
    }
  }

  @Test func theClientsAgeMustBeTheLowerOne() throws {
    let timed = facts {
      $0.settings.settings["idle_session_timeout"]?.value = "300000"
      $0.settings.settings["idle_session_timeout"]?.resetValue = "300000"
      $0.settings.settings["idle_session_timeout"]?.source = "configuration file"
    }
    func finding(_ seconds: Int) -> Finding? {
      var policy = Policy()
      policy.maxAges = [Declaration(nil, .seconds(seconds))]
      return findings(timed, sessions(1), policy: policy)["max_age_above_idle_session_timeout"]
    }
    #expect(finding(299) == nil)
    let above = try #require(finding(300))
    #expect(above.severity == .warning)
    #expect(above.remedies.first?.settings.first?.contains("\"CONN_MAX_AGE\": 150") == true)
  }

  @Test func roleThatTakesMostIsToHaveALimit() throws {
    let found = findings(facts(), sessions(80))
    let finding = try #require(found["role_connection_limit"])
    #expect(finding.severity == .warning)
    #expect(finding.summary.contains("80 of 97"))
    #expect(finding.remedies.first?.sql == ["ALTER ROLE \"app\" CONNECTION LIMIT 88;"])
    #expect(finding.remedies.first?.needs != nil)
    #expect(findings(facts(), sessions(20))["role_connection_limit"] == nil)
    // Below what is used it refuses whoever comes back, and says so.
    let more = try #require(
      findings(facts(), sessions(95))["role_connection_limit"]?.remedies.first)
    #expect(more.sql == ["ALTER ROLE \"app\" CONNECTION LIMIT 88;"])
    #expect(more.caution == "It has 95 now, and gets no new connection until it has less.")
    // What others use is not its to have.
    let others = (0..<30).map { number in
      Session.idle(pid: Int32(500 + number), silent: .zero) {
        ($0.userID, $0.user) = (RoleID.other, "other")
      }
    }
    let shared = try #require(findings(facts(), sessions(60) + others)["role_connection_limit"])
    #expect(shared.remedies.first?.sql == ["ALTER ROLE \"app\" CONNECTION LIMIT 58;"])
  }

  @Test func invalidDatabaseIsNamed() throws {
    let invalid = facts {
      $0.databases.append(.init(id: 9, name: "a\"b\n", connectionLimit: -2, mayAlter: false))
    }
    let finding = try #require(findings(invalid, [])["invalid_database"])
    #expect(finding.remedies.first?.sql == ["DROP DATABASE U&\"a\"\"b\\+00000A\";"])
    #expect(finding.remedies.first?.caution != nil && finding.remedies.first?.needs != nil)
  }

  @Test func hiddenSessionsAreAWarningWithTheGrant() throws {
    let found = findings(facts(), [.hidden(pid: 7), .hidden(pid: 8)])
    let finding = try #require(found["rights"])
    #expect(finding.severity == .warning && finding.summary.contains("2 of 2 sessions"))
    #expect(finding.remedies.first?.sql == ["GRANT pg_read_all_stats TO \"app\";"])
  }

  @Test func driversNameIsNoName() throws {
    let named = findings(facts(), sessions(2) { $0.applicationName = "PostgreSQL JDBC Driver" })
    #expect(named["application_name"]?.severity == .warning)
    let told = findings(facts(), sessions(2))
    #expect(told["application_name"]?.severity == .ok)
  }

  @Test func namesThatAreNewAtEachStartAreNoNames() throws {
    let titles = sessions(2) { $0.applicationName = "puma: cluster worker 0: 19527 [shop]" }
    let found = findings(facts(), titles)
    #expect(found["application_name"] == nil, "it is not well")
    let finding = try #require(found["names_tell_nothing"])
    #expect(finding.severity == .warning)
    #expect(
      finding.summary
        == "2 of 2 sessions bear a name that looks new at each start: puma: cluster worker *: * [shop], "
        + "such as puma: cluster worker 0: 19527 [shop].")
    #expect(finding.remedies.first?.settings.count == 1)
    #expect(finding.remedies.first?.settings.first?.contains("PGAPPNAME=web.1") == true)
    // Where the name betrays nobody, each client's own.
    let any = findings(facts(), sessions(1) { $0.applicationName = "job_20261130_0007" })
    let settings = try #require(any["names_tell_nothing"]?.remedies.first?.settings)
    for words in [
      "lib/pq", "asyncpg (not PGAPPNAME): server_settings={'application_name': 'web.1'}",
      "parameters: [application_name: \"web.1\"]", "ApplicationName=web.1",
      "Application Name=web.1",
    ] {
      #expect(settings.contains { $0.contains(words) }, "\(words)")
    }
  }

  /// What doctor advises must come back after a restart.
  @Test func advisesNamesThatComeBack() throws {
    let finding = try #require(
      findings(facts(), sessions(2) { $0.applicationName = "" })["application_name"])
    let settings = try #require(finding.remedies.first?.settings)
    #expect(!settings.contains { $0.contains("celery@$(hostname)") })
    #expect(settings.contains { $0.contains("PGAPPNAME=celery@worker-1") })
    #expect(finding.consequence?.contains("--instances 'family:celery@*=2'") == true)
  }

  // MARK: - Clients that ask nothing

  private func quiet(_ count: Int, used: Int = 2) -> [Session] {
    (0..<(count + used)).map { number in
      .idle(
        pid: Int32(100 + number), silent: number < count ? .minutes(70) : .seconds(5),
        application: ""
      ) { $0.databaseID = 5 }
    }
  }

  @Test func noTimeoutIsNotWellWhereManyAskNothing() throws {
    let few = try #require(findings(facts(), quiet(3))["idle_session_timeout"])
    #expect(few.severity == .ok && few.remedies.isEmpty)
    let finding = try #require(findings(facts(), quiet(10))["idle_session_timeout"])
    #expect(finding.severity == .info)
    #expect(
      finding.summary
        == "10 of the 12 sessions without a name (app@shop) from 1 address have asked nothing for 1h "
        + "or longer, the longest for 1h 10m, and nothing ends them (idle_session_timeout is 0).")
    let remedy = try #require(finding.remedies.last)
    #expect(remedy.sql == ["ALTER ROLE \"app\" SET idle_session_timeout = '1h';"])
    #expect(remedy.caution?.contains("what a pool keeps open on purpose") == true)
    #expect(finding.remedies.first?.settings.contains { $0.contains("RDS Proxy") } == true)
    // Who may alter the server's settings is still not told to end everybody's.
    let mighty = facts {
      for name in SettingName.allCases {
        $0.settings.settings[name.rawValue]?.mayAlterSystem = true
      }
      $0.rights.mayReload = true
    }
    #expect(
      findings(mighty, quiet(10))["idle_session_timeout"]?.remedies.last?.sql == remedy.sql)
    // It matters more where slots run out.
    let tight = findings(facts(), quiet(10)) { $0.server.maxConnections = 18 }
    #expect(tight["idle_session_timeout"]?.severity == .warning)
  }

  @Test func reservedSlotsAreNotOfferedWhereTheServerIsTooSmall() {
    let found = findings(facts(), sessions(1)) { $0.server.maxConnections = 10 }
    #expect(found["reserved_connections"]?.remedies.isEmpty == true)
    #expect(findings(facts(), sessions(1))["reserved_connections"]?.remedies.count == 2)
  }

  @Test func applicationsOfSuperusersAreNamed() throws {
    let found = findings(facts { $0.roles[0].isSuperuser = true }, sessions(3))
    #expect(
      found["superuser_sessions"]?.summary.hasPrefix("3 sessions of app have all rights") == true)
  }

  /// What a server may send, as absurd as it is, is no reason to trap.
  @Test func absurdFiguresAreOnlyAbsurd() throws {
    let largest = "\(Int32.max)"
    let absurd = facts { facts in
      for name in facts.settings.settings.keys {
        facts.settings.settings[name]?.value = largest
        facts.settings.settings[name]?.resetValue = largest
      }
      facts.settings.overrides = ["9223372036854775807", "1e308", "nan", "-1"].map {
        .init(role: nil, database: 7, name: "tcp_keepalives_count", value: $0)
      }
      facts.statistics = .init(
        sessions: .max, abandoned: .max, fatal: .max, killed: .max, reset: .init(microseconds: .max)
      )
      facts.roles[0].connectionLimit = Int(Int32.max)
      facts.settings.settings["idle_session_timeout"]?.source = "configuration file"
    }
    var policy = Policy()
    policy.maxAges = [Declaration(nil, .seconds(3_000_000_000))]
    let found = findings(absurd, sessions(2) { $0.databaseID = 7 }, policy: policy) {
      $0.target.databaseID = 7
      $0.server.maxConnections = Int(Int32.max)
      $0.server.superuserReserved = Int(Int32.max)
    }
    #expect(found["vanished_client"] != nil)
    // A timeout that no server takes is not offered.
    let above = try #require(found["max_age_above_idle_session_timeout"])
    #expect(above.remedies.allSatisfy { $0.sql.isEmpty })
  }
}
