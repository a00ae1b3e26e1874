import Foundation
import TestSupport

/// The built pgsessions, run as a person would.
final class Program {
  private let path: String
  private(set) var allWentWell = true

  init(path: String) { self.path = path }

  /// Shows the command line, runs it, and shows what it says.
  func run(_ arguments: [String]) throws {
    let outcome = try launch(arguments, color: isatty(1) == 1)
    say(outcome.stdout + outcome.stderr)
  }

  /// The same for a report in JSON, of which only one group is shown.
  func runForJSON(_ arguments: [String], group name: String) throws {
    let outcome = try launch(arguments, color: false)
    if !outcome.stderr.isEmpty { say(outcome.stderr) }
    let report = try? JSONSerialization.jsonObject(with: Data(outcome.stdoutBytes))
    let groups = (report as? [String: Any])?["groups"] as? [[String: Any]] ?? []
    let group = groups.first {
      ($0["key"] as? [String: Any])?["application_name"] as? String == name
    }
    guard let group else {
      allWentWell = false
      return say("(no such group: \(outcome.stdout.prefix(500)))\n")
    }
    let text = try JSONSerialization.data(
      withJSONObject: group, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    say(String(decoding: text, as: UTF8.self) + "\n")
  }

  private func launch(_ arguments: [String], color: Bool) throws -> ProcessOutcome {
    say("\n$ pgsessions " + arguments.joined(separator: " "))
    var environment = ChildProcess.plainEnvironment
    // Its output comes to us, so it can't see how wide the terminal is.
    var size = winsize()
    if ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      environment["COLUMNS"] = "\(size.ws_col)"
    }
    let outcome = try ChildProcess.run(
      path, arguments + (color ? ["--color", "always"] : []), environment: environment)
    if outcome.status != 0 {
      allWentWell = false
      say("(pgsessions ended with status \(outcome.status))")
    }
    return outcome
  }
}
