import SessionAudit
import TestRandom
import Testing

/// What a root is, written a second time and step by step, against random queues.
struct BlockingLawTests {
  private struct Queue {
    var sessions: [Session] = []
    var edges: [Int32: [Int32]] = [:]

    init(_ random: inout Seeded) {
      let count = Int32.random(in: 1...14, using: &random)
      for pid in 1...count where !random.chance(10) {
        sessions.append(
          .client(pid: pid, .active) {
            if random.chance(30) { $0.waitEventType = "Lock" }
            if random.chance(70) {
              $0.transactionStart = .ago(.minutes(Int.random(in: 0...3, using: &random)))
            }
            if random.chance(20) {
              $0.backendType = "parallel worker"
              // Its leader may have left, or be a worker where the server lies.
              $0.leaderPID = Int32.random(in: 1...count, using: &random)
            }
          })
      }
      for waiter in 1...count where random.chance(60) {
        edges[waiter] = (0..<Int.random(in: 0...3, using: &random)).map { _ in
          Int32.random(in: 0...count, using: &random)
        }
      }
    }

    func leader(_ pid: Int32) -> Int32 {
      sessions.first { $0.pid == pid && $0.backendType == "parallel worker" }?.leaderPID ?? pid
    }

    var waiting: Set<Int32> {
      Set(
        (edges.keys + sessions.filter { $0.waitEventType == "Lock" }.map(\.pid)).map(leader))
    }

    /// Those behind `pid`, by walking from one to the next until nobody is new.
    func behind(_ pid: Int32) -> Set<Int32> {
      var found: Set<Int32> = []
      var next: Set<Int32> = [pid]
      while !next.isEmpty {
        next = Set(
          edges.filter { !next.isDisjoint(with: $0.value.map(leader)) }.keys.map(leader)
        ).subtracting(found)
        found.formUnion(next)
      }
      return found
    }
  }

  @Test func holdsForEveryQueue() {
    var random = Seeded.printed("Law of blocking")
    var (named, waiters) = (0, 0)
    for _ in 0..<4000 {
      let queue = Queue(&random)
      let roots = Blocking.roots(of: queue.edges, among: queue.sessions)
      let expected = Set(queue.edges.values.joined().map(queue.leader))
        .subtracting(queue.waiting)
      #expect(Set(roots.map(\.pid)) == expected, "seed \(random.seed)")
      #expect(roots.count == expected.count)
      for root in roots {
        #expect(root.waiters == queue.behind(root.pid).count, "seed \(random.seed)")
        #expect(root.waiters >= 1 && root.waiters <= queue.edges.count)
        let session = queue.sessions.first { $0.pid == root.pid }
        #expect(root.heldSince == session?.transactionStart)
      }
      // The order of rows is the server's whim.
      let shuffled = Dictionary(
        uniqueKeysWithValues: queue.edges.mapValues { $0.shuffled(using: &random) }
          .shuffled(using: &random).map { ($0.key, $0.value) })
      let again = Blocking.roots(
        of: shuffled, among: queue.sessions.shuffled(using: &random))
      #expect(again == roots, "seed \(random.seed)")
      named += roots.count
      waiters += roots.reduce(0) { $0 + $1.waiters }
    }
    #expect(named > 1000 && waiters > 2000, "the rounds must say something: \(named), \(waiters)")
  }

  @Test func askingNeedsNoOrder() {
    var random = Seeded.printed("Order of asking")
    for _ in 0..<500 {
      let queue = Queue(&random)
      let pids = queue.sessions.filter { $0.waitEventType == "Lock" }.map(\.pid)
      let limit = Int.random(in: 1...6, using: &random)
      let asked = Blocking.longestWaiting(pids, among: queue.sessions, atMost: limit)
      #expect(asked.count <= limit && Set(asked).count == asked.count)
      #expect(
        asked
          == Blocking.longestWaiting(
            pids.shuffled(using: &random), among: queue.sessions.shuffled(using: &random),
            atMost: limit), "seed \(random.seed)")
    }
  }
}
