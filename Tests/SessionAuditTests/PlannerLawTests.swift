import SessionAudit
import Testing

/// Plans of random snapshots, held against the rules written a second time.
struct PlannerLawTests {
  @Test func holdsForEverySnapshot() {
    var world = RandomWorld(.printed("Planner's law"))
    var (victims, orphans, stopped, sessions) = (0, 0, 0, 0)
    let rounds = 6000
    for round in 0..<rounds {
      let snapshot = round % 2 == 0 ? world.snapshot() : world.quietSnapshot()
      let selection = world.selection()
      let report = snapshot.judged(by: world.policy())
      let plan = Planner.plan(report, selection: selection)
      let selected = Set(plan.selected.map(\.identity.pid))
      let kept = Set(plan.kept.map(\.judged.session.pid))
      let overMax = plan.kept.filter { $0.reasons.map(\.kind) == ["over_max"] }

      let clients = snapshot.sessions.filter { $0.kind != .background }
      #expect(selected.union(kept) == Set(clients.map(\.pid)))
      #expect(selected.isDisjoint(with: kept))
      #expect(plan.selected.count + plan.kept.count == clients.count, "none twice")

      let expected = PlannerOracle(snapshot: snapshot, report: report, selection: selection)
        .victims()
      #expect(
        selected.union(overMax.map(\.judged.session.pid)) == expected.pids,
        "\(selection)")
      #expect((plan.breaker != nil) == expected.isStopped)
      #expect(plan.overMax == overMax.count)
      #expect(selected.count == min(expected.pids.count, selection.maximum))
      #expect(
        plan.selected.allSatisfy {
          $0.isOrphan == (selection.orphans && $0.judged.verdict == .orphan)
        })

      let silences = plan.selected.map { $0.judged.times.silent ?? .zero }
      #expect(silences == silences.sorted(by: >))
      let longestKept = overMax.compactMap(\.judged.times.silent).max() ?? .zero
      #expect((silences.last ?? longestKept) >= longestKept)

      #expect(plan.selected.allSatisfy { $0.identity == $0.judged.session.identity })
      #expect(plan.selected.allSatisfy { !$0.reasons.isEmpty })
      #expect(plan.kept.allSatisfy { !$0.reasons.isEmpty })
      victims += selected.count
      orphans += plan.selected.count(where: \.isOrphan)
      stopped += plan.breaker == nil ? 0 : 1
      sessions += clients.count
    }
    print(
      "Planner's law: \(rounds) snapshots, \(sessions) sessions, \(victims) victims, \(orphans) of them "
        + "as orphans, \(stopped) plans stopped")
    #expect(
      victims > 500 && orphans > 50 && stopped > 50, "a law over nothing would hold too")
  }

  /// A filter or a second condition takes victims away and never adds one.
  @Test func narrowsAndNeverWidens() {
    var world = RandomWorld(.printed("Planner narrows"))
    for round in 0..<1000 {
      let report = (round % 2 == 0 ? world.snapshot() : world.quietSnapshot()).judged(
        by: world.policy())
      let narrow = world.selection()
      func pids(_ change: (inout Selection) -> Void) -> Set<Int32> {
        var selection = narrow
        // Breakers look at the whole: what ends nothing may be the wider plan.
        (selection.maximum, selection.maximumShare, selection.allowsEmpty) = (100, 100, true)
        change(&selection)
        return Set(Planner.plan(report, selection: selection).selected.map(\.identity.pid))
      }
      let chosen = pids { _ in }
      #expect(chosen.isSubset(of: pids { $0.applications = VictimFilter() }))
      #expect(chosen.isSubset(of: pids { $0.allDatabases = true }))
      #expect(chosen.isSubset(of: pids { $0.keep = 0 }))
      #expect(chosen.isSubset(of: pids { $0.trust = .inferred }))
      #expect(chosen.isSubset(of: pids { $0.includeStateful = true }))
      #expect(chosen.isSubset(of: pids { $0.includeBackups = true }))
      if narrow.selectsByVerdict {
        #expect(chosen.isSubset(of: pids { ($0.orphans, $0.suspects) = (true, true) }))
      }
      if narrow.sessionOlderThan != nil && narrow.idleLongerThan != nil {
        #expect(chosen.isSubset(of: pids { $0.sessionOlderThan = nil }))
      }
      #expect(pids { $0.applications = VictimFilter([Glob("no such")]) }.isEmpty)
      #expect(
        pids {
          ($0.orphans, $0.suspects) = (false, false)
          ($0.idleLongerThan, $0.sessionOlderThan) = (nil, nil)
          ($0.inTransactionLongerThan, $0.activeLongerThan) = (nil, nil)
        }.isEmpty)
    }
  }
}
