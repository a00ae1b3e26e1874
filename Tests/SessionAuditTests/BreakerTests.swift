import SessionAudit
import Testing

/// What keeps a mistake from ending too much.
struct BreakerTests {
  private func plan(
    _ sessions: [Session], by policy: Policy = Policy(), _ change: (inout Selection) -> Void
  ) -> TerminationPlan {
    var selection = Selection()
    change(&selection)
    return Planner.plan(Snapshot.of(sessions).judged(by: policy), selection: selection)
  }

  private func idle(_ count: Int, of total: Int) -> [Session] {
    (0..<total).map { .idle(pid: Int32($0 + 2), silent: $0 < count ? .hours(2) : .zero) }
  }

  @Test(arguments: [
    // From 10 victims up, beyond half.
    (9, 9, true), (10, 20, true), (10, 19, false), (11, 20, false), (12, 24, true), (30, 40, false),
  ])
  func stopsWhatTakesMoreThanItsShare(_ victims: Int, _ total: Int, _ goesOn: Bool) {
    for maximum in [100, 5] {
      let plan = plan(idle(victims, of: total)) {
        $0.idleLongerThan = .hours(1)
        $0.maximum = maximum
      }
      #expect(plan.selected.count == (goesOn ? min(victims, maximum) : 0), "\(maximum)")
      #expect(
        plan.breaker
          == (goesOn ? nil : .maximumShare(victims: victims, visible: total, percent: 50)))
      #expect(plan.kept.count { $0.reasons[0].kind == "max_share" } == (goesOn ? 0 : victims))
    }
    let all = plan(idle(victims, of: total)) {
      $0.idleLongerThan = .hours(1)
      $0.maximumShare = 100
    }
    #expect(all.selected.count == victims && all.breaker == nil)
  }

  /// Evidence has a breaker of its own.
  @Test func theShareIsNotOfOrphans() {
    var sessions = (0..<30).map { number in
      Session.idle(pid: Int32(number + 2), silent: .hours(2)) { $0.clientAddress = "10.0.0.1" }
    }
    sessions.append(
      .idle(pid: 99, silent: .zero, open: .hours(1)) { $0.clientAddress = "10.0.0.2" })
    #expect(plan(sessions) { $0.orphans = true }.selected.count == 30)
    let byAge = plan(sessions) { $0.idleLongerThan = .hours(1) }
    #expect(byAge.selected.isEmpty && byAge.breaker != nil)
    // Together all of them are taken as orphans.
    let both = plan(sessions) {
      $0.orphans = true
      $0.idleLongerThan = .hours(1)
    }
    #expect(both.selected.count == 30)
  }

  private func generations(heard: Duration, name: String = "web.1") -> [Session] {
    [
      .idle(pid: 2, silent: .hours(9), application: "web.1") { $0.clientAddress = "10.0.0.1" },
      .idle(pid: 3, silent: heard, open: .hours(8), application: "web.1") {
        $0.clientAddress = "10.0.0.2"
      },
    ]
  }

  @Test func keepsTheLastOfAnApplication() {
    let heard = plan(generations(heard: .minutes(59))) { $0.orphans = true }
    #expect(heard.selected.map(\.identity.pid) == [2] && heard.breaker == nil)
    let quiet = plan(generations(heard: .hours(1))) { $0.orphans = true }
    #expect(quiet.selected.isEmpty && quiet.breaker == .lastOfApplication)
    #expect(
      quiet.kept.first { $0.judged.session.pid == 2 }?.reasons[0].kind == "last_of_application")
    let allowed = plan(generations(heard: .hours(1))) {
      $0.orphans = true
      $0.allowsEmpty = true
    }
    #expect(allowed.selected.count == 1 && allowed.breaker == nil)
  }

  /// An instance that is gone for good, as after scaling down, leaves its family behind.
  @Test func anApplicationIsItsFamilyInOneDatabase() {
    var policy = Policy()
    policy.roster = Roster(
      format: .lines, entries: [.init(name: "web.2", networks: [], isAlive: true, startedAt: nil)])
    policy.roster?.takenAt = .ago(.minutes(1))
    let gone = Session.idle(pid: 2, silent: .hours(2), application: "web.1") {
      $0.clientAddress = "10.0.0.1"
    }
    let alive = Session.idle(pid: 3, silent: .zero, application: "web.2") {
      $0.clientAddress = "10.0.0.2"
    }
    #expect(plan([gone, alive], by: policy) { $0.orphans = true }.selected.count == 1)
    var elsewhere = alive
    elsewhere.database = "ledger"
    #expect(
      plan([gone, elsewhere], by: policy) { $0.orphans = true }.breaker == .lastOfApplication)
    var worker = alive
    worker.applicationName = "worker.1"
    #expect(plan([gone, worker], by: policy) { $0.orphans = true }.breaker == .lastOfApplication)
  }

  /// One application that would be emptied stops no other.
  @Test func theRestGoesOn() {
    let other = [
      Session.idle(pid: 12, silent: .hours(9), application: "clock.1") {
        $0.clientAddress = "10.0.0.3"
      },
      .idle(pid: 13, silent: .hours(2), open: .hours(8), application: "clock.1") {
        $0.clientAddress = "10.0.0.4"
      },
    ]
    let plan = plan(generations(heard: .zero) + other) { $0.orphans = true }
    #expect(plan.selected.map(\.identity.pid) == [2] && plan.breaker == nil)
  }

  @Test func keepsTheNewestOfEachApplication() {
    let sessions =
      (0..<5).map { number in
        Session.idle(
          pid: Int32(number + 2), silent: .hours(2), open: .hours(10 - number), application: "pool")
      } + [
        .idle(pid: 20, silent: .hours(3), application: "other"),
        .idle(pid: 21, silent: .zero, open: .minutes(1), application: "other"),
      ]
    func ended(_ keep: Int) -> Set<Int32> {
      Set(
        plan(sessions) {
          $0.idleLongerThan = .hours(1)
          $0.keep = keep
        }.selected.map(\.identity.pid))
    }
    #expect(ended(0) == [2, 3, 4, 5, 6, 20])
    // The newest of `other` is in use, and so is kept already.
    #expect(ended(1) == [2, 3, 4, 5, 20])
    #expect(ended(2) == [2, 3, 4])
    let kept = plan(sessions) {
      $0.idleLongerThan = .hours(1)
      $0.keep = 2
    }.kept.filter { $0.reasons[0].kind == "newest_kept" }
    #expect(Set(kept.map(\.judged.session.pid)) == [5, 6, 20])
    #expect(kept[0].reasons[0].detail == "it is one of the 2 newest of its application")
  }

  /// Evidence that an owner is gone is stronger than its sessions being the newest.
  @Test func keepsNoOrphanForBeingNew() {
    let plan = plan(generations(heard: .zero)) {
      $0.orphans = true
      $0.keep = 5
    }
    #expect(plan.selected.map(\.identity.pid) == [2])
  }
}

