import TestOracle
import TestStress
import TestSupport

/// What a simulated week has counted, on all sides.
public struct SoakResult: Sendable {
  /// Of sessions that were left and are gone: how many runs that might have ended it each one took.
  /// 0: it became so while the run that ended it was under way.
  public internal(set) var runsNeeded: [Int: Int] = [:]
  public internal(set) var leftBehind = 0
  public internal(set) var endedByJob = 0
  /// Left, and still there at the end as nothing tells it.
  public internal(set) var untold = 0
  /// Left, and gone by themselves: a query's end tells the server that nobody is there.
  public internal(set) var leftByThemselves = 0
  public internal(set) var sessions = 0
  public internal(set) var queries = 0
  public internal(set) var changes = 0
  /// Living sessions that were silent for longer than the threshold.
  public internal(set) var quiet = 0
  public internal(set) var runs = 0
  public internal(set) var sparingRuns = 0
  public internal(set) var evidence: [String: Int] = [:]
  /// Seconds from a host's end to the evidence, and from the evidence to the session's end.
  public internal(set) var untilTold: [Double] = []
  public internal(set) var untilEnded: [Double] = []
  public internal(set) var mostSlots = 0
  public internal(set) var looks = 0
  public internal(set) var liveEnded: [String] = []
  public internal(set) var refusals = 0
  /// When the first client found no slot, in the week's time.
  public internal(set) var ranOut: String?
  public internal(set) var elapsed = Duration.zero
  public internal(set) var complaints: [String] = []

  public let form: SoakForm
  public let seed: UInt64
  /// Whether the job ran.
  public let hasJob: Bool

  init(_ form: SoakForm, seed: UInt64, hasJob: Bool) {
    (self.form, self.seed, self.hasJob) = (form, seed, hasJob)
  }

  /// Whether the week with the job was as promised, in a form that is worth something.
  public var isClean: Bool { complaints.isEmpty && liveEnded.isEmpty && refusals == 0 }

  // MARK: - From what was counted

  mutating func judge(_ runs: [CronJob.Run], _ log: JobLog) {
    self.runs = runs.count
    for run in runs {
      // 3: nothing but what would empty an application.
      guard ![0, 3].contains(run.outcome.status) else { continue }
      complaints.append(
        "a run ended with status \(run.outcome.status): \(run.outcome.stderr.prefix(300))")
    }
    sparingRuns = runs.count { !$0.spared.isEmpty }
    complaints += log.complaints
    for (key, kind) in log.evidence where log.gone[key] != nil { evidence[kind, default: 0] += 1 }
  }

  mutating func judge(
    _ entries: SoakLedger.Entries, _ findings: Witness.Findings, _ runs: [CronJob.Run],
    _ log: JobLog, _ server: ServerLog, _ last: Witness.Look
  ) {
    (sessions, queries) = (entries.sessions.count, entries.queries)
    (quiet, mostSlots, looks) = (findings.quiet.count, findings.mostSlots, findings.looks)
    refusals = max(entries.refusals, server.refusals.count)
    liveEnded = entries.lost
    complaints += entries.troubles
    complaints += findings.unsound.map { "the rules would take a living session: \($0)" }
    let ends = ends(of: entries.sessions, by: server)
    for (key, end) in ends {
      guard let session = entries.sessions[key] else { continue }
      // The log's time is cut to milliseconds.
      if session.leftAt.map({ end + 0.001 < $0 }) ?? true {
        liveEnded.append("by the server's log: '\(session.name)' from \(session.address)")
      }
      if log.announced[key] == nil { complaints.append("pid \(key.pid) went unannounced") }
    }
    for key in log.gone.keys where ends[key] == nil {
      complaints.append("the log says that pid \(key.pid) is gone, and the server's does not")
    }
    let left = entries.sessions.filter { $0.value.leftAt != nil }
    (leftBehind, endedByJob) = (left.count, left.keys.count { ends[$0] != nil })
    (untold, leftByThemselves) = (
      last.left.count, left.keys.count { ends[$0] == nil && !last.left.contains($0) }
    )
    for (key, session) in left {
      let needed = runs.count { $0.endable.contains(key) }
      if needed > 2 || needed == 2 && last.left.contains(key) {
        complaints.append(
          "'\(session.name)' from \(session.address), pid \(key.pid), was there after \(needed) runs"
        )
      }
      guard let end = ends[key] else { continue }
      runsNeeded[needed, default: 0] += 1
      if let first = findings.firstEndable[key], let leftAt = session.leftAt {
        untilTold.append(first - leftAt)
        untilEnded.append(max(0, end - first))
      }
    }
  }

  /// When each session was ended, by the server's log, where pids are used again.
  private func ends(
    of sessions: [SessionKey: TrueSession], by log: ServerLog
  ) -> [SessionKey: Double] {
    let byPid = Dictionary(grouping: sessions, by: \.key.pid)
    var ends: [SessionKey: Double] = [:]
    for termination in log.terminations {
      let earlier = (byPid[termination.pid] ?? []).filter {
        $0.value.opened < termination.time + 0.001
      }
      if let one = earlier.max(by: { $0.value.opened < $1.value.opened }) {
        ends[one.key] = termination.time
      }
    }
    return ends
  }
}
