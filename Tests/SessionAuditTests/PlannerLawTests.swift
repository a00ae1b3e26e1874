import SessionAudit
import Testing

/// The rule of selection written a second time, from the raw columns alone, against which plans of
/// random snapshots are held.
struct PlannerLawTests {
  private func mayBeEnded(
    _ session: Session, in snapshot: Snapshot, _ selection: Selection
  ) -> Bool {
    let role = snapshot.role
    guard session.backendType == "client backend", session.state == .idle,
      session.pid != role.ownPID, let start = session.backendStart
    else { return false }
    // What is held in another database can't be known.
    guard session.database == "shop" || selection.allDatabases && selection.includeStateful else {
      return false
    }
    if let userID = session.userID {
      if snapshot.server.superuserRoles.contains(userID) { return false }
      let hasRight =
        role.isSuperuser || role.canSignalBackends || role.usableRoles.contains(userID)
      if !hasRight { return false }
    } else if !role.isSuperuser {
      return false
    }
    func passes(_ filter: VictimFilter<Glob>, _ text: String?) -> Bool {
      if filter.excluded.contains(where: { $0.matches(text ?? "") }) { return false }
      return filter.values.isEmpty || filter.values.contains { $0.matches(text ?? "") }
    }
    guard passes(selection.applications, session.applicationName),
      passes(selection.users, session.user), passes(selection.databases, session.database)
    else { return false }
    let address = session.clientAddress.flatMap { NetworkAddress($0) }
    func isFrom(_ pattern: ClientPattern) -> Bool {
      switch pattern {
      case .network(let network): address.map { network.contains($0) } ?? false
      case .glob(let glob): glob.matches(session.clientAddress ?? "")
      }
    }
    if selection.clients.excluded.contains(where: isFrom) { return false }
    if !selection.clients.values.isEmpty && !selection.clients.values.contains(where: isFrom) {
      return false
    }
    if let threshold = selection.idleLongerThan {
      guard let change = session.stateChange, snapshot.capturedAt - change > threshold else {
        return false
      }
    }
    if let threshold = selection.sessionOlderThan {
      guard snapshot.capturedAt - start > threshold else { return false }
    }
    return true
  }

  private func silence(_ session: Session, in snapshot: Snapshot) -> Duration {
    let start = session.backendStart ?? snapshot.capturedAt
    return max(.zero, snapshot.capturedAt - max(start, session.queryStart ?? start))
  }

  @Test func holdsForEverySnapshot() {
    var world = RandomWorld(.printed("Planner's law"))
    var (victims, sessions) = (0, 0)
    let rounds = 6000
    for _ in 0..<rounds {
      let (snapshot, selection) = (world.snapshot(), world.selection())
      let plan = Planner.plan(snapshot.judged(), selection: selection)
      let selected = Set(plan.selected.map(\.identity.pid))
      let kept = Set(plan.kept.map(\.judged.session.pid))
      let overMax = plan.kept.filter { $0.reasons.map(\.kind) == ["over_max"] }

      let clients = snapshot.sessions.filter { $0.kind != .background }
      #expect(selected.union(kept) == Set(clients.map(\.pid)))
      #expect(selected.isDisjoint(with: kept))
      #expect(plan.selected.count + plan.kept.count == clients.count, "none twice")

      let expected = clients.filter { mayBeEnded($0, in: snapshot, selection) }
      #expect(
        selected.union(overMax.map(\.judged.session.pid)) == Set(expected.map(\.pid)))
      #expect(plan.overMax == overMax.count)
      #expect(selected.count == min(expected.count, selection.maximum))

      let silences = plan.selected.map { silence($0.judged.session, in: snapshot) }
      #expect(silences == silences.sorted(by: >))
      let longestKept = overMax.map { silence($0.judged.session, in: snapshot) }.max() ?? .zero
      #expect((silences.last ?? longestKept) >= longestKept)

      #expect(plan.selected.allSatisfy { $0.identity == $0.judged.session.identity })
      #expect(plan.selected.allSatisfy { !$0.reasons.isEmpty })
      #expect(plan.kept.allSatisfy { !$0.reasons.isEmpty })
      victims += selected.count
      sessions += clients.count
    }
    print("Planner's law: \(rounds) snapshots, \(sessions) sessions, \(victims) victims")
    #expect(victims > 500, "a law over nothing would hold too")
  }

  /// A filter or a second threshold takes victims away and never adds one.
  @Test func narrowsAndNeverWidens() {
    var world = RandomWorld(.printed("Planner narrows"))
    for _ in 0..<1000 {
      let report = world.snapshot().judged()
      let narrow = world.selection()
      func pids(_ change: (inout Selection) -> Void) -> Set<Int32> {
        var selection = narrow
        selection.maximum = 100
        change(&selection)
        return Set(Planner.plan(report, selection: selection).selected.map(\.identity.pid))
      }
      let chosen = pids { _ in }
      #expect(chosen.isSubset(of: pids { $0.applications = VictimFilter() }))
      #expect(chosen.isSubset(of: pids { $0.allDatabases = true }))
      if narrow.sessionOlderThan != nil && narrow.idleLongerThan != nil {
        let idle = pids { $0.sessionOlderThan = nil }
        #expect(chosen == idle.intersection(pids { $0.idleLongerThan = nil }))
      }
      #expect(pids { $0.applications = VictimFilter([Glob("no such")]) }.isEmpty)
      #expect(pids { ($0.idleLongerThan, $0.sessionOlderThan) = (nil, nil) }.isEmpty)
    }
  }
}
