import OperatingSystem
import ServerAccess
import SessionAudit

extension ChildCommand.Outcome {
  /// The last of what it said, for a message: without passwords, and short.
  func shownWords(_ most: Int) -> [String] {
    // It has our environment, and may say what is in it.
    let secrets = Environment.passwords
    return lastWords.suffix(most).map { line in
      // By bytes: a mark that combines with the last of it would make another Character of that.
      let masked = secrets.reduce(Array(line.utf8)) { $0.replacing($1.utf8, with: "***".utf8) }
      return Redaction.cut(Redaction.redacted(String(decoding: masked, as: UTF8.self)), to: 200)
    }
  }
}

extension ChildCommand.End {
  /// For a sentence that begins with its name; nil where all went well.
  package var clause: String? {
    switch self {
    case .exited(0): nil
    case .exited(let status): "ended with status \(status)"
    case .signalled(let number): "was ended by signal \(number)"
    case .timedOut(let timeout): "was not done after \(DurationText.exact(timeout)), and was ended"
    case .interrupted: "was interrupted"
    case .wroteTooMuch(let limit): "wrote more than \(limit) bytes, and was ended"
    case .notRun(let errno): "can't be run: \(SystemError.text(ofErrno: errno))"
    }
  }
}
