import SessionAudit
import Testing

/// Orphans of random worlds, each made into something that is never one.
struct NeverOrphanTests {
  private static let changes: [(String, @Sendable (inout Snapshot, Int) -> Void)] = [
    ("our own", { $0.role.ownPID = $0.sessions[$1].pid }),
    ("hidden", { $0.sessions[$1].backendType = nil }),
    ("disabled", { $0.sessions[$1].state = .disabled }),
    ("starting", { $0.sessions[$1].state = .starting }),
    ("of a state to come", { $0.sessions[$1].state = .other("napping") }),
    ("without a state", { $0.sessions[$1].state = nil }),
    ("changed at an unknown time", { $0.sessions[$1].stateChange = nil }),
    ("changed just now", { $0.sessions[$1].stateChange = .ago(.microseconds(-1)) }),
    ("opened at an unknown time", { $0.sessions[$1].backendStart = nil }),
    ("active", { ($0.sessions[$1].state, $0.sessions[$1].waitEventType) = (.active, nil) }),
    (
      "beside a pooler's session",
      { snapshot, place in
        snapshot.sessions.append(
          .client(pid: 900, .idle, application: "") {
            $0.clientAddress = snapshot.sessions[place].clientAddress
            $0.endsWithDiscardAll = true
          })
      }
    ),
    (
      "beside a session at work",
      { snapshot, place in
        var neighbour = snapshot.sessions[place]
        (neighbour.pid, neighbour.state, neighbour.waitEventType) = (900, .active, nil)
        snapshot.sessions.append(neighbour)
      }
    ),
  ]

  @Test func neverIsAnOrphan() throws {
    var world = JudgeWorld(.printed("Never an orphan"))
    let rounds = 600
    var orphans: [String: Int] = [:]
    for _ in 0..<rounds {
      let snapshot = world.snapshot()
      var policy = world.policy()
      policy.pooled = []
      let oracle = EvidenceOracle(snapshot, policy)
      for judged in snapshot.judged(by: policy).sessions where judged.verdict == .orphan {
        let pid = judged.session.pid
        let place = try #require(snapshot.sessions.firstIndex { $0.pid == pid })
        for (name, change) in Self.changes {
          // Of addresses that many share, a neighbour's work says nothing.
          if name == "beside a session at work", oracle.life(judged.session) == nil { continue }
          var changed = snapshot
          change(&changed, place)
          orphans[name, default: 0] += 1
          let verdict = changed.judged(by: policy)[pid: pid]?.verdict
          if verdict == .orphan { Issue.record("\(name): \(judged)") }
        }
        guard let network = judged.session.clientAddress.flatMap({ Network($0) }) else { continue }
        var pooled = policy
        pooled.poolers.append(network)
        let now = snapshot.judged(by: pooled)[pid: pid]
        orphans["pooled", default: 0] += 1
        if now?.verdict == .orphan
          || now?.protections.contains(where: { $0.kind == .pooled }) != true
        {
          Issue.record("pooled: \(judged)")
        }
      }
    }
    print("Never an orphan: \(rounds) worlds, \(orphans.sorted { $0.key < $1.key })")
    #expect(orphans.count == Self.changes.count + 1 && orphans.values.allSatisfy { $0 > 50 })
  }
}
