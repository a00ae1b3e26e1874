import OperatingSystem
import Rendering
import SessionAudit
import Synchronization

/// Where a run that ends sessions writes down what it does: whole lines, appended, each out of our
/// hands before the run goes on. Several runs may share a file, also those of one process.
///
/// After a failure every further line fails too: a log with a gap would say what is not so.
package final class LogFile: Sendable {
  private let file: AppendFile
  private let failure = Lock<ExitError?>(nil)

  /// What the lines of a run have in common: no other run on this machine bears it.
  package static func newRunID() -> String {
    let number = runs.wrappingAdd(1, ordering: .relaxed).newValue
    return process + (number > 1 ? "/\(number)" : "")
  }

  private static let process = "\(LocalClock.now.iso8601)/\(ThisProcess.id)"
  private static let runs = Atomic(0)

  /// - Parameters:
  ///   - path: `-` is stdout, which is written to as it is: never locked, nor cut.
  ///   - patience: how long to wait for another process's lock, or for the reader of a pipe.
  /// - Throws: status 73.
  package init(_ path: String, patience: Duration = .seconds(5)) throws(ExitError) {
    do throws(SystemError) {
      file = try AppendFile(path, opening: JSONLog.opening, patience: patience)
    } catch {
      throw ExitError(error, of: .log)
    }
  }

  static func name(_ path: String) -> String { path == "-" ? "stdout" : path }

  package var descriptor: Int32 { file.descriptor }

  /// Writes down what happens now.
  /// - Throws: status 74.
  package func append(_ event: TerminationEvent, run: String) throws(ExitError) {
    try append(
      JSONLog.line(event, run: run, at: LocalClock.now, version: programVersion))
  }

  /// Appends a whole line, or nothing.
  /// - Throws: status 74.
  package func append(_ line: [UInt8]) throws(ExitError) {
    try orNeverAgain { file throws(SystemError) in try file.append(line) }
  }

  /// Has the system write to the disk what it keeps in memory.
  /// - Throws: status 74, also where an earlier line failed.
  package func finish() throws(ExitError) {
    try orNeverAgain { file throws(SystemError) in try file.sync() }
  }

  private func orNeverAgain(
    _ body: (AppendFile) throws(SystemError) -> Void
  ) throws(ExitError) {
    // One line at a time also among the threads of this process, which flock(2) takes for one.
    try failure.withLock { failure throws(ExitError) in
      if let failure { throw failure }
      do throws(SystemError) {
        try body(file)
      } catch {
        let error = ExitError(error, of: .log)
        failure = error
        throw error
      }
    }
  }
}
