/// Who a session is: its process, and its start as JSON has it.
public struct SessionKey: Hashable, Sendable {
  public let pid: Int32
  public let start: String

  public init(pid: Int32, start: String) { (self.pid, self.start) = (pid, start) }
}

/// A session as the server shows it, and whose it is in truth.
public struct SessionFact: Sendable, CustomStringConvertible {
  public let key: SessionKey
  public let name: String
  public let user: String
  public let database: String
  public let address: String
  /// Whether its host is alive, of which the oracle knows nothing.
  public let isLive: Bool
  /// The server's microseconds, as all times here.
  public let start: Int64
  public let queryStart: Int64
  public let stateChange: Int64
  /// As the server calls it.
  public let state: String

  public init(
    key: SessionKey, name: String, user: String, database: String, address: String, isLive: Bool,
    start: Int64, queryStart: Int64, stateChange: Int64, state: String
  ) {
    (self.key, self.name, self.user, self.database) = (key, name, user, database)
    (self.address, self.isLive, self.start) = (address, isLive, start)
    (self.queryStart, self.stateChange, self.state) = (queryStart, stateChange, state)
  }

  public var isActive: Bool { state == "active" }

  public var description: String {
    "\(isLive ? "live" : "left") '\(name)' \(user)@\(database) \(address) pid \(key.pid) "
      + "start \(start) query \(queryStart) change \(stateChange)\(isActive ? " active" : "")"
  }
}

/// What an application_name of those that tests make up says.
public enum TestName {
  /// Whether many instances share it.
  public static func isShared(_ name: String) -> Bool { !name.contains { ".@-".contains($0) } }

  /// Whether it is one instance's, and comes again after a restart, as those of a Deployment's pods
  /// don't.
  public static func comesAgain(_ name: String) -> Bool {
    !isShared(name) && name.count { $0 == "-" } < 2
  }

  /// What follows the hyphen of `web-0`: an instance's number, or of anything else.
  static func ordinal(of name: String) -> Int? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    return parts.count == 2 ? Int(parts[1]) : nil
  }
}
