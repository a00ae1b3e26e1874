import OperatingSystem
import PostgresClient
import Rendering
import SessionAudit

/// Asks whoever sits at the terminal whether a plan shall be carried out.
struct Question: Sendable {
  let style: TerminalStyle
  let interrupts: Interrupts?

  /// - Throws: `ExitError` where nobody answers.
  func confirm(_ report: TerminationReport) throws -> Bool {
    let count = report.plan.selected.count
    let text = TextReport(style: style).question(report)
    let question = "\(text)\nEnd \(count == 1 ? "this session" : "these \(count) sessions")? [y/N] "
    guard let answer = Terminal.ask(question, interruption: interrupts?.first) else {
      // As everywhere else: the report says it, in JSON too.
      if interrupts?.status != nil { throw PostgresError.interrupted }
      throw ExitError.usage(
        "--execute asks before it ends anything, and /dev/tty gives no answer",
        next: "Add --yes to end sessions without a question.")
    }
    return ["y", "yes"].contains(answer.lowercased())
  }
}
