import OperatingSystem
import SessionAudit
import Testing

@testable import Commands
@testable import Runs

/// What a user reads where the system refuses something, and the status that goes with it.
struct ExitErrorTests {
  // ENOENT and EPIPE have these numbers everywhere.
  static let missing = SystemError.Kind.refused(errno: 2)
  static let left = SystemError.Kind.refused(errno: 32)

  static let inputs: [(SystemError, SessionAudit.ExitStatus, String, String?)] = [
    (SystemError(.open, "f", missing), .fileNotReadable, "f: No such file or directory", nil),
    (SystemError(.open, "-", missing), .fileNotReadable, "stdin: No such file or directory", nil),
    (
      SystemError(.open, "-", .isTerminal), .usage, "- is stdin, and that is this terminal",
      "Pipe into it what it should read."
    ),
    (
      SystemError(.read, "f", .silent(.seconds(60))), .fileNotReadable, "f: nothing came for 1m",
      nil
    ),
    (SystemError(.read, "-", .tooLarge), .wrongFile, "stdin is too large", nil),
  ]

  @Test(arguments: inputs)
  func saysWhyAFileIsNotRead(
    _ error: SystemError, _ status: SessionAudit.ExitStatus, _ sentence: String, _ next: String?
  ) {
    #expect(
      ExitError(error, of: .input)
        == ExitError(status: status, sentence: sentence, nextStep: next))
  }

  @Test func saysWhyAFileIsNotWritten() {
    func made(_ error: SystemError) -> ExitError { ExitError(error, of: .output(option: "-o")) }
    #expect(
      made(SystemError(.create, "f", Self.missing))
        == ExitError(
          status: .cannotCreate, sentence: "-o f: it can't be written: No such file or directory"))
    #expect(
      made(SystemError(.create, "f", .isFolder))
        == ExitError(
          status: .cannotCreate, sentence: "-o f: it can't be written: it is a folder"))
    #expect(
      made(SystemError(.write, "f", Self.left))
        == ExitError(status: .writeFailed, sentence: "f could not be written: Broken pipe"))
  }

  static let openings: [(SystemError.Kind, String, String)] = [
    (
      missing, "No such file or directory",
      "Name a file that you may read and write, or - for stdout."
    ),
    (
      .isDisk, "it is a disk, and what is on it would be overwritten",
      "Name a file that you may read and write, or - for stdout."
    ),
    (
      .replaced, "something else took its place meanwhile",
      "Name a file that you may read and write, or - for stdout."
    ),
    (
      .isStandardOutput, "stdout goes there too, and would overwrite it",
      "Name another file, or - for a log on stdout."
    ),
    (.noReader, "nobody reads from this pipe", "Start its reader first."),
  ]

  @Test(arguments: openings)
  func saysWhyALogIsNotOpened(_ kind: SystemError.Kind, _ why: String, _ next: String) {
    for (path, name) in [("f", "f"), ("-", "stdout")] {
      #expect(
        ExitError(SystemError(.open, path, kind), of: .log)
          == ExitError(
            status: .cannotCreate, sentence: "the log \(name) can't be opened: \(why)",
            nextStep: next))
    }
  }

  static let failures: [(SystemError.Operation, SystemError.Kind, String, String?)] = [
    (.write, left, "the log f could not be written: Broken pipe", nil),
    (.read, missing, "the log f could not be read: No such file or directory", nil),
    (.lock, missing, "the log f could not be locked: No such file or directory", nil),
    (
      .lock, .lockIsHeld, "another process holds the lock of the log f",
      "Find it with fuser or lsof, or name another file."
    ),
  ]

  @Test(arguments: failures)
  func saysWhyALogIsNotWritten(
    _ operation: SystemError.Operation, _ kind: SystemError.Kind, _ sentence: String,
    _ next: String?
  ) {
    #expect(
      ExitError(SystemError(operation, "f", kind), of: .log)
        == ExitError(status: .writeFailed, sentence: sentence, nextStep: next))
  }

  @Test func saysThatALogIsNotRead() {
    let failure = ExitError(SystemError(.write, "-", .silent(.seconds(5))), of: .log)
    #expect(failure.status == .writeFailed && failure.nextStep == nil)
    #expect(
      ["Connection timed out", "Operation timed out"].map { "the log stdout is not read: \($0)" }
        .contains(failure.sentence))
  }
}
