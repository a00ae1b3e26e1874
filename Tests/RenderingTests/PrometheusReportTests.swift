import SessionAudit
import Testing

@testable import Rendering

/// Prometheus's text format: each metric once with its help and type, samples of few names.
struct PrometheusReportTests {
  private struct Sample: Equatable {
    var metric: String
    var labels: [String: String]
    var value: Double
  }

  /// Reads it back line by line; nil where a line is neither comment nor sample, where a metric comes
  /// twice or without a type, or where two samples have the same labels.
  private func samples(_ text: String) -> [Sample]? {
    var types: [String] = []
    var samples: [Sample] = []
    for line in text.split(separator: "\n") {
      if let type = line.wholeMatch(of: /# TYPE (pgsessions_[a-z0-9_]+) gauge/) {
        guard !types.contains(String(type.1)) else { return nil }
        types.append(String(type.1))
      } else if line.hasPrefix("# HELP pgsessions_") {
        continue
      } else if let sample = line.wholeMatch(of: /([a-z0-9_]+)\{(.*)\} (-?[0-9.]+)/),
        String(sample.1) == types.last, let value = Double(sample.3)
      {
        var labels: [String: String] = [:]
        for label in sample.2.matches(of: /([a-z_]+)="((?:[^"\\]|\\.)*)"/) {
          labels[String(label.1)] = String(label.2)
        }
        let found = Sample(metric: String(sample.1), labels: labels, value: value)
        guard !samples.contains(where: { $0.metric == found.metric && $0.labels == labels }) else {
          return nil
        }
        samples.append(found)
      } else {
        return nil
      }
    }
    return samples
  }

  private func samples(_ outcome: AuditOutcome) throws -> [Sample] {
    var bytes: [UInt8] = []
    PrometheusReport.audit(outcome, now: Timestamp(microseconds: 0)) { bytes += $0 }
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.hasSuffix("\n"))
    return try #require(samples(text), "\(text)")
  }

  private func report(_ names: [String]) -> AuditReport {
    let sessions = names.enumerated().map { number, name in
      Session.client(pid: Int32(number + 10), .idle, silent: .seconds(5)) {
        $0.applicationName = name
      }
    }
    return Judge.judge(SmallServer.snapshot(sessions), by: Policy())
  }

  @Test func sessionsAddUp() throws {
    let report = report(["web.1", "web.1", "quo\"te", "back\\slash", "new\nline"])
    let found = try samples(.report(report))
    let sessions = found.filter { $0.metric == "pgsessions_sessions" }
    #expect(sessions.reduce(0) { $0 + Int($1.value) } == report.totals.clientSessions)
    #expect(sessions.contains { $0.labels["application_name"] == #"quo\"te"# })
    #expect(found.contains { $0.metric == "pgsessions_run_success" && $0.value == 1 })
    // 2000-01-01 in seconds since 1970.
    #expect(found.first?.value == 946_684_800)
  }

  @Test(arguments: [(99, 0), (150, 1), (150, 2)])
  func namesStayFew(_ count: Int, _ folding: Int) throws {
    // Instances of one application, or applications that have nothing in common.
    let names = (0..<count).map { folding == 2 ? "job-\(String($0, radix: 36))x" : "web.\($0)" }
    let report = report(names)
    let found = try samples(.report(report))
    let labels = Set(
      found.filter { $0.metric == "pgsessions_sessions" }.compactMap {
        $0.labels["application_name"]
      })
    #expect(labels.count <= PrometheusReport.mostNames + 1)
    #expect(
      found.first { $0.metric == "pgsessions_application_names_folded" }?.value == Double(folding))
    let sessions = found.filter { $0.metric == "pgsessions_sessions" }
    #expect(sessions.reduce(0) { $0 + Int($1.value) } == report.totals.clientSessions)
  }

  /// A server that can't be asked is no server without sessions.
  @Test func aRefusalIsNoSuccess() throws {
    let failure = Failure(kind: .tooManyConnections, sqlState: "53300", message: "no slot")
    let found = try samples(.refused(failure, target: Target(), judgedWith: Policy()))
    #expect(found.contains { $0.metric == "pgsessions_run_success" && $0.value == 0 })
    #expect(found.contains { $0.labels["kind"] == "too_many_connections" })
    #expect(!found.contains { $0.metric == "pgsessions_sessions" })
  }
}
