import SessionAudit
import Testing

/// What of the rows counts, and what does not.
struct JudgeWorldLawTests {
  @Test func hiddenSessionsAreNeverCountedAsNone() {
    var world = JudgeWorld(.printed("Hidden sessions"))
    let rounds = 1000
    var (hidden, spared) = (0, 0)
    for _ in 0..<rounds {
      var snapshot = world.snapshot()
      let policy = world.policy()
      let before = snapshot.judged(by: policy)
      for (number, session) in snapshot.sessions.enumerated() where number < 2 {
        snapshot.sessions.append(
          .hidden(pid: Int32(900 + number), application: session.applicationName) {
            $0.database = world.random.one(of: ["shop", "ledger"])
          })
      }
      let report = snapshot.judged(by: policy)
      let count = snapshot.sessions.count { $0.kind == .hidden }
      #expect(report.totals.hidden == count && report.coverage.hidden == count)
      #expect(!report.coverage.isComplete && report.coverage.reason != nil)
      #expect(report.coverage.total == report.sessions.count)
      #expect(report.groups.reduce(0) { $0 + $1.hidden } == count)
      #expect(report.blocking == nil, "who waits unseen is not known")
      let names = Set(snapshot.sessions.filter { $0.kind == .hidden }.map(\.applicationName))
      for judged in report.sessions where judged.session.kind == .client {
        let old = before[pid: judged.session.pid]
        // No verdict turns worse, and no orphan bears their names but by a roster.
        if judged.verdict.rank > old?.verdict.rank ?? 0
          || names.contains(judged.session.applicationName) && judged.verdict == .orphan
            && judged.orphanBasis != .roster
        {
          Issue.record("\(judged)")
        }
        spared += judged.verdict == .suspect && old?.verdict == .orphan ? 1 : 0
      }
      hidden += count
    }
    print("Hidden sessions: \(rounds) worlds, \(hidden) hidden, \(spared) orphans turned suspects")
    #expect(spared > 50)
  }

  @Test func theOrderOfRowsIsNoMatter() {
    var world = JudgeWorld(.printed("Order of rows"))
    let rounds = 1200
    var (orphans, recycling) = (0, 0)
    for _ in 0..<rounds {
      var snapshot = world.snapshot()
      var policy = world.policy()
      let first = snapshot.judged(by: policy)
      snapshot.sessions.shuffle(using: &world.random)
      let second = snapshot.judged(by: policy)
      let isSame =
        first.sessions == second.sessions && first.groups == second.groups
        && first.totals == second.totals && first.coverage == second.coverage
        && first.slots == second.slots && first.lockWaiters == second.lockWaiters
        && first.sessions.map(\.sentences) == second.sessions.map(\.sentences)
      // Nor is that of a roster, but for which entry a sentence names.
      policy.roster?.entries.shuffle(using: &world.random)
      let third = snapshot.judged(by: policy)
      if !isSame || first.sessions.map(\.kinds) != third.sessions.map(\.kinds) {
        Issue.record("\(snapshot) \(policy)")
      }
      orphans += first.totals.orphan
      recycling += first.groups.count { $0.recycling != nil }
    }
    print("Order of rows: \(rounds) worlds, \(orphans) orphans, \(recycling) groups with a max age")
    #expect(orphans > 100 && recycling > 100)
  }

  @Test func strangersChangeNothing() {
    var world = JudgeWorld(.printed("Strangers"))
    let rounds = 1200
    var (orphans, strangers) = (0, 0)
    for _ in 0..<rounds {
      var snapshot = world.snapshot()
      let policy = world.policy()
      let first = snapshot.judged(by: policy)
      let (before, snapshotGaps) = (first.sessions, first.heardThoughUnlisted)
      for number in 0..<world.random.one(of: [1, 3, 8]) {
        var stranger = world.session(pid: Int32(600 + number))
        guard stranger.kind == .client else { continue }
        // From an address of its own, and another's by one of these at least.
        stranger.clientAddress = "172.16.0.\(world.random.one(of: [1, 2, 3]))"
        switch world.random.one(of: [0, 1, 2]) {
        case 0: stranger.applicationName = "stranger.\(world.random.one(of: [1, 2]))"
        case 1: (stranger.user, stranger.userID) = ("stranger", 77)
        default:
          (stranger.database, stranger.databaseID) = (
            "elsewhere", snapshot.target.databaseID.map { _ in 8 }
          )
        }
        snapshot.sessions.append(stranger)
        strangers += 1
      }
      let report = snapshot.judged(by: policy)
      // One whom the roster should list makes it doubtful, and is no stranger.
      let isStranger = report.heardThoughUnlisted == snapshotGaps
      let after = report.sessions.filter { $0.session.pid < 600 }
      if isStranger && after != before { Issue.record("\(snapshot) \(policy)") }
      orphans += before.count { $0.verdict == .orphan }
    }
    print("Strangers: \(rounds) worlds, \(orphans) orphans, \(strangers) strangers")
    #expect(orphans > 100)
  }

  /// That a roster lists an instance spares what it opened.
  @Test func aRosterSparesTheSessionsOfWhomItLists() {
    var world = JudgeWorld(.printed("Listed as alive"))
    let rounds = 2000
    var (listed, spared) = (0, 0)
    for _ in 0..<rounds {
      let snapshot = world.snapshot()
      var policy = world.policy()
      policy.roster = world.roster()
      guard let roster = policy.roster else { continue }
      for judged in snapshot.judged(by: policy).sessions {
        let session = judged.session
        let isOrphan = judged.evidence.contains { $0.verdict == .orphan && $0.basis == .roster }
        if isListed(session, in: roster) {
          listed += 1
          if isOrphan { Issue.record("\(judged) \(roster)") }
        } else if isOrphan {
          var known = policy
          known.roster?.entries.append(
            Roster.Entry(
              name: session.applicationName, networks: [], isAlive: true,
              startedAt: world.random.one(of: [session.backendStart, nil])))
          let again = snapshot.judged(by: known)[pid: session.pid]
          if again?.orphanBasis == .roster { Issue.record("\(judged) \(roster)") }
          spared += 1
        }
      }
    }
    print("Listed as alive: \(rounds) worlds, \(listed) sessions listed, \(spared) orphans spared")
    #expect(listed > 300 && spared > 100)
  }

  private func isListed(_ session: Session, in roster: Roster) -> Bool {
    guard let start = session.backendStart else { return false }
    let address = session.clientAddress.flatMap { NetworkAddress($0) }
    return roster.entries.contains { entry in
      guard entry.isAlive, entry.startedAt.map({ $0 <= start }) ?? true else { return false }
      if entry.name == session.applicationName { return true }
      guard let address, !roster.nodeNetworks.contains(where: { $0.contains(address) }) else {
        return false
      }
      return entry.networks.contains { $0.contains(address) }
    }
  }
}
