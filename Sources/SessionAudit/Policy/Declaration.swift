/// Which applications a declaration speaks of: a glob on application_name, in the connected
/// database; or `GLOB@DATABASE`, in the database of exactly that name. One that a policy file makes
/// takes a family too, and may be narrowed to roles and databases.
public struct ApplicationPattern: Sendable, Equatable {
  public let text: String
  /// Whether what matches is counted together: `family:celery@*`.
  public let isOfFamily: Bool
  private let name: Glob
  private let elsewhere: (name: Glob, database: String)?
  /// What it matches as a family; empty on the command line.
  private var family = ""
  /// nil: as on the command line.
  private var scope: Scope?

  private struct Scope: Sendable, Equatable {
    var user: Glob?
    var database: Glob?
    var reading: Glob.Reading
  }

  public init(_ text: String) {
    self.text = text
    let glob: Substring
    (isOfFamily, glob) = Self.split(text)
    name = Glob(String(glob))
    elsewhere = glob.lastIndex(of: "@").map { at in
      (Glob(String(glob[..<at])), String(glob[glob.index(after: at)...]))
    }
  }

  private static func split(_ text: String) -> (isOfFamily: Bool, glob: Substring) {
    let prefix = "family:"
    return text.hasPrefix(prefix) ? (true, text.dropFirst(prefix.count)) : (false, text[...])
  }

  /// - Parameters:
  ///   - match: a glob on application_name, or a family such as `web.*`.
  ///   - database: a glob; nil: the connected one.
  ///   - protects: it speaks of every session that may be meant, as far as its names can be read.
  public init(match: String, user: String?, database: String?, protects: Bool = false) {
    text = match
    let glob: Substring
    (isOfFamily, glob) = Self.split(match)
    name = Glob(String(glob))
    family = String(glob)
    elsewhere = nil
    scope = Scope(
      user: user.map(Glob.init), database: database.map(Glob.init),
      reading: protects ? .possible : .likely)
  }

  /// The globs that narrow it.
  public var user: String? { scope?.user?.pattern }
  public var database: String? { scope?.database?.pattern }

  /// - Parameter isConnected: whether the session is in the connected database.
  func matches(
    _ application: String, user: String?, database: String?, isConnected: Bool
  ) -> Bool {
    if let scope {
      func matches(_ glob: Glob, _ name: String?) -> Bool {
        name.map { glob.matches(shown: $0, scope.reading) } ?? false
      }
      guard scope.database.map({ matches($0, database) }) ?? isConnected,
        scope.user.map({ matches($0, user) }) ?? true
      else { return false }
      return name.matches(shown: application, scope.reading)
        || InstanceName(application).family == family
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

  /// The place of the declaration that holds for an application.
  func place<Value>(
    for application: String, user: String?, database: String?, isConnected: Bool
  ) -> Int? where Element == Declaration<Value> {
    lastIndex {
      $0.application?.matches(
        application, user: user, database: database, isConnected: isConnected) ?? isConnected
    }
  }

  public func declaration<Value>(
    for application: String, user: String?, database: String?, isConnected: Bool
  ) -> Declaration<Value>? where Element == Declaration<Value> {
    place(for: application, user: user, database: database, isConnected: isConnected)
      .map { self[$0] }
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
