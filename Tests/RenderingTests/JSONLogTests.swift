import SessionAudit
import TestJSON
import TestPages
import Testing

@testable import Rendering

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The log of a run, line by line.
struct JSONLogTests {
  private static let failure = Failure(
    kind: .lost, sqlState: "57P01", message: "terminating connection")
  private static let report = SmallServer.termination(
    [(.gone, nil), (.refused, "42501: permission denied")], failure: failure)

  private static func line(_ event: TerminationEvent) -> [UInt8] {
    let line = JSONLog.line(
      event, run: "2026-03-01T12:00:01.000002Z/4711", at: .now - .milliseconds(-1250),
      version: "1.2.3")
    ProducedJSON.keep(line, from: #fileID)
    return line
  }

  /// As a run writes them: the second victim's outcome comes after both were signalled.
  private static func events(_ report: TerminationReport) -> [TerminationEvent] {
    [.begin(report)]
      + report.plan.selected.enumerated().map {
        .intent($1, $0 == 0 ? .cancel : .terminate, judgedAt: report.audit.capturedAt)
      } + report.outcomes.map { .outcome($0) } + [.end(report)]
  }

  @Test func matchesTheGoldenLog() {
    Golden.expect(Self.events(Self.report).flatMap(Self.line), is: "log.jsonl")
  }

  @Test func saysWhatAVictimHolds() throws {
    var victim = try #require(Self.report.plan.selected.first)
    for (holds, text) in [
      (nil, "null"), ([], "[]"), ([.listen, .advisoryLock], "[\"advisory_lock\",\"listen\"]"),
    ] as [(Set<Holding>?, String)] {
      victim.judged.holds = holds
      let line = Self.line(.intent(victim, .terminate, judgedAt: .now))
      #expect(String(decoding: line, as: UTF8.self).contains(",\"holds\":\(text),"))
    }
  }

  /// Nothing that isn't known is left out: of a session that has nothing all keys are there.
  @Test func keepsNulls() throws {
    var victim = try #require(Self.report.plan.selected.first)
    let full = try keys(Self.line(.intent(victim, .terminate, judgedAt: .now)))
    victim.judged.session = Session(pid: 1, applicationName: "")
    (victim.judged.verdict, victim.judged.evidence) = (.live, [])
    let empty = Self.line(.intent(victim, .terminate, judgedAt: .now))
    #expect(try keys(empty) == full && full.count == 22)
    #expect(String(decoding: empty, as: UTF8.self).contains(",\"user\":null,\"database\":null,"))
    let outcome = TerminationOutcome(victim, .gone)
    let known = TerminationOutcome(victim, .gone, "as it should")
    #expect(try keys(Self.line(.outcome(outcome))) == keys(Self.line(.outcome(known))))
  }

  private func keys(_ line: [UInt8]) throws -> Set<String> {
    struct Ignored: Decodable { init(from decoder: any Decoder) {} }
    return Set(try JSONDecoder().decode([String: Ignored?].self, from: Data(line)).keys)
  }

  private struct Read: Decodable {
    struct Target: Decodable { var host: String? }
    struct Detail: Decodable { var detail: String }
    struct Failure: Decodable { var message: String }
    var schema: String
    var event: String
    var run: String
    var at: String
    var target: Target?
    var pid: Int32?
    var applicationName: String?
    var user: String?
    var clientAddress: String?
    var lastCommand: String?
    var rule: [Detail]?
    var detail: String?
    var failure: Failure?
  }

  @Test func keepsHostileTextOnOneLineAndHarmsNobody() throws {
    let audit = SmallServer.report(Hostile.sessions)
    let plan = Planner.plan(
      audit,
      selection: Selection(
        idleLongerThan: .minutes(1), allDatabases: true, maximum: 1000, maximumShare: 100))
    var report = TerminationReport(audit: audit, plan: plan, executed: true)
    try #require(plan.selected.count > 40)
    report.outcomes = plan.selected.enumerated().map {
      TerminationOutcome($1, .refused, Hostile.texts[$0 % Hostile.texts.count])
    }
    report.audit.target.host = Hostile.texts.joined()
    report.failure = Failure(
      kind: .lost, sqlState: nil, message: Hostile.texts.joined())

    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    for event in Self.events(report) {
      let line = Self.line(event)
      #expect(line.starts(with: JSONLog.opening.utf8))
      #expect(line.firstIndex(of: UInt8(ascii: "\n")) == line.count - 1)
      let text = String(decoding: line.dropLast(), as: UTF8.self)
      #expect(!text.unicodeScalars.contains(where: HostileText.isHostile))
      let read = try decoder.decode(Read.self, from: Data(line))
      #expect(read.schema == "pgsessions/log/1")
      #expect(read.run == "2026-03-01T12:00:01.000002Z/4711")
      #expect(read.at == "2026-03-01T12:00:01.250000Z")
      switch event {
      case .begin(let report):
        #expect(read.event == "begin" && read.target?.host == report.audit.target.host)
      case .intent(let victim, _, _):
        let session = victim.judged.session
        #expect(read.event == "intent" && read.pid == session.pid)
        #expect(same(read.applicationName, session.applicationName))
        #expect(same(read.user, session.user) && same(read.lastCommand, session.lastCommand))
        #expect(same(read.clientAddress, session.clientAddress))
        #expect(read.rule?.map(\.detail) == victim.reasons.map(\.detail))
      case .outcome(let outcome):
        #expect(read.event == "outcome" && read.pid == outcome.identity.pid)
        #expect(same(read.applicationName, outcome.applicationName))
        #expect(same(read.detail, outcome.detail))
      case .end(let report):
        #expect(read.event == "end" && same(read.failure?.message, report.failure?.message))
      }
    }
  }

  /// Scalar by scalar: String's own comparison takes composed and decomposed for the same.
  private func same(_ a: String?, _ b: String?) -> Bool {
    a.map { Array($0.unicodeScalars) } == b.map { Array($0.unicodeScalars) }
  }
}
