import SessionAudit
import Testing

/// The judge against the oracle, in random worlds.
struct JudgeOracleTests {
  private func isStronger(_ a: Evidence, _ b: Evidence) -> Bool {
    if a.verdict != b.verdict { return a.verdict == .orphan }
    return a.basis != b.basis ? a.basis > b.basis : true
  }

  @Test func agree() {
    var world = JudgeWorld(.printed("Judge against oracle"))
    let rounds = 2000
    var (sessions, said) = (0, 0)
    var orphans: [Evidence.Kind: Int] = [:]
    var doubts: [String: Int] = [:]
    for round in 0..<rounds {
      let snapshot = world.snapshot()
      let policy = world.policy()
      let oracle = EvidenceOracle(snapshot, policy)
      for judged in snapshot.judged(by: policy).sessions {
        let session = judged.session
        let isJudged = session.kind == .client && session.pid != snapshot.role.ownPID
        let expected = isJudged ? oracle.expected(session) : [:]
        let found = Dictionary(
          judged.evidence.map { ($0.kind, $0.doubt) }, uniquingKeysWith: { first, _ in first })
        let isRight =
          found == expected && found.count == judged.evidence.count
          && judged.evidence.allSatisfy { oracle.holds($0.finding, session) }
          && zip(judged.evidence, judged.evidence.dropFirst()).allSatisfy(isStronger)
        let verdict: Verdict =
          session.kind == .hidden ? .hidden : judged.evidence.first?.verdict ?? .live
        if !isRight || judged.verdict != verdict {
          Issue.record(
            """
            round \(round), pid \(session.pid): the judge says \(judged.evidence), the oracle \
            \(expected)
            \(snapshot.sessions.map(String.init(reflecting:)).joined(separator: "\n"))
            \(policy)
            """)
          return
        }
        sessions += 1
        for evidence in judged.evidence {
          said += 1
          if evidence.verdict == .orphan { orphans[evidence.kind, default: 0] += 1 }
          if let doubt = evidence.doubt { doubts["\(doubt)", default: 0] += 1 }
        }
      }
    }
    print("Judge against oracle: \(rounds) worlds, \(sessions) sessions, \(said) pieces; orphans")
    for (kind, count) in orphans { print("  \(kind.rawValue): \(count)") }
    for (doubt, count) in doubts { print("  doubt \(doubt): \(count)") }
    #expect(orphans.count == 6 && orphans.values.allSatisfy { $0 > 10 })
  }
}