/// Orphans go address by address.
struct EndingStepTests {
  @Test func gathersTheOrphansOfOneSource() {
    let sessions = [
      Session.idle(pid: 2, silent: .hours(9)) { $0.clientAddress = "10.0.0.1" },
      .idle(pid: 3, silent: .hours(15), open: .hours(20)) { $0.clientAddress = "10.0.0.2" },
      .idle(pid: 4, silent: .hours(5)) {
        $0.clientAddress = "10.0.0.1"
        $0.database = "ledger"
      },
      .idle(pid: 5, silent: .hours(6)) { $0.clientAddress = "10.0.0.1" },
      .idle(pid: 6, silent: .zero, open: .hours(1)) { $0.clientAddress = "10.0.0.3" },
      .idle(pid: 7, silent: .hours(8), application: "console"),
    ]
    let report = Snapshot.of(sessions).judged()
    var selection = Selection()
    (selection.orphans, selection.suspects) = (true, true)
    let plan = Planner.plan(report, selection: selection)
    let steps = plan.steps(in: report)
    let pids = steps.map { $0.victims.map { plan.selected[$0].identity.pid } }
    #expect(pids == [[3], [2, 5], [7]])
    // Whoever is heard from there in another database is the same process.
    #expect(steps.map { $0.source?.sessions.map(\.pid) } == [[3], [2, 4, 5], nil])
    #expect(steps[1].source?.clientAddress == "10.0.0.1")
  }

