import SessionAudit
import Testing

/// What each selection takes, and what it leaves and why.
struct SelectionTests {
  private func selection(_ change: (inout Selection) -> Void) -> Selection {
    var selection = Selection()
    change(&selection)
    return selection
  }

  /// Three generations of web.1, and a quiet console: 2 and 3 are orphans (superseded), 5 is
  /// suspect, 4 and 6 live.
  private static let founding: [Session] = [
    .idle(pid: 2, silent: .hours(3)) { $0.clientAddress = "10.0.0.1" },
    .idle(pid: 3, silent: .minutes(30), open: .hours(2)) { $0.clientAddress = "10.0.0.2" },
    .idle(pid: 4, silent: .zero, open: .minutes(20)) { $0.clientAddress = "10.0.0.3" },
    .idle(pid: 5, silent: .hours(2), application: "console"),
    .client(pid: 6, .idleInTransaction, silent: .minutes(2), application: "console"),
  ]

  private func plan(
    _ sessions: [Session] = founding, by policy: Policy = Policy(),
    details: Details? = nil, _ change: (inout Selection) -> Void
  ) -> TerminationPlan {
    var snapshot = Snapshot.of(sessions)
    snapshot.details = details
    return Planner.plan(snapshot.judged(by: policy), selection: selection(change))
  }

  private func pids(_ plan: TerminationPlan) -> [Int32] { plan.selected.map(\.identity.pid) }

  private func reason(_ plan: TerminationPlan, _ pid: Int32) -> String? {
    (plan.kept.first { $0.judged.session.pid == pid }?.reasons
      ?? plan.selected.first { $0.identity.pid == pid }?.reasons)?.first?.kind
  }

  @Test func verdictsAreAlternatives() {
    let orphans = plan { $0.orphans = true }
    #expect(pids(orphans) == [2, 3] && orphans.selected.allSatisfy(\.isOrphan))
    #expect(reason(orphans, 2) == "superseded" && reason(orphans, 4) == "not_selected")
    let suspects = plan { $0.suspects = true }
    #expect(pids(suspects) == [5] && reason(suspects, 5) == "idle_beyond_threshold")
    #expect(pids(plan { ($0.orphans, $0.suspects) = (true, true) }) == [2, 5, 3])
  }

