import Testing

@testable import SessionAudit

/// Transactions that do nothing are told of from minutes on, with the command that ends just them.
struct IdleTransactionsTests {
  private func report(
    _ sessions: [Session], role: RoleFacts = .app(), policy: Policy = Policy()
  ) -> AuditReport {
    var report = Snapshot.of(sessions, role: role).judged(by: policy)
    report.advise(words: "")
    return report
  }

  private func said(_ report: AuditReport) -> Advice? {
    report.advice.first { $0.code == "idle_in_transaction" }
  }

  private func open(
    _ pid: Int32, _ silent: Duration, change: (inout Session) -> Void = { _ in }
  ) -> Session {
    .client(pid: pid, .idleInTransaction, silent: silent, change: change)
  }

  private func live(_ count: Int) -> [Session] {
    (0..<count).map { .idle(pid: Int32($0 + 100), silent: .seconds(5)) }
  }

  @Test func tellsOfThemFromFiveMinutesOn() throws {
    #expect(report([open(2, .seconds(300))]).idleTransactions == nil)
    #expect(said(report([open(2, .seconds(300))])) == nil)
    let found = report([open(2, .seconds(301)), open(3, .seconds(20))] + live(2))
    #expect(found.idleTransactions == IdleTransactions(count: 1, longest: .seconds(301)))
    let advice = try #require(said(found))
    #expect(advice.severity == .warning)
    #expect(
      advice.summary
        == "1 transaction has done nothing for 5m 1s. It keeps its locks, and dead rows from VACUUM. "
        + "Ending it rolls it back, and its program's next statement fails. This shows it, and ends "
        + "nothing:")
    #expect(advice.remedy == "pgsessions terminate --in-transaction-longer-than 5m")
    // No verdict waits for them, and none is changed.
    #expect(found.totals.suspect == 0 && found.totals.live == 4)
  }

  @Test func countsAbortedOnesAndSaysTheLongest() throws {
    let aborted = Session.client(pid: 4, .idleInTransactionAborted, silent: .minutes(41))
    let found = try #require(
      said(report([open(2, .minutes(11)), open(3, .minutes(6)), aborted] + live(4))))
    #expect(
      found.summary.hasPrefix(
        "3 transactions have done nothing for more than 5m, the longest for 41m. Each keeps"))
  }

  /// Whoever calls less than five minutes stale hears as soon.
  @Test func heedsAShorterThreshold() throws {
    let policy = Policy(staleAfter: .seconds(60))
    let found = try #require(said(report([open(2, .seconds(61))], policy: policy)))
    #expect(found.remedy == "pgsessions terminate --in-transaction-longer-than 1m")
  }

  /// The command selects just those that were spoken of, share and all.
  @Test(arguments: [(3, 20), (12, 40), (23, 1), (9, 0)])
  func theCommandSelectsWhatWasSaid(_ count: Int, _ others: Int) throws {
    let report = report((0..<count).map { open(Int32($0 + 2), .minutes(11)) } + live(others))
    let words = try #require(said(report)?.remedy).split(separator: " ")
    var selection = Selection(maximum: .max)
    selection.inTransactionLongerThan = try DurationText.parse(words[3])
    selection.maximumShare = words.count > 4 ? 100 : 50
    #expect(words.count == 4 || words[4...] == ["--max-share", "100"])
    let plan = Planner.plan(report, selection: selection)
    #expect(plan.breaker == nil && plan.selected.count == count)
    #expect(said(report)?.summary.contains("shows them") == true)
  }

  @Test func saysWhatTerminateKeeps() throws {
    let elsewhere = open(3, .minutes(20)) { $0.database = "other" }
    let found = try #require(said(report([open(2, .minutes(11)), elsewhere])))
    #expect(found.summary.contains("terminate keeps 1 of them: it is in another database"))
    #expect(found.summary.hasSuffix("This shows the other, and ends nothing:"))
    let none = try #require(said(report([elsewhere])))
    #expect(none.remedy == nil && none.summary.hasPrefix("1 transaction has done nothing for 20m."))
    #expect(!none.summary.contains("ends nothing"))
  }

  /// What they hold is asked too, or the command would select fewer than was said.
  @Test func areAskedWhatTheyHold() {
    #expect(report([open(2, .minutes(6)), open(3, .minutes(4))]).candidates == [2])
    var held = Snapshot.of([open(2, .minutes(6))])
    held.details = Details(holdings: [2: [.advisoryLock]], blocking: [])
    var report = held.judged()
    report.advise(words: "")
    #expect(said(report)?.remedy == nil)
    #expect(
      said(report)?.summary.contains("terminate keeps 1 of them: it holds an advisory lock") == true
    )
  }

  @Test func leavesOrphansToTheirOwnAdvice() {
    let gone = open(2, .hours(3)) { $0.clientAddress = "10.0.0.1" }
    let new = Session.idle(pid: 3, silent: .zero, open: .hours(1)) { $0.clientAddress = "10.0.0.2" }
    let found = report([gone, new])
    #expect(found.totals.orphan == 1 && said(found) == nil)
    #expect(found.advice.contains { $0.code == "orphan_sessions" })
    #expect(found.idleTransactions?.count == 1)
  }
}
