import SessionAudit
import Testing

@testable import Rendering

struct TextReportTests {
  private let ascii = TerminalStyle(width: 80, colour: false, unicode: false)
  private static let next = "pgsessions terminate --idle-longer-than 1h --execute -d shop"

  @Test func matchesTheGoldenAudits() {
    Golden.expect(TextReport(style: ascii).audit(SmallServer.report()), is: "audit.txt")
    Golden.expect(
      TextReport(style: TerminalStyle(width: 100), lists: true, showsQuery: true)
        .audit(SmallServer.report()), is: "audit-sessions.txt")
    Golden.expect(TextReport(style: ascii).audit(SmallServer.report([])), is: "audit-empty.txt")
  }

  @Test func matchesTheGoldenTerminations() {
    let text = TextReport(style: ascii)
    Golden.expect(
      text.termination(SmallServer.termination(), next: Self.next), is: "termination-dry-run.txt")
    let report = SmallServer.termination([
      (.gone, nil), (.survived, "signalled, and still there after 5s"),
    ])
    Golden.expect(text.termination(report, next: Self.next), is: "termination.txt")
    Golden.expect(text.question(SmallServer.termination()), is: "termination-question.txt")
  }

  @Test func saysWhenNothingMatches() {
    let sessions: [Session] = [.client(pid: 2, .active, silent: .zero)]
    let dry = TextReport(style: ascii).termination(
      SmallServer.termination(sessions: sessions), next: Self.next)
    #expect(dry.contains("\nNo session would be ended: none matches.\n\nKept 1: 1 in use.\n"))
    #expect(!dry.contains("--execute"), "there is nothing to carry out")
  }

  @Test func namesWhyARunEndedEarly() {
    let failure = Failure(
      kind: .lost, sqlState: nil, message: "gone\u{1B}[2J")
    let text = TextReport(style: ascii).termination(
      SmallServer.termination([(.gone, nil), (.notAttempted, nil)], failure: failure),
      next: Self.next)
    #expect(text.contains(#"The run ended early: gone\x1B[2J"#))
    #expect(text.contains("1 ended and seen to be gone, 1 not attempted."))
  }

  /// What is not seen is never "none".
  @Test func saysNoneOnlyWhereAllIsSeen() {
    let seen = TextReport(style: ascii).audit(
      SmallServer.report([.client(pid: 2, .idle, silent: .zero)]))
    #expect(seen.contains("none is suspect: no idle session has been silent for 1h"))
    let hidden = TextReport(style: ascii).audit(SmallServer.report([.hidden(pid: 2)]))
    #expect(!hidden.contains("none is suspect"))
    #expect(hidden.contains("no visible session is suspect"))
    #expect(hidden.contains("1 hidden: this role sees that they exist, not what they do"))
  }

  private static let limits: [(Slots.Limit.Kind, String)] = [
    (.role, "limit: CONNECTION LIMIT of role app; max_connections 20"),
    (.database, "limit: CONNECTION LIMIT of database shop; max_connections 20"),
    (.server, "limit: max_connections 20"),
    (.reserved, "limit: max_connections 20, 3 for superusers, 2 for pg_use_reserved_connections"),
    (.superuserReserved, "limit: max_connections 20, 3 for superusers"),
  ]

  @Test(arguments: limits)
  func namesTheLimitThatBinds(_ kind: Slots.Limit.Kind, _ sentence: String) {
    var snapshot = SmallServer.snapshot()
    snapshot.server.roleLimits = kind == .role ? [NamedLimit(name: "app", limit: 9)] : []
    snapshot.server.databaseLimits = kind == .database ? [NamedLimit(name: "shop", limit: 9)] : []
    if kind == .server { snapshot.server.superuserReserved = 0 }
    if kind != .reserved { snapshot.server.reserved = 0 }
    let report = Judge.judge(snapshot, by: Policy())
    #expect(report.slots.binding.kind == kind)
    #expect(TextReport(style: ascii).slots(report.slots, role: "app").last == "       " + sentence)
  }

  @Test func coloursWhatMatters() {
    let style = TerminalStyle(colour: true)
    let text = TextReport(style: style, lists: true).audit(SmallServer.report())
    #expect(text.contains("\u{1B}[33m3 suspect\u{1B}[0m"))
    #expect(text.contains("\u{1B}[33msuspect\u{1B}[0m"))
    let uncoloured = TextReport(style: TerminalStyle(), lists: true).audit(SmallServer.report())
    #expect(withoutColour(text) == uncoloured, "colour changes nothing else")
  }

  private func withoutColour(_ text: String) -> String {
    text.replacing(/\u{1B}\[\d+m/, with: "")
  }

  @Test func groupsByEveryDimension() {
    for dimension in GroupDimension.allCases {
      let report = SmallServer.report(by: Policy(groupBy: [dimension, .user]))
      let found = TextReport(style: TerminalStyle(width: 120)).groups(report)
      #expect(found[0].hasPrefix(dimension.keyName))
      #expect(found.count { !$0.hasPrefix("    ") } == report.groups.count + 2)
    }
  }
}
