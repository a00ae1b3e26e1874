import PostgresClient
import Queries
import SessionAudit

/// The statements by which a plan is carried out; each runs by itself, with a fresh picture.
extension Execution {
  enum Answer {
    case sent
    case notTheSameServer
    /// The statement came too late: the evidence has to be looked at again.
    case tooLate
    case notSent(TerminationOutcome.Result, String)
  }

  /// Signals one session, if it is as it was judged.
  /// - Parameter latest: by the server's clock; nil for any time.
  func send(
    _ signal: TerminationSignal, to session: Session, latest: Timestamp?
  ) throws(PostgresError) -> Answer {
    let target = report.target
    let result = try ask(
      .signal,
      [
        .int32(session.pid),
        .timestamp(microseconds: session.backendStart?.microseconds),
        .text(session.state?.name),
        .timestamp(microseconds: session.stateChange?.microseconds),
        .timestamp(microseconds: target.postmasterStartTime?.microseconds),
        .bool(target.inRecovery),
        .bool(signal == .cancel),
        .timestamp(microseconds: latest?.microseconds),
      ])
    let row = try result.onlyRow()
    func isTrue(_ name: String) throws(PostgresError) -> Bool {
      try row.required(result.column(name))
    }
    let wasSignalled: Column<Bool> = try result.column("signalled")
    let state: Column<String> = try result.column("state")
    guard try isTrue("same_server") else { return .notTheSameServer }
    guard try isTrue("in_time") else { return .tooLate }
    guard try isTrue("present") else { return .notSent(.alreadyGone, "its process has left") }
    guard try !isTrue("hidden") else { return .notSent(.changed, "this role may no longer see it") }
    guard try isTrue("same_session") else {
      return .notSent(.alreadyGone, "another session has its pid now")
    }
    guard try isTrue("unchanged") else {
      return .notSent(
        .changed, "it was used after it was judged; its state is \(row[state] ?? "unknown")")
    }
    return row[wasSignalled] == true ? .sent : .notSent(.alreadyGone, "it left as it was signalled")
  }

  /// What the sessions of one source do now.
  /// - Returns: also when the server looked; nil where it has none of these sessions any more.
  func look(
    at source: JudgedSource
  ) throws(PostgresError) -> (uses: [SessionUse], at: Timestamp?) {
    let result = try ask(
      .source,
      [
        .text(source.applicationName), .text(source.clientAddress),
        .int32Array(source.sessions.map(\.pid)),
        .timestamp(microseconds: pictureAsked?.microseconds),
      ])
    let lookedAt: Column<Int64> = try result.column("looked_at")
    let moment = result.rows.first { _ in true }.flatMap { $0[lookedAt] }
    return (try uses(result), moment.map { Timestamp(microseconds: $0) })
  }

  /// What processes of these pids do now, by pid.
  func uses(of pids: [Int32]) throws(PostgresError) -> [Int32: SessionUse] {
    let uses = try uses(ask(.remaining, [.int32Array(pids)]))
    return Dictionary(uses.map { ($0.pid, $0) }) { first, _ in first }
  }

  private func uses(_ result: QueryResult) throws(PostgresError) -> [SessionUse] {
    let pid: Column<Int32> = try result.column("pid")
    let backendStart: Column<Int64> = try result.column("backend_start")
    let state: Column<String> = try result.column("state")
    let stateChange: Column<Int64> = try result.column("state_change")
    let queryStart: Column<Int64> = try result.column("query_start")
    var uses: [SessionUse] = []
    for row in result.rows {
      uses.append(
        SessionUse(
          pid: try row.required(pid),
          backendStart: row[backendStart].map { Timestamp(microseconds: $0) },
          state: row[state].map { SessionState($0) },
          stateChange: row[stateChange].map { Timestamp(microseconds: $0) },
          queryStart: row[queryStart].map { Timestamp(microseconds: $0) }))
    }
    return uses
  }

  private func ask(
    _ query: Query, _ parameters: [Parameter]
  ) throws(PostgresError) -> QueryResult {
    // One for each victim: parsing and planning it each time would cost more than running it.
    try connection.query(
      Statement(query, serverVersion: connection.serverVersion, parameters, isKept: true),
      deadline: deadline)
  }
}
