/// What is known of those that keep others waiting.
extension AuditReport {
  /// The session of one that blocks; nil for a prepared transaction and for processes of the server.
  func session(of blocker: Blocker) -> JudgedSession? {
    sessions.first { $0.session.pid == blocker.pid }
  }

  /// For how long the oldest query of those that wait for a lock has been running; nil where none
  /// of them is to be seen.
  public var longestLockWaiter: Duration? {
    sessions.filter { $0.session.waitEventType == "Lock" }.compactMap(\.times.stateAge).max()
  }

  /// Who it is, how many wait for it, since when, and what it did last; without a full stop.
  public func sentence(about blocker: Blocker) -> String {
    let count = blocker.waiters == 1 ? "1 waits" : "\(blocker.waiters) wait"
    guard blocker.pid != 0 else { return "\(count) for a prepared transaction" }
    guard let judged = session(of: blocker) else {
      let name = blocker.applicationName.map { $0.isEmpty ? "" : " (\($0))" } ?? ""
      return "\(count) for pid \(blocker.pid)\(name), a process of the server"
    }
    let session = judged.session
    let name =
      session.applicationName.isEmpty ? "(no application_name)" : session.applicationName
    let from = session.clientAddress.map { " from \($0)" } ?? ""
    let who =
      "\(count) for pid \(blocker.pid) of \(name) "
      + "(\(session.user ?? "?")@\(session.database ?? "?")\(from))"
    guard judged.verdict != .hidden else { return "\(who), whose state is hidden" }
    var facts: [String] = []
    if let state = session.state {
      facts.append(
        judged.times.stateAge.map { "\(state.name) for \(DurationText.brief($0))" } ?? state.name)
    }
    if let began = blocker.heldSince ?? session.transactionStart {
      let age = DurationText.brief(max(.zero, capturedAt - began))
      facts.append("in its transaction for \(age), since \(began.clock(seenFrom: capturedAt))")
    }
    if let command = session.lastCommand { facts.append("last command \(command)") }
    return "\(who): \(facts.joined(separator: ", "))"
  }
}
