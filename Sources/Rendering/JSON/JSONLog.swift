import SessionAudit

/// The log of a run that ends sessions: an event a line, with the keys of docs/json.md in a fixed
/// order.
public enum JSONLog {
  /// How each line begins, and nobody else's does: the end of a log that was cut off is known by it.
  public static let opening = "{\"schema\":\"\(schema)\""

  private static let schema = "pgsessions/log/1"

  /// One line of JSON, which ends in a newline and has no other.
  /// - Parameters:
  ///   - run: what the lines of one run have in common.
  ///   - at: when it happens, by the clock of this machine.
  ///   - version: the program's own.
  public static func line(
    _ event: TerminationEvent, run: String, at: Timestamp, version: String
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    let sink = ByteSink(capacity: 1 << 12) { bytes += $0 }
    var writer = JSONWriter(into: sink)
    writer.object { json in
      json.value("schema", schema)
      json.value("event", name(of: event))
      json.value("run", run)
      json.value("at", at)
      switch event {
      case .begin(let report):
        json.tool(version)
        json.target(report.audit.target)
        json.value("judged_at", report.audit.capturedAt)
        json.value("selected", report.plan.selected.count)
        json.value("kept", report.plan.kept.count)
        json.rosterGaps(of: report.audit)
      case .intent(let victim, let signal, let judgedAt):
        json.intent(victim, signal, judgedAt: judgedAt)
      case .outcome(let outcome):
        json.outcomeFields(outcome)
      case .end(let report):
        json.terminationTotals(report)
        json.failure(report.failure)
      }
    }
    sink.append(literal: "\n")
    sink.flush()
    return bytes
  }

  private static func name(of event: TerminationEvent) -> String {
    switch event {
    case .begin: "begin"
    case .intent: "intent"
    case .outcome: "outcome"
    case .end: "end"
    }
  }
}

extension JSONWriter {
  /// Enough to see later, from the log alone, who was ended and what spoke for it.
  fileprivate mutating func intent(
    _ victim: Victim, _ signal: TerminationSignal, judgedAt: Timestamp
  ) {
    let (judged, session) = (victim.judged, victim.judged.session)
    value("signal", signal.rawValue)
    value("pid", victim.identity.pid)
    value("backend_start", victim.identity.backendStart)
    value("application_name", session.applicationName)
    value("user", session.user)
    value("database", session.database)
    value("client_address", session.clientAddress)
    value("client_port", session.clientPort)
    value("state", session.state?.name)
    value("state_change", session.stateChange)
    value("last_heard", judged.times.lastHeard)
    value("transaction_start", session.transactionStart)
    value("last_command", session.lastCommand)
    holdings("holds", judged.holds)
    holdings("holds_unknown", judged.holdsUnknown)
    value("verdict", judged.verdict.rawValue)
    evidence(of: judged, at: judgedAt)
    reasons("rule", victim.reasons)
  }
}
