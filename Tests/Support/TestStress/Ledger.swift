import Synchronization

/// How a flipper's session came to an end that its client had not asked for.
struct Ending: Sendable {
  let pid: Int32
  /// When it was connected; no earlier session has had the pid since.
  let opened: Moment
  /// When the client last had an answer of the server: that of its last query, or to connecting.
  let used: Moment
  /// How long that answer took.
  let answerTook: Duration
  /// When the client noticed, or had sent the query that then failed.
  let noticed: Moment
  /// Whether it was a query that failed.
  let hadSentQuery: Bool
  let words: String

  /// How long the session had been idle, as its client has it. A thread that gets its answer late,
  /// or a server that takes up the next query late, makes it too short and a false alarm; none is
  /// excused, as sweeps end the flippers last, long after they have passed the threshold. A thread
  /// that notices late makes it too long; therefore the server's log, which has the moment itself,
  /// is asked too.
  var idle: Duration { used.duration(to: noticed) }
}

/// What all flippers together have to tell.
final class Ledger: Sendable {
  struct Entries: Sendable {
    var flips = 0
    var endings: [Ending] = []
    /// How many sessions have had each pid.
    var sessionsByPid: [Int32: Int] = [:]
    /// What went wrong otherwise.
    var troubles: [String] = []
  }
  private let state = Mutex(Entries())

  var entries: Entries { state.withLock { $0 } }

  func flipped() { state.withLock { $0.flips += 1 } }
  func opened(_ pid: Int32) { state.withLock { $0.sessionsByPid[pid, default: 0] += 1 } }
  func ended(_ ending: Ending) { state.withLock { $0.endings.append(ending) } }
  func trouble(_ words: String) { state.withLock { $0.troubles.append(words) } }
}
