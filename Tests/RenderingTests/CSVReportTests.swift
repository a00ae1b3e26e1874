import SessionAudit
import Testing

@testable import Rendering

/// CSV by RFC 4180, read back by a parser of its own.
struct CSVReportTests {
  /// Records of fields, as the RFC's grammar has them; nil for text that it does not allow.
  private func records(_ text: String) -> [[String]]? {
    var records: [[String]] = []
    var record: [String] = []
    var rest = Array(text.unicodeScalars)[...]
    while !rest.isEmpty {
      var field = String.UnicodeScalarView()
      if rest.first == "\"" {
        rest = rest.dropFirst()
        while true {
          guard let next = rest.popFirst() else { return nil }
          if next != "\"" {
            field.append(next)
          } else if rest.first == "\"" {
            field.append("\"")
            rest = rest.dropFirst()
          } else {
            break
          }
        }
      } else {
        while let next = rest.first, next != ",", next != "\r" {
          if next == "\"" || next == "\n" { return nil }
          field.append(next)
          rest = rest.dropFirst()
        }
      }
      record.append(String(field))
      switch rest.popFirst() {
      case ",": continue
      case "\r":
        guard rest.popFirst() == "\n" else { return nil }
        records.append(record)
        record = []
      default: return nil
      }
    }
    return record.isEmpty ? records : nil
  }

  private func report(_ names: [String]) -> AuditReport {
    let sessions = names.enumerated().map { number, name in
      Session.client(pid: Int32(number + 10), .idle, silent: .seconds(5)) {
        $0.applicationName = name
      }
    }
    return Judge.judge(SmallServer.snapshot(sessions), by: Policy())
  }

  private func text(_ write: (@escaping (UnsafeRawBufferPointer) -> Void) -> Void) -> String {
    var bytes: [UInt8] = []
    write { bytes += $0 }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func readsBackAsItWas() throws {
    let names = ["web.1", "a,b", "say \"hi\"", "", "größe", "two words"]
    let report = report(names)
    let found = try #require(records(text { CSVReport.sessions(of: report, handOn: $0) }))
    #expect(found[0] == CSVReport.sessionColumns)
    #expect(found.allSatisfy { $0.count == found[0].count })
    let column = try #require(found[0].firstIndex(of: "application_name"))
    #expect(Set(names).isSubset(of: Set(found.dropFirst().map { $0[column] })))
    #expect(found.count == report.sessions.count + 1)
  }

  /// What a spreadsheet would run is text, and what a terminal would obey is shown.
  @Test(arguments: [
    ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1", "\\t=1"), ("\r\n=1", "\\r\\n=1"), ("\u{1B}[31m", "\\x1B[31m"), ("a=1", "a=1"),
  ])
  func isNoFormula(_ name: String, _ shown: String) throws {
    let found = try #require(
      records(text { CSVReport.sessions(of: report([name]), handOn: $0) }))
    let column = try #require(found[0].firstIndex(of: "application_name"))
    #expect(found.dropFirst().contains { $0[column] == shown })
  }

  @Test func groupsAddUp() throws {
    let report = report(["web.1", "web.1", "web.2"])
    let found = try #require(records(text { CSVReport.groups(of: report, handOn: $0) }))
    let sessions = try #require(found[0].firstIndex(of: "sessions"))
    #expect(
      found.dropFirst().compactMap { Int($0[sessions]) }.reduce(0, +) == report.sessions.count)
    #expect(found[0].contains("state_age_0s_to_1m") && found[0].contains("state_age_from_1d"))
  }
}
