/// How TCP finds out that a peer is gone: the first probe after `idle` seconds, `count` of them each
/// `interval` seconds. nil: not known.
public struct Keepalives: Sendable, Equatable {
  public var idle: Int?
  public var interval: Int?
  public var count: Int?
  /// `tcp_user_timeout`; zero for none.
  public var userTimeout: Duration?

  /// Above this a vanished host's slots are missed: two restarts may fall into it.
  static let longLife = Duration.seconds(900)

  /// How long an idle session outlives its client.
  public var total: Duration? {
    guard let idle, let interval, var count = count.map(Double.init), let userTimeout else {
      return nil
    }
    // On Linux it goes before the count: the first probe after it finds the peer gone (tcp_timer.c,
    // measured).
    if userTimeout > .zero {
      let seconds = Double(userTimeout.wholeMicroseconds) / 1e6
      count = max(1, ((seconds - Double(idle)) / Double(max(1, interval))).rounded(.up))
    }
    // Each may be 2,147,483,647; a hundred years are for ever.
    let seconds = Double(idle) + Double(interval) * count
    return .seconds(Int(max(0, min(seconds, 100 * 366 * 86_400))))
  }
}

extension ServerSettings {
  /// The keepalives of a session of this role and database.
  func keepalives(role: UInt32?, database: UInt32?) -> Keepalives {
    func seconds(_ name: SettingName) -> Int? {
      guard let text = text(name, role: role, database: database),
        let duration = name.duration(text)
      else { return nil }
      return duration == .zero ? systemValue(name) : Int(duration.components.seconds)
    }
    let count = text(.keepalivesCount, role: role, database: database)
      .flatMap(SettingName.number).flatMap { Int(exactly: $0) }
    return Keepalives(
      idle: seconds(.keepalivesIdle), interval: seconds(.keepalivesInterval),
      count: count == 0 ? systemValue(.keepalivesCount) : count,
      userTimeout: duration(.userTimeout, role: role, database: database))
  }

  /// What the system has where Postgres sets nothing: known only over TCP.
  private func systemValue(_ name: SettingName) -> Int? {
    guard let setting = settings[name.rawValue], setting.resetValue == "0", setting.isOfServer,
      let value = Int(setting.value), value > 0
    else { return nil }
    return value
  }

  /// How long a session outlives its client: until keepalives tell, or until the timeout that ends
  /// quiet sessions anyway. nil: not known.
  func lifeAfterVanishing(
    role: UInt32?, database: UInt32?, inTransaction: Bool
  ) -> Duration? {
    let total = keepalives(role: role, database: database).total
    let timeout = duration(
      inTransaction ? .idleInTransactionTimeout : .idleSessionTimeout, role: role,
      database: database)
    guard let timeout, timeout > .zero else { return total }
    return total.map { min($0, timeout) } ?? timeout
  }

  /// ALTER ROLE, for a role and where it has a value of its own in a database, there: that goes
  /// before what the role has everywhere.
  func alterRole(
    _ role: (id: UInt32, name: String), in database: (id: UInt32?, name: String),
    _ assignments: [Assignment]
  ) -> [String] {
    assignments.map { name, value in
      let isForDatabase =
        override(name, role: role.id, database: database.id)
        .map { $0.role != nil && $0.database != nil } ?? false
      let scope = isForDatabase ? " IN DATABASE \(SQLText.identifier(database.name))" : ""
      return
        "ALTER ROLE \(SQLText.identifier(role.name))\(scope) SET \(name.rawValue) = '\(value)';"
    }
  }

  typealias Assignment = (name: SettingName, value: String)

  /// A probe a minute of a quiet session, and two minutes until its client is known to be gone.
  static let shortKeepalives: [Assignment] = [
    (.keepalivesIdle, "60"), (.keepalivesInterval, "10"), (.keepalivesCount, "6"),
  ]

  /// What lets sessions of this role go within two minutes: a longer tcp_user_timeout would hold
  /// them.
  func cure(role: UInt32?, database: UInt32?) -> [Assignment] {
    let userTimeout = duration(.userTimeout, role: role, database: database) ?? .zero
    return Self.shortKeepalives
      + (userTimeout > .seconds(120) ? [(.userTimeout, "2min")] : [])
  }

  /// With keepalives, a query whose client is gone ends within this.
  static let connectionCheck: Assignment = (.connectionCheckInterval, "10s")
}
