import SessionAudit
import TestPages
import Testing

@testable import Rendering

/// Runs of `terminate` as metrics.
struct PrometheusTerminationTests {
  private static let noon = Timestamp(microseconds: 43_200_000_000)

  private static func refused(_ name: String, _ status: SessionAudit.ExitStatus = .unavailable)
    -> TargetRun<
      TerminationReport
    >
  {
    var target = Target()
    target.name = name
    let failure = Failure(
      kind: .tooManyConnections, sqlState: "53300", message: "no slot",
      limit: Failure.Limit(kind: .role, name: "app"))
    return TargetRun(
      .refused(failure, target: target, judgedWith: Policy()), status: status,
      duration: .milliseconds(2500))
  }

  private static func stopped() -> TargetRun<TerminationReport> {
    let audit = Judge.judge(SmallServer.snapshot([]), by: Policy())
    var plan = TerminationPlan(selected: [], kept: [])
    plan.breaker = .lastOfApplication
    return TargetRun(
      .report(TerminationReport(audit: audit, plan: plan, executed: true)),
      status: .stoppedByBreaker, duration: .seconds(1))
  }

  private static func text(_ runs: [TargetRun<TerminationReport>], earlier: String = "") -> String {
    String(decoding: bytes(runs, earlier: earlier), as: UTF8.self)
  }

  private static func bytes(
    _ runs: [TargetRun<TerminationReport>], earlier: String
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    let sink = ByteSink { bytes += $0 }
    PrometheusReport.terminations(runs, now: noon, earlier: earlier, to: sink)
    return bytes
  }

  private static func samples(_ runs: [TargetRun<TerminationReport>], earlier: String = "") throws
    -> [MetricSample]
  {
    try MetricSample.read(bytes(runs, earlier: earlier))
  }

  /// One of each kind that there is.
  static func everySample() throws -> [MetricSample] {
    try samples([refused("a"), stopped(), refused("b", .done)])
  }

  private func lastSuccess(_ samples: [MetricSample], _ target: String) -> Int? {
    samples.first {
      $0.metric == "pgsessions_terminate_last_success_timestamp_seconds"
        && $0.labels["target"] == target
    }?.value
  }

  @Test func theLastSuccessIsKept() throws {
    let hostile = "quo\"te\\ \u{1B}[31m"
    let shown = HostileText.escaped(hostile)
    let began = Self.text([Self.refused("a", .done), Self.refused(hostile, .done)])
    let moment = 946_684_800 + 43_200
    #expect(lastSuccess(try Self.samples([Self.refused("a", .done)]), "a") == moment)
    for earlier in [began, "not ours\n" + began + "# and more"] {
      let failed = try Self.samples(
        [Self.refused("a"), Self.refused("b"), Self.refused(hostile)], earlier: earlier)
      #expect(lastSuccess(failed, "a") == moment && lastSuccess(failed, shown) == moment)
      #expect(lastSuccess(failed, "b") == nil)
    }
    // Nothing is taken over that is no number, or of another.
    let line = "pgsessions_terminate_last_success_timestamp_seconds{target=\"a\"} "
    for value in ["", "x", "1e5", "-1", "1.2.3", "1 2", "+Inf", "٣"] {
      let failed = try Self.samples([Self.refused("a")], earlier: line + value + "\n")
      #expect(lastSuccess(failed, "a") == nil, "\(value)")
    }
    #expect(lastSuccess(try Self.samples([Self.refused("a")], earlier: line + "12.5"), "a") == 12)
  }

  @Test func aTargetIsToldOnce() throws {
    // Two of the same name: who has a report goes before.
    let name = "app@db.example:5432/shop"
    let both = try Self.samples([Self.refused(name), Self.stopped()])
    #expect(Set(both.compactMap { $0.labels["target"] }) == [name])
    #expect(both.first { $0.metric == "pgsessions_terminate_exit_status" }?.value == 3)
    #expect(both.contains { $0.labels["kind"] == "last_of_application" })
  }

  /// A collector takes no metric twice, and audits may lie beside.
  @Test func noNameIsAnAudits() throws {
    let audit = try MetricSample.read(
      PrometheusReport(now: Timestamp(microseconds: 0)).bytes(of: .report(SmallServer.report())))
    #expect(Set(audit.map(\.metric)).isDisjoint(with: try Self.everySample().map(\.metric)))
  }
}
