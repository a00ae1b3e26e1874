import SessionAudit
import TestRandom
import Testing

struct JudgeTests {
  private func verdict(_ session: Session, by policy: Policy = Policy()) -> Verdict? {
    Snapshot.of([session]).judged(by: policy)[pid: session.pid]?.verdict
  }

  @Test func suspectsFromTheThresholdOn() {
    #expect(verdict(.idle(pid: 2, silent: .hours(1) - .microseconds(1))) == .live)
    #expect(verdict(.idle(pid: 2, silent: .hours(1))) == .suspect)
    #expect(verdict(.idle(pid: 2, silent: .hours(1) + .microseconds(1))) == .suspect)
    let policy = Policy(staleAfter: .minutes(5))
    #expect(verdict(.idle(pid: 2, silent: .minutes(4)), by: policy) == .live)
    #expect(verdict(.idle(pid: 2, silent: .minutes(5)), by: policy) == .suspect)
  }

  @Test(arguments: [
    SessionState.active, .fastpathFunctionCall, .disabled, .starting, .other("napping"),
  ])
  func suspectsNoSessionAtWork(_ state: SessionState) {
    #expect(verdict(.client(pid: 2, state, open: .days(9), silent: .days(8))) == .live)
  }

  /// A query may have taken long and ended just now, and a client may ping.
  @Test func suspectsNobodyForSilenceWhoseStateJustChanged() {
    let ended = Session.idle(pid: 2, silent: .hours(3)) { $0.stateChange = .ago(.seconds(1)) }
    #expect(verdict(ended) == .live)
    let long = Session.idle(pid: 2, silent: .hours(3)) { $0.stateChange = .ago(.hours(1)) }
    #expect(verdict(long) == .suspect)
    let heard = Session.idle(pid: 2, silent: .hours(3)) { $0.queryStart = .ago(.minutes(3)) }
    #expect(verdict(heard) == .live)
  }

  @Test func saysItsEvidenceInFigures() throws {
    let session = Session.idle(pid: 2, silent: .hours(2) + .minutes(5))
    let judged = try #require(Snapshot.of([session]).judged().sessions.first)
    let evidence = try #require(judged.evidence.first)
    #expect(judged.evidence.count == 1)
    #expect(evidence.kind.rawValue == "idle_beyond_threshold" && evidence.basis == .inferred)
    #expect(evidence.verdict == judged.verdict)
    #expect(
      judged.sentences
        == [
          "Idle, and silent for 2h 5m: last heard at 09:55:00 UTC, beyond the threshold of 1h."
        ])
  }

  /// A threshold is given back as it was written, not rounded to what reads well.
  @Test func namesTheThresholdExactly() throws {
    let session = Session.idle(pid: 2, silent: .hours(2))
    let policy = Policy(staleAfter: .hours(1) + .seconds(30))
    let judged = try #require(Snapshot.of([session]).judged(by: policy).sessions.first)
    #expect(judged.sentences.first?.contains("the threshold of 1h30s.") == true)
  }

  @Test func holdsItsOwnSessionLive() throws {
    let own = try #require(
      Snapshot.of([.idle(pid: 1, silent: .days(9))]).judged().sessions.first)
    #expect(own.verdict == .live && own.evidence.isEmpty)
    #expect(own.protections.map(\.kind) == [.ownSession])
  }

  @Test func countsHiddenSessionsAndSaysWhy() {
    let sessions = [Session.hidden(pid: 2), .hidden(pid: 3), .idle(pid: 4, silent: .zero)]
    let report = Snapshot.of(sessions, role: .app { $0.canReadAllStats = false }).judged()
    #expect(report[pid: 2]?.verdict == .hidden)
    #expect(report[pid: 2]?.protections.first?.kind == .hidden)
    #expect(report.coverage.total == 3 && report.coverage.visible == 1)
    #expect(report.coverage.hidden == 2 && !report.coverage.isComplete)
    #expect(
      report.coverage.reason
        == "app lacks pg_read_all_stats: of 2 sessions it sees neither state nor age")
    #expect(report.totals.hidden == 2 && report.totals.clientSessions == 3)
    // With the right, columns are hidden for a reason that no grant mends.
    #expect(
      Snapshot.of(sessions).judged().coverage.reason == "the server hides columns of 2 sessions")
  }

  @Test func isCompleteWhereNothingHides() {
    let report = Snapshot.of([.idle(pid: 2, silent: .zero), .background(pid: 3, type: nil)])
      .judged()
    #expect(report.coverage.isComplete && report.coverage.reason == nil)
    #expect(report.totals.background == 1 && report.sessions.count == 1)
  }

  @Test func protectsWhatItMayNotEnd() {
    let report = Snapshot.of([
      .idle(pid: 2, silent: .zero) {
        $0.userID = RoleID.superuser
        $0.user = "postgres"
      },
      .idle(pid: 3, silent: .zero) {
        $0.userID = RoleID.other
        $0.user = "other"
      },
      .idle(pid: 4, silent: .zero),
    ]).judged()
    #expect(report[pid: 2]?.protections.map(\.kind) == [.superuser])
    #expect(report[pid: 3]?.protections.map(\.kind) == [.notPermitted])
    #expect(
      report[pid: 3]?.protections.first?.detail
        == "app has the privileges of neither role other nor pg_signal_backend")
    #expect(report[pid: 4]?.protections.isEmpty == true)
  }

  @Test func sparesSuperusersEvenForASuperuser() {
    let session = Session.idle(pid: 2, silent: .zero) { $0.userID = RoleID.superuser }
    let report = Snapshot.of([session], role: .app { $0.isSuperuser = true }).judged()
    #expect(report[pid: 2]?.protections.map(\.kind) == [.superuser])
  }

  @Test func listsSessionsByStartThenPid() {
    let report = Snapshot.of([
      .hidden(pid: 9), .hidden(pid: 8), .idle(pid: 3, silent: .zero, open: .hours(1)),
      .idle(pid: 7, silent: .zero, open: .hours(2)), .idle(pid: 2, silent: .zero, open: .hours(1)),
    ]).judged()
    #expect(report.sessions.map(\.session.pid) == [7, 2, 3, 8, 9])
  }

  @Test func countsWhatWasOpenedJustNow() {
    let ages: [Duration] = [.zero, .seconds(59), .seconds(60), .seconds(299), .seconds(300)]
    let sessions = ages.enumerated().map {
      Session.idle(pid: Int32($0 + 2), silent: .zero, open: $1)
    }
    let report = Snapshot.of(sessions + [.hidden(pid: 20)]).judged()
    #expect(report.totals.openedLastMinute == 2 && report.totals.openedLast5Minutes == 4)
    #expect(report.groups.map(\.openedLastMinute) == [2])
  }

  @Test func doesNotDependOnTheOrderOfRows() {
    var world = RandomWorld(.printed("Judge, shuffled"))
    var random = Seeded(seed: world.random.seed)
    for _ in 0..<500 {
      var snapshot = world.snapshot()
      let policy = Policy(groupBy: random.one(of: [[.application], [.state, .client], [.user]]))
      let first = snapshot.judged(by: policy)
      snapshot.sessions.shuffle(using: &random)
      let second = snapshot.judged(by: policy)
      #expect(first.sessions == second.sessions && first.groups == second.groups)
      #expect(first.totals == second.totals && first.slots == second.slots)
      #expect(first.coverage == second.coverage)
    }
  }
}
