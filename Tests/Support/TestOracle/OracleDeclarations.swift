/// The thresholds of a judgement, in microseconds.
public struct OracleLimits: Sendable {
  public var grace: Int64
  public var stale: Int64
  public var tolerance: Int64

  public init(
    grace: Int64 = 100_000, stale: Int64 = 3_600_000_000, tolerance: Int64 = 40_000
  ) {
    (self.grace, self.stale, self.tolerance) = (grace, stale, tolerance)
  }
}

/// Who is alive, as it was written into a roster.
public struct OracleRoster {
  public struct Entry: Sendable {
    public var name: String?
    public var address: String?
    public var isAlive: Bool
    public var startedAt: Int64?

    public init(
      name: String? = nil, address: String? = nil, isAlive: Bool = true, startedAt: Int64? = nil
    ) {
      (self.name, self.address, self.isAlive, self.startedAt) = (name, address, isAlive, startedAt)
    }
  }

  /// By what a list covers a session.
  public enum Coverage: Equatable, Sendable {
    case nothing
    /// By its name, which means an instance.
    case name
    /// By its address: a network, or that its application is listed.
    case address(by: String)
  }

  public var entries: [Entry]
  public var takenAt: Int64
  public var isComplete = false
  /// How it covers a session, as it was made.
  public var covers: (SessionFact) -> Coverage

  public init(
    entries: [Entry] = [], takenAt: Int64 = 0,
    covers: @escaping (SessionFact) -> Coverage = { _ in .nothing }
  ) {
    (self.entries, self.takenAt, self.covers) = (entries, takenAt, covers)
  }
}

/// A restart that is said to be complete.
public struct OracleRestart: Sendable {
  public var at: Int64
  /// Whether it was said of which application.
  public var isNamed: Bool

  public init(at: Int64, isNamed: Bool) { (self.at, self.isNamed) = (at, isNamed) }
}
