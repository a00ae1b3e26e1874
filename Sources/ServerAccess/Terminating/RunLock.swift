import OperatingSystem
import PostgresClient
import Queries
import SessionAudit

/// Keeps runs that end sessions from overlapping on one server, whatever database each is connected
/// to. Advisory locks are granted for each database by itself, so that whoever has one still looks
/// for the same key in the others, and lets go where somebody has it. The lock goes with its session.
public struct RunLock {
  private let connection: Connection
  /// Between attempts, so that two runs that have met don't meet again and again.
  private let pause: (_ attempt: Int) -> Duration

  public init(
    _ connection: Connection,
    pause: @escaping (Int) -> Duration = { _ in .milliseconds(.random(in: 50...250)) }
  ) {
    self.connection = connection
    self.pause = pause
  }

  public enum Outcome: Sendable, Equatable {
    case taken
    /// By nobody who was to be seen when the time was up, where nil.
    case held(by: Holder?)
  }

  /// A session of another run; its names are unknown where the role may not see them.
  public struct Holder: Sendable, Equatable {
    /// nil: a prepared transaction, which is no run of ours.
    public var pid: Int32?
    public var user: String?
    public var database: String?
    public var since: Timestamp?
  }

  /// Tries for so long.
  public func take(
    within patience: Duration, deadline: Deadline
  ) throws(PostgresError) -> Outcome {
    let end = min(Deadline(after: patience), deadline)
    var attempt = 0
    while true {
      let isOurs = try tryLock(deadline)
      let holder = try holders(deadline).first
      if isOurs && holder == nil { return .taken }
      if isOurs { _ = try connection.query(statement(.unlock), deadline: deadline) }
      if end.hasPassed { return .held(by: holder) }
      attempt += 1
      try connection.pause(min(pause(attempt), end.remaining), deadline: deadline)
    }
  }

  private func tryLock(_ deadline: Deadline) throws(PostgresError) -> Bool {
    let result = try connection.query(statement(.lock), deadline: deadline)
    return try result.onlyRow().required(result.column("locked"))
  }

  private func holders(_ deadline: Deadline) throws(PostgresError) -> [Holder] {
    let result = try connection.query(statement(.lockHolders), deadline: deadline)
    let pid: Column<Int32> = try result.column("pid")
    let user: Column<String> = try result.column("usename")
    let database: Column<String> = try result.column("datname")
    let start: Column<Int64> = try result.column("backend_start")
    var holders: [Holder] = []
    for row in result.rows {
      holders.append(
        Holder(
          pid: row[pid], user: row[user], database: row[database],
          since: row[start].map { Timestamp(microseconds: $0) }))
    }
    return holders
  }

  private func statement(_ query: Query) -> Statement {
    Statement(query, serverVersion: connection.serverVersion)
  }
}
