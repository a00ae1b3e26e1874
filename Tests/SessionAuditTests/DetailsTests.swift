import SessionAudit
import Testing

/// What a second look adds to a report, and what protects a session before it.
struct DetailsTests {
  private let sessions: [Session] = [
    .idle(pid: 2, silent: .hours(2)), .idle(pid: 3, silent: .hours(2)),
    .idle(pid: 4, silent: .zero),
    .idle(pid: 5, silent: .hours(2)) { $0.database = "ledger" },
  ]
  private let blocker = Blocker(
    pid: 2, waiters: 3, heldSince: .ago(.hours(2)), applicationName: "web.1")

  private func report(
    _ details: Details, of sessions: [Session]? = nil
  ) -> AuditReport {
    var report = Snapshot.of(sessions ?? self.sessions).judged()
    report.add(details)
    return report
  }

  @Test func asksOnlyAboutWhatMightBeEnded() {
    #expect(Snapshot.of(sessions + [.hidden(pid: 6)]).judged().candidates.sorted() == [2, 3, 5])
  }

  @Test func protectsWhatHoldsState() {
    let report = report(Details(holdings: [2: [.progress, .advisoryLock, .listen], 3: []]))
    #expect(report[pid: 2]?.holds == [.advisoryLock, .listen, .progress])
    #expect(
      report[pid: 2]?.protections == [
        Protection(
          .holdsState,
          "it holds an advisory lock, a LISTEN, a command that shows its progress")
      ])
    // Nothing is something that was learned; nil is not.
    #expect(report[pid: 3]?.holds == [] && report[pid: 3]?.protections == [])
    #expect(report[pid: 4]?.holds == nil && report[pid: 4]?.protections == [])
    // A verdict is no matter of what is held.
    #expect(
      report.sessions.map(\.verdict) == Snapshot.of(sessions).judged().sessions.map(\.verdict))
  }

  @Test(arguments: [
    (Holding.advisoryLock, "it holds an advisory lock"),
    (.temporaryTables, "it holds temporary tables"),
    (.listen, "it holds a LISTEN"), (.replicationSlot, "it holds a replication slot"),
    (.backup, "it holds a base backup"), (.progress, "it holds a command that shows its progress"),
  ])
  func saysWhatIsHeld(_ holding: Holding, _ sentence: String) {
    #expect(
      report(Details(holdings: [2: [holding]]))[pid: 2]?.protections.first?.detail == sentence)
  }

  /// What is held in another database can't be known from here, whatever an answer says.
  @Test func learnsNothingOfAnotherDatabase() {
    for holds in [Set<Holding>(), [.listen]] {
      let judged = report(Details(holdings: [5: holds]))[pid: 5]
      #expect(judged?.holds == nil)
      #expect(judged?.protections.map(\.kind) == [.otherDatabase, .holdsState])
    }
  }

  @Test func tellsNoBlockerFromNotKnown() {
    let hidden = sessions + [Session.hidden(pid: 9)]
    let waiting = Session.client(pid: 8, .active) { $0.waitEventType = "Lock" }
    #expect(Snapshot.of(sessions).judged().blocking == [], "all are seen, and none waits")
    #expect(Snapshot.of(hidden).judged().blocking == nil, "one may wait unseen")
    #expect(Snapshot.of(sessions + [waiting]).judged().blocking == nil, "nobody asked yet")
    #expect(Snapshot.of(sessions + [waiting]).judged().lockWaiters == [8])

    #expect(report(Details(blocking: [])).blocking == [])
    #expect(report(Details(blocking: []), of: hidden).blocking == nil)
    #expect(report(Details(blocking: [blocker]), of: hidden).blocking == [blocker])
    #expect(report(Details(blocking: []), of: hidden + [waiting]).blocking == [])
    #expect(report(Details(blocking: [blocker])).blocking == [blocker])
    #expect(report(Details(), of: sessions + [waiting]).blocking == nil)
  }

  @Test func takesDetailsFromTheSnapshotToo() {
    var snapshot = Snapshot.of(sessions)
    snapshot.details = Details(holdings: [2: [.backup]], blocking: [blocker])
    let report = snapshot.judged()
    #expect(report[pid: 2]?.holds == [.backup] && report.blocking == [blocker])
  }

  private static let protected:
    [(Protection.Kind, String, change: @Sendable (inout Session) -> Void)] =
      [
        (.ownSession, "this is pgsessions' own session", { $0.pid = 1 }),
        (.inUse, "it is active", { $0.state = .active }),
        (.inUse, "it is active", { $0.state = .fastpathFunctionCall }),
        (.inUse, "it is in a transaction", { $0.state = .idleInTransaction }),
        (.inUse, "it is in a transaction", { $0.state = .idleInTransactionAborted }),
        (.parallelWorker, "it works for another session", { $0.leaderPID = 7 }),
        (.pooled, "a pooler keeps it open", { $0.applicationName = "web - 10.0.0.1:5432" }),
        (
          .pooled, "a pooler keeps it open",
          { ($0.applicationName, $0.endsWithDiscardAll) = ("", true) }
        ),
        (
          .superuser, "a superuser's sessions are never ended",
          { $0.userID = RoleID.superuser }
        ),
        (
          .notPermitted, "app has the privileges of neither role app nor pg_signal_backend",
          { $0.userID = nil }
        ),
        (
          .notPermitted, "app has the privileges of neither its role nor pg_signal_backend",
          { ($0.userID, $0.user) = (nil, nil) }
        ),
      ]

  @Test func protectsForOneReasonEach() {
    for (kind, detail, change) in Self.protected {
      let session = Session.client(pid: 2, .idle, change: change)
      let judged = Snapshot.of([session]).judged().sessions.first
      #expect(judged?.protections == [Protection(kind, detail)])
    }
  }

  @Test func namesEveryReason() {
    let session = Session.client(pid: 1, .active, application: "web - unix(12):6432") {
      ($0.userID, $0.database, $0.leaderPID) = (RoleID.other, nil, 9)
    }
    #expect(
      Snapshot.of([session]).judged().sessions.first?.protections.map(\.kind) == [
        .ownSession, .notPermitted, .parallelWorker, .inUse, .otherDatabase, .holdsState,
      ])
    let hidden = Snapshot.of([.hidden(pid: 2) { $0.database = "ledger" }]).judged().sessions.first
    #expect(hidden?.protections.map(\.kind) == [.hidden, .notPermitted, .otherDatabase])
    #expect(
      hidden?.protections.first?.detail == "app may not see when it began and what it does")
  }
}
