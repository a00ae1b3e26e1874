import OperatingSystem
import PostgresClient
import SessionAudit

/// A plan while it is carried out. Whatever happens, each victim has an outcome at any moment.
struct Execution {
  let connection: Connection
  private let victims: [Victim]
  let report: AuditReport
  /// The report's `pictureAsked`.
  let pictureAsked: Timestamp?
  private let options: Terminator.Options
  let deadline: Deadline
  /// What is signalled must still be watched within the time that was granted.
  private let lastSignal: Deadline
  private let record: (TerminationEvent) -> Bool

  private(set) var outcomes: [TerminationOutcome]
  /// Signalled to leave, or perhaps so, and not seen to be gone.
  private var watched: Set<Int> = []
  /// Their queries were cancelled, or perhaps so, and not seen to end.
  private var cancelled: Set<Int> = []
  /// Announced in the record, where their outcome is still to come.
  private var announced: Set<Int> = []
  /// Announced already when the server was reached too late.
  private var late: Set<Int> = []
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
    pictureAsked = report.pictureAsked
    self.connection = connection
    self.options = options
    self.deadline = deadline
    self.record = record
    lastSignal = deadline.earlier(by: min(options.verifyWithin, deadline.granted / 5))
    outcomes = victims.map { TerminationOutcome($0, .notAttempted) }
  }

  // MARK: - Signals

  /// The orphans of one address are ended only while nobody is heard from there.
  mutating func carryOut(_ step: TerminationStep) throws(Terminator.EarlyEnd) {
    var rest = step.victims.filter { !settled.contains($0) }[...]
    guard let source = step.source else {
      for index in rest { try signal(index, .terminate) }
      return
    }
    var looksInVain = 0
    while !rest.isEmpty {
      try checkThatItGoesOn()
      guard let latest = try quiet(source, orSparing: rest) else { return }
      // One look serves for all that are signalled in time. A log, a network or a server may be slow.
      looksInVain += 1
      while let index = rest.first, try signal(index, .terminate, latest: latest) {
        rest.removeFirst()
        looksInVain = 0
      }
      guard looksInVain < 5 else {
        explain(rest, "the server was never reached while a look at its evidence was fresh")
        return
      }
    }
  }

  /// Looks at a source once more.
  /// - Returns: until when, by the server's clock, it is taken to be quiet; nil where somebody was
  ///   heard or nobody can tell, and these victims are spared.
  private mutating func quiet(
    _ source: JudgedSource, orSparing victims: ArraySlice<Int>
  ) throws(Terminator.EarlyEnd) -> Timestamp? {
    let uses: [SessionUse]
    let lookedAt: Timestamp?
    do throws(PostgresError) {
      (uses, lookedAt) = try look(at: source)
    } catch .queryFailed(let message, _) {
      explain(victims, "its evidence could not be looked at again: \(Self.describe(message))")
      return nil
    } catch {
      throw .init(error)
    }
    if let sign = source.sign(in: uses) {
      for index in victims { try settle(index, .changed, "its address was heard: \(sign)") }
      return nil
    }
    // Where all have left there is nothing that could be signalled too late.
    return lookedAt.map { $0 + Self.freshness } ?? Timestamp(microseconds: .max)
  }

  /// How old a look at a source may be when one of its sessions is signalled.
  private static let freshness = Duration.milliseconds(500)

  private mutating func explain(_ victims: ArraySlice<Int>, _ detail: String) {
    for index in victims { outcomes[index].detail = detail }
  }

  /// Cancels the queries of active victims and waits for all at once; what goes on all the same is
  /// left to be ended.
  mutating func cancelActive(within grace: Duration) throws(Terminator.EarlyEnd) {
    let active = victims.indices.filter { victims[$0].judged.session.state?.isActive == true }
    for index in active { try signal(index, .cancel) }
    let patience = Deadline(after: grace)
    var pause = Duration.milliseconds(10)
    while !cancelled.isEmpty {
      guard try look() else { throw .notRecorded }
      guard !cancelled.isEmpty, !patience.hasPassed else { break }
      try checkThatItGoesOn()
      try pauseFor(min(pause, patience.remaining))
      pause = min(pause * 2, .milliseconds(200))
    }
    cancelled = []
  }

  /// - Parameter latest: after it nothing is sent.
  /// - Returns: false where it came too late and nothing was done.
  @discardableResult
  private mutating func signal(
    _ index: Int, _ signal: TerminationSignal, latest: Timestamp? = nil
  ) throws(Terminator.EarlyEnd) -> Bool {
    try checkThatItGoesOn()
    let victim = victims[index]
    if late.remove(index) == nil {
      guard record(.intent(victim, signal, judgedAt: report.capturedAt)) else { throw .notRecorded }
    }
    announced.insert(index)
    let answer: Answer
    do throws(PostgresError) {
      answer = try send(signal, to: victim.judged.session, latest: latest)
    } catch {
      try take(error, index, signal)
      return true
    }
    switch answer {
    case .sent:
      outcomes[index].result = .survived
      outcomes[index].detail =
        signal == .cancel ? "its query was cancelled" : "signalled, but not seen to leave"
      awaitEffect(of: signal, index)
    case .tooLate:
      late.insert(index)
      return false
    case .notTheSameServer: throw .notTheSameServer
    case .notSent(let result, let detail): try settle(index, result, detail)
    }
    return true
  }

  private mutating func take(
    _ error: PostgresError, _ index: Int, _ signal: TerminationSignal
  ) throws(Terminator.EarlyEnd) {
    guard case .queryFailed(let message, _) = error else {
      // The statement may have done its work before its answer was lost.
      outcomes[index].result = .survived
      outcomes[index].detail = "the signal may have been sent; its answer was lost"
      throw .init(error)
    }
    // This victim's outcome; the next one has a statement of its own.
    guard message.sqlState != .insufficientPrivilege else {
      return try settle(index, .refused, Self.describe(message))
    }
    // A timeout, perhaps: nobody knows how far it came.
    outcomes[index].result = .refused
    outcomes[index].detail = Self.describe(message)
    awaitEffect(of: signal, index)
  }

  private mutating func awaitEffect(of signal: TerminationSignal, _ index: Int) {
    switch signal {
    case .cancel: cancelled.insert(index)
    case .terminate: watched.insert(index)
    }
  }

  private func checkThatItGoesOn() throws(Terminator.EarlyEnd) {
    if options.stop?.isRaised == true { throw .interrupted }
    if lastSignal.hasPassed {
      throw .failed(.timedOut(during: .query("terminate/signal"), after: deadline.granted))
    }
  }

  // MARK: - Outcomes

  /// Looks until every signalled session has left, and every cancelled query ended, or the time is
  /// up. A record that can't be written ends nothing here: what was done is still to be seen.
  mutating func watch() throws(Terminator.EarlyEnd) {
    defer { for index in announced.sorted() { _ = record(.outcome(outcomes[index])) } }
    // What is granted may end sooner; the last look must still have its answer.
    let within = min(
      options.verifyWithin,
      max(.zero, deadline.remaining - min(.milliseconds(200), deadline.remaining / 4)))
    let patience = Deadline(after: within)
    var pause = Duration.milliseconds(10)
    while !watched.isEmpty || !cancelled.isEmpty {
      if try !look() { earlyEnd = earlyEnd ?? .notRecorded }
      guard !(watched.isEmpty && cancelled.isEmpty), !patience.hasPassed else { break }
      try pauseFor(min(pause, patience.remaining))
      pause = min(pause * 2, .milliseconds(200))
    }
    for index in watched where outcomes[index].result == .survived {
      outcomes[index].detail =
        "signalled, and still there after \(DurationText.brief(within))"
    }
  }

  /// Looks once at all that were signalled.
  /// - Returns: false where what was seen could not be written down.
  private mutating func look() throws(Terminator.EarlyEnd) -> Bool {
    let pids = watched.union(cancelled).map { victims[$0].identity.pid }
    let now = try answer { () throws(PostgresError) in try uses(of: pids) }
    /// Of a session that this role may no longer see only the pid is known.
    func whatIsThere(_ identity: SessionIdentity) -> SessionUse? {
      now[identity.pid].flatMap {
        $0.backendStart == nil || $0.backendStart == identity.backendStart ? $0 : nil
      }
    }
    var isRecorded = true
    for index in watched.sorted() where whatIsThere(victims[index].identity) == nil {
      isRecorded = note(index, .gone, nil) && isRecorded
    }
    for index in cancelled.sorted() {
      guard let use = whatIsThere(victims[index].identity) else {
        isRecorded = note(index, .gone, "its query was cancelled, and it left") && isRecorded
        continue
      }
      let judged = victims[index].judged.session
      if use.state != judged.state || use.stateChange != judged.stateChange {
        let detail = "its query was cancelled; the session lives on"
        outcomes[index].wasCancelled = true
        isRecorded = note(index, .changed, detail) && isRecorded
      }
    }
    return isRecorded
  }

  private mutating func settle(
    _ index: Int, _ result: TerminationOutcome.Result, _ detail: String?
  ) throws(Terminator.EarlyEnd) {
    guard note(index, result, detail) else { throw .notRecorded }
  }

  /// - Returns: false where it could not be written down.
  private mutating func note(
    _ index: Int, _ result: TerminationOutcome.Result, _ detail: String?
  ) -> Bool {
    outcomes[index].result = result
    outcomes[index].detail = detail
    watched.remove(index)
    cancelled.remove(index)
    announced.remove(index)
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
    let said = [message.sqlState?.code, message.message, message.detail].compactMap { $0 }
    return Redaction.cut(said.joined(separator: ": "), to: Redaction.shownInText)
  }
}

extension Terminator.EarlyEnd {
  init(_ error: PostgresError) {
    if case .interrupted = error { self = .interrupted } else { self = .failed(error) }
  }
}
