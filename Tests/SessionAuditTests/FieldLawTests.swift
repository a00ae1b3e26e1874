import SessionAudit
import Testing

/// What the field taught, as laws of random worlds.
struct FieldLawTests {
  private func isSilence(_ kind: Evidence.Kind) -> Bool {
    kind == .idleBeyondThreshold || kind == .silentClient
  }

  @Test func whoseStateChangedWithinTheThresholdIsNotSuspectForSilence() {
    var world = JudgeWorld(.printed("Changed within the threshold"))
    let rounds = 1500
    var (changed, suspects) = (0, 0)
    for _ in 0..<rounds {
      let snapshot = world.snapshot()
      let policy = world.policy()
      let oracle = EvidenceOracle(snapshot, policy)
      for judged in snapshot.judged(by: policy).sessions {
        let isForSilence = judged.evidence.contains { isSilence($0.kind) }
        suspects += isForSilence ? 1 : 0
        guard let change = judged.session.stateChange,
          snapshot.capturedAt - change < oracle.staleAfter(judged.session)
        else { continue }
        changed += 1
        if isForSilence { Issue.record("\(judged)") }
      }
    }
    print(
      "Changed within the threshold: \(rounds) worlds, \(changed) sessions, \(suspects) suspects")
    #expect(changed > 1000 && suspects > 500)
  }

  /// By address, about those of its application, role and database in the covered network.
  @Test func aListThatLacksAHeardAddressMakesNoOrphanByAddress() {
    var world = JudgeWorld(.printed("A list that lacks a heard address"))
    let rounds = 3000
    var (lacking, spared) = (0, 0)
    for number in 0..<rounds {
      var snapshot = world.snapshot()
      var policy = world.policy()
      var roster = world.roster()
      guard let network = Network("10.0.0.0/24") else { continue }
      roster.coversNetworks = [network]
      policy.roster = roster
      let before = snapshot.judged(by: policy)
      // One beside an orphan, heard just now at an address that the list lacks.
      guard
        let orphan = before.sessions.first(where: {
          $0.evidence.contains { $0.kind == .ownerGone && $0.verdict == .orphan }
        })
      else { continue }
      var living = orphan.session
      living.pid = 900
      (living.state, living.userID, living.databaseID) = (
        .idle, orphan.session.userID, orphan.session.databaseID
      )
      living.clientAddress = "10.0.0.\(200 + number % 50)"
      living.endsWithDiscardAll = false
      living.backendStart = .ago(.hours(2))
      (living.queryStart, living.stateChange) = (.now, .now)
      snapshot.sessions.append(living)
      let report = snapshot.judged(by: policy)
      guard report.heardThoughUnlisted.contains(living.clientAddress ?? "") else { continue }
      lacking += 1
      for judged in report.sessions
      where judged.session.applicationName == living.applicationName
        && judged.session.user == living.user && judged.session.database == living.database
      {
        for evidence in judged.evidence {
          guard case .ownerGone("10.0.0.0/24", _) = evidence.finding else { continue }
          if evidence.verdict == .orphan { Issue.record("\(judged)") }
          spared += 1
        }
      }
    }
    print(
      "A list that lacks a heard address: \(rounds) worlds, \(lacking) lists, \(spared) spared")
    #expect(lacking > 50 && spared > 50)
  }

  @Test func renamingTheNumbersOfADoubtfulNameChangesNoVerdict() {
    var world = JudgeWorld(.printed("Numbers renamed"))
    let rounds = 1500
    var (renamed, suspects) = (0, 0)
    for _ in 0..<rounds {
      var snapshot = world.snapshot()
      var policy = world.policy()
      // Numbers that count from 0 on may be a StatefulSet's.
      func rename(_ offset: Int) -> [Verdict] {
        var copy = snapshot
        for place in copy.sessions.indices {
          let name = copy.sessions[place].applicationName
          guard let number = ["odoo-1": 1, "odoo-2": 2][name] else { continue }
          copy.sessions[place].applicationName = "odoo-\(number + offset)"
        }
        return copy.judged(by: policy).sessions.map(\.verdict)
      }
      (policy.roster, policy.oneInstance) = (nil, [])
      for place in snapshot.sessions.indices where snapshot.sessions[place].kind == .client {
        snapshot.sessions[place].applicationName = world.random.one(of: [
          "odoo-1", "odoo-1", "odoo-2",
        ])
        renamed += 1
      }
      let before = rename(0)
      suspects += before.count { $0 == .suspect }
      for offset in [6, 40, 4711] where rename(offset) != before {
        Issue.record("by \(offset): \(snapshot) \(policy)")
      }
    }
    print("Numbers renamed: \(rounds) worlds, \(renamed) sessions, \(suspects) suspects")
    #expect(renamed > 1000 && suspects > 500)
  }
}
