import Rendering
import SessionAudit
import TestPages
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct JSONReportTests {
  private static let report = TargetResult<AuditReport>.report(SmallServer.report())
  private static let ended = TargetResult<TerminationReport>.report(
    SmallServer.termination(
      [(.gone, nil), (.refused, "42501: permission denied")],
      failure: Failure(
        kind: .lost, sqlState: "57P01", message: "terminating connection")))

  @Test func matchesTheGoldenAudits() {
    Golden.expect(
      auditJSON(Self.report, showQuery: true, indents: true),
      is: "audit.json")
    Golden.expect(
      auditJSON(SmallServer.refusal, indents: true),
      is: "audit-refused.json")
  }

  @Test func matchesTheGoldenTerminations() {
    Golden.expect(
      terminationJSON(Self.ended, indents: true), is: "termination.json")
    guard case .refused(let failure, let target, let policy) = SmallServer.refusal else { return }
    Golden.expect(
      terminationJSON(
        .refused(failure, target: target, judgedWith: policy), indents: true),
      is: "termination-refused.json")
  }

  /// The keys on lines indented by `depth`, in order, of the first object there.
  private func keys(_ bytes: [UInt8], depth: Int, after opening: String? = nil) -> [String] {
    var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")[...]
    if let opening { lines = lines.drop { !$0.hasSuffix("\"\(opening)") }.dropFirst() }
    let indent = String(repeating: "  ", count: depth)
    if opening != nil { lines = lines.prefix { $0.hasPrefix(indent.dropLast(2)) } }
    let first = lines.drop { !$0.hasPrefix(indent + "\"") }
    return first.prefix { $0.hasPrefix(indent) }.filter { $0.hasPrefix(indent + "\"") }
      .map { String($0.dropFirst(indent.count + 1).prefix { $0 != "\"" }) }
  }

  private static let sessionKeys = [
    "pid", "backend_start", "application_name", "user", "database", "client_address",
    "client_port", "backend_type", "leader_pid", "state", "state_change", "query_start",
    "transaction_start", "wait_event_type", "wait_event", "last_heard", "state_age_seconds",
    "session_age_seconds", "silent_seconds", "used_at_age_seconds", "last_command",
    "discards_all", "holds",
    "holds_unknown", "verdict", "evidence", "protections",
  ]

  /// The contract's keys, each with the keys of the object, or of the array's objects, below it.
  private static let auditKeys: [(key: String, below: [String])] = [
    ("schema", []), ("tool", ["name", "version"]), ("captured_at", []),
    (
      "target",
      [
        "name", "host", "port", "database", "user", "server_version", "server_version_num",
        "in_recovery", "postmaster_start_time", "pooled",
      ]
    ),
    ("judged_with", ["thresholds", "roster", "declarations"]),
    ("coverage", ["total", "visible", "hidden", "complete", "reason"]),
    (
      "slots",
      [
        "max_connections", "superuser_reserved", "reserved", "used", "used_exact", "available",
        "used_ratio", "binding_limit", "ordinary_limit", "limits", "invalid_databases",
      ]
    ),
    ("roster_gaps", []),
    (
      "totals",
      [
        "client_sessions", "background", "live", "suspect", "orphan", "hidden",
        "opened_last_minute", "opened_last_5_minutes",
      ]
    ),
    (
      "groups",
      [
        "key", "sessions", "slots_share", "states", "state_age_buckets", "unknown_age",
        "oldest_state_age_seconds", "oldest_session_age_seconds", "live", "suspect", "orphan",
        "freed_by_ending_orphans", "hidden", "opened_last_minute", "clients", "recycling",
      ]
    ),
    ("sessions", sessionKeys), ("blocking", []),
    ("advice", ["code", "severity", "summary", "remedy"]), ("failure", []),
  ]

  @Test func holdsEveryKeyInOrder() {
    let bytes = auditJSON(Self.report, indents: true)
    #expect(keys(bytes, depth: 1) == Self.auditKeys.map(\.key))
    for (key, below) in Self.auditKeys where !below.isEmpty {
      let isArray = ["groups", "sessions", "advice"].contains(key)
      let opening = "\(key)\": \(isArray ? "[" : "{")"
      #expect(keys(bytes, depth: isArray ? 3 : 2, after: opening) == below, "\(key)")
    }
    let limit = ["kind", "name", "limit", "used", "available"]
    #expect(keys(bytes, depth: 3, after: "binding_limit\": {") == limit)
    #expect(keys(bytes, depth: 4, after: "limits\": [") == limit)
    #expect(keys(bytes, depth: 5, after: "clients\": [") == ["client_address", "sessions"])
    #expect(keys(bytes, depth: 5, after: "evidence\": [") == ["kind", "basis", "doubt", "detail"])
    let buckets = ["from_seconds", "to_seconds", "sessions"]
    #expect(keys(bytes, depth: 5, after: "state_age_buckets\": [") == buckets)
  }

  @Test func holdsTheSameKeysWhenRefused() {
    let bytes = auditJSON(SmallServer.refusal, indents: true)
    #expect(keys(bytes, depth: 1) == Self.auditKeys.map(\.key))
    let failure = ["kind", "sqlstate", "message", "limit", "hint"]
    #expect(keys(bytes, depth: 2, after: "failure\": {") == failure)
    #expect(keys(bytes, depth: 3, after: "limit\": {") == ["kind", "name", "value"])
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("\"groups\": [],\n  \"sessions\": [],"))
  }

  @Test func holdsEveryKeyOfATermination() {
    let bytes = terminationJSON(Self.ended, indents: true)
    let all = [
      "schema", "executed", "tool", "captured_at", "target", "judged_with", "coverage", "slots",
      "roster_gaps",
      "plan", "breaker", "outcomes", "totals", "after", "failure",
    ]
    #expect(keys(bytes, depth: 1) == all)
    guard case .refused(let failure, let target, let policy) = SmallServer.refusal else { return }
    let refused = terminationJSON(
      .refused(failure, target: target, judgedWith: policy), indents: true)
    #expect(keys(refused, depth: 1) == all)
    let planned = Self.sessionKeys + ["reasons"]
    #expect(keys(bytes, depth: 4, after: "selected\": [") == planned)
    #expect(keys(bytes, depth: 4, after: "kept\": [") == planned)
    let outcome = ["pid", "backend_start", "application_name", "result", "detail"]
    #expect(keys(bytes, depth: 3, after: "outcomes\": [") == outcome)
    let totals = [
      "selected", "gone", "survived", "changed", "already_gone", "refused", "not_attempted",
      "over_max", "may_hold_temporary_tables",
    ]
    #expect(keys(bytes, depth: 2, after: "totals\": {") == totals)
    #expect(keys(refused, depth: 2, after: "totals\": {") == totals)
  }

  @Test func leavesOutAndAddsWhatIsAskedFor() {
    let summary = auditJSON(Self.report, summary: true, indents: true)
    #expect(keys(summary, depth: 1) == Self.auditKeys.map(\.key).filter { $0 != "sessions" })
    let queries = auditJSON(Self.report, showQuery: true, indents: true)
    #expect(keys(queries, depth: 3, after: "sessions\": [") == Self.sessionKeys + ["query"])
  }

  @Test func keysGroupsByTheirDimensions() {
    let policy = Policy(bucketBounds: [.hours(1)], groupBy: [.database, .client, .state])
    let bytes = auditJSON(
      .report(SmallServer.report(by: policy)), indents: true)
    #expect(
      keys(bytes, depth: 4, after: "key\": {") == ["database", "client_address", "state"])
  }

  @Test func isOneLineForPrograms() {
    let bytes = auditJSON(Self.report)
    #expect(bytes.firstIndex(of: UInt8(ascii: "\n")) == bytes.count - 1)
    let indented = auditJSON(Self.report, indents: true)
    #expect(bytes.count < indented.count)
  }

  private struct Audit: Decodable {
    struct Session: Decodable {
      var applicationName: String
      var user: String?
      var clientAddress: String?
      var state: String?
      var query: String?
    }
    var sessions: [Session]
  }

  @Test func keepsHostileTextAndHarmsNobody() throws {
    let report = SmallServer.report(Hostile.sessions)
    for indents in [false, true] {
      let bytes = auditJSON(
        .report(report), showQuery: true, indents: indents)
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(!text.unicodeScalars.contains { $0 != "\n" && HostileText.isHostile($0) })
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      let read = try decoder.decode(Audit.self, from: Data(bytes)).sessions
      #expect(read.count == Hostile.texts.count)
      for (session, judged) in zip(read, report.sessions) {
        let sent = judged.session
        #expect(
          session.applicationName.unicodeScalars.elementsEqual(sent.applicationName.unicodeScalars)
        )
        #expect(session.user == sent.user && session.clientAddress == sent.clientAddress)
        #expect(session.query == sent.query && session.state == sent.state?.name)
      }
    }
  }
}
