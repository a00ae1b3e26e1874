import SessionAudit

/// The sessions or the groups of an audit as CSV (RFC 4180): a header, a record a line, CRLF. Names
/// are the JSON's. NULL and what is not known are empty.
public enum CSVReport {
  /// One record for each client session.
  /// - Parameter showQuery: with the text of each last query.
  public static func sessions(
    of report: AuditReport, showQuery: Bool = false,
    handOn: @escaping (UnsafeRawBufferPointer) -> Void
  ) {
    var csv = CSVWriter(into: ByteSink(handOn: handOn))
    csv.header(sessionColumns + (showQuery ? ["query"] : []))
    for judged in report.sessions {
      csv.session(judged)
      if showQuery { csv.field(judged.session.query) }
      csv.endRecord()
    }
    csv.flush()
  }

  /// One record for each group, with a column for each state-age bucket.
  public static func groups(
    of report: AuditReport, handOn: @escaping (UnsafeRawBufferPointer) -> Void
  ) {
    var csv = CSVWriter(into: ByteSink(handOn: handOn))
    let policy = report.judgedWith
    csv.header(
      policy.groupBy.map(\.keyName) + groupColumns + bucketColumns(policy.bucketBounds)
        + ["unknown_age"])
    for group in report.groups {
      for key in group.key { csv.field(key) }
      for count in [
        group.sessions, group.live, group.suspect, group.orphan, group.hidden,
        group.freedByEndingOrphans, group.openedLastMinute,
      ] {
        csv.field(count)
      }
      csv.field(group.oldestStateAge)
      csv.field(group.oldestSessionAge)
      for count in group.bucketCounts { csv.field(count) }
      csv.field(group.unknownAge)
      csv.endRecord()
    }
    csv.flush()
  }

  static let sessionColumns = [
    "pid", "backend_start", "application_name", "user", "database", "client_address",
    "client_port", "state", "state_change", "query_start", "transaction_start", "wait_event_type",
    "wait_event", "last_heard", "state_age_seconds", "session_age_seconds", "silent_seconds",
    "used_at_age_seconds", "last_command", "holds", "verdict", "evidence", "basis", "protections",
  ]

  static let groupColumns = [
    "sessions", "live", "suspect", "orphan", "hidden", "freed_by_ending_orphans",
    "opened_last_minute", "oldest_state_age_seconds", "oldest_session_age_seconds",
  ]

  /// `state_age_0s_to_1m`, …, `state_age_from_1d`.
  private static func bucketColumns(_ bounds: [Duration]) -> [String] {
    let froms = [.zero] + bounds
    return froms.indices.map { place in
      let from = DurationText.exact(froms[place])
      return place < bounds.count
        ? "state_age_\(from)_to_\(DurationText.exact(bounds[place]))" : "state_age_from_\(from)"
    }
  }
}

extension CSVWriter {
  fileprivate mutating func session(_ judged: JudgedSession) {
    let (session, times) = (judged.session, judged.times)
    field(Int(session.pid))
    field(session.backendStart)
    field(session.applicationName)
    field(session.user)
    field(session.database)
    field(session.clientAddress)
    field(session.clientPort.map { Int($0) })
    field(session.state?.name)
    field(session.stateChange)
    field(session.queryStart)
    field(session.transactionStart)
    field(session.waitEventType)
    field(session.waitEvent)
    field(times.lastHeard)
    field(times.stateAge)
    field(times.sessionAge)
    field(times.silent)
    field(times.usedAtAge)
    field(session.lastCommand)
    field(judged.holds.map { Self.words(Holding.inOrder($0).map(\.rawValue)) })
    field(judged.verdict.rawValue)
    field(Self.words(judged.evidence.map(\.kind.rawValue)))
    field(judged.evidence.first?.basis.rawValue)
    field(Self.words(judged.protections.map(\.kind.rawValue)))
  }

  private static func words(_ words: [String]) -> String { words.joined(separator: " ") }
}
