import SessionAudit
import Testing

/// Who stands at the root of lock queues, and who is asked about.
struct BlockingTests {
  private func session(
    _ pid: Int32, began: Duration? = .minutes(5), waits: Bool = false,
    change: (inout Session) -> Void = { _ in }
  ) -> Session {
    .client(pid: pid, .active, application: "app \(pid)") {
      $0.transactionStart = began.map { .ago($0) }
      if waits { $0.waitEventType = "Lock" }
      change(&$0)
    }
  }

  private func worker(_ pid: Int32, of leader: Int32) -> Session {
    session(pid, waits: true) {
      $0.backendType = "parallel worker"
      $0.leaderPID = leader
    }
  }

  private func roots(_ edges: [Int32: [Int32]], _ sessions: [Session]) -> [Blocker] {
    Blocking.roots(of: edges, among: sessions)
  }

  @Test func nobodyWaits() {
    #expect(roots([:], [session(1)]).isEmpty)
    #expect(roots([2: []], [session(1), session(2)]).isEmpty)
  }

  @Test func aChainHasOneRootWithAllBehindIt() {
    let sessions = [
      session(1, began: .minutes(9)), session(2, waits: true), session(3, waits: true),
      session(4, waits: true),
    ]
    // 3 waits for 2 alone; 4 for both, and counts once.
    #expect(
      roots([2: [1], 3: [2], 4: [3, 2, 1]], sessions) == [
        Blocker(pid: 1, waiters: 3, heldSince: .ago(.minutes(9)), applicationName: "app 1")
      ])
  }

  @Test func mostWaitersComeFirstThenTheEarliestThenThePid() {
    let sessions = [
      session(1, began: .minutes(1)), session(2, began: .minutes(2)), session(3, began: nil),
      session(4, began: .minutes(2)), session(5, began: .minutes(1)),
    ]
    let edges: [Int32: [Int32]] = [11: [1], 12: [2], 13: [3], 14: [4], 15: [5], 16: [5]]
    #expect(roots(edges, sessions).map(\.pid) == [5, 2, 4, 1, 3])
  }

  @Test func aPreparedTransactionHasNoProcess() {
    #expect(
      roots([2: [0], 3: [2]], [session(0), session(2), session(3)]) == [
        Blocker(pid: 0, waiters: 2, heldSince: nil, applicationName: nil)
      ])
  }

  @Test func whatIsHiddenOrHasLeftIsStillNamed() {
    let hidden = Session.hidden(pid: 1, application: "secret")
    #expect(
      roots([3: [1], 4: [2]], [hidden, session(3), session(4)]) == [
        Blocker(pid: 1, waiters: 1, heldSince: nil, applicationName: "secret"),
        Blocker(pid: 2, waiters: 1, heldSince: nil, applicationName: nil),
      ])
  }

  /// 2 was seen to wait: not asked about because there were too many, or it got its lock since.
  @Test func whoWaitsIsNoRootWhereverItsOwnBlockersAre() {
    let sessions = [session(2, waits: true), session(3, waits: true)]
    #expect(roots([3: [2]], sessions).isEmpty)
    #expect(roots([3: [2], 2: []], [session(2), session(3)]).isEmpty)
  }

  @Test func aCircleNamesNobodyButDoesNotHideWhoHoldsIt() {
    #expect(roots([1: [2], 2: [1], 3: [1]], []).isEmpty)
    #expect(roots([1: [1]], []).isEmpty)
    // 9 holds one member, and with it all who wait in the circle and behind it.
    #expect(roots([1: [2, 9], 2: [1], 3: [1]], []).map(\.waiters) == [3])
  }

  @Test func workersCountWithTheirLeaderOnce() {
    let sessions = [session(1), session(2), worker(21, of: 2), worker(22, of: 2)]
    #expect(roots([2: [1], 21: [1], 22: [1, 2]], sessions).map(\.waiters) == [1])
    // The leader of a worker that waits waits itself, though its own row does not say so.
    #expect(roots([3: [2], 4: [21]], sessions).isEmpty)
    // A worker that holds the lock is its leader's.
    var running = sessions[2]
    running.waitEventType = nil
    #expect(roots([3: [21]], [session(2), running]).map(\.pid) == [2])
  }

  @Test func manyWaitersBehindManyHoldersTakeNoTime() {
    // 200 that each want what 400 share, in one queue.
    let edges = Dictionary(
      uniqueKeysWithValues: (1...200).map { pid in
        (Int32(pid), (1001...1400).map(Int32.init) + (1..<max(2, pid)).map(Int32.init))
      })
    var found: [Blocker] = []
    let took = ContinuousClock().measure { found = roots(edges, []) }
    #expect(found.count == 400 && found.allSatisfy { $0.waiters == 200 })
    #expect(took < .seconds(5), "\(took)")
  }

  @Test func theLongestWaitingAreAskedAbout() {
    let waiting = (1...300).map { pid in
      session(Int32(pid), waits: true) { $0.stateChange = .ago(.seconds(pid)) }
    }
    let asked = Blocking.longestWaiting(waiting.map(\.pid), among: waiting.shuffled())
    #expect(asked == (101...300).reversed().map(Int32.init))
    // Unknown ones come last; each pid is asked about once.
    #expect(Blocking.longestWaiting([7, 900, 900, 8], among: waiting) == [8, 7, 900])
    #expect(Blocking.longestWaiting([], among: waiting).isEmpty)
  }

  @Test func workersAreAskedAboutAsTheirLeader() {
    let apply = session(30) {
      $0.backendType = "logical replication parallel worker"
      $0.leaderPID = 2
    }
    let sessions = [session(2), worker(21, of: 2), worker(22, of: 2), apply]
    for order in [sessions, sessions.reversed()] {
      #expect(Blocking.longestWaiting([22, 21, 30, 2], among: order) == [2, 30])
      #expect(Blocking.longestWaiting([22, 21], among: order) == [2])
    }
  }
}
