import SessionAudit
import TestPages
import TestSupport
import Testing

@testable import Rendering

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Metrics as Prometheus's own client library reads them, by its parser and by OpenMetrics's rules.
struct PrometheusReportTests {
  private typealias Sample = MetricSample

  private func samples(_ outcome: TargetResult<AuditReport>) throws -> [Sample] {
    try MetricSample.read(
      PrometheusReport(now: Timestamp(microseconds: 0)).bytes(of: outcome))
  }

  private func report(_ names: [String]) -> AuditReport {
    let sessions = names.enumerated().map { number, name in
      Session.client(pid: Int32(number + 10), .idle, silent: .seconds(5)) {
        $0.applicationName = name
      }
    }
    return Judge.judge(SmallServer.snapshot(sessions), by: Policy())
  }

  private func sum(_ samples: [Sample], _ metric: String) -> Int {
    samples.filter { $0.metric == metric }.reduce(0) { $0 + $1.value }
  }

  @Test func sessionsAddUp() throws {
    let report = report(["web.1", "web.1", "quo\"te", "back\\slash", "new\nline"])
    let found = try samples(.report(report))
    #expect(sum(found, "pgsessions_sessions") == report.totals.clientSessions)
    let names = Set(found.compactMap { $0.labels["application_name"] })
    #expect(names == ["web.1", "quo\"te", "back\\slash", "new\\nline"])
    #expect(found.contains { $0.metric == "pgsessions_run_success" && $0.value == 1 })
    // 2000-01-01 in seconds since 1970.
    #expect(found.first?.value == 946_684_800)
    #expect(Set(found.map { $0.labels["target"] }) == ["app@db.example:5432/shop"])
  }

  /// The oldest of each state: an idle transaction is another matter than an idle session.
  @Test func agesAreThoseOfTheStates() throws {
    let found = try samples(.report(SmallServer.report()))
    let ages = found.filter { $0.metric == "pgsessions_oldest_state_age_seconds" }
    func age(_ name: String, _ state: String) -> Int? {
      ages.first { $0.labels["application_name"] == name && $0.labels["state"] == state }?.value
    }
    #expect(age("worker.1", "idle in transaction") == 1200)
    #expect(age("web.1", "idle") == 26 * 3600 && age("web.1", "active") == 1)
    #expect(!ages.contains { $0.labels["application_name"] == "cron" }, "it is hidden")
  }

  @Test(arguments: [(99, 0), (150, 1), (150, 2)])
  func namesStayFew(_ count: Int, _ folding: Int) throws {
    // Instances of one application, or applications that have nothing in common.
    let names = (0..<count).map { folding == 2 ? "job-\(String($0, radix: 36))x" : "web.\($0)" }
    try checkFew(report(names), folding: folding)
  }

  @Test func thousandsOfSessionsAreFewSeries() throws {
    try checkFew(report((0..<5000).map { "tenant-\($0 % 1000)x" }), folding: 2)
    let large = SampleReport.make(sessions: 5000)
    let found = try samples(.report(large))
    #expect(sum(found, "pgsessions_sessions") == 5000)
    #expect(sum(found, "pgsessions_orphans") == large.totals.orphan && large.totals.orphan > 0)
    #expect(found.count < 1000, "\(found.count)")
  }

  private func checkFew(_ report: AuditReport, folding: Int) throws {
    let found = try samples(.report(report))
    let names = Set(found.compactMap { $0.labels["application_name"] })
    #expect(names.count <= PrometheusReport.mostNames + 1)
    #expect(names.contains("(other)") == (folding == 2))
    #expect(sum(found, "pgsessions_application_names_folded") == folding)
    #expect(sum(found, "pgsessions_sessions") == report.totals.clientSessions)
  }

  /// On shared hosting each of thousands of roles has a limit.
  @Test func limitsStayFew() throws {
    var snapshot = SmallServer.snapshot(
      (0..<30).map { .client(pid: $0 + 2, .idle, silent: .zero) { $0.user = "role-77" } })
    snapshot.server.roleLimits = (0..<2000).map { NamedLimit(name: "role-\($0)", limit: 20) }
    // These are shown alike, and two samples of one series would spoil all.
    snapshot.server.databaseLimits = [
      NamedLimit(name: "a\nb", limit: 5), NamedLimit(name: "a\\nb", limit: 6),
    ]
    let found = try samples(.report(Judge.judge(snapshot, by: Policy())))
    let shown = found.filter { $0.metric == "pgsessions_limit_used" && $0.labels["name"] != "" }
    #expect(shown.count == PrometheusReport.mostNames)
    #expect(shown.first?.labels["name"] == "role-77" && shown.first?.value == 30)
    #expect(shown.count + sum(found, "pgsessions_limits_left_out") == 2002)
    #expect(shown.count { $0.labels["kind"] == "database" } == 1)
  }

