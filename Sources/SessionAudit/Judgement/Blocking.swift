/// Who stands in the way of those that wait for a lock, and whom to ask about.
public enum Blocking {
  /// The pids to ask about, those that have waited longest first. Workers of one parallel query
  /// wait for what their leader waits for, so that one question about the leader serves them all.
  /// - Parameter limit: each question stops the server's lock manager for a moment.
  public static func longestWaiting(
    _ pids: [Int32], among sessions: [Session], atMost limit: Int = 200
  ) -> [Int32] {
    var unknown = Set(pids)
    var since: [Int32: Int64] = [:]
    for session in sessions where unknown.remove(session.pid) != nil {
      // The server tells when the query began, not when it came to the lock.
      let moment = (session.stateChange ?? session.queryStart)?.microseconds ?? .max
      let group = session.parallelLeader ?? session.pid
      since[group] = min(moment, since[group] ?? .max)
    }
    for pid in unknown where since[pid] == nil { since[pid] = .max }
    let order = since.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    return order.prefix(limit).map(\.key)
  }

  /// The sessions that others wait for and that wait for nobody.
  ///
  /// A session that was seen to wait is no root, even where nobody asked what for, or where it got
  /// its lock in between: a queue that moves needs no blame. Nor is any member of a circle, which
  /// the server itself breaks within deadlock_timeout.
  /// - Parameter edges: by waiter, those in its way, as pg_blocking_pids has them. They are no one
  ///   moment's picture, since the server answers one waiter after the other.
  public static func roots(of edges: [Int32: [Int32]], among sessions: [Session]) -> [Blocker] {
    let queue = LockQueue(edges, among: sessions)
    let byPID = Dictionary(sessions.map { ($0.pid, $0) }) { first, _ in first }
    return queue.waitersByRoot.map { pid, waiters in
      let session = pid == preparedTransaction ? nil : byPID[pid]
      return Blocker(
        pid: pid, waiters: waiters, heldSince: session?.transactionStart,
        applicationName: session?.applicationName)
    }.sorted { $0.sortKey < $1.sortKey }
  }

  /// What pg_blocking_pids says where a prepared transaction, which has no process, holds the lock.
  static let preparedTransaction: Int32 = 0
}

extension Session {
  /// Whose parallel query it works on; the leaders of other groups (16's apply workers) wait for
  /// locks of their own.
  fileprivate var parallelLeader: Int32? { backendType == "parallel worker" ? leaderPID : nil }
}

extension Blocker {
  fileprivate var sortKey: (Int, Int64, Int32) {
    (-waiters, heldSince?.microseconds ?? .max, pid)
  }
}

/// Waiters and who is in their way, with parallel workers counted as their leader.
private struct LockQueue {
  private(set) var waitersByRoot: [Int32: Int] = [:]

  init(_ edges: [Int32: [Int32]], among sessions: [Session]) {
    var leaders: [Int32: Int32] = [:]
    for session in sessions { leaders[session.pid] = session.parallelLeader }
    func leader(_ pid: Int32) -> Int32 { leaders[pid] ?? pid }

    let waiters = Set(edges.keys.map(leader)).subtracting([Blocking.preparedTransaction])
    let indices = Dictionary(uniqueKeysWithValues: zip(waiters, 0...))
    var waiting = waiters
    for session in sessions where session.waitEventType == "Lock" {
      waiting.insert(leader(session.pid))
    }

    // behind[n]: the waiters in line behind the waiter at index n, itself among them.
    var behind = (0..<waiters.count).map { WaiterSet(of: waiters.count, holding: $0) }
    var behindRoot: [Int32: WaiterSet] = [:]
    for (pid, blockers) in edges {
      guard let index = indices[leader(pid)] else { continue }
      for blocker in Set(blockers.map(leader)) {
        if let next = indices[blocker] {
          behind[next].insert(index)
        } else if !waiting.contains(blocker) {
          behindRoot[blocker, default: WaiterSet(of: waiters.count)].insert(index)
        }
      }
    }
    Self.close(&behind)
    waitersByRoot = behindRoot.mapValues { direct in
      var all = WaiterSet(of: waiters.count)
      for index in direct.members { all.formUnion(behind[index]) }
      return all.count
    }
  }

  /// Who is behind those behind, and so on (Warshall): a bounded number of steps whatever the
  /// shape, circles included.
  private static func close(_ behind: inout [WaiterSet]) {
    for between in behind.indices {
      for index in behind.indices where behind[index].contains(between) {
        behind[index].formUnion(behind[between])
      }
    }
  }
}

/// A set of small numbers: a bit each, so that a union of hundreds is a few instructions.
private struct WaiterSet {
  private var words: [UInt64]

  init(of count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

  init(of count: Int, holding member: Int) {
    self.init(of: count)
    insert(member)
  }

  var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
  var members: [Int] { (0..<words.count * 64).filter(contains) }

  func contains(_ member: Int) -> Bool { words[member >> 6] & (1 << UInt64(member & 63)) != 0 }
  mutating func insert(_ member: Int) { words[member >> 6] |= 1 << UInt64(member & 63) }
  mutating func formUnion(_ other: WaiterSet) {
    for index in words.indices { words[index] |= other.words[index] }
  }
}
