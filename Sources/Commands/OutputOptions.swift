import ArgumentParser
import Rendering

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// In which form reports go to stdout. The words are read here: every further type of option costs
/// each start of the program time.
struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The form of the report: text (default), json, or html for audit.", valueName: "format"))
  var format: String?

  @Flag(help: "Short for --format json.")
  var json = false

  @Option(
    help: ArgumentHelp("When to use colour: auto (default), always or never.", valueName: "when"))
  var color: String?

  var isJSON: Bool { json || format == "json" }
  var isHTML: Bool { format == "html" }

  /// For commands whose reports have no such form.
  func refuseHTML() throws {
    if isHTML { throw ValidationError("--format html is audit's: write text or json") }
  }

  func validate() throws {
    guard [nil, "text", "json", "html"].contains(format) else {
      throw ValidationError("--format \(format ?? ""): write text, json or html")
    }
    guard [nil, "auto", "always", "never"].contains(color) else {
      throw ValidationError("--color \(color ?? ""): write auto, always or never")
    }
    guard !json || format == nil || format == "json" else {
      throw ValidationError("--json and --format \(format ?? "") contradict each other")
    }
  }

  /// - Parameter descriptor: where the report goes.
  func style(environment: [String: String], on descriptor: Int32 = 1) -> TerminalStyle {
    let isTerminal = Terminal.isTerminal(descriptor)
    let colour =
      switch color {
      case "always": true
      case "never": false
      default:
        isTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
      }
    return TerminalStyle(
      width: isTerminal ? Terminal.width : environment["COLUMNS"].flatMap { Int($0) } ?? 80,
      colour: colour,
      unicode: Self.isUTF8(environment: environment))
  }

  /// As the C library decides it: the first of these that is set and not empty.
  private static func isUTF8(environment: [String: String]) -> Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy
      .compactMap { environment[$0] }.first { !$0.isEmpty }
    guard let locale = locale?.lowercased() else { return false }
    return locale.contains("utf-8") || locale.contains("utf8")
  }

  /// Writes a report to stdout in the form that was asked for, and ends with its status.
  /// - Parameters:
  ///   - status: what the report says; that it could not be written goes before.
  ///   - json: hands on the report block by block.
  ///   - html: the same, for commands that have such a form.
  ///   - text: nil where there is nothing to show but errors.
  func deliver(
    _ status: ExitStatus, json: (@escaping (UnsafeRawBufferPointer) -> Void) -> Void,
    html: ((@escaping (UnsafeRawBufferPointer) -> Void) -> Void)? = nil, text: () -> String?
  ) throws {
    let written: ExitStatus =
      if isJSON {
        Self.emit(json)
      } else if isHTML, let html {
        Self.emit(html)
      } else {
        text().map { Self.emit($0) } ?? .done
      }
    let status = written == .done ? status : written
    if status != .done { throw ExitCode(status.rawValue) }
  }

  /// Writes a report that is ready as text.
  static func emit(
    _ text: String, to descriptor: Int32 = 1, readerMayLeave: Bool = true
  ) -> ExitStatus {
    emit(to: descriptor, readerMayLeave: readerMayLeave) { handOn in
      Array(text.utf8).withUnsafeBytes { handOn($0) }
    }
  }

  /// Writes a report block by block; after a block that could not be written nothing follows.
  /// - Parameter readerMayLeave: as with `| head`; false where the report says what was done.
  /// - Returns: the status that this adds: `done` or `writeFailed`.
  static func emit(
    to descriptor: Int32 = 1, readerMayLeave: Bool = true,
    _ render: (@escaping (UnsafeRawBufferPointer) -> Void) -> Void
  ) -> ExitStatus {
    var outcome = Output.Outcome.written
    render { block in
      if case .written = outcome { outcome = Output.write(block, to: descriptor) }
    }
    let code: Int32
    switch outcome {
    case .written: return .done
    case .readerLeft where readerMayLeave: return .done
    case .readerLeft: code = EPIPE
    case .failed(let errno): code = errno
    }
    Diagnostics.report(
      CommandFailure(
        status: .writeFailed,
        sentence: "the report could not be written: \(String(cString: strerror(code)))"))
    return .writeFailed
  }
}
