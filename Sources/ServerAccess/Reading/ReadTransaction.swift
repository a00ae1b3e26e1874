import OperatingSystem
import PostgresClient
import Queries
import SessionAudit

/// Questions asked in one read-only transaction, sent and answered in one round trip. Settings are
/// local to it, so that nothing outlives it, not even through a pooler.
struct ReadTransaction {
  private let connection: Connection

  init(_ connection: Connection) { self.connection = connection }

  /// - Parameter first: what is asked before our own settings are in force, because it is about
  ///   those that a session begins with; only the deadline bounds it.
  func ask(
    first: [(query: Query, parameters: [Parameter])] = [],
    _ questions: [(query: Query, parameters: [Parameter])], deadline: Deadline,
    streaming stream: RowStream? = nil
  ) throws(PostgresError) -> Answers {
    let guards = Guards.parameters(local: true, deadline: deadline)
    let frame: [(query: Query, parameters: [Parameter])] =
      [(.begin, []), (.searchPath, [])] + first + [(.guards, guards)] + questions
      + [(.commit, [])]
    let version = connection.serverVersion
    return Answers(
      results: try connection.run(
        frame.map { Statement($0.query, serverVersion: version, $0.parameters) },
        deadline: deadline, streaming: stream))
  }

  struct Answers {
    fileprivate let results: [QueryResult]

    func to(_ query: Query) throws(PostgresError) -> QueryResult {
      guard let result = results.first(where: { $0.query == query.name }) else {
        throw .unexpectedResult("is missing", query: query.name)
      }
      return result
    }
  }
}

extension Statement {
  init(
    _ query: Query, serverVersion: Int, _ parameters: [Parameter] = [], isKept: Bool = false
  ) {
    self.init(
      name: query.name, sql: query.sql(forServerVersion: serverVersion), parameters: parameters,
      isKept: isKept)
  }
}

/// The settings that keep our own session from becoming a burden (audit/guards.sql).
enum Guards {
  /// - Parameter local: for this transaction only.
  static func parameters(local: Bool, deadline: Deadline) -> [Parameter] {
    // At least a millisecond: 0 would mean no timeout at all. At most what fits Postgres's int.
    let milliseconds = min(
      max(1, deadline.remaining.wholeMicroseconds / 1000), Int64(Int32.max))
    return [.bool(local), .text("\(milliseconds)ms")]
  }
}

extension Connection {
  /// Asks nothing, and learns whether a session answers: a pooler takes clients in before it has a
  /// server connection for them.
  public func proveSession(deadline: Deadline) throws(PostgresError) {
    _ = try ReadTransaction(self).ask([], deadline: deadline)
  }
}
