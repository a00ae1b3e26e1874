import ArgumentParser
import Rendering

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The forms of a report.
enum ReportFormat: String, CaseIterable {
  case text
  case json
  /// One object on one line.
  case ndjson
  case csv
  /// One page that needs nothing else.
  case html
  case prometheus
}

/// In which form reports go where. The words are read here: every further type of option costs each
/// start of the program time.
struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The form of the report: text (default), json, ndjson; audit also csv, html, prometheus.",
      valueName: "format"),
    completion: .list(ReportFormat.allCases.map(\.rawValue)))
  var format: String?

  @Flag(help: "Short for --format json.")
  var json = false

  @Option(
    name: .customShort("o"),
    help: ArgumentHelp("Write the report to this file, whole or not at all.", valueName: "file"),
    completion: .file())
  var file: String?

  @Option(
    help: ArgumentHelp("When to use colour: auto (default), always or never.", valueName: "when"),
    completion: .list(["auto", "always", "never"]))
  var color: String?

  var form: ReportFormat { json ? .json : format.flatMap(ReportFormat.init) ?? .text }

  /// JSON in one of its forms.
  var isJSON: Bool { form == .json || form == .ndjson }

  func validate() throws {
    guard format == nil || ReportFormat(rawValue: format ?? "") != nil else {
      throw ValidationError(
        "--format \(format ?? ""): write \(ReportFormat.allCases.map(\.rawValue).joined(separator: ", "))"
      )
    }
    guard [nil, "auto", "always", "never"].contains(color) else {
      throw ValidationError("--color \(color ?? ""): write auto, always or never")
    }
    guard !json || format == nil || format == "json" else {
      throw ValidationError("--json and --format \(format ?? "") contradict each other")
    }
    guard file?.isEmpty != true else { throw ValidationError("-o needs the name of a file") }
  }

  /// For commands whose reports have no other forms than text and JSON.
  func refuseForms() throws {
    guard form == .text || isJSON else {
      throw ValidationError("--format \(form.rawValue) is audit's: write text, json or ndjson")
    }
  }

  /// Where the report goes, made before anything else is done; nil for stdout.
  /// - Throws: `CommandFailure` with status 73.
  func opened() throws -> OutputFile? { try file == "-" ? nil : file.map { try OutputFile($0) } }

  /// Whether JSON is broken into lines for somebody who looks at it.
  func indents(_ file: OutputFile?) -> Bool {
    form == .json && file == nil && Terminal.isTerminal(1)
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
    let width =
      isTerminal
      ? Terminal.width(of: descriptor) : environment["COLUMNS"].flatMap { Int($0) } ?? 80
    return TerminalStyle(
      // Less can't hold a table, and is no real terminal's.
      width: max(40, width),
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

  /// Writes a report in the form that was asked for, and ends with its status.
  /// - Parameters:
  ///   - status: what the report says; that it could not be written goes before.
  ///   - file: nil for stdout.
  ///   - render: hands the report on block by block, or returns false where there is nothing to show
  ///     but errors: then a file stays as it was.
  func deliver(
    _ status: ExitStatus, to file: OutputFile?,
    _ render: (ReportFormat, @escaping (UnsafeRawBufferPointer) -> Void) -> Bool
  ) throws {
    var isThere = false
    let written = Self.emit(to: file?.descriptor ?? 1) { isThere = render(form, $0) }
    try Self.end(status, written, isThere ? file : nil)
  }

  /// Writes what came of several targets, and ends with the status of all.
  /// - Parameters:
  ///   - say: tells of errors on stderr, when all targets are done, in their order.
  ///   - one: writes one as a line of JSON, as soon as it is there.
  ///   - all: as `render` of a single target.
  ///   - tell: tells others, when all is written, of each target with its status, and the status of
  ///     all; returns what that is then.
  func deliver<Outcome>(
    _ fleet: Fleet<Outcome>, to file: OutputFile?, on descriptor: Int32? = nil,
    readerMayLeave: Bool = true, say: (Outcome, String?) -> ExitStatus,
    one: (Outcome, @escaping (UnsafeRawBufferPointer) -> Void) -> Void,
    all: ([Outcome], ReportFormat, @escaping (UnsafeRawBufferPointer) -> Void) -> Bool,
    tell: ([(Outcome, ExitStatus)], ExitStatus) -> ExitStatus = { $1 }
  ) throws {
    var isThere = true
    var answers: [Fleet<Outcome>.Answer] = []
    func render(_ handOn: @escaping (UnsafeRawBufferPointer) -> Void) {
      guard form != .ndjson else {
        answers = fleet.answers { one($0, handOn) }
        return
      }
      answers = fleet.answers()
      isThere = all(answers.map(\.outcome), form, handOn)
    }
    let written = Self.emit(
      to: descriptor ?? file?.descriptor ?? 1, readerMayLeave: readerMayLeave, render)
    let statuses = zip(answers, fleet.targets).map { answer, target in
      let said = say(answer.outcome, target.name)
      return answer.status ?? said
    }
    let status = Self.status(ExitStatus(ofAll: statuses), written, isThere ? file : nil)
    try Self.end(tell(Array(zip(answers.map(\.outcome), statuses)), status))
  }

  /// Ends with the status of what was done, or of what could not be written.
  /// - Parameter file: whole now, where it was `written`.
  static func end(_ status: ExitStatus, _ written: ExitStatus, _ file: OutputFile?) throws {
    try end(Self.status(status, written, file))
  }

  static func end(_ status: ExitStatus) throws {
    if status != .done { throw ExitCode(status.rawValue) }
  }

  private static func status(
    _ status: ExitStatus, _ written: ExitStatus, _ file: OutputFile?
  ) -> ExitStatus {
    let written = written == .done ? finish(file) : written
    return written == .done ? status : written
  }

  /// Puts a file that is whole in its place.
  static func finish(_ file: OutputFile?) -> ExitStatus {
    do throws(CommandFailure) {
      try file?.finish()
      return .done
    } catch {
      Diagnostics.report(error)
      return error.status
    }
  }

  /// Hands on a report that is ready as text.
  static func handOn(_ text: String, _ handOn: (UnsafeRawBufferPointer) -> Void) {
    Array(text.utf8).withUnsafeBytes { handOn($0) }
  }

  /// Writes a report that is ready as text.
  static func emit(
    _ text: String, to descriptor: Int32 = 1, readerMayLeave: Bool = true
  ) -> ExitStatus {
    emit(to: descriptor, readerMayLeave: readerMayLeave) { Self.handOn(text, $0) }
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
