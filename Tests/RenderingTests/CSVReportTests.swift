import SessionAudit
import TestPages
import TestSupport
import Testing

@testable import Rendering

/// CSV by RFC 4180, as Python's csv module reads it when it is strict.
struct CSVReportTests {
  private func report(_ names: [String]) -> AuditReport {
    let sessions = names.enumerated().map { number, name in
      Session.client(pid: Int32(number + 10), .idle, silent: .seconds(5)) {
        $0.applicationName = name
      }
    }
    return Judge.judge(SmallServer.snapshot(sessions), by: Policy())
  }

  /// Records by the name of the column, all of one length.
  private func records(
    _ bytes: [UInt8]
  ) throws -> (header: [String], rows: [[String: String]]) {
    let records = try PythonReader.csv.read(bytes).items.map { $0.items.compactMap(\.text) }
    let header = try #require(records.first)
    #expect(records.allSatisfy { $0.count == header.count })
    return (
      header,
      records.dropFirst().map { Dictionary(zip(header, $0)) { first, _ in first } }
    )
  }

  private func sessions(
    _ report: AuditReport, showQuery: Bool = false
  ) throws -> (header: [String], rows: [[String: String]]) {
    try records(CSVReport(showQuery: showQuery).bytes(of: .report(report)))
  }

  @Test func readsBackAsItWas() throws {
    let names = ["web.1", "a,b", "say \"hi\"", "", "größe", "two words", "it's", "'quoted'"]
    let report = report(names)
    let found = try sessions(report)
    #expect(found.header == CSVReport.sessionColumns.map(\.name))
    #expect(found.rows.map { $0["application_name"] } == names)
    #expect(found.rows.map { $0["pid"] } == report.sessions.map { "\($0.session.pid)" })
    #expect(found.rows.allSatisfy { $0["silent_seconds"] == "5" && $0["verdict"] == "live" })
  }

  /// Each cell holds the text as it is shown elsewhere, and begins no formula.
  @Test func hostileTextIsReadBack() throws {
    let report = SmallServer.report(Hostile.sessions)
    let found = try sessions(report, showQuery: true)
    #expect(found.rows.count == report.sessions.count)
    for (row, judged) in zip(found.rows, report.sessions) {
      #expect(row["pid"] == "\(judged.session.pid)")
      let shown = HostileText.escaped(judged.session.applicationName)
      for column in ["application_name", "user", "client_address", "wait_event", "query"] {
        let cell = row[column] ?? "missing"
        #expect(cell.replacing("'", with: "") == shown.replacing("'", with: ""))
        #expect(!cell.unicodeScalars.contains(where: HostileText.isHostile))
        #expect(cell.firstMatch(of: /(^|;)[=+\-@＝＋－＠]/) == nil, "\(cell)")
      }
    }
  }

  /// What a spreadsheet would run is text, and what a terminal would obey is shown.
  @Test func noneIsAFormula() throws {
    let cells = [
      "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "＝1": "'＝1",
      "\t=1": "\\t=1", "\r\n=1": "\\r\\n=1", "\u{1B}[31m": "\\x1B[31m", "a=1": "a=1",
      "x;=1;y": "x;'=1;y", "a-b": "a-b",
    ]
    let names = cells.keys.sorted()
    let found = try sessions(report(names))
    #expect(found.rows.map { $0["application_name"] } == names.map { cells[$0] })
  }

  @Test func groupsAddUp() throws {
    let report = SampleReport.make(sessions: 1000, grouping: [.application, .user])
    let found = try records(CSVReport(summary: true).bytes(of: .report(report)))
    #expect(found.header.prefix(2) == ["application_name", "user"])
    let sum = found.rows.compactMap { Int($0["sessions"] ?? "") }.reduce(0, +)
    #expect(sum == report.totals.clientSessions)
    for row in found.rows {
      let buckets = found.header.filter { $0.hasPrefix("state_age_") } + ["unknown_age"]
      let sum = buckets.compactMap { Int(row[$0] ?? "") }.reduce(0, +)
      #expect(row["sessions"] == "\(sum)")
    }
    #expect(
      found.header.contains("state_age_0s_to_1m") && found.header.contains("state_age_from_1d"))
  }
}
