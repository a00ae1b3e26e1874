import PostgresClient
import Rendering
import ServerAccess
import SessionAudit

/// The one funnel through which everything goes to stderr: prefixed, escaped, without passwords.
enum Diagnostics {
  static func warn(_ sentence: String) { write("warning: \(sentence)") }

  /// What is going on, for whoever waits for it.
  static func note(_ sentence: String) { write(sentence) }

  static func report(_ failure: CommandFailure) {
    write(([failure.sentence] + [failure.nextStep].compactMap { $0 }).joined(separator: "\n"))
  }

  static func report(_ failure: Failure) {
    let state = failure.sqlState.map { " (SQLSTATE \($0))" } ?? ""
    write("\(failure.message)\(state)" + (failure.hint.map { "\n\($0)" } ?? ""))
  }

  /// Each line escaped by itself; messages of several hosts have several.
  private static func write(_ text: String) {
    let lines = Redaction.redacted(text).split(separator: "\n").map {
      HostileText.escaped(String($0.drop(while: \.isWhitespace)))
    }
    Output.writeToStandardError("pgsessions: " + lines.joined(separator: "\n  ") + "\n")
  }

  /// - Parameter target: what was to be reached; a server that nobody named gets a hint of its own.
  /// - Throws: `CommandFailure` where it is the user's input that libpq can't use.
  static func failure(_ error: PostgresError, reaching target: ResolvedTarget) throws -> Failure {
    if case .unusableParameter(let message) = error {
      throw CommandFailure.usage("the connection parameters can't be used: \(message)")
    }
    var failure = Failure(error)
    if failure.kind == .unreachable, let hint = target.hintWhereUnreachable { failure.hint = hint }
    return failure
  }

  static func failure(_ error: TargetError) -> CommandFailure {
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
