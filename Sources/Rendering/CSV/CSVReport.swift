import SessionAudit

/// The sessions or the groups of an audit as CSV (RFC 4180): a header, a record a line, CRLF. Names
/// are the JSON's. NULL and what is not known are empty. Of several targets, whose groups are alike,
/// the names stand in front.
package struct CSVReport: Renderer {
  private let summary: Bool
  private let showQuery: Bool

  /// - Parameters:
  ///   - summary: one record for each group, with a column for each state-age bucket; else one for
  ///     each client session.
  ///   - showQuery: with the text of each last query.
  package init(summary: Bool = false, showQuery: Bool = false) {
    (self.summary, self.showQuery) = (summary, showQuery)
  }

  package func write(_ result: TargetResult<AuditReport>, to sink: ByteSink) -> Bool {
    write([result], namesTarget: false, to: sink)
  }

  package func write(_ results: [TargetResult<AuditReport>], to sink: ByteSink) -> Bool {
    write(results, namesTarget: true, to: sink)
  }

  /// A table without rows would say that there are no sessions.
  private func write(
    _ results: [TargetResult<AuditReport>], namesTarget: Bool, to sink: ByteSink
  ) -> Bool {
    let reports = results.compactMap(\.report)
    guard let policy = reports.first?.judgedWith else { return false }
    var csv = CSVWriter(into: sink)
    let columns = summary ? Self.groupColumns(by: policy) : Self.sessionColumns
    csv.header(
      (namesTarget ? Self.targetColumns : []) + columns
        + (showQuery && !summary ? ["query"] : []))
    for report in reports {
      if summary { groups(report, namesTarget, &csv) } else { sessions(report, namesTarget, &csv) }
    }
    csv.flush()
    return true
  }

  private func sessions(_ report: AuditReport, _ namesTarget: Bool, _ csv: inout CSVWriter) {
    for judged in report.sessions {
      if namesTarget { csv.target(report.target) }
      csv.session(judged)
      if showQuery { csv.field(judged.session.query) }
      csv.endRecord()
    }
  }

  private func groups(_ report: AuditReport, _ namesTarget: Bool, _ csv: inout CSVWriter) {
    for group in report.groups {
      if namesTarget { csv.target(report.target) }
      csv.group(group)
    }
  }

  static let targetColumns = [
    "target", "target_host", "target_port", "target_user", "target_database",
  ]

  static let sessionColumns = [
    "pid", "backend_start", "application_name", "user", "database", "client_address",
    "client_port", "state", "state_change", "query_start", "transaction_start", "wait_event_type",
    "wait_event", "last_heard", "state_age_seconds", "session_age_seconds", "silent_seconds",
    "used_at_age_seconds", "last_command", "holds", "holds_unknown", "verdict", "evidence", "basis",
    "protections",
  ]

  private static func groupColumns(by policy: Policy) -> [String] {
    policy.groupBy.map(\.keyName) + groupColumns + bucketColumns(policy.bucketBounds)
      + ["unknown_age"]
  }

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
  fileprivate mutating func target(_ target: Target) {
    field(TextReport.title(of: target))
    field(target.host)
    field(target.port)
    field(target.user)
    field(target.database)
  }

  fileprivate mutating func group(_ group: SessionGroup) {
    for key in group.key { field(key) }
    for count in [
      group.sessions, group.live, group.suspect, group.orphan, group.hidden,
      group.freedByEndingOrphans, group.openedLastMinute,
    ] {
      field(count)
    }
    field(group.oldestStateAge)
    field(group.oldestSessionAge)
    for count in group.bucketCounts { field(count) }
    field(group.unknownAge)
    endRecord()
  }

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
    field(judged.holdsUnknown.map { Self.words(Holding.inOrder($0).map(\.rawValue)) })
    field(judged.verdict.rawValue)
    field(Self.words(judged.evidence.map(\.kind.rawValue)))
    field(judged.evidence.first?.basis.rawValue)
    field(Self.words(judged.protections.map(\.kind.rawValue)))
  }

  private static func words(_ words: [String]) -> String { words.joined(separator: " ") }
}
