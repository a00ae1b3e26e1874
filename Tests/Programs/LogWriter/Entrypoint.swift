import Rendering
import Runs
import SessionAudit

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Appends COUNT lines of about SIZE bytes to the log FILE, numbered by their pid, as a run of
/// `terminate` would: one of many writers, or one that a test kills. Says when it begins, and ends
/// with the status of what went wrong.
@main
enum Entrypoint {
  static func main() {
    // As the program itself does.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let count = Int32(arguments[2]), let size = Int(arguments[3]) else {
      exit(64)
    }
    do throws(ExitError) {
      let log = try LogFile(arguments[1])
      if arguments[1] != "-" { print("begins") }
      fflush(nil)
      let filling = [UInt8](repeating: UInt8(ascii: "x"), count: size)
      for number in 1...count { try log.append(line(number, filling)) }
      try log.finish()
    } catch {
      let text = Array((error.sentence + "\n").utf8)
      _ = write(2, text, text.count)
      exit(error.status.rawValue)
    }
  }

  /// Filled up at its end, where the text of the detail is: rendering takes longer than writing, and
  /// the tests want to kill us while we write.
  private static func line(_ number: Int32, _ filling: [UInt8]) -> [UInt8] {
    let outcome = TerminationOutcome(
      identity: SessionIdentity(pid: number, backendStart: Timestamp(microseconds: 0)),
      applicationName: "web.1", result: .gone, detail: "")
    let line = JSONLog.line(
      .outcome(outcome), run: "1", at: Timestamp(microseconds: 0), version: "1")
    let end = "\"}\n".utf8.count
    return line.dropLast(end) + filling + line.suffix(end)
  }
}
