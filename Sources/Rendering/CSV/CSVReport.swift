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
    if summary {
      Self.write(reports, \.groups, Self.groupColumns(by: policy), namesTarget, &csv)
    } else {
      let query = CSVColumn<JudgedSession>("query") { $0.field($1.session.query) }
      Self.write(
        reports, \.sessions, Self.sessionColumns + (showQuery ? [query] : []), namesTarget, &csv)
    }
    csv.flush()
    return true
  }

  private static func write<Row>(
    _ reports: [AuditReport], _ rows: KeyPath<AuditReport, [Row]>, _ columns: [CSVColumn<Row>],
    _ namesTarget: Bool, _ csv: inout CSVWriter
  ) {
    csv.header((namesTarget ? targetColumns.map(\.name) : []) + columns.map(\.name))
    for report in reports {
      for row in report[keyPath: rows] {
        if namesTarget { for column in targetColumns { column.write(&csv, report.target) } }
        for column in columns { column.write(&csv, row) }
        csv.endRecord()
      }
    }
  }

  private static let targetColumns: [CSVColumn<Target>] = [
    .init("target") { $0.field(Wording.title(of: $1)) },
    .init("target_host") { $0.field($1.host) },
    .init("target_port") { $0.field($1.port) },
    .init("target_user") { $0.field($1.user) },
    .init("target_database") { $0.field($1.database) },
  ]

  static let sessionColumns: [CSVColumn<JudgedSession>] = [
    .init("pid") { $0.field(Int($1.session.pid)) },
    .init("backend_start") { $0.field($1.session.backendStart) },
    .init("application_name") { $0.field($1.session.applicationName) },
    .init("user") { $0.field($1.session.user) },
    .init("database") { $0.field($1.session.database) },
    .init("client_address") { $0.field($1.session.clientAddress) },
    .init("client_port") { $0.field($1.session.clientPort.map { Int($0) }) },
    .init("state") { $0.field($1.session.state?.name) },
    .init("state_change") { $0.field($1.session.stateChange) },
    .init("query_start") { $0.field($1.session.queryStart) },
    .init("transaction_start") { $0.field($1.session.transactionStart) },
    .init("wait_event_type") { $0.field($1.session.waitEventType) },
    .init("wait_event") { $0.field($1.session.waitEvent) },
    .init("last_heard") { $0.field($1.times.lastHeard) },
    .init("state_age_seconds") { $0.field($1.times.stateAge) },
    .init("session_age_seconds") { $0.field($1.times.sessionAge) },
    .init("silent_seconds") { $0.field($1.times.silent) },
    .init("used_at_age_seconds") { $0.field($1.times.usedAtAge) },
    .init("last_command") { $0.field($1.session.lastCommand) },
    .init("holds") { $0.words($1.holds.map(Holding.inOrder)) },
    .init("holds_unknown") { $0.words($1.holdsUnknown.map(Holding.inOrder)) },
    .init("verdict") { $0.field($1.verdict.rawValue) },
    .init("evidence") { $0.words($1.evidence.map(\.kind)) },
    .init("basis") { $0.field($1.evidence.first?.basis.rawValue) },
    .init("protections") { $0.words($1.protections.map(\.kind)) },
  ]

  private static func groupColumns(by policy: Policy) -> [CSVColumn<SessionGroup>] {
    let keys = policy.groupBy.enumerated().map { place, dimension in
      CSVColumn<SessionGroup>(dimension.keyName) { $0.field($1.key[place]) }
    }
    let buckets = bucketNames(policy.bucketBounds).enumerated().map { place, name in
      CSVColumn<SessionGroup>(name) { $0.field($1.bucketCounts[place]) }
    }
    return keys + groupColumns + buckets + [.init("unknown_age") { $0.field($1.unknownAge) }]
  }

  private static let groupColumns: [CSVColumn<SessionGroup>] = [
    .init("sessions") { $0.field($1.sessions) },
    .init("live") { $0.field($1.live) },
    .init("suspect") { $0.field($1.suspect) },
    .init("orphan") { $0.field($1.orphan) },
    .init("hidden") { $0.field($1.hidden) },
    .init("freed_by_ending_orphans") { $0.field($1.freedByEndingOrphans) },
    .init("opened_last_minute") { $0.field($1.openedLastMinute) },
    .init("oldest_state_age_seconds") { $0.field($1.oldestStateAge) },
    .init("oldest_session_age_seconds") { $0.field($1.oldestSessionAge) },
  ]

  /// `state_age_0s_to_1m`, …, `state_age_from_1d`.
  private static func bucketNames(_ bounds: [Duration]) -> [String] {
    let froms = [.zero] + bounds
    return froms.indices.map { place in
      let from = DurationText.exact(froms[place])
      return place < bounds.count
        ? "state_age_\(from)_to_\(DurationText.exact(bounds[place]))" : "state_age_from_\(from)"
    }
  }
}

/// A column's name, and what a row has in it.
struct CSVColumn<Row>: Sendable {
  let name: String
  let write: @Sendable (inout CSVWriter, Row) -> Void

  init(_ name: String, _ write: @escaping @Sendable (inout CSVWriter, Row) -> Void) {
    (self.name, self.write) = (name, write)
  }
}

extension CSVWriter {
  /// Words of ours in one field.
  fileprivate mutating func words(_ words: [some RawRepresentable<String>]?) {
    field(words.map { $0.map(\.rawValue).joined(separator: " ") })
  }
}