  @Test func stateAgesAreAlternativesAndAddToVerdicts() {
    let sessions = Self.founding + [.client(pid: 7, .active, silent: .minutes(9))]
    let both = plan(sessions) {
      $0.idleLongerThan = .hours(1)
      $0.inTransactionLongerThan = .minutes(1)
    }
    #expect(pids(both) == [2, 5, 6] && reason(both, 7) == "in_use")
    // The active web.1 is at the address of nobody else.
    let active = plan(sessions) { $0.activeLongerThan = .minutes(5) }
    #expect(pids(active) == [7] && reason(active, 2) == "not_selected")
    #expect(reason(active, 6) == "in_use")
    #expect(
      pids(
        plan {
          $0.orphans = true
          $0.idleLongerThan = .hours(1)
        }) == [2])
    #expect(
      pids(
        plan {
          $0.orphans = true
          $0.sessionOlderThan = .hours(5)
        }) == [2])
  }

  @Test(arguments: [SessionState.idleInTransaction, .idleInTransactionAborted])
  func takesTransactionsByTheirOwnThreshold(_ state: SessionState) {
    let session = Session.client(pid: 2, state, silent: .minutes(5)) { $0.transactionStart = nil }
    #expect(pids(plan([session]) { $0.inTransactionLongerThan = .minutes(4) }) == [2])
    let young = plan([session]) { $0.inTransactionLongerThan = .minutes(5) }
    #expect(pids(young) == [] && reason(young, 2) == "too_young")
    #expect(reason(plan([session]) { $0.sessionOlderThan = .minutes(1) }, 2) == "in_use")
  }

  /// What is only inferred must have lasted before a transaction is lost with it.
  @Test func whatAnOrphanHoldsGoesWithItsOwner() {
    let holding = Details(holdings: [2: [.advisoryLock], 3: [.advisoryLock]])
    let inferred = plan(details: holding) { $0.orphans = true }
    #expect(pids(inferred) == [2] && reason(inferred, 3) == "holds_state")
    #expect(
      pids(
        plan(details: holding) {
          $0.orphans = true
          $0.includeStateful = true
        }) == [2, 3])
    var policy = Policy()
    policy.restarts = [Declaration(nil, .ago(.minutes(21)))]
    #expect(pids(plan(by: policy, details: holding) { $0.orphans = true }) == [2, 3])

    var sessions = Self.founding
    sessions[1].state = .idleInTransaction
    let transaction = plan(sessions) { $0.orphans = true }
    #expect(pids(transaction) == [2] && reason(transaction, 3) == "in_use")
    #expect(pids(plan(sessions, by: policy) { $0.orphans = true }) == [2, 3])
    // By a verdict alone; a suspect's transaction is somebody's.
    let suspect = Session.client(pid: 8, .idleInTransaction, silent: .hours(2), application: "x")
    #expect(reason(plan([suspect]) { $0.suspects = true }, 8) == "in_use")
    #expect(
      pids(
        plan([suspect]) {
          $0.suspects = true
          $0.includeStateful = true
        }) == [8])
  }

  @Test func takesActiveSuspectsOnlyWhenAsked() {
    let stuck = Session.client(pid: 8, .active, silent: .hours(2)) {
      ($0.waitEventType, $0.waitEvent) = ("Client", "ClientWrite")
    }
    #expect(reason(plan([stuck]) { $0.suspects = true }, 8) == "in_use")
    #expect(
      pids(
        plan([stuck]) {
          $0.suspects = true
          $0.includeActive = true
        }) == [8])
  }

  @Test(arguments: [(Basis.inferred, 2), (.declared, 1), (.roster, 0)])
  func trustsNothingWeaker(_ trust: Basis, _ count: Int) {
    var policy = Policy()
    // Declares what was last heard before it; the other is only superseded.
    policy.restarts = [Declaration(nil, .ago(.hours(1)))]
    let plan = plan(by: policy) {
      $0.orphans = true
      $0.trust = trust
    }
    #expect(plan.selected.count == count)
    let untrusted = plan.kept.filter { $0.reasons.first?.kind == "untrusted" }
    #expect(untrusted.count == 2 - count)
    #expect(
      untrusted.last.map { $0.reasons[0].detail }
        ?? "its evidence is only inferred; ending it takes --trust inferred"
        == "its evidence is only inferred; ending it takes --trust inferred")
  }

  /// No remedy is named that would not do by itself.
  @Test func anUntrustedOrphanNamesAllOptionsThatItNeeds() {
    let holding = Details(holdings: [3: [.advisoryLock]])
    func details(of sessions: [Session], _ details: Details? = nil) -> [String] {
      let plan = plan(sessions, details: details) {
        $0.orphans = true
        $0.trust = .declared
      }
      return plan.kept.first { $0.judged.session.pid == 3 }?.reasons
        .filter { $0.kind == "untrusted" }.map(\.detail) ?? []
    }
    #expect(
      details(of: Self.founding, holding) == [
        "its evidence is only inferred; ending it takes --trust inferred and --include-stateful"
      ])
    let superusers = Self.founding.map { session in
      var session = session
      session.userID = RoleID.superuser
      return session
    }
    #expect(details(of: superusers) == ["its evidence is only inferred"])
  }

  @Test func anUntrustedOrphanIsNoSuspect() {
    let plan = plan {
      ($0.orphans, $0.suspects) = (true, true)
      $0.trust = .roster
    }
    #expect(pids(plan) == [5] && reason(plan, 2) == "untrusted")
    // A threshold asks for no evidence.
    #expect(
      pids(
        self.plan {
          $0.idleLongerThan = .hours(1)
          $0.trust = .roster
        }) == [2, 5])
  }

  @Test func aSelectionForOthersTakesWhatThisRoleMayNot() {
    let foreign = Session.idle(pid: 2, silent: .hours(9)) { $0.userID = RoleID.other }
    let superuser = Session.idle(pid: 3, silent: .hours(9)) { $0.userID = RoleID.superuser }
    let plan = plan([foreign, superuser]) {
      $0.idleLongerThan = .hours(1)
      $0.isForOthers = true
    }
    #expect(pids(plan) == [2] && reason(plan, 3) == "superuser")
  }
}
