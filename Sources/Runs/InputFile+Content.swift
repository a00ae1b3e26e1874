import InputFiles
import OperatingSystem
import SessionAudit

extension InputFile {
  /// - Parameters:
  ///   - path: `-` is stdin.
  ///   - mostBytes: more than such a file ever has.
  ///   - limit: how long a pipe may take to say all, or nothing for so long.
  ///   - interruption: ends it early.
  /// - Throws: `ExitError` with status 64 to 66.
  package static func read(
    _ path: String, atMost mostBytes: Int = 512 << 20, within limit: Duration = .seconds(60),
    interruption: Interruption? = nil
  ) throws -> InputFile {
    do throws(SystemError) {
      return try InputFile(
        reading: path, atMost: mostBytes, within: limit, interruption: interruption)
    } catch {
      throw ExitError(error, of: .input)
    }
  }

  /// By the clock of this machine; now for what has no such time (a pipe).
  var writtenAt: Timestamp { LocalClock.timestamp(modified) }

  /// - Throws: `ExitError` with status 65 and the place.
  func roster() throws -> Roster {
    try parsed { bytes throws(InputFileError) in
      try RosterFile.read(bytes)
    }
  }

  /// - Throws: `ExitError` with status 65 and the place.
  package func savedReports() throws -> [SavedReport.Part] {
    try parsed { bytes throws(InputFileError) in
      try SavedReport.readAll(bytes)
    }
  }

  private func parsed<Value>(
    _ read: ([UInt8]) throws(InputFileError) -> Value
  ) throws -> Value {
    do throws(InputFileError) {
      return try read(bytes)
    } catch {
      throw ExitError(
        status: .wrongFile, sentence: error.sentence(in: Self.name(path)),
        nextStep: path == "-" && bytes.isEmpty ? "Has the command before the pipe failed?" : nil)
    }
  }

  func wrong(_ problem: String) -> ExitError {
    ExitError(status: .wrongFile, sentence: "\(Self.name(path)): \(problem)")
  }

  package static func name(_ path: String) -> String { path == "-" ? "stdin" : path }
}

/// The clock of this machine, which tells how old a file is; what is judged has the server's.
package enum LocalClock {
  package static var now: Timestamp { timestamp(WallClock.now) }

  /// - Parameter microseconds: since 1970; Postgres counts from 2000.
  static func timestamp(_ microseconds: Int64) -> Timestamp {
    Timestamp(microseconds: microseconds - 946_684_800 * 1_000_000)
  }
}
