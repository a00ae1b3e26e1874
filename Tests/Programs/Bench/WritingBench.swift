import Rendering
import SessionAudit
import TestPages

/// What writing a report costs once it is judged, without a server, in each format.
struct WritingBench {
  private let report: AuditReport
  private let rounds: Int

  init(sessions: Int, rounds: Int) {
    report = SampleReport.make(sessions: sessions)
    self.rounds = rounds
  }

  func run() {
    let outcome = TargetResult<AuditReport>.report(report)
    let text = TextReport(style: TerminalStyle(width: 120), lists: true)
    let formats: [(String, any Renderer<AuditReport>)] = [
      ("json", JSONReport(version: "bench")), ("csv", CSVReport()),
      ("html", HTMLReport(version: "bench")),
      ("prometheus", PrometheusReport(now: report.capturedAt)),
      ("text, --sessions", AuditText(text)),
    ]
    for (name, renderer) in formats {
      let clock = ContinuousClock()
      var bytes = 0
      let times = (0..<rounds).map { _ in
        bytes = 0
        return clock.measure {
          let sink = ByteSink { bytes += $0.count }
          _ = renderer.write(outcome, to: sink)
          sink.flush()
        }
      }.sorted()
      print(
        "\(report.sessions.count) sessions as \(name): "
          + "\(Table.fixed(times[rounds / 2] / .milliseconds(1), 1)) ms "
          + "(median of \(rounds); least \(Table.fixed(times[0] / .milliseconds(1), 1))), "
          + "\(Table.fixed(Double(bytes) / 1_000_000, 2)) MB")
    }
  }
}
