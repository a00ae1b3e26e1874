import SessionAudit
import TestPages
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

  /// All but commands and SQL, which are to be copied.
  @Test(arguments: [40, 60, 80, 120, 200])
  func fitsTheTerminal(_ width: Int) {
    for count in [1, 50, 2000] {
      var report = SampleReport.make(sessions: count)
      report.target.host = "a-rather-long-host-name.rds.example"
      let commands = Set(
        report.advice.flatMap(\.remedies).map { "  " + HostileText.escaped($0.text) })
      for colour in [false, true] {
        let style = TerminalStyle(width: width, colour: colour)
        let lines = TextReport(style: style, lists: true).audit(report).split(separator: "\n")
          .map { withoutColour(String($0)) }
        let tooWide = lines.filter { CellWidth.of($0) > width && !commands.contains($0) }
        #expect(tooWide.isEmpty, "\(count): \(tooWide.prefix(3))")
        #expect(lines.contains { $0.hasPrefix("too narrow for: ") } == (width < 80), "\(count)")
        let fleet = TextReport(style: style).audits(
          [.report(report), SmallServer.refusal, .report(report)], overviewAlone: true)
        for line in fleet.split(separator: "\n") {
          #expect(CellWidth.of(withoutColour(String(line))) <= width, "\(line)")
        }
      }
    }
  }

  /// 13 sessions of one address that vanished.
  @Test func saysOnceWhatIsSoOfAll() throws {
    let gone = (0..<13).map { pid in
      Session.client(
        pid: pid + 200, .idle, silent: .hours(3) + .minutes(Int(pid)), open: .hours(9)
      ) { $0.clientAddress = "10.0.0.9" }
    }
    let newer = Session.client(pid: 300, .idle, silent: .zero, open: .hours(2))
    // The same application from there as another user, whose sessions are another matter.
    let other = Session.client(pid: 301, .idle, silent: .hours(4)) {
      ($0.clientAddress, $0.user) = ("10.0.0.9", "reporting")
    }
    let report = SmallServer.report([other] + gone + [newer])
    let lines = TextReport(style: TerminalStyle(width: 250)).sessions(report)
    #expect(lines.count { $0.contains("Idle, and silent for") } == 2)
    let place = try #require(lines.firstIndex(of: "    Each of these 13:"))
    #expect(
      lines[place...].prefix(4) == [
        "    Each of these 13:",
        "    web.1 runs from 10.0.0.7, where its oldest session began at 10:00:00 UTC; this one is from "
          + "10.0.0.9, last heard between 08:48:00 UTC and 09:00:00 UTC. Its owner is gone, unless "
          + "two applications here have a web.1 each.",
        "    Idle, and silent for 3h to 3h 12m: last heard between 08:48:00 UTC and 09:00:00 UTC, "
          + "beyond the threshold of 1h.",
        "300  web.1             app@shop        10.0.0.7  idle          0s      0s  live",
      ])
  }

  @Test func saysThatFamiliesAreFewer() {
    func text(_ names: [String], by dimensions: [GroupDimension] = [.application]) -> String {
      let sessions = names.enumerated().map { pid, name in
        Session.client(pid: Int32(pid + 200), .idle, silent: .zero, application: name)
      }
      return TextReport(style: ascii).audit(
        SmallServer.report(sessions, by: Policy(groupBy: dimensions)))
    }
    let instances = (0..<41).map { "web.\($0)" }
    let remark = "41 groups; --group-by family makes 1 of them"
    #expect(text(instances).contains("\n\(remark)\n"))
    #expect(!text(Array(instances.dropLast())).contains("groups; --group-by"))
    #expect(!text(instances, by: [.user]).contains("groups; --group-by"))
    let unlike = (0..<41).map { "job-\(String($0, radix: 36))x" }
    #expect(!text(unlike).contains("groups; --group-by"))
  }

  @Test func saysWhenNothingMatches() {
    let sessions: [Session] = [.client(pid: 2, .active, silent: .zero)]
    let dry = TextReport(style: ascii).termination(
      SmallServer.termination(sessions: sessions), next: Self.next)
    #expect(dry.contains("\nNo session would be ended: none matches.\n\nKept 1: 1 in use.\n"))
    #expect(!dry.contains("--execute"), "there is nothing to carry out")
  }

  /// Two that hold state.
  private func stateful(
    isDoubted: Bool = false, _ change: (inout Selection) -> Void = { _ in }
  ) -> String {
    var audit = SmallServer.report([
      .client(pid: 2, .idle, silent: .hours(2)), .client(pid: 3, .idle, silent: .hours(3)),
    ])
    var details = Details(
      holdings: [2: [.temporaryTables], 3: [.advisoryLock, .temporaryTables]])
    if isDoubted {
      details.unknown = [2: [.temporaryTables], 3: [.temporaryTables]]
      details.doubtfulSchemas = 1
    }
    audit.add(details)
    var selection = Selection(idleLongerThan: .hours(1))
    change(&selection)
    return TextReport(style: ascii).termination(
      TerminationReport(
        audit: audit, plan: Planner.plan(audit, selection: selection), executed: false),
      next: Self.next)
  }

  @Test func saysWhereAllThatMatchAreKept() {
    #expect(
      stateful().contains(
        "\nNo session would be ended: the 2 that match are all kept.\n\n"
          + "Kept 2: 2 with state (--include-stateful).\n"))
  }

  @Test func saysHowManyAreKeptInDoubtAlone() {
    let text = stateful(isDoubted: true)
    #expect(
      text.contains(
        "Kept 2: 2 with state (--include-stateful).\nOf them 1 session only as it may hold temporary "
          + "tables: and before 16 no server\n")
        || text.contains("Of them 1 session only as it may"),
      "\(text)")
  }

  @Test func saysOfHowManyAListenCannotBeSeen() {
    var audit = SmallServer.report([
      .client(pid: 2, .idle, silent: .hours(2)), .client(pid: 3, .idle, silent: .hours(3)),
    ])
    var details = Details(holdings: [2: [], 3: []])
    details.unknown = [2: [.listen], 3: [.listen]]
    audit.add(details)
    let plan = Planner.plan(audit, selection: Selection(idleLongerThan: .hours(1)))
    let text = TextReport(style: ascii).termination(
      TerminationReport(audit: audit, plan: plan, executed: false), next: Self.next)
    let said = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(
      said.contains(
        "The last commands of 2 sessions end a transaction (COMMIT and the like). Whether a LISTEN was "
          + "in it can't be seen, and a client that listens there would hear no more."), "\(text)")
  }

  /// Before 16 no server tells whose they are.
  @Test(arguments: [(false, "holds"), (true, "may hold")])
  func saysWhatIsHeldOnlyWhereItIsKnown(_ isDoubted: Bool, _ words: String) {
    let text = stateful(isDoubted: isDoubted) { $0.includeStateful = true }
    #expect(text.contains("\n    \(words) temporary tables\n"), "\(text)")
    #expect(
      text.contains(
        !isDoubted
          ? "holds an advisory lock, temporary tables\n"
          : "holds an advisory lock, and may hold temporary tables\n"), "\(text)")
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

  /// Nor is all well beside transactions that do nothing.
  @Test func noneIsNotSaidBesideIdleTransactions() {
    let open = Session.client(pid: 2, .idleInTransaction, silent: .minutes(41))
    let text = TextReport(style: ascii).audit(SmallServer.report([open]))
    #expect(text.contains("\n1 transaction has done nothing for 41m\n"))
    #expect(!text.contains("none is suspect"))
    #expect(text.contains("nothing else looks abandoned: no idle session has been silent for 1h"))
    let hidden = TextReport(style: ascii).audit(SmallServer.report([open, .hidden(pid: 3)]))
    #expect(hidden.contains("no other visible session looks abandoned"))
  }

  @Test func foldsNamesThatAreNewAtEachStart() {
    let text = TextReport(style: ascii).audit(
      SmallServer.report(
        (0..<4).map { .client(pid: $0 + 2, .idle, silent: .zero, application: "odoo-1952\($0)") }))
    #expect(text.contains("\nodoo-* "))
    #expect(text.contains("\n    4 names, new at each start\n"))
    #expect(!text.contains("\nodoo-19520"))
  }

  private static let limits: [(LimitKind, String)] = [
    (.role, "limit: CONNECTION LIMIT of role app; 8 of max_connections 20 used"),
    (.database, "limit: CONNECTION LIMIT of database shop; 8 of max_connections 20 used"),
    (.server, "limit: max_connections 20"),
    (.reserved, "limit: max_connections 20, 3 for superusers, 2 for pg_use_reserved_connections"),
    (.superuserReserved, "limit: max_connections 20, 3 for superusers"),
  ]

  @Test(arguments: limits)
  func namesTheLimitThatBinds(_ kind: LimitKind, _ sentence: String) {
    var snapshot = SmallServer.snapshot()
    snapshot.server.roleLimits = kind == .role ? [NamedLimit(name: "app", limit: 9)] : []
    snapshot.server.databaseLimits = kind == .database ? [NamedLimit(name: "shop", limit: 9)] : []
    if kind == .server { snapshot.server.superuserReserved = 0 }
    if kind != .reserved { snapshot.server.reserved = 0 }
    let report = Judge.judge(snapshot, by: Policy())
    #expect(report.slots.binding.kind == kind)
    let lines = TextReport(style: ascii).slots(report.slots, role: "app").dropFirst()
    // Broken where it would not fit.
    #expect(lines.map { $0.drop { $0 == " " } }.joined(separator: " ") == sentence)
    #expect(lines.allSatisfy { $0.hasPrefix("       ") && $0.count <= 80 })
  }

  /// This role has room, and the application's has none.
  @Test func showsLimitsOfOthersThatAreNearlyUsed() {
    var snapshot = SmallServer.snapshot(
      (0..<5).map { pid in
        .client(pid: pid + 2, .idle, silent: .zero) { $0.user = pid < 4 ? "web" : "batch" }
      })
    snapshot.server.roleLimits = [
      NamedLimit(name: "batch", limit: 9), NamedLimit(name: "locked", limit: 0),
      NamedLimit(name: "web", limit: 4),
    ]
    snapshot.server.databaseLimits = [NamedLimit(name: "shop", limit: 6)]
    let slots = Judge.judge(snapshot, by: Policy()).slots
    #expect(
      TextReport(style: ascii).slots(slots, role: "app").dropFirst() == [
        "       limit: CONNECTION LIMIT of database shop; 5 of max_connections 20 used",
        "       role web: 4 of 4 used, none left",
      ])
  }

  @Test(arguments: [
    (170_011, 12, "12 of 17 used (70 %), 5 left for app"),
    (170_011, 13, "at least 13 of 17 used (76 %), at most 4 left for app"),
    (180_006, 13, "13 of 17 used (76 %), 4 left for app"),
    (170_011, 17, "at least 17 of 17 used (100 %), none left for app"),
  ])
  func saysWhereTheCountIsALowerBound(_ version: Int, _ count: Int32, _ words: String) {
    var snapshot = SmallServer.snapshot(
      (0..<count).map { .client(pid: $0 + 2, .idle, silent: .zero) })
    (snapshot.server.roleLimits, snapshot.server.reserved) = ([], 0)
    snapshot.role.canReadAllStats = true
    snapshot.target.serverVersionNumber = version
    let lines = TextReport(style: ascii).slots(
      Judge.judge(snapshot, by: Policy()).slots, role: "app")
    #expect(lines[0].hasSuffix("  " + words), "\(lines[0])")
  }

  @Test func saysWhatEndingOrphansFrees() {
    func text(_ orphans: Int32, hidden: Bool = false) -> String {
      let old: [Session] = (0..<orphans).map { pid in
        .client(pid: pid + 200, .idle, silent: .hours(3)) { session in
          session.clientAddress = "10.0.0.9"
          // One is of a role that we may not signal.
          if hidden && pid == 0 { (session.userID, session.user) = (16_390, "stranger") }
        }
      }
      let new = [9, 8].map { minutes in
        Session.client(
          pid: Int32(300 + minutes), .idle, silent: .zero, open: .minutes(minutes)
        ) {
          if hidden && minutes == 8 { ($0.userID, $0.user) = (16_390, "stranger") }
        }
      }
      return TextReport(style: ascii).audit(SmallServer.report(old + new))
    }
    #expect(
      text(1).contains("1 orphan: superseded by a newer address; ending it frees 1 slot (33 %)"))
    #expect(
      text(6).contains("6 orphan: superseded by a newer address; ending them frees 6 slots (75 %)"))
    #expect(
      text(6, hidden: true).replacing("\n    ", with: " ").contains(
        "6 orphan: superseded by a newer address; 5 can be ended, which frees 5 slots (63 %)"))
  }

  @Test func saysWhoBlocksWhom() {
    var sessions = SmallServer.sessions
    sessions[1].waitEventType = "Lock"
    var report = SmallServer.report(sessions)
    report.blocking = [
      Blocker(
        pid: 104, waiters: 1, heldSince: .now - Duration.minutes(21), applicationName: "worker.1"),
      Blocker(pid: 0, waiters: 3, heldSince: nil, applicationName: nil),
      Blocker(pid: 50, waiters: 1, heldSince: nil, applicationName: ""),
      Blocker(pid: 107, waiters: 1, heldSince: nil, applicationName: "cron"),
    ]
    let text = TextReport(style: TerminalStyle(width: 200)).audit(report)
    #expect(
      text.contains(
        """
        1 waits for a lock, the oldest query for 2h 5m:
          1 waits for pid 104 of worker.1 (app@shop from 10.0.0.7): idle in transaction for 20m, in its transaction for 21m, since 11:39:00 UTC, last command UPDATE
          3 wait for a prepared transaction
          1 waits for pid 50, a process of the server
          1 waits for pid 107 of cron (other@shop), whose state is hidden

        """))
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
