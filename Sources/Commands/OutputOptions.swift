import ArgumentParser
import OperatingSystem
import Rendering
import SessionAudit

/// In which form reports go where. The words are read here: every further type of option costs each
/// start of the program time.
struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(ReportFormat.help, valueName: "format"),
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

  /// For commands whose reports do not have every form.
  func refuseForms<Report: FormattedReport>(besides report: Report.Type) throws {
    guard form == .text || Report.renderer(form, FormOptions()) != nil else {
      throw ValidationError("--format \(form.rawValue) is audit's: write text, json or ndjson")
    }
  }

  /// Where the report goes, made before anything else is done.
  /// - Parameters:
  ///   - descriptor: where it goes without a file.
  ///   - readerMayLeave: false where the report says what was done.
  /// - Throws: `ExitError` with status 73.
  func opened(otherwise descriptor: Int32 = 1, readerMayLeave: Bool = true) throws -> Delivery {
    var opened: OutputFile?
    do throws(SystemError) {
      if let file, file != "-" { opened = try OutputFile(file) }
    } catch {
      throw ExitError(error, of: .output(option: "-o"))
    }
    return Delivery(
      form, file: opened, otherwise: descriptor, readerMayLeave: readerMayLeave)
  }

  func style(_ delivery: Delivery, _ settings: Settings) -> TerminalStyle {
    style(on: delivery.descriptor, settings)
  }

  /// - Parameter descriptor: where the text goes.
  func style(on descriptor: Int32, _ settings: Settings) -> TerminalStyle {
    let environment = settings.environment
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
}
