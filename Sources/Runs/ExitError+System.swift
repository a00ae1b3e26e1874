import OperatingSystem
import SessionAudit

/// What a file is to the program.
package enum FileUse {
  /// `-` is stdin.
  case input
  case log
  /// Named by this option.
  case output(option: String)
}

/// The one place where an error of the system gets an exit status, a sentence and what to do next.
extension ExitError {
  package init(_ error: SystemError, of use: FileUse) {
    switch use {
    case .input: self = Self.ofInput(error)
    case .log: self = error.operation == .open ? Self.ofOpeningLog(error) : Self.ofLog(error)
    case .output(let option):
      self =
        error.operation == .create
        ? ExitError(
          status: .cannotCreate,
          sentence: "\(option) \(error.path): it can't be written: \(Self.reason(error))")
        : ExitError(notWritten: error.path, error)
    }
  }

  /// - Parameter what: as the sentence calls it.
  package init(notWritten what: String, _ error: SystemError) {
    self.init(
      status: .writeFailed, sentence: "\(what) could not be written: \(Self.reason(error))")
  }

  private static func ofInput(_ error: SystemError) -> ExitError {
    let name = InputFile.name(error.path)
    return switch error.kind {
    case .isTerminal:
      .usage("- is stdin, and that is this terminal", next: "Pipe into it what it should read.")
    case .tooLarge: ExitError(status: .wrongFile, sentence: "\(name) is too large")
    default: ExitError(status: .fileNotReadable, sentence: "\(name): \(reason(error))")
    }
  }

  private static func ofOpeningLog(_ error: SystemError) -> ExitError {
    let next =
      switch error.kind {
      case .noReader: "Start its reader first."
      case .isStandardOutput: "Name another file, or - for a log on stdout."
      default: "Name a file that you may read and write, or - for stdout."
      }
    return ExitError(
      status: .cannotCreate,
      sentence: "the log \(LogFile.name(error.path)) can't be opened: \(reason(error))",
      nextStep: next)
  }

  private static func ofLog(_ error: SystemError) -> ExitError {
    let name = LogFile.name(error.path)
    func failure(_ what: String) -> ExitError {
      ExitError(status: .writeFailed, sentence: "the log \(name) \(what)")
    }
    switch (error.operation, error.kind) {
    case (_, .lockIsHeld):
      return ExitError(
        status: .writeFailed, sentence: "another process holds the lock of the log \(name)",
        nextStep: "Find it with fuser or lsof, or name another file.")
    case (.write, .silent): return failure("is not read: \(SystemError.timeoutText)")
    case (.lock, _): return failure("could not be locked: \(reason(error))")
    case (.read, _): return failure("could not be read: \(reason(error))")
    default: return failure("could not be written: \(reason(error))")
    }
  }

  private static func reason(_ error: SystemError) -> String {
    switch error.kind {
    case .refused(let errno): SystemError.text(ofErrno: errno)
    case .isDisk: "it is a disk, and what is on it would be overwritten"
    case .isFolder: "it is a folder"
    case .isStandardOutput: "stdout goes there too, and would overwrite it"
    case .isTerminal: "it is this terminal"
    case .lockIsHeld: "another process holds its lock"
    case .noReader: "nobody reads from this pipe"
    case .replaced: "something else took its place meanwhile"
    case .silent(let limit): "nothing came for \(DurationText.brief(limit))"
    case .tooLarge: "it is too large"
    }
  }
}

extension Interrupts {
  /// What the first signal asks for; nil where none has come.
  package var status: ExitStatus? {
    switch firstSignal {
    case .interrupt: .interrupted
    case .terminate: .terminated
    case nil: nil
    }
  }
}
