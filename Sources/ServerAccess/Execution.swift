import PostgresClient
import SessionAudit

/// A plan while it is carried out. Whatever happens, each victim has an outcome at any moment.
struct Execution {
  let connection: Connection
  private let victims: [Victim]
  let report: AuditReport
  private let options: Terminator.Options
  let deadline: Deadline
  /// What is signalled must still be watched within the time that was granted.
  private let lastSignal: Deadline
  private let record: (TerminationEvent) -> Bool

  private(set) var outcomes: [TerminationOutcome]
  /// Signalled, or perhaps so, and not seen to be gone.
  private var watched: Set<Int> = []
  /// Those about which all is said.
  private var settled: Set<Int> = []
  var earlyEnd: Terminator.EarlyEnd?

  init(
    _ victims: [Victim], of report: AuditReport, on connection: Connection,
    _ options: Terminator.Options, deadline: Deadline,
    record: @escaping (TerminationEvent) -> Bool
  ) {
    self.victims = victims
    self.report = report
    self.connection = connection
    self.options = options
    self.deadline = deadline
    self.record = record
    lastSignal = deadline.earlier(by: min(options.verifyWithin, deadline.granted / 5))
    outcomes = victims.map { TerminationOutcome($0, .notAttempted) }
  }

  // MARK: - Signals

  /// The orphans of one address are ended only while nobody is heard from there.
  mutating func carryOut(_ step: EndingStep) throws(Terminator.EarlyEnd) {
    let victims = step.victims.filter { !settled.contains($0) }
    if let source = step.source, !victims.isEmpty {
      try checkThatItGoesOn()
      let sign: String?
      do throws(PostgresError) {
        sign = source.sign(in: try sessions(of: source))
      } catch .queryFailed(let message, _) {
        for index in victims {
          outcomes[index].detail =
            "its evidence could not be looked at again: \(Self.describe(message))"
        }
        return
      } catch {
        throw .init(error)
      }
      if let sign {
        for index in victims { try settle(index, .changed, "its address was heard: \(sign)") }
        return
      }
    }
    for index in victims { try signal(index, .terminate) }
  }

  /// Cancels the queries of active victims and waits for all at once; what goes on all the same is
  /// left to be ended.
  mutating func cancelActive(within grace: Duration) throws(Terminator.EarlyEnd) {
    let active = victims.indices.filter { victims[$0].judged.session.state?.isActive == true }
    // What was cancelled only is not expected to leave.
    defer { watched.subtract(active) }
    for index in active { try signal(index, .cancel) }
    let patience = Deadline(after: grace)
    var pause = Duration.milliseconds(10)
    while true {
      let cancelled = watched.intersection(active)
      guard !cancelled.isEmpty else { return }
      let now = try answer { () throws(PostgresError) in
        try uses(of: cancelled.map { victims[$0].identity.pid })
      }
      for index in cancelled.sorted() {
        let judged = SessionUse(victims[index].judged.session)
        guard let use = now[judged.pid], use.backendStart == nil || use.isSameSession(as: judged)
        else {
          try settle(index, .gone, "its query was cancelled, and it left")
          continue
        }
        if use.state != judged.state || use.stateChange != judged.stateChange {
          try settle(index, .changed, "its query was cancelled; the session lives on")
        }
      }
      guard !patience.hasPassed else { break }
      try checkThatItGoesOn()
      try pauseFor(min(pause, patience.remaining))
      pause = min(pause * 2, .milliseconds(200))
    }
  }

  private mutating func signal(
    _ index: Int, _ signal: TerminationSignal
  ) throws(Terminator.EarlyEnd) {
    try checkThatItGoesOn()
    let victim = victims[index]
    guard record(.intent(victim, signal, judgedAt: report.capturedAt)) else { throw .notRecorded }
    let answer: Answer
    do throws(PostgresError) {
      answer = try send(signal, to: victim.judged.session)
    } catch {
      return try take(error, index)
    }
    switch answer {
    case .sent:
      outcomes[index].result = .survived
      outcomes[index].detail =
        signal == .cancel ? "its query was cancelled" : "signalled, but not seen to leave"
      watched.insert(index)
    case .notTheSameServer: throw .notTheSameServer
    case .notSent(let result, let detail): try settle(index, result, detail)
    }
  }

