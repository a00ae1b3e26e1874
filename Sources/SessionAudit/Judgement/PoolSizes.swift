/// Where one address has more sessions of an application than were declared to fit it. Nobody can
/// tell which of them are extra, but those heard last are the likeliest to be wanted.
struct PoolSizes {
  private struct Excess {
    var limit: Int
    var sessions: Int
    /// What was heard earlier is not among the `limit` heard last.
    var heardLast: Timestamp
  }

  private var grace = Duration.zero
  /// By life.
  private var excess: [Int: Excess] = [:]

  /// Where no size is declared.
  init() {}

  init(
    _ snapshot: Snapshot, _ rows: [Int], _ times: [SessionTimes], _ clientIndex: ClientIndex,
    by policy: Policy
  ) {
    grace = policy.restartGrace
    guard !policy.poolSizes.isEmpty else { return }
    let limits = clientIndex.applications.map { application in
      policy.poolSizes.value(
        for: clientIndex.names[application.name].text, user: application.user,
        database: application.database, isConnected: application.isConnected)
    }
    var heard: [Int: [Timestamp]] = [:]
    for (index, row) in rows.enumerated() {
      guard let entry = clientIndex.entries[row], let life = entry.life,
        limits[entry.application] != nil
      else { continue }
      // What its columns don't tell may be heard now.
      heard[life, default: []].append(times[index].lastHeard ?? snapshot.capturedAt)
    }
    for (life, moments) in heard {
      guard let limit = limits[clientIndex.lives[life].application], moments.count > limit else {
        continue
      }
      let heardLast = moments.sorted(by: >)[limit - 1]
      excess[life] = Excess(limit: limit, sessions: moments.count, heardLast: heardLast)
    }
  }

  func evidence(
    about session: Session, _ times: SessionTimes, _ entry: ClientIndex.Entry
  ) -> Evidence? {
    guard let excess = entry.life.flatMap({ excess[$0] }), session.state == .idle,
      let heard = times.lastHeard, heard < excess.heardLast, let quiet = times.quiet,
      quiet >= grace
    else { return nil }
    return Evidence(.beyondPoolSize(limit: excess.limit, sessions: excess.sessions))
  }
}
