import OperatingSystem
import PostgresClient
import Queries
import SessionAudit

/// The second look at a server: what the sessions that may be ended hold, who blocks whom, and what
/// settings let orphans live. One read-only transaction in one round trip, and none where there is nothing to ask.
public struct DetailsReader {
  private let connection: Connection

  public init(_ connection: Connection) { self.connection = connection }

  /// - Parameters:
  ///   - candidates: those whose holdings matter. What one of another database holds there is not
  ///     to be seen from here.
  ///   - lockWaiters: those that wait for a lock; of more than 200 the longest-waiting are asked
  ///     about, so that counts of waiters are then at least what is said.
  ///   - sessions: the snapshot's, which says when they began to wait and what they last asked.
  ///   - asksSettings: with the settings that sessions begin with, for what would mend orphans.
  /// - Returns: holdings, be it none, of every candidate.
  public func read(
    candidates: [Int32], lockWaiters: [Int32], among sessions: [Session],
    asksSettings: Bool = false, deadline: Deadline
  ) throws(PostgresError) -> Details {
    let waiters = Blocking.longestWaiting(lockWaiters, among: sessions)
    var questions: [(query: Query, parameters: [Parameter])] = []
    if !candidates.isEmpty { questions.append((.holdings, [.int32Array(candidates)])) }
    if !waiters.isEmpty { questions.append((.blocking, [.int32Array(waiters)])) }
    // Nobody waits, so nobody blocks: that is an answer, and needs no question.
    var details = Details(blocking: [])
    guard !questions.isEmpty || asksSettings else { return details }

    let answers = try ReadTransaction(connection).ask(
      first: asksSettings ? SettingsAnswer.questions : [], questions, deadline: deadline)
    if asksSettings { details.settings = try SettingsAnswer.settings(answers) }
    if !candidates.isEmpty {
      try Self.add(answers.to(.holdings), of: candidates, sessions, to: &details)
    }
    if !waiters.isEmpty {
      let edges = try Self.edges(answers.to(.blocking), from: waiters)
      details.blocking = Blocking.roots(of: edges, among: sessions)
    }
    return details
  }

  private static func add(
    _ result: QueryResult, of candidates: [Int32], _ sessions: [Session], to details: inout Details
  ) throws(PostgresError) {
    var holdings = Dictionary(candidates.map { ($0, Set<Holding>()) }) { first, _ in first }
    for session in sessions where holdings[session.pid] != nil {
      holdings[session.pid]?.formUnion(session.heldByLastQuery)
      let unknown = session.unknownByLastQuery
      if !unknown.isEmpty { details.unknown[session.pid] = unknown }
    }
    let pid: Column<Int32> = try result.column("pid")
    let word: Column<String> = try result.column("holding")
    let isSure: Column<Bool> = try result.column("is_sure")
    let schemas: Column<Int64> = try result.column("schemas")
    for row in result.rows {
      guard let holding = Holding(rawValue: try row.required(word)) else {
        throw .unexpectedResult("names no known holding", query: result.query)
      }
      // A row that nobody asked about (a server that lies) finds no entry.
      let pid = try row.required(pid)
      guard holdings[pid]?.insert(holding) != nil else { continue }
      if try !row.required(isSure) {
        details.unknown[pid, default: []].insert(holding)
        details.doubtfulSchemas = row[schemas].flatMap { Int(exactly: $0) }
      }
    }
    details.holdings = holdings
  }

  /// By waiter, those in its way. A waiter without a row has got its lock, or has gone.
  private static func edges(
    _ result: QueryResult, from waiters: [Int32]
  ) throws(PostgresError) -> [Int32: [Int32]] {
    var edges = Dictionary(waiters.map { ($0, [Int32]()) }) { first, _ in first }
    let pid: Column<Int32> = try result.column("pid")
    let blocker: Column<Int32> = try result.column("blocker")
    for row in result.rows {
      edges[try row.required(pid)]?.append(try row.required(blocker))
    }
    return edges
  }
}
