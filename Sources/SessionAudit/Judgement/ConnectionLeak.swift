/// Many sessions of one living address, each used only in its first seconds and left open since. A
/// pool uses again what it holds; threads that end without closing their connection look like this.
public struct ConnectionLeak: Sendable, Equatable {
  public var applicationName: String
  public var address: String
  public var sessions: Int
  /// The greatest age at which one of them was used.
  public var usedAtAge: Duration
  public var firstOpened: Timestamp
  public var lastOpened: Timestamp

  /// Fewer may be workers that have had one request yet.
  static let least = 10
  static let firstSeconds = Duration.seconds(5)
  /// What is opened within so short a time is a pool that is filled, or a crowd of requests.
  static let burst = Duration.seconds(10)
  /// What a client asks for. A pool's stock has seen no more than SET and the like; who has sent
  /// LISTEN waits.
  static let requests: Set<String> = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "COMMIT", "ROLLBACK", "END",
  ]

  /// The largest first.
  static func leaks(
    in snapshot: Snapshot, _ rows: [Int], _ times: [SessionTimes], _ clientIndex: ClientIndex,
    by policy: Policy
  ) -> [ConnectionLeak] {
    let now = snapshot.capturedAt
    var indices: [Int: [Int]] = [:]
    for (index, row) in rows.enumerated() {
      // Sessions are large: only those whose times fit are looked at.
      guard isLeftOpen(times[index], by: policy), let entry = clientIndex.entries[row],
        let life = entry.life, !entry.isPooled, snapshot.sessions[row].state == .idle,
        let command = snapshot.sessions[row].lastCommand, requests.contains(command)
      else { continue }
      indices[life, default: []].append(index)
    }
    var leaks: [ConnectionLeak] = []
    for (life, indices) in indices {
      guard indices.count >= least, now - clientIndex.lives[life].lastHeard < policy.restartGrace
      else {
        continue
      }
      // Oldest first, as rows are.
      let starts = indices.compactMap { snapshot.sessions[rows[$0]].backendStart }
      guard let first = starts.first, let last = starts.last, last - first >= policy.restartGrace,
        most(of: starts, within: burst) * 2 <= starts.count
      else { continue }
      let (name, client) = (
        clientIndex.applications[clientIndex.lives[life].application].name,
        clientIndex.lives[life].client
      )
      leaks.append(
        ConnectionLeak(
          applicationName: clientIndex.names[name].text,
          address: clientIndex.clients[client].text ?? "",
          sessions: indices.count,
          usedAtAge: indices.compactMap { times[$0].usedAtAge }.max() ?? .zero,
          firstOpened: first, lastOpened: last))
    }
    return leaks.sorted {
      ($1.sessions, $0.applicationName, $0.address, $0.firstOpened)
        < ($0.sessions, $1.applicationName, $1.address, $1.firstOpened)
    }
  }

  private static func isLeftOpen(_ times: SessionTimes, by policy: Policy) -> Bool {
    guard let usedAt = times.usedAtAge, usedAt <= firstSeconds, let quiet = times.quiet else {
      return false
    }
    return quiet >= policy.restartGrace
  }

  /// The most of these moments, which rise, that lie within so long a time.
  private static func most(of moments: [Timestamp], within time: Duration) -> Int {
    var (most, first) = (0, 0)
    for (index, moment) in moments.enumerated() {
      while moment - moments[first] > time { first += 1 }
      most = max(most, index - first + 1)
    }
    return most
  }
}
