import SessionAudit
import Testing

/// What must hold of every verdict, whatever the server shows and the user says.
struct JudgeLawTests {
  private func isByRoster(_ evidence: Evidence) -> Bool { evidence.basis == .roster }

  /// Whether it is an orphan though no roster says so.
  private func isOrphanWithoutRoster(_ judged: JudgedSession) -> Bool {
    judged.evidence.contains { $0.verdict == .orphan && !isByRoster($0) }
  }

  /// The latest moment at which, as far as anybody can know, its address was replaced.
  private func latestRestart(_ session: Session, _ oracle: EvidenceOracle) -> Timestamp? {
    let others = oracle.others(session)
    var moments: [Timestamp] = []
    if oracle.meansInstance(session) { moments += others.map(\.start) }
    if let restart = oracle.declared(oracle.policy.restarts, session) {
      moments.append(restart.moment(at: oracle.now))
    }
    if let limit = oracle.declared(oracle.policy.instances, session) {
      let counted = oracle.countedOthers(session)
      moments += oracle.moments(session).filter { oracle.inUse(counted, at: $0) >= limit }
    }
    return moments.max()
  }

  @Test func whoWasHeardAfterEveryRestartIsNoOrphan() throws {
    var world = JudgeWorld(.printed("Heard after every restart"))
    let rounds = 1500
    var orphans = 0
    for _ in 0..<rounds {
      var snapshot = world.snapshot()
      let policy = world.policy()
      let found = snapshot.judged(by: policy).sessions.filter(isOrphanWithoutRoster)
      guard let judged = found.first else { continue }
      let oracle = EvidenceOracle(snapshot, policy)
      for judged in found {
        let latest = try #require(latestRestart(judged.session, oracle))
        let heard = try #require(judged.times.lastHeard)
        // Where a new process has its address, its own times alone count.
        let isInPlace = judged.evidence.filter { $0.verdict == .orphan && !isByRoster($0) }
          .allSatisfy { $0.restartedInPlaceAt != nil }
        let end = isInPlace ? nil : oracle.life(judged.session)?.end
        if (end ?? heard) >= latest {
          Issue.record("\(judged) was heard since \(latest)")
        }
      }
      // And once it is heard again, its address has none.
      let latest = try #require(latestRestart(judged.session, oracle))
      for index in snapshot.sessions.indices
      where snapshot.sessions[index].pid == judged.session.pid {
        snapshot.sessions[index].queryStart = Timestamp(microseconds: latest.microseconds + 1)
      }
      let mates = Set(oracle.mates(judged.session).map(\.pid))
      let after = snapshot.judged(by: policy).sessions.filter { mates.contains($0.session.pid) }
      if after.contains(where: isOrphanWithoutRoster) { Issue.record("\(after) at \(latest)") }
      orphans += found.count
    }
    print("Heard after every restart: \(rounds) worlds, \(orphans) orphans without a roster")
    #expect(orphans > 100)
  }

  /// The one exception to the next law, and a suspicion: who falls silent right before another
  /// begins looks replaced, who fell silent long before does not.
  @Test func whoWasHeardRightBeforeANewcomerLooksReplaced() {
    func verdict(silent: Duration) -> Verdict? {
      Snapshot.of([
        .idle(pid: 2, silent: silent, application: "psql"),
        .idle(pid: 3, silent: .zero, open: .minutes(2), application: "psql") {
          $0.clientAddress = "10.0.0.8"
        },
      ]).judged()[pid: 2]?.verdict
    }
    #expect(verdict(silent: .minutes(8)) == .live)
    #expect(verdict(silent: .minutes(6)) == .suspect)
  }

  @Test func moreLifeNeverWorsensAVerdict() {
    var world = JudgeWorld(.printed("More life"))
    let rounds = 2500
    var (orphans, spared, replaced) = (0, 0, 0)
    for _ in 0..<rounds {
      var snapshot = world.snapshot()
      let policy = world.policy()
      let before = snapshot.judged(by: policy)
      let oracle = EvidenceOracle(snapshot, policy)
      let lost = before.sessions.filter { $0.verdict == .orphan }.map(\.session.pid)
      // Orphans have the most to lose.
      let pids = lost.isEmpty ? oracle.visible.map(\.pid) : lost
      guard !pids.isEmpty else { continue }
      let pid = world.random.one(of: pids)
      guard let index = snapshot.sessions.firstIndex(where: { $0.pid == pid }) else { continue }
      let mates = Set(oracle.mates(snapshot.sessions[index]).map(\.pid))
      let later = Timestamp.ago(world.age())
      if world.random.chance(20) {
        snapshot.sessions[index].state = .active
        snapshot.sessions[index].waitEventType = nil
      } else if later > snapshot.sessions[index].queryStart ?? later {
        snapshot.sessions[index].queryStart = later
      }
      for judged in snapshot.judged(by: policy).sessions where mates.contains(judged.session.pid) {
        let old = before[pid: judged.session.pid]?.verdict ?? .live
        // Who is heard takes another's place among those that fit the pool.
        let others = judged.evidence.filter {
          $0.kind != .replacedAddress && $0.kind != .beyondPoolSize
        }
        if (others.first?.verdict ?? .live).rank > old.rank {
          Issue.record("\(old) before \(later), now \(judged)")
        }
        orphans += old == .orphan ? 1 : 0
        spared += judged.verdict.rank < old.rank ? 1 : 0
        replaced += judged.verdict.rank > old.rank ? 1 : 0
      }
    }
    print(
      "More life: \(rounds) worlds, \(orphans) orphans, \(spared) verdicts better, "
        + "\(replaced) suspected to be replaced")
    #expect(orphans > 150 && spared > 100)
  }
}

extension Verdict {
  var rank: Int { Verdict.allCases.firstIndex(of: self) ?? 0 }
}