  /// A server that can't be asked is no server without sessions, and is the same target.
  @Test func aRefusalIsNoSuccess() throws {
    let failure = Failure(
      kind: .tooManyConnections, sqlState: "53300", message: "no slot",
      limit: Failure.Limit(kind: .role, name: "app"))
    var target = Target()
    (target.host, target.database, target.user) = ("db.example", "shop", "app")
    let found = try samples(.refused(failure, target: target, judgedWith: Policy()))
    #expect(
      found.map(\.metric) == [
        "pgsessions_run_timestamp_seconds", "pgsessions_run_success", "pgsessions_run_failure",
      ])
    #expect(found[1].value == 0 && found[1].labels == ["target": "app@db.example:5432/shop"])
    #expect(found[2].labels["kind"] == "too_many_connections" && found[2].labels["limit"] == "role")
  }

  /// docs/metrics.md lists each metric, with its labels, and none that is not there.
  @Test func theDocsListThem() throws {
    let failure = Failure(kind: .timeout, sqlState: nil, message: "")
    let refused = TargetResult<AuditReport>.refused(failure, target: Target(), judgedWith: Policy())
    var labels: [String: Set<String>] = [:]
    let reports = [refused, .report(SmallServer.report()), .report(report(["web.1"]))]
    for sample in try reports.flatMap(samples) + PrometheusTerminationTests.everySample() {
      labels[sample.metric, default: []].formUnion(sample.labels.keys)
    }
    let path = "\(#filePath)".split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    let docs = try String(
      decoding: #require(FileManager.default.contents(atPath: "\(path)/docs/metrics.md")),
      as: UTF8.self)
    var listed: [String: Set<String>] = [:]
    for row in docs.split(separator: "\n") where row.hasPrefix("| `pgsessions_") {
      let cells = row.split(separator: "|", omittingEmptySubsequences: false)
      let names = cells[2].split(separator: ",").map { $0.filter { $0 != " " && $0 != "`" } }
      listed[cells[1].filter { $0 != " " && $0 != "`" }] = Set(names.filter { !$0.isEmpty })
        .union(["target"])
    }
    #expect(listed == labels)
    let named = docs.matches(of: /pgsessions_[a-z_]+/).map { String($0.output) }
    #expect(Set(named).isSubset(of: Set(labels.keys)))
  }

  /// Nobody is told that there is none where that is not seen.
  @Test func noneIsSaidOfWhatIsHidden() throws {
    let hidden = SmallServer.report()
    #expect(hidden.totals.hidden > 0 && hidden.totals.orphan == 0 && hidden.totals.suspect > 0)
    let found = try samples(.report(hidden)).map(\.metric)
    #expect(!found.contains("pgsessions_orphans") && found.contains("pgsessions_suspects"))
    let seen = try samples(.report(report(["web.1"])))
    #expect(seen.contains { $0.metric == "pgsessions_orphans" && $0.value == 0 })
  }

  @Test func hostileTextIsReadBack() throws {
    let report = SmallServer.report(Hostile.sessions)
    let found = try samples(.report(report))
    #expect(sum(found, "pgsessions_sessions") == report.totals.clientSessions)
    // Few enough to be all there, each as it is shown elsewhere.
    for start in stride(from: 0, to: Hostile.texts.count, by: 90) {
      let texts = Hostile.texts[start...].prefix(90)
      let names = Set(
        try samples(.report(self.report(Array(texts)))).compactMap {
          $0.labels["application_name"]
        })
      #expect(names == Set(texts.map(HostileText.escaped)))
    }
    var target = Target()
    let bad = Hostile.texts.joined()
    (target.host, target.port, target.database, target.user) = (bad, bad, bad, bad)
    let failure = Failure(kind: .unknown, sqlState: bad, message: bad)
    let refused = try samples(.refused(failure, target: target, judgedWith: Policy()))
    #expect(refused.count == 3 && refused[0].labels["target"]?.contains("\\x1B") == true)
  }
}
