/// Which applications a declaration speaks of: a glob on application_name, in the connected
/// database; or `GLOB@DATABASE`, in the database of exactly that name. One that a policy file makes
/// takes a family too, and may be narrowed to roles and databases.
public struct ApplicationPattern: Sendable, Equatable {
  public let text: String
  private let name: Glob
  private let elsewhere: (name: Glob, database: String)?
  /// nil: as on the command line.
  private var scope: Scope?

  private struct Scope: Sendable, Equatable {
    var user: Glob?
    var database: Glob?
    /// The name as the server shows it where it is not ASCII: a `?` for each byte up to Postgres 15,
    /// `\\xc3` from 16 on.
    var spellings: [Glob]
  }

  public init(_ text: String) {
    self.text = text
    name = Glob(text)
    elsewhere = text.lastIndex(of: "@").map { at in
      (Glob(String(text[..<at])), String(text[text.index(after: at)...]))
    }
  }

  /// - Parameters:
  ///   - match: a glob on application_name, or a family such as `web.*`.
  ///   - database: a glob; nil: the connected one.
  public init(match: String, user: String?, database: String?) {
    text = match
    name = Glob(match)
    elsewhere = nil
    let isASCII = match.utf8.allSatisfy { $0 < 0x80 }
    scope = Scope(
      user: user.map(Glob.init), database: database.map(Glob.init),
      spellings: isASCII
        ? [] : [Self.spelled(match) { _ in "[?]" }, Self.spelled(match, Self.escaped)])
  }

  private static func escaped(_ byte: UInt8) -> String {
    "\\\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  private static func spelled(_ match: String, _ spell: (UInt8) -> String) -> Glob {
    Glob(
      match.utf8.map { $0 < 0x80 ? String(UnicodeScalar($0)) : spell($0) }.joined())
  }

  /// The globs that narrow it.
  public var user: String? { scope?.user?.pattern }
  public var database: String? { scope?.database?.pattern }

  /// - Parameter isConnected: whether the session is in the connected database.
  func matches(
    _ application: String, user: String?, database: String?, isConnected: Bool
  ) -> Bool {
    if let scope {
      let isInDatabase =
        scope.database.map { glob in database.map(glob.matches) ?? false } ?? isConnected
      guard isInDatabase, scope.user.map({ glob in user.map(glob.matches) ?? false }) ?? true else {
        return false
      }
      return name.matches(application) || InstanceName(application).family == text
        || scope.spellings.contains { $0.matches(application) }
    }
    if isConnected && name.matches(application) { return true }
    guard let elsewhere, let database, elsewhere.database.hasSameBytes(as: database) else {
      return false
    }
    return elsewhere.name.matches(application)
  }

  public static func == (a: ApplicationPattern, b: ApplicationPattern) -> Bool {
    a.text == b.text && a.scope == b.scope
  }
}

/// Something that the user says of some applications, or of all of the connected database.
public struct Declaration<Value: Sendable & Equatable>: Sendable, Equatable {
  /// nil: every application.
  public var application: ApplicationPattern?
  public var value: Value
  /// Where it is said: `policy.toml:12`; nil: on the command line.
  public var place: String?

  public init(_ application: ApplicationPattern?, _ value: Value, place: String? = nil) {
    self.application = application
    self.value = value
    self.place = place
  }
}

extension Array {
  /// The value that holds for an application: that of the last declaration that matches.
  func value<Value>(
    for application: String, user: String?, database: String?, isConnected: Bool
  ) -> Value? where Element == Declaration<Value> {
    declaration(for: application, user: user, database: database, isConnected: isConnected)?.value
  }

  /// What holds for a session whatever its database: it needs no knowledge of who runs there.
  func declaration<Value>(
    for session: Session
  ) -> Declaration<Value>? where Element == Declaration<Value> {
    isEmpty
      ? nil
      : declaration(
        for: session.applicationName, user: session.user, database: session.database,
        isConnected: true)
  }

  public func declaration<Value>(
    for application: String, user: String?, database: String?, isConnected: Bool
  ) -> Declaration<Value>? where Element == Declaration<Value> {
    last {
      $0.application?.matches(
        application, user: user, database: database, isConnected: isConnected) ?? isConnected
    }
  }
}

/// When a restart was completed, as it was declared.
public enum RestartTime: Sendable, Equatable {
  case at(Timestamp)
  /// Before the server's now.
  case ago(Duration)

  public func moment(at now: Timestamp) -> Timestamp {
    switch self {
    case .at(let moment): moment
    case .ago(let age): now - age
    }
  }
}
