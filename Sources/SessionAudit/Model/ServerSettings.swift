/// The settings that decide how long sessions live, and who has others than the server.
public struct ServerSettings: Sendable, Equatable {
  /// A row of pg_settings, as it held for our own session before it had set anything.
  public struct Setting: Sendable, Equatable {
    /// Numbers in the setting's base unit. For keepalives over TCP the system's, where Postgres has
    /// none of its own.
    public var value: String
    /// What the server or role has configured; "0" where that is nothing.
    public var resetValue: String
    /// Where the value comes from, in pg_settings' words: `default`, `configuration file`, `user`, …
    public var source: String
    public var mayAlterSystem: Bool

    public init(value: String, resetValue: String, source: String, mayAlterSystem: Bool) {
      self.value = value
      self.resetValue = resetValue
      self.source = source
      self.mayAlterSystem = mayAlterSystem
    }

    /// Whether ours is what every session starts with, rather than of our role, database or client.
    var isOfServer: Bool {
      !["database", "user", "database user", "client", "session", "global"].contains(source)
    }
  }

  /// A row of pg_db_role_setting; nil stands for all roles or all databases.
  public struct Override: Sendable, Equatable {
    public var role: UInt32?
    public var database: UInt32?
    public var name: String
    /// As it was written: `60`, `5min`.
    public var value: String

    public init(role: UInt32?, database: UInt32?, name: String, value: String) {
      self.role = role
      self.database = database
      self.name = name
      self.value = value
    }
  }

  public var settings: [String: Setting]
  public var overrides: [Override]

  public init(settings: [String: Setting], overrides: [Override]) {
    self.settings = settings
    self.overrides = overrides
  }

  /// Where this role may not read them.
  public static let unreadable = ServerSettings(settings: [:], overrides: [])

  var isReadable: Bool { !settings.isEmpty }

  /// What a session of this role and database begins with, unless its client says otherwise; nil
  /// where that can't be known from here.
  func text(_ name: SettingName, role: UInt32?, database: UInt32?) -> String? {
    if let override = override(name, role: role, database: database) { return override.value }
    guard let setting = settings[name.rawValue], setting.isOfServer else { return nil }
    return setting.resetValue
  }

  /// The one that holds: a role's in a database before the role's, the database's and everybody's
  /// (ApplySetting's order).
  func override(_ name: SettingName, role: UInt32?, database: UInt32?) -> Override? {
    let places: [(UInt32?, UInt32?)] = [(role, database), (role, nil), (nil, database), (nil, nil)]
    for place in places {
      if let found = overrides.first(where: {
        $0.name == name.rawValue && $0.role == place.0 && $0.database == place.1
      }) {
        return found
      }
    }
    return nil
  }

  /// nil: not known. Zero means none.
  func duration(_ name: SettingName, role: UInt32?, database: UInt32?) -> Duration? {
    text(name, role: role, database: database).flatMap(name.duration)
  }
}

/// The settings that this program knows about.
public enum SettingName: String, Sendable, CaseIterable {
  case keepalivesIdle = "tcp_keepalives_idle"
  case keepalivesInterval = "tcp_keepalives_interval"
  case keepalivesCount = "tcp_keepalives_count"
  case userTimeout = "tcp_user_timeout"
  case connectionCheckInterval = "client_connection_check_interval"
  case idleSessionTimeout = "idle_session_timeout"
  case idleInTransactionTimeout = "idle_in_transaction_session_timeout"
  case transactionTimeout = "transaction_timeout"
  case maxConnections = "max_connections"
  case superuserReserved = "superuser_reserved_connections"
  case reserved = "reserved_connections"
  case trackActivities = "track_activities"
  case allowAlterSystem = "allow_alter_system"

  /// Reads a value of time as the server does: a number in the setting's base unit, or with a unit.
  /// nil for what is none.
  func duration(_ text: String) -> Duration? {
    let units: [String: Double] = [
      "us": 1, "ms": 1e3, "s": 1e6, "min": 60e6, "h": 3600e6, "d": 86_400e6,
    ]
    let base: Double =
      self == .keepalivesIdle || self == .keepalivesInterval ? 1e6 : 1e3
    let text = text.filter { $0 != " " }
    let number = text.prefix { !$0.isLetter }
    let unit = text.dropFirst(number.count)
    guard let value = Self.number(number), let scale = unit.isEmpty ? base : units[String(unit)],
      value >= 0, value * scale < 9e15
    else { return nil }
    // The server keeps whole numbers of the base unit.
    return .microseconds(Int64((value * scale / base).rounded(.toNearestOrEven) * base))
  }

  /// As C reads it: a whole number that begins with 0 is octal.
  static func number(_ text: some StringProtocol) -> Double? {
    let isOctal = text.count > 1 && text.hasPrefix("0") && text.allSatisfy(\.isWholeNumber)
    return isOctal ? Int(text, radix: 8).map(Double.init) : Double(text)
  }
}
