import SessionAudit

/// An audit as metrics in Prometheus's text format, for a textfile collector or a push.
/// docs/metrics.md lists them.
///
/// Series are few whatever connects: with more than `mostNames` names families stand for them, and
/// with more families than that the smallest together are `(other)`, which a metric says. Of limits
/// of roles and databases the fullest are shown, and a metric counts the rest.
package struct PrometheusReport: Renderer {
  package static let mostNames = 100
  private static let secondsFrom1970To2000 = 946_684_800

  private let now: Timestamp?

  /// - Parameter now: by our clock: the server's is not known where it was not reached. Saved reports
  ///   are of when they were made, so that nobody takes them for fresh: nil.
  package init(now: Timestamp?) { self.now = now }

  package func write(_ result: TargetResult<AuditReport>, to sink: ByteSink) -> Bool {
    write([result], to: sink)
  }

  /// Of a target that was given twice, the first that has a report: the others' labels are told apart
  /// by `Target.name`.
  package func write(_ results: [TargetResult<AuditReport>], to sink: ByteSink) -> Bool {
    var metrics = MetricWriter(into: sink)
    var seen: Set<String> = []
    for result in results.filter({ $0.report != nil }) + results.filter({ $0.report == nil }) {
      let name = HostileText.escaped(Self.name(of: result.target))
      guard seen.insert(name).inserted else { continue }
      metrics.common = [("target", name)]
      metrics.outcome(result, now)
    }
    metrics.flush()
    return true
  }

  /// `app@db.example:5432/shop`: the same whether or not the server took us, so that it is one series.
  /// Where a host was named, what was left out is what libpq takes for it.
  static func name(of target: Target) -> String {
    if let name = target.name { return name }
    // Of several hosts each may have a port of its own.
    let isOneHost = target.host.map { !$0.contains(",") } ?? false
    let port = target.port ?? (isOneHost ? "5432" : nil)
    let place = [target.host ?? "", port].compactMap { $0 }.joined(separator: ":")
    return "\(target.user ?? "")@\(place)/\(target.database ?? target.user ?? "")"
  }

  /// Between Prometheus's first moment and Postgres's.
  static let offset = Duration.seconds(secondsFrom1970To2000)
}

extension MetricWriter {
  fileprivate mutating func outcome(_ outcome: TargetResult<AuditReport>, _ now: Timestamp?) {
    if let moment = now ?? outcome.report?.capturedAt {
      gauge("run_timestamp_seconds", "When this was written, by the clock of this machine.")
      sample(.microseconds(moment.microseconds) + PrometheusReport.offset)
    }
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
    // Where sessions are hidden, none that is seen does not mean that there is none.
    let isKnown = totals.hidden == 0
    if isKnown || totals.orphan > 0 {
      gauge("orphans", "Sessions with evidence that their owner is gone, as far as is seen.")
      sample(totals.orphan)
    }
    if isKnown || totals.suspect > 0 {
      gauge(
        "suspects", "Sessions that look abandoned, and could be a quiet pool, as far as is seen.")
      sample(totals.suspect)
    }
    gauge(
      "hidden_sessions", "Sessions whose columns this role may not see: nothing is known of them.")
    sample(totals.hidden)
    rosterGaps(of: report)
    gauge("background_processes", "Processes of the server.")
    sample(totals.background)
    gauge("opened_last_minute", "Sessions that began within the last minute.")
    sample(totals.openedLastMinute)
    gauge("lock_waiters", "Sessions and processes that wait for a lock, as far as is seen.")
    sample(report.lockWaiters.count)
  }

  /// What a list that lacks whoever was heard kept from being orphans.
  mutating func rosterGaps(of report: AuditReport, prefix: String = "") {
    gauge(
      "\(prefix)roster_spared_sessions",
      "Sessions that would be orphans by the roster, if it did not lack who was heard just now.")
    sample(report.sparedByRosterGaps)
  }

  private mutating func sessions(_ report: AuditReport) {
    let names = ApplicationLabels(report)
    var counts: [[String]: Int] = [:]
    var oldest: [[String]: Duration] = [:]
    for judged in report.sessions {
      // As they will be shown: two that are shown alike are one series.
      let key = [names[judged.session.applicationName], judged.session.state?.name ?? ""]
        .map(HostileText.escaped)
      counts[key + [judged.verdict.rawValue], default: 0] += 1
      if let age = judged.times.stateAge { oldest[key] = max(age, oldest[key] ?? age) }
    }
    let labels = ["application_name", "state", "verdict"]
    gauge("sessions", "Client sessions.")
    for (values, count) in counts.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      sample(count, Array(zip(labels, values)))
    }
    gauge("oldest_state_age_seconds", "The longest time since state_change.")
    for (values, age) in oldest.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      sample(age, Array(zip(labels, values)))
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
    let shown = Self.fullest(slots.limits)
    for (name, help, value) in [
      ("limit_connections", "Connections that a limit lets in.", \Slots.Limit.limit),
      ("limit_used", "Connections that count against a limit.", \Slots.Limit.used),
      ("limit_available", "Connections that a limit still lets in.", \Slots.Limit.available),
    ] {
      gauge(name, help)
      for limit in shown {
        sample(limit[keyPath: value], [("kind", limit.kind.rawValue), ("name", limit.name ?? "")])
      }
      // Of all roles without privileges, and of ours, whichever limit it is.
      sample(slots.ordinary[keyPath: value], [("kind", "ordinary"), ("name", "")])
      sample(slots.binding[keyPath: value], [("kind", "binding"), ("name", "")])
    }
    gauge("limits_left_out", "Limits of roles and databases that are not shown: too many.")
    sample(slots.limits.count - shown.count)
  }

  /// As many as are shown, those with the most connections first, since that changes least from run to
  /// run; each name once as it will be shown.
  private static func fullest(_ limits: [Slots.Limit]) -> [Slots.Limit] {
    struct Shown: Hashable {
      var kind: String
      var name: String
    }
    var seen: Set<Shown> = []
    let inOrder = limits.sorted { a, b in
      (-a.used, a.available, a.kind.rawValue, a.name ?? "")
        < (-b.used, b.available, b.kind.rawValue, b.name ?? "")
    }
    let unlike = inOrder.filter { limit in
      seen.insert(Shown(kind: limit.kind.rawValue, name: HostileText.escaped(limit.name ?? "")))
        .inserted
    }
    return Array(unlike.prefix(PrometheusReport.mostNames))
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
