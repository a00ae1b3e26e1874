import SessionAudit
import TestPages
import TestSupport
import Testing

@testable import Rendering

/// Everything that a client or the server may choose, full of what no terminal should get.
struct HostileReportTests {
  private static let report = SmallServer.report(Hostile.sessions)

  private static func texts(_ style: TerminalStyle) -> [(name: String, text: String)] {
    var audit = report
    for bad in Hostile.texts.prefix(8) {
      audit.target.host = bad
      audit.target.port = bad
      audit.target.user = bad
      audit.target.database = bad
      audit.target.serverVersion = bad
    }
    audit.advise(words: Hostile.texts[0])
    let text = TextReport(style: style, lists: true, showsQuery: true)
    let plan = Planner.plan(
      report,
      selection: Selection(
        idleLongerThan: .minutes(1), allDatabases: true, maximum: 1000, maximumShare: 100))
    var run = TerminationReport(audit: audit, plan: plan, executed: false)
    let dryRun = text.termination(run, next: Hostile.texts[0])
    let question = text.question(run)
    run.executed = true
    run.outcomes = plan.selected.enumerated().map {
      TerminationOutcome($1, .refused, Hostile.texts[$0 % Hostile.texts.count])
    }
    run.failure = Failure(
      kind: .lost, sqlState: nil, message: Hostile.texts.joined())
    return [
      ("audit", text.audit(audit)), ("dry run", dryRun), ("question", question),
      ("termination", text.termination(run, next: "")),
    ]
  }

  @Test func leaveNoControlCharacterButTheLineFeed() {
    for unicode in [true, false] {
      for (name, text) in Self.texts(TerminalStyle(width: 120, unicode: unicode)) {
        let left = Set(text.unicodeScalars.filter { $0 != "\n" && HostileText.isHostile($0) })
        #expect(left.isEmpty, "\(name): \(left)")
        #expect(text.contains("\\x1B"), "\(name) must have had some")
      }
    }
  }

  @Test func bringNoEscapeOfTheirOwnIntoColour() {
    for (name, text) in Self.texts(TerminalStyle(width: 120, colour: true)) {
      let rest = text.replacing(/\u{1B}\[(0|1|2|31|32|33)m/, with: "")
      #expect(!rest.unicodeScalars.contains { $0 != "\n" && HostileText.isHostile($0) }, "\(name)")
      // What is switched on is switched off on the same line.
      for line in text.split(separator: "\n") where line.contains("\u{1B}") {
        #expect(line.matches(of: /\u{1B}\[0m/).count * 2 == line.matches(of: /\u{1B}\[/).count)
      }
    }
  }

  /// A name can't draw a line that looks like ours: there are as many as the report has rows.
  @Test func takeOneLineASession() {
    let lines = TextReport(style: TerminalStyle(width: 120)).groups(Self.report)
    let notes = lines.filter { $0.wholeMatch(of: /[ ]{4}\d+ (suspect|orphan): [a-z0-9 ,]+/) != nil }
    #expect(lines.count - notes.count == Self.report.groups.count + 2)
  }

  @Test func keepTheirTablesWithinTheTerminal() {
    for width in 40...200 {
      let text = TextReport(style: TerminalStyle(width: width))
      for line in text.groups(Self.report).dropLast() { check(line, width) }
      for line in text.sessions(Self.report) where !line.hasPrefix("    ") { check(line, width) }
      let plan = Planner.plan(
        Self.report,
        selection: Selection(idleLongerThan: .minutes(1), allDatabases: true, maximumShare: 100))
      let run = TerminationReport(audit: Self.report, plan: plan, executed: false)
      let table = text.question(run).split(separator: "\n")
        .filter { $0.wholeMatch(of: /[ ]*(pid|1\d{3})  .+/) != nil }
      #expect(table.count == plan.selected.count + 1)
      for line in table { check(String(line), width) }
    }
  }

  /// By the measure that terminals' own tests use: every verdict begins in the same cell, and every
  /// total of a group ends in the same.
  @Test func keepTheirColumnsAligned() throws {
    let text = TextReport(style: TerminalStyle(width: 120))
    let verdicts = Verdict.allCases.map(\.rawValue) + ["verdict"]
    let rows = text.sessions(Self.report).filter { !$0.hasPrefix("    ") }
    #expect(rows.count == Self.report.sessions.count + 1)
    let widths = try PythonReader.widths.read(rows.joined()).items.compactMap(\.int)
    var rest = widths[...]
    var starts: Set<Int> = []
    for row in rows {
      let cells = rest.prefix(row.unicodeScalars.count)
      rest = rest.dropFirst(cells.count)
      let verdict = try #require(verdicts.first { row.hasSuffix("  " + $0) }, "\(row)")
      starts.insert(cells.reduce(0, +) - verdict.count)
    }
    #expect(starts.count == 1 && rest.isEmpty, "\(starts)")
  }

  private func check(_ line: String, _ width: Int) {
    #expect(CellWidth.of(line) <= width, "\(width): \(line)")
    #expect(!line.hasSuffix(" "), "\(width): '\(line)'")
  }
}
