import Testing

@testable import SessionAudit

/// Which value of a setting a session begins with.
struct ServerSettingsTests {
  private typealias Override = ServerSettings.Override

  private func settings(
    _ value: String, resetValue: String? = nil, source: String = "default",
    _ overrides: [Override] = []
  ) -> ServerSettings {
    ServerSettings(
      settings: [
        "idle_session_timeout": .init(
          value: value, resetValue: resetValue ?? value, source: source, mayAlterSystem: false)
      ], overrides: overrides)
  }

  private func override(_ role: UInt32?, _ database: UInt32?, _ value: String) -> Override {
    Override(role: role, database: database, name: "idle_session_timeout", value: value)
  }

  @Test func theNarrowestOverrideHolds() {
    let all = [
      override(nil, nil, "1s"), override(nil, 5, "2s"), override(7, nil, "3s"),
      override(7, 5, "4s"),
    ]
    // Whatever their order.
    for overrides in [all, all.reversed()] {
      let settings = settings("0", overrides)
      func seconds(_ role: UInt32, _ database: UInt32) -> Duration? {
        settings.duration(.idleSessionTimeout, role: role, database: database)
      }
      #expect(seconds(7, 5) == .seconds(4))
      #expect(seconds(7, 6) == .seconds(3))
      #expect(seconds(8, 5) == .seconds(2))
      #expect(seconds(8, 6) == .seconds(1))
    }
  }

  @Test func whatIsOursAloneSaysNothingOfOthers() {
    let server = settings("60000", source: "configuration file")
    #expect(server.duration(.idleSessionTimeout, role: 8, database: 5) == .seconds(60))
    for source in ["user", "database", "database user", "client", "session"] {
      let own = settings("60000", source: source)
      #expect(own.duration(.idleSessionTimeout, role: 8, database: 5) == nil)
    }
    #expect(server.duration(.transactionTimeout, role: 8, database: 5) == nil)
  }

  @Test(arguments: [
    (SettingName.keepalivesIdle, "60", Duration.seconds(60)),
    (.keepalivesIdle, "2min", .seconds(120)), (.keepalivesIdle, "1 h", .seconds(3600)),
    (.idleSessionTimeout, "1500", .milliseconds(1500)),
    (.idleSessionTimeout, "0.5h", .seconds(1800)), (.userTimeout, "1d", .seconds(86_400)),
    (.idleSessionTimeout, "600us", .milliseconds(1)), (.keepalivesIdle, "400ms", .zero),
    (.keepalivesInterval, "010", .seconds(8)), (.idleSessionTimeout, "0", .zero),
  ])
  func timesAreReadAsTheServerReadsThem(name: SettingName, text: String, duration: Duration) {
    #expect(name.duration(text) == duration)
  }

  @Test(arguments: ["", "soon", "5 parsecs", "-1", "1e300", "min", "5Min"])
  func whatIsNoTimeIsNotKnown(text: String) {
    #expect(SettingName.idleSessionTimeout.duration(text) == nil)
  }

  @Test func keepalivesThatPostgresLeavesToTheSystem() {
    func settings(_ idle: (String, String), _ overrides: [Override] = []) -> ServerSettings {
      func setting(_ value: (String, String)) -> ServerSettings.Setting {
        .init(value: value.0, resetValue: value.1, source: "default", mayAlterSystem: false)
      }
      return ServerSettings(
        settings: [
          "tcp_keepalives_idle": setting(idle), "tcp_keepalives_interval": setting(("75", "0")),
          "tcp_keepalives_count": setting(("9", "0")), "tcp_user_timeout": setting(("0", "0")),
        ], overrides: overrides)
    }
    func total(_ settings: ServerSettings) -> Duration? {
      settings.keepalives(role: 7, database: 5).total
    }
    #expect(total(settings(("7200", "0"))) == .seconds(7875))
    // Over a unix socket the system's is not shown.
    #expect(total(settings(("0", "0"))) == nil)
    // But what Postgres sets is.
    #expect(total(settings(("0", "60"))) == .seconds(735))
    let override = Override(role: 7, database: nil, name: "tcp_keepalives_idle", value: "5min")
    #expect(total(settings(("0", "0"), [override])) == .seconds(975))
    // A role may ask for the system's own.
    let none = Override(role: 7, database: nil, name: "tcp_keepalives_idle", value: "0")
    #expect(total(settings(("7200", "0"), [none])) == .seconds(7875))
  }

  /// Measured on Linux between network namespaces: with it the count says nothing.
  @Test(arguments: [
    (20, 2, 1, 3, 20), (3, 5, 5, 9, 10), (0, 2, 1, 3, 5), (3600, 60, 10, 6, 3600),
    (120, 60, 10, 6, 120),
  ])
  func userTimeoutGoesBeforeTheCount(
    userTimeout: Int, idle: Int, interval: Int, count: Int, life: Int
  ) {
    let keepalives = Keepalives(
      idle: idle, interval: interval, count: count, userTimeout: .seconds(userTimeout))
    #expect(keepalives.total == .seconds(life))
  }
}