  private static let before = SessionUse(
    pid: 2, backendStart: .ago(.hours(9)), state: .idle, stateChange: .ago(.hours(1)),
    queryStart: .ago(.hours(1)))

  private static let signs: [(SessionUse, String?)] = [
    (before, nil),
    (changed { $0.state = .active }, "pid 2, from there too, is active"),
    (changed { $0.stateChange = .now }, "pid 2, from there too, was used since"),
    (changed { $0.queryStart = .now }, "pid 2, from there too, was used since"),
    (changed { $0.pid = 3 }, "pid 3 has connected from there since"),
    (changed { $0.backendStart = .now }, "pid 2 has connected from there since"),
    (changed { $0.backendStart = nil }, "pid 2 has connected from there since"),
  ]

  private static func changed(_ change: (inout SessionUse) -> Void) -> SessionUse {
    var use = before
    change(&use)
    return use
  }

  @Test(arguments: signs)
  func hearsWhatHasChanged(_ now: SessionUse, _ sign: String?) {
    let source = JudgedSource(
      applicationName: "web.1", clientAddress: "10.0.0.1", sessions: [Self.before])
    #expect(source.sign(in: [now]) == sign)
    #expect(source.sign(in: []) == nil, "who has left says nothing")
  }
}

/// A roster that does not know somebody who is there.
struct DoubtfulRosterTests {
  private func plan(_ sessions: [Session], _ change: (inout Selection) -> Void = { _ in })
    -> TerminationPlan
  {
    var policy = Policy()
    policy.roster = Roster(
      format: .lines, entries: [.init(name: "web.9", networks: [], isAlive: true, startedAt: nil)])
    policy.roster?.takenAt = .now
    var selection = Selection()
    selection.orphans = true
    change(&selection)
    return Planner.plan(Snapshot.of(sessions).judged(by: policy), selection: selection)
  }

  private let quiet = Session.idle(pid: 2, silent: .minutes(30), application: "web.1") {
    $0.clientAddress = "10.0.0.1"
  }
  private let listed = Session.idle(pid: 3, silent: .zero, application: "web.9") {
    $0.clientAddress = "10.0.0.9"
  }

  @Test func endsWhatItLacksWhereAllOthersAreListed() {
    #expect(plan([quiet, listed]).selected.map(\.identity.pid) == [2])
  }

  @Test func endsNobodyOfAFamilyOfWhichItLacksALivingOne() {
    let lacking = Session.idle(pid: 4, silent: .zero, application: "web.2") {
      $0.clientAddress = "10.0.0.2"
    }
    let plan = plan([quiet, listed, lacking])
    #expect(plan.selected.isEmpty && plan.breaker == nil)
    let reason = plan.kept.first { $0.judged.session.pid == 2 }?.reasons.first
    #expect(reason?.kind == "untrusted")
    #expect(
      reason?.detail
        == "the roster lacks web.2 too, which was heard just now: is it the right one, and complete?"
    )
    // Of another family it says nothing.
    var worker = lacking
    worker.applicationName = "worker.2"
    #expect(self.plan([quiet, listed, worker]).selected.count == 1)
  }

  /// Runs for one instance each must not do what one run for all would not.
  @Test func aFilterDoesNotHideWhoElseItSpeaksAgainst() {
    let others = (1...5).map { number in
      Session.idle(pid: Int32(number + 10), silent: .minutes(30), application: "web.\(number)") {
        $0.clientAddress = "10.0.0.\(number)"
      }
    }
    for number in 1...5 {
      let plan = plan(others) { $0.applications = VictimFilter([Glob("web.\(number)")]) }
      #expect(plan.selected.isEmpty && plan.breaker == .lastOfApplication)
    }
    let excluded = plan(others) { $0.applications.excluded = [Glob("web.3")] }
    #expect(excluded.selected.isEmpty && excluded.breaker == .lastOfApplication)
  }
}
