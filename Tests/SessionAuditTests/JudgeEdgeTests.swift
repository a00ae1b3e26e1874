import SessionAudit
import Testing

/// Edges of the judge that random worlds hit too seldom.
struct JudgeEdgeTests {
  private func session(
    pid: Int32, at address: String? = "10.0.0.1", open: Duration, silent: Duration,
    application: String = "web.1", change: (inout Session) -> Void = { _ in }
  ) -> Session {
    .client(pid: pid, .idle, open: open, silent: silent, application: application) {
      $0.clientAddress = address
      change(&$0)
    }
  }

  private func roster(
    _ format: Roster.Format, _ entries: (name: String?, address: String?, began: Duration?)...
  ) -> Policy {
    var policy = Policy()
    policy.roster = Roster(
      format: format,
      entries: entries.map { entry in
        Roster.Entry(
          name: entry.name, networks: entry.address.flatMap { Network($0) }.map { [$0] } ?? [],
          isAlive: true, startedAt: entry.began.map { .ago($0) })
      })
    return policy
  }

  /// Old and new may overlap for as long as a restart takes, and not a microsecond longer.
  @Test func takesAnOverlapForARestartUpToTheGrace() {
    func verdict(overlap: Duration) -> Verdict? {
      Snapshot.of([
        session(pid: 2, at: "10.0.0.1", open: .hours(9), silent: .hours(3)),
        session(pid: 3, at: "10.0.0.2", open: .hours(3) + overlap, silent: .hours(2)),
        session(pid: 4, at: "10.0.0.3", open: .hours(1), silent: .zero),
      ]).judged()[pid: 2]?.verdict
    }
    #expect(verdict(overlap: .minutes(5)) == .orphan)
    #expect(verdict(overlap: .minutes(5) + .microseconds(1)) == .suspect)
  }

  /// Who is not let in yet has no name, but somebody lives there.
  @Test func hearsWhoKnocks() {
    let old = session(pid: 2, open: .hours(9), silent: .hours(3))
    let new = session(pid: 3, at: "10.0.0.2", open: .hours(1), silent: .zero)
    let knock = Session.client(pid: 4, .starting, open: .seconds(1), application: "") {
      ($0.clientAddress, $0.user, $0.userID) = ("10.0.0.1", nil, nil)
    }
    #expect(Snapshot.of([old, new]).judged()[pid: 2]?.verdict == .orphan)
    #expect(Snapshot.of([old, new, knock]).judged()[pid: 2]?.verdict == .suspect)
  }

  @Test func takesASessionWithoutABeginForBusy() {
    let old = session(pid: 2, open: .hours(9), silent: .hours(3))
    let new = session(pid: 3, at: "10.0.0.2", open: .hours(1), silent: .zero)
    let unknown = session(pid: 4, open: .hours(9), silent: .hours(3)) { $0.backendStart = nil }
    let report = Snapshot.of([old, new, unknown]).judged()
    #expect(report[pid: 2]?.kinds == [.idleBeyondThreshold])
    #expect(report[pid: 4]?.verdict == .live)
    // Nor does it begin a life after which others would be replaced.
    let elsewhere = session(pid: 4, at: "10.0.0.3", open: .zero, silent: .zero) {
      $0.backendStart = nil
    }
    #expect(Snapshot.of([old, elsewhere]).judged()[pid: 2]?.kinds == [.idleBeyondThreshold])
  }

  @Test func putsTheStrongestFirstOnABusyAddressToo() {
    var policy = Policy()
    policy.maxAges = [Declaration(nil, .minutes(10))]
    let report = Snapshot.of([
      session(pid: 2, open: .hours(3), silent: .hours(3)),
      session(pid: 3, open: .hours(1), silent: .zero),
    ]).judged(by: policy)
    #expect(report[pid: 2]?.kinds == [.pastMaxAge, .idleBeyondThreshold])
    #expect(report.groups.first?.suspectEvidence == [.pastMaxAge: 1])
  }

  /// Others may bear a shared name who are in no list; an address tells who it is.
  @Test func accusesNobodyByASharedName() {
    let sessions = [session(pid: 2, open: .hours(9), silent: .hours(3), application: "cron")]
    func kinds(_ policy: Policy) -> [Evidence.Kind]? {
      Snapshot.of(sessions).judged(by: policy)[pid: 2]?.kinds
    }
    let byName = roster(.lines, ("cron", nil, .hours(1)))
    #expect(kinds(byName) == [.idleBeyondThreshold])
    let byAddress = roster(.lines, (nil, "10.0.0.1", .hours(1)))
    #expect(kinds(byAddress) == [.predatesOwner, .idleBeyondThreshold])
    #expect(kinds(roster(.kubernetes, ("cron", "10.0.0.9", .hours(1)))) == [.idleBeyondThreshold])
    // The user may say that web.1 is no one instance's name.
    var declared = roster(.heroku, ("web.1", nil, .hours(1)))
    let web = Snapshot.of([session(pid: 2, open: .hours(9), silent: .hours(3))])
    #expect(web.judged(by: declared)[pid: 2]?.kinds.first == .predatesOwner)
    declared.oneInstance = [Declaration(ApplicationPattern("web.*"), false)]
    #expect(web.judged(by: declared)[pid: 2]?.kinds == [.idleBeyondThreshold])
  }

  /// Lines of addresses cover the application that has one of them, if it has a name.
  @Test func coversNamelessSessionsOnlyWhereItIsSaid() {
    func verdict(of name: String, _ policy: Policy) -> Verdict? {
      Snapshot.of([
        session(pid: 2, at: "10.0.0.1", open: .hours(9), silent: .minutes(9), application: name),
        session(pid: 3, at: "10.0.0.2", open: .hours(9), silent: .zero, application: name),
      ]).judged(by: policy)[pid: 2]?.verdict
    }
    var lines = roster(.lines, (nil, "10.0.0.2", nil))
    #expect(verdict(of: "cron", lines) == .orphan && verdict(of: "", lines) == .live)
    lines.roster?.coversNames = [Glob("")]
    #expect(verdict(of: "", lines) == .orphan)
  }

  /// Who was heard at the moment of a restart was heard since, without a tolerance too.
  @Test(arguments: [Duration.zero, .seconds(30)])
  func needsARestartAfterTheLastSign(_ tolerance: Duration) {
    func kinds(silent: Duration) -> [Evidence.Kind]? {
      var policy = roster(.heroku, ("worker.1", nil, .minutes(10)))
      policy.roster?.isComplete = true
      policy.restarts = [Declaration(nil, .ago(.minutes(10)))]
      policy.clockTolerance = tolerance
      let session = session(pid: 2, open: .hours(9), silent: silent)
      return Snapshot.of([session]).judged(by: policy)[pid: 2]?.kinds
    }
    let least = max(tolerance, .microseconds(1))
    #expect(kinds(silent: .minutes(10) + least) == [.predatesAll, .beforeRestart])
    #expect(kinds(silent: .minutes(10) + least - .microseconds(1)) == [])
  }
}
