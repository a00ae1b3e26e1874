import OperatingSystem
import ServerAccess
import SessionAudit

/// A command that is told of each run that is worth telling of: the run's JSON on stdin.
package struct Hook: Sendable {
  package static let defaultTimeout = Duration.seconds(10)

  var command: ChildCommand.Words
  var timeout: Duration
  /// Variables with passwords, beside those that are known to hold them.
  var secretVariables: [String]

  package init(command: ChildCommand.Words, timeout: Duration, secretVariables: [String]) {
    (self.command, self.timeout, self.secretVariables) = (command, timeout, secretVariables)
  }

  /// Whether a run is worth it: somebody was signalled, or it did not go well. Of a run that found
  /// nothing to do nobody wants to hear every five minutes.
  static func isCalled(for results: [TargetResult<TerminationReport>], _ status: ExitStatus) -> Bool
  {
    status != .done
      || results.compactMap(\.report).flatMap(\.outcomes).contains {
        $0.result == .gone || $0.result == .survived || $0.wasCancelled
      }
  }

  /// Runs it. That it fails is said on stderr, with what it said last, and changes nothing: the run is
  /// over. What it prints is else nobody's to read.
  func tell(_ json: [UInt8], status: ExitStatus) {
    let variable = "PGSESSIONS_EXIT_STATUS="
    var child = ChildCommand(command, timeout: timeout)
    child.input = json
    child.environment =
      Environment.entriesWithoutPasswords(secretVariables).filter { !$0.hasPrefix(variable) }
      + ["\(variable)\(status.rawValue)"]
    let outcome = child.run()
    guard let clause = outcome.end.clause else { return }
    Diagnostics.warn((["the hook \(clause)"] + outcome.shownWords(5)).joined(separator: "\n"))
  }
}
