/// Which applications a declaration speaks of: a glob on application_name, in the connected
/// database; or `GLOB@DATABASE`, in the database of exactly that name.
public struct ApplicationPattern: Sendable, Equatable {
  public let text: String
  private let name: Glob
  private let elsewhere: (name: Glob, database: String)?

  public init(_ text: String) {
    self.text = text
    name = Glob(text)
    elsewhere = text.lastIndex(of: "@").map { at in
      (Glob(String(text[..<at])), String(text[text.index(after: at)...]))
    }
  }

  /// - Parameter isConnected: whether the session is in the connected database.
  func matches(_ application: String, database: String?, isConnected: Bool) -> Bool {
    if isConnected && name.matches(application) { return true }
    guard let elsewhere, let database, elsewhere.database.hasSameBytes(as: database) else {
      return false
    }
    return elsewhere.name.matches(application)
  }

  public static func == (a: ApplicationPattern, b: ApplicationPattern) -> Bool { a.text == b.text }
}

/// Something that the user says of some applications, or of all of the connected database.
public struct Declaration<Value: Sendable & Equatable>: Sendable, Equatable {
  /// nil: every application.
  public var application: ApplicationPattern?
  public var value: Value

  public init(_ application: ApplicationPattern?, _ value: Value) {
    self.application = application
    self.value = value
  }
}

extension Array {
  /// The value that holds for an application: that of the last declaration that matches.
  func value<Value>(
    for application: String, database: String?, isConnected: Bool
  ) -> Value? where Element == Declaration<Value> {
    last {
      $0.application?.matches(application, database: database, isConnected: isConnected)
        ?? isConnected
    }?.value
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
