import SessionAudit

/// An audit as metrics in Prometheus's text format, for a textfile collector or a push.
///
/// Names are few whatever connects: with more than `mostNames` names families stand for them, and
/// with more families than that the smallest together are `(other)`, which a metric says.
public enum PrometheusReport {
  public static let mostNames = 100
  private static let secondsFrom1970To2000 = 946_684_800

  /// - Parameter now: by our clock: the server's is not known where it was not reached.
  public static func audit(
    _ outcome: AuditOutcome, now: Timestamp, handOn: @escaping (UnsafeRawBufferPointer) -> Void
  ) {
    audits([outcome], now: now, handOn: handOn)
  }

  /// Of several targets. Of those that labels don't tell apart, the first that has a report.
  public static func audits(
    _ outcomes: [AuditOutcome], now: Timestamp, handOn: @escaping (UnsafeRawBufferPointer) -> Void
  ) {
    var metrics = MetricWriter(into: ByteSink(handOn: handOn))
    var seen: Set<[String]> = []
    for outcome in outcomes.filter({ $0.report != nil }) + outcomes.filter({ $0.report == nil }) {
      let target = outcome.target
      let server = [target.host, target.port].compactMap { $0 }.joined(separator: ":")
      guard seen.insert([server, target.database ?? ""]).inserted else { continue }
      metrics.common = [("server", server), ("database", target.database ?? "")]
      metrics.outcome(outcome, now)
    }
    metrics.flush()
  }

  /// Between Prometheus's first moment and Postgres's.
  fileprivate static let offset = Duration.seconds(secondsFrom1970To2000)
}

extension MetricWriter {
  fileprivate mutating func outcome(_ outcome: AuditOutcome, _ now: Timestamp) {
    gauge("run_timestamp_seconds", "When this was written, by the clock of this machine.")
    sample(.microseconds(now.microseconds) + PrometheusReport.offset)
    gauge("run_success", "1: the sessions were read; 0: they were not.")
    switch outcome {
    case .report(let report):
      sample(1)
      self.report(report)
    case .refused(let failure, _, _):
      sample(0)
      gauge("run_failure", "Why there is no report; docs/json.md lists the kinds.")
      sample(1, [("kind", failure.kind.rawValue), ("limit", failure.limit?.kind.rawValue ?? "")])
    }
  }
}

extension MetricWriter {
  fileprivate mutating func report(_ report: AuditReport) {
    sessions(report)
    slots(report.slots)
    let totals = report.totals
    gauge("orphans", "Sessions with evidence that their owner is gone.")
    sample(totals.orphan)
    gauge("suspects", "Sessions that look abandoned, and could be a quiet pool.")
    sample(totals.suspect)
    gauge(
      "hidden_sessions", "Sessions whose columns this role may not see: nothing is known of them.")
    sample(totals.hidden)
    gauge("background_processes", "Processes of the server.")
    sample(totals.background)
    gauge("opened_last_minute", "Sessions that began within the last minute.")
    sample(totals.openedLastMinute)
    gauge("lock_waiters", "Sessions and processes that wait for a lock, as far as is seen.")
    sample(report.lockWaiters.count)
  }

  private mutating func sessions(_ report: AuditReport) {
    let names = ApplicationLabels(report)
    var counts: [SessionLabels: Int] = [:]
    var oldest: [String: Duration] = [:]
    for judged in report.sessions {
      let name = names[judged.session.applicationName]
      counts[
        SessionLabels(
          application: name, state: judged.session.state?.name ?? "",
          verdict: judged.verdict.rawValue), default: 0] += 1
      if let age = judged.times.stateAge { oldest[name] = max(age, oldest[name] ?? age) }
    }
    gauge("sessions", "Client sessions.")
    for (labels, count) in counts.sorted(by: { $0.key < $1.key }) { sample(count, labels.pairs) }
    gauge("oldest_state_age_seconds", "The longest time since state_change.")
    for (name, age) in oldest.sorted(by: { $0.key < $1.key }) {
      sample(age, [("application_name", name)])
    }
    gauge(
      "application_names_folded",
      "0: each name has a label; 1: families stand for names; 2: the smallest are (other).")
    sample(names.folding)
  }

  private mutating func slots(_ slots: Slots) {
    gauge("max_connections", "The server's max_connections.")
    sample(slots.maxConnections)
    gauge("slots_used", "Connection slots that client sessions hold, as far as is seen.")
    sample(slots.used)
    for (name, help, value) in [
      ("limit_connections", "Connections that a limit lets in.", \Slots.Limit.limit),
      ("limit_used", "Connections that count against a limit.", \Slots.Limit.used),
      ("limit_available", "Connections that a limit still lets in.", \Slots.Limit.available),
    ] {
      gauge(name, help)
      for limit in slots.limits {
        sample(limit[keyPath: value], [("kind", limit.kind.rawValue), ("name", limit.name ?? "")])
      }
      // Of all roles without privileges, and of ours, whichever limit it is.
      sample(slots.ordinary[keyPath: value], [("kind", "ordinary"), ("name", "")])
      sample(slots.binding[keyPath: value], [("kind", "binding"), ("name", "")])
    }
  }
}

/// What tells the sessions of one sample from others.
private struct SessionLabels: Hashable, Comparable {
  var application: String
  var state: String
  var verdict: String

  var pairs: [(String, String)] {
    [("application_name", application), ("state", state), ("verdict", verdict)]
  }

  static func < (a: SessionLabels, b: SessionLabels) -> Bool {
    (a.application, a.state, a.verdict) < (b.application, b.state, b.verdict)
  }
}

/// A label for each application_name, and not too many of them.
private struct ApplicationLabels {
  private(set) var folding = 0
  private let policy: Policy
  private var kept: Set<String> = []

  init(_ report: AuditReport) {
    policy = report.judgedWith
    var names: [String: Int] = [:]
    for judged in report.sessions { names[judged.session.applicationName, default: 0] += 1 }
    guard names.count > PrometheusReport.mostNames else { return }
    folding = 1
    var families: [String: Int] = [:]
    for (name, count) in names { families[policy.family(of: name), default: 0] += count }
    guard families.count > PrometheusReport.mostNames else { return }
    folding = 2
    kept = Set(
      families.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .prefix(PrometheusReport.mostNames).map(\.key))
  }

  subscript(name: String) -> String {
    guard folding > 0 else { return name }
    let family = policy.family(of: name)
    return folding == 1 || kept.contains(family) ? family : "(other)"
  }
}
