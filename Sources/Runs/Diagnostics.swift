import OperatingSystem
import PostgresClient
import Rendering
import ServerAccess
import SessionAudit

/// The one funnel through which everything goes to stderr: prefixed, escaped, without passwords.
package enum Diagnostics {
  /// - Parameter name: whose of several targets it is.
  package static func warn(_ sentence: String, of name: String? = nil) {
    write("warning: \(sentence)", name)
  }

  /// What is going on, for whoever waits for it.
  package static func note(_ sentence: String, of name: String? = nil) { write(sentence, name) }

  package static func report(_ failure: ExitError, of name: String? = nil) {
    write(
      ([failure.sentence] + [failure.nextStep].compactMap { $0 }).joined(separator: "\n"), name)
  }

  static func report(_ failure: Failure, of name: String? = nil) {
    // Of several hosts there are several lines, each with its state. All together are to be taken in
    // at one look.
    let isOne = !failure.message.contains(" (SQLSTATE ")
    let state = failure.sqlState.flatMap { isOne ? " (SQLSTATE \($0))" : nil } ?? ""
    let message = Redaction.cut(failure.message, to: Redaction.shownInText)
    var said = message.split(separator: "\n").map(String.init)
    let most = max(1, 10 - failure.hints.count)
    if said.count > most {
      said = said.prefix(most - 1) + ["… and \(said.count - most + 1) lines more (--json has all)"]
    }
    write(
      (said.joined(separator: "\n") + state).split(separator: "\n").map(String.init)
        + failure.hints, name)
  }

  /// Why there is no report.
  /// - Returns: the status of it; `done` where there is one.
  package static func refusal<Report>(_ result: TargetResult<Report>, of name: String?)
    -> ExitStatus
  {
    guard case .refused(let failure, _, _) = result else { return .done }
    report(failure, of: name)
    return ExitStatus(failure.kind)
  }

  private static func write(_ text: String, _ name: String?) {
    write(text.split(separator: "\n").map(String.init), name)
  }

  /// Each line escaped by itself.
  private static func write(_ lines: [String], _ name: String?) {
    let lines = lines.map {
      HostileText.escaped(Redaction.redacted(String($0.drop(while: \.isWhitespace))))
    }
    let lead = "pgsessions: " + (name.map { "\(HostileText.escaped($0)): " } ?? "")
    StatusLine.clear()
    Output.writeToStandardError(lead + lines.joined(separator: "\n  ") + "\n")
  }

  /// - Throws: `ExitError` where it is the user's input that libpq can't use.
  static func failure(_ error: PostgresError, reaching target: ResolvedTarget) throws -> Failure {
    if case .unusableParameter(let message) = error {
      throw ExitError.usage("the connection parameters can't be used: \(message)")
    }
    return Failure(error, reaching: target)
  }

  package static func failure(_ error: TargetError) -> ExitError {
    switch error {
    case .malformed(let what, let error):
      .usage(
        "\(what): the connection string \(error.clause)",
        next: "The forms are postgresql://user@host:port/database and 'host=… dbname=…'.")
    case .malformedPort: .usage("-p: a port is a number from 1 to 65535")
    case .variableNotSet(let name): .usage("--url-env: the variable \(name) is not set, or empty")
    case .severalSources(let sentence): .usage(sentence)
    }
  }
}