  private mutating func take(
    _ error: PostgresError, _ index: Int
  ) throws(Terminator.EarlyEnd) {
    guard case .queryFailed(let message, _) = error else {
      // The statement may have done its work before its answer was lost.
      outcomes[index].result = .survived
      outcomes[index].detail = "the signal may have been sent; its answer was lost"
      throw .init(error)
    }
    // This victim's outcome; the next one has a statement of its own.
    outcomes[index].result = .refused
    outcomes[index].detail = Self.describe(message)
    if message.sqlState == .insufficientPrivilege {
      try settle(index, .refused, Self.describe(message))
    } else {
      // A timeout, perhaps: nobody knows how far it came.
      watched.insert(index)
    }
  }

  private func checkThatItGoesOn() throws(Terminator.EarlyEnd) {
    if options.stop?.isRaised == true { throw .interrupted }
    if lastSignal.hasPassed {
      throw .failed(.timedOut(during: .query("terminate/signal"), after: deadline.granted))
    }
  }

  // MARK: - Outcomes

  /// Looks until every signalled session has left or the time is up. An outcome that can't be written
  /// down keeps nobody from looking for the others.
  mutating func watch() throws(Terminator.EarlyEnd) {
    var isRecorded = true
    defer { for index in watched { _ = record(.outcome(outcomes[index])) } }
    let patience = Deadline(after: options.verifyWithin)
    var pause = Duration.milliseconds(10)
    while !watched.isEmpty {
      let now = try answer { () throws(PostgresError) in
        try uses(of: watched.map { victims[$0].identity.pid })
      }
      for index in watched.sorted() {
        let identity = victims[index].identity
        // Of a session that this role may no longer see only the pid is known.
        if let use = now[identity.pid],
          use.backendStart == nil || use.backendStart == identity.backendStart
        {
          continue
        }
        isRecorded = conclude(index, .gone, nil) && isRecorded
      }
      guard !watched.isEmpty, !patience.hasPassed else { break }
      try pauseFor(min(pause, patience.remaining))
      pause = min(pause * 2, .milliseconds(200))
    }
    for index in watched where outcomes[index].result == .survived {
      outcomes[index].detail =
        "signalled, and still there after \(DurationText.brief(options.verifyWithin))"
    }
    guard isRecorded else { throw .notRecorded }
  }

  private mutating func settle(
    _ index: Int, _ result: TerminationOutcome.Result, _ detail: String?
  ) throws(Terminator.EarlyEnd) {
    guard conclude(index, result, detail) else { throw .notRecorded }
  }

  /// - Returns: whether it could be written down.
  private mutating func conclude(
    _ index: Int, _ result: TerminationOutcome.Result, _ detail: String?
  ) -> Bool {
    outcomes[index].result = result
    outcomes[index].detail = detail
    watched.remove(index)
    settled.insert(index)
    return record(.outcome(outcomes[index]))
  }

  private func pauseFor(_ duration: Duration) throws(Terminator.EarlyEnd) {
    try answer { () throws(PostgresError) in try connection.pause(duration, deadline: deadline) }
  }

  private func answer<Value>(
    _ ask: () throws(PostgresError) -> Value
  ) throws(Terminator.EarlyEnd) -> Value {
    do throws(PostgresError) {
      return try ask()
    } catch {
      throw .init(error)
    }
  }

  static func describe(_ message: ServerMessage) -> String {
    [message.sqlState?.code, message.message, message.detail].compactMap { $0 }
      .joined(separator: ": ")
  }
}

extension Terminator.EarlyEnd {
  init(_ error: PostgresError) {
    if case .interrupted = error { self = .interrupted } else { self = .failed(error) }
  }
}
