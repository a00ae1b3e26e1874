import PostgresClient
import Queries
import SessionAudit

/// Ends the sessions of a plan: one statement each, which checks once more that the session is
/// still as it was judged, then one wait in which all are watched until they are gone.
public struct Terminator {
  private let connection: Connection
  private let verifyWithin: Duration

  /// - Parameter verifyWithin: how long a signalled session is given to leave.
  public init(_ connection: Connection, verifyWithin: Duration) {
    self.connection = connection
    self.verifyWithin = verifyWithin
  }

  /// - Returns: an outcome for each victim, in the plan's order, and what ended the run before its
  ///   time.
  public func end(
    _ victims: [Victim], deadline: Deadline
  ) -> (outcomes: [TerminationOutcome], failure: PostgresError?) {
    var outcomes = victims.map { TerminationOutcome($0, .notAttempted) }
    var signalled: [Int] = []
    var failure: PostgresError?
    do throws(PostgresError) {
      try setGuards(deadline: deadline)
      for (index, victim) in victims.enumerated() {
        do throws(PostgresError) {
          let answer = try signal(victim.judged.session, deadline: deadline)
          outcomes[index] = TerminationOutcome(victim, answer.result, answer.detail)
          if answer.result == .survived { signalled.append(index) }
        } catch .queryFailed(let message, _) {
          // This victim's outcome; the next one has a statement of its own.
          outcomes[index] = TerminationOutcome(
            victim, .refused, Self.describe(message))
        } catch {
          // The statement may have done its work before its answer was lost.
          outcomes[index] = TerminationOutcome(
            victim, .survived, "the signal may have been sent; its answer was lost")
          throw error
        }
      }
      try watch(signalled, in: &outcomes, deadline: deadline)
    } catch {
      failure = error
    }
    return (outcomes, failure)
  }

  /// Settings for the session: statements now run outside any transaction, each with a fresh view.
  private func setGuards(deadline: Deadline) throws(PostgresError) {
    let version = connection.serverVersion
    _ = try connection.run(
      [
        Statement(.begin, serverVersion: version),
        Statement(.safePath, serverVersion: version),
        Statement(.isolation, serverVersion: version),
        Statement(
          .guards, serverVersion: version, Guards.parameters(local: false, deadline: deadline)),
        Statement(.commit, serverVersion: version),
      ], deadline: deadline)
  }

  /// Signals one session. `survived` until it is seen to be gone.
  private func signal(
    _ session: Session, deadline: Deadline
  ) throws(PostgresError) -> (result: TerminationOutcome.Result, detail: String?) {
    let result = try connection.query(
      Statement(
        .signal, serverVersion: connection.serverVersion,
        [
          .int32(session.pid),
          .timestamp(microseconds: session.backendStart?.microseconds),
          .text(session.state?.name),
          .timestamp(microseconds: session.stateChange?.microseconds),
        ]), deadline: deadline)
    let hidden: Column<Bool> = try result.column("hidden")
    let sameSession: Column<Bool> = try result.column("same_session")
    let unchanged: Column<Bool> = try result.column("unchanged")
    let wasSignalled: Column<Bool> = try result.column("signalled")
    let state: Column<String> = try result.column("state")
    guard result.rowCount > 0 else { return (.alreadyGone, "its process has left") }
    let row = try result.onlyRow()
    guard try !row.required(hidden) else {
      return (.changed, "this role may no longer see it")
    }
    guard try row.required(sameSession) else {
      return (.alreadyGone, "another session has its pid now")
    }
    guard try row.required(unchanged) else {
      return (.changed, "it was used after it was judged; its state is \(row[state] ?? "unknown")")
    }
    guard row[wasSignalled] == true else { return (.alreadyGone, "it left as it was signalled") }
    return (.survived, nil)
  }

  /// Looks until every signalled session has left or the time is up.
  private func watch(
    _ signalled: [Int], in outcomes: inout [TerminationOutcome], deadline: Deadline
  ) throws(PostgresError) {
    for index in signalled {
      outcomes[index].detail = "signalled, but not seen to leave"
    }
    var waiting = signalled
    let patience = Deadline(after: verifyWithin)
    var pause = Duration.milliseconds(10)
    while !waiting.isEmpty {
      let present = try remaining(waiting.map { outcomes[$0].identity }, deadline: deadline)
      for index in waiting where !present.contains(outcomes[index].identity) {
        outcomes[index].result = .gone
        outcomes[index].detail = nil
      }
      waiting.removeAll { outcomes[$0].result == .gone }
      guard !waiting.isEmpty, !patience.hasPassed else { break }
      try connection.pause(min(pause, patience.remaining), deadline: deadline)
      pause = min(pause * 2, .milliseconds(200))
    }
    for index in waiting {
      outcomes[index].detail =
        "signalled, and still there after \(DurationText.brief(verifyWithin))"
    }
  }

  /// Those of `identities` that are still there, or may be: of a session that this role may no
  /// longer see only the pid is known.
  private func remaining(
    _ identities: [SessionIdentity], deadline: Deadline
  ) throws(PostgresError) -> Set<SessionIdentity> {
    let result = try connection.query(
      Statement(
        .remaining, serverVersion: connection.serverVersion,
        [.int32Array(identities.map(\.pid))]), deadline: deadline)
    let pid: Column<Int32> = try result.column("pid")
    let backendStart: Column<Int64> = try result.column("backend_start")
    var present: Set<SessionIdentity> = []
    var unseen: Set<Int32> = []
    for row in result.rows {
      let pid = try row.required(pid)
      guard let start = row[backendStart] else {
        unseen.insert(pid)
        continue
      }
      present.insert(SessionIdentity(pid: pid, backendStart: Timestamp(microseconds: start)))
    }
    return present.union(identities.filter { unseen.contains($0.pid) })
  }

  private static func describe(_ message: ServerMessage) -> String {
    [message.sqlState?.code, message.message, message.detail].compactMap { $0 }
      .joined(separator: ": ")
  }
}
