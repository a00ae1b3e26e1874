import TestSupport

/// What a stress run has counted, on both sides.
public struct StressResult: Sendable, CustomStringConvertible {
  public let name: String
  public let seed: UInt64
  private let form: StressForm
  public internal(set) var elapsed = Duration.zero

  public private(set) var flips = 0
  private var sweepTimes: [Duration] = []
  public var sweeps: Int { sweepTimes.count }
  private var staleEnded = 0
  private var changed = 0
  private var heirs = 0
  private var rightlyEnded = 0
  /// Rightly ended, but the client sent its next query before it knew; whether the query had begun
  /// tells the server's log.
  private var crossed = 0
  private var leastIdle: Duration?
  private var leastIdleByLog: Duration?
  private var pidsReused: Int?
  private var pidObstacle: String?

  /// Sessions that were ended though busy or used of late, as their clients saw it.
  public private(set) var liveEnded: [String] = []
  /// The same by the server's log: ended in the middle of a query, or soon after one.
  public private(set) var inQuery: [String] = []
  public private(set) var freshByLog: [String] = []
  /// What makes the run worth nothing: too few flips, sweeps that failed.
  public private(set) var shortcomings: [String] = []

  init(name: String, seed: UInt64, form: StressForm) {
    (self.name, self.seed, self.form) = (name, seed, form)
  }

  /// Whether no live session was ended, by anybody's count, in a run that is worth something.
  public var isClean: Bool { endedNoneAlive && shortcomings.isEmpty }

  /// The promise, whatever else went wrong.
  public var endedNoneAlive: Bool {
    liveEnded.isEmpty && inQuery.isEmpty && freshByLog.isEmpty
  }

  mutating func add(_ one: (sweep: Sweep, stale: Int, took: Duration)) {
    sweepTimes.append(one.took)
    staleEnded += one.stale
    changed += one.sweep.changed
    heirs += one.sweep.heirs
    shortcomings += one.sweep.complaints
  }

  mutating func judge(_ entries: Ledger.Entries, _ log: ServerLog) {
    flips = entries.flips
    for ending in entries.endings {
      leastIdle = min(leastIdle ?? ending.idle, ending.idle)
      let story =
        "pid \(ending.pid), idle for \(milliseconds(ending.idle)) ms by its client since an answer "
        + "that took \(milliseconds(ending.answerTook)) ms"
        + (ending.hadSentQuery ? ", which had sent a query" : "") + "; \(ending.words)"
      if ending.idle < form.threshold {
        liveEnded.append(story)
      } else {
        rightlyEnded += 1
        crossed += ending.hadSentQuery ? 1 : 0
      }
      // The log's time is cut to milliseconds.
      guard let end = log.termination(of: ending.pid, since: ending.opened.wall - 0.001) else {
        shortcomings.append("the log has no end of \(story)")
        continue
      }
      // Negative where the end had been on its way before the client saw its last answer.
      let idle = Duration.seconds(end.time - ending.used.wall + 0.001)
      leastIdleByLog = min(leastIdleByLog ?? idle, idle)
      if idle < form.threshold {
        freshByLog.append("idle for \(milliseconds(idle)) ms by the log: \(story)")
      }
    }
    for end in log.terminations {
      if let statement = end.statement { inQuery.append("pid \(end.pid) in \(statement)") }
    }
    shortcomings += entries.troubles
    if flips < form.flips { shortcomings.append("only \(flips) of \(form.flips) flips") }
    if sweeps < form.sweeps { shortcomings.append("only \(sweeps) of \(form.sweeps) sweeps") }
    if rightlyEnded == 0 { shortcomings.append("no flipper was ever idle for long enough") }
  }

  mutating func notePids(_ entries: Ledger.Entries, obstacle: String?) {
    let reused = entries.sessionsByPid.values.count { $0 > 1 }
    (pidsReused, pidObstacle) = (reused, obstacle)
    if obstacle == nil && reused == 0 { shortcomings.append("no pid was used again") }
  }

  public var description: String {
    var text =
      "\(name): \(flips) flips of \(form.flippers) sessions in \(milliseconds(elapsed)) ms, "
      + "\(sweeps) sweeps of \(sweepTimes.map(milliseconds)) ms with a threshold of "
      + "\(milliseconds(form.threshold)) ms, \(staleEnded) stale sessions ended, \(rightlyEnded) "
      + "flippers rightly ended (\(crossed) as their next query was on its way), \(changed) "
      + "changed and left alone; live sessions ended: \(liveEnded.count) by the clients' count, "
      + "\(inQuery.count) in a query and \(freshByLog.count) soon after one by the server's log; "
      + "least idle time of one ended: \(leastIdle.map { "\(milliseconds($0))" } ?? "-") ms by its "
      + "client, \(leastIdleByLog.map { "\(milliseconds($0))" } ?? "-") ms by the log"
    if let pidsReused {
      text += "; \(pidsReused) pids were used again, \(heirs) while a sweep was under way"
    }
    if let pidObstacle {
      text += "; NOT DONE: a server that uses pids again at once, since \(pidObstacle)"
    }
    return text
  }

  /// All that speaks against the run, a line each, but not more than some of each kind.
  public var complaints: String {
    let kinds = [
      ("live session ended", liveEnded), ("ended in a query, by the log", inQuery),
      ("ended soon after a query, by the log", freshByLog), ("shortcoming", shortcomings),
    ]
    return kinds.flatMap { kind, stories in stories.prefix(10).map { "\(kind): \($0)" } }
      .joined(separator: "\n")
  }

  private func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }
}
