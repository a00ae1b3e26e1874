import OperatingSystem
import Rendering
import Runs
import SessionAudit

/// Where a command's report goes and in which form: to stdout, or to a file that is there whole or not
/// at all.
struct Delivery {
  let format: ReportFormat
  private let file: OutputFile?
  /// Where the report is written.
  let descriptor: Int32
  /// As with `| head`; false where the report says what was done.
  private let readerMayLeave: Bool

  init(
    _ format: ReportFormat, file: OutputFile?, otherwise descriptor: Int32 = 1,
    readerMayLeave: Bool = true
  ) {
    self.format = format
    self.file = file
    self.descriptor = file?.descriptor ?? descriptor
    self.readerMayLeave = readerMayLeave
  }

  /// Writes what is no report, such as help.
  static func toStandardOutput(_ text: String) -> ExitStatus {
    Delivery(.text, file: nil).write {
      $0.append(text)
      return true
    }
  }

  /// JSON is broken into lines for somebody who looks at it.
  var indents: Bool { format == .json && Terminal.isTerminal(descriptor) }

  /// Whether the report would take the place of the file that is open there.
  func replaces(_ descriptor: Int32) -> Bool { file?.replaces(descriptor) ?? false }

  /// Writes a report block by block; after a block that could not be written nothing follows. What
  /// went wrong is said.
  /// - Parameter write: returns false where there is nothing to show but errors: then a file stays as
  ///   it was.
  /// - Returns: the status that this adds: `done`, or 73 or 74.
  func write(_ write: (ByteSink) -> Bool) -> ExitStatus {
    let descriptor = descriptor
    var failure: SystemError?
    let sink = ByteSink { block in
      failure = failure ?? Output.write(block, to: descriptor, of: "the report")
    }
    let isThere = write(sink)
    sink.flush()
    if readerMayLeave && failure?.isReaderGone == true { failure = nil }
    do throws(SystemError) {
      if let failure { throw failure }
      if isThere { try file?.finish() }
      return .done
    } catch {
      let error = ExitError(error, of: .output(option: "-o"))
      Diagnostics.report(error)
      return error.status
    }
  }
}
