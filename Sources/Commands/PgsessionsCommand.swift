import ArgumentParser
import InputFiles
import OperatingSystem
import Runs
import SessionAudit

public struct PgsessionsCommand: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "pgsessions",
    abstract: "Audit the sessions of a Postgres server, and end those that were left behind.",
    discussion: """
      EXAMPLES
        pgsessions audit postgresql://app@db.example/shop
        pgsessions terminate --idle-longer-than 1h -d shop

      EXIT STATUS
        Each command's --help ends with its exit statuses. One that is not named
        there is a failure.
      """,
    version: programTitle,
    subcommands: [
      AuditCommand.self, TerminateCommand.self, DoctorCommand.self, PolicyCommand.self,
    ],
    helpNames: [.long])

  public init() {}

  /// The whole program: parses, runs, reports errors and returns the exit status. No error leaves
  /// it, because ArgumentParser would turn one into status 1, which means something else here.
  /// - Parameter commandLine: as Swift gives it, the program's name first.
  public static func run(commandLine: [String]) -> Int32 {
    let arguments = Array(commandLine.dropFirst())
    ThisProcess.ignoreSignalsOfWriting()
    ThisProcess.occupyStandardDescriptors()
    do {
      // Swift on Linux reads it there. Help, as for no arguments, would look like success.
      guard !commandLine.isEmpty else {
        throw ExitError.usage(
          "the command line can't be read: /proc is not mounted here, as in a chroot without it.")
      }
      var command = try parsed(arguments)
      try command.run()
      return ExitStatus.done.rawValue
    } catch let failure as ExitError {
      Diagnostics.report(failure)
      return failure.status.rawValue
    } catch let status as ExitCode {
      return status.rawValue
    } catch {
      return finish(error, arguments)
    }
  }

  private static func isOptionWithEmptyValue(_ argument: String) -> Bool {
    argument.hasPrefix("--") && argument.hasSuffix("=") && argument.utf8.count > 3
      && argument.utf8.dropFirst(2).dropLast().allSatisfy { $0 == 0x2D || 0x61...0x7A ~= $0 }
  }

  /// Help with its exit statuses at the end, where ArgumentParser has no place for any text.
  private static func exitStatusLast(_ help: String) -> String {
    let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
    guard let begin = lines.firstIndex(of: "EXIT STATUS"),
      let end = lines.firstIndex(where: { $0.hasPrefix("USAGE:") })
    else { return help }
    var ordered = lines[..<begin] + lines[end...]
    while ordered.last?.isEmpty == true { ordered.removeLast() }
    var statuses = lines[begin..<end]
    while statuses.last?.isEmpty == true { statuses.removeLast() }
    return (ordered + [""] + statuses).joined(separator: "\n")
  }

  /// The first word picks the command, so that ArgumentParser need not look through the others: it
  /// finds options by reflection, which is a tenth of a short run.
  private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
    // The parser would take the next argument for the value, and with it perhaps a filter or --yes.
    if let bare = arguments.first(where: isOptionWithEmptyValue) {
      throw ExitError.usage(
        "\(bare) has no value", next: "The empty name is written as \(bare.dropLast()) ''.")
    }
    let picked = configuration.subcommands.first { $0._commandName == arguments.first }
    guard let picked else { return try parseAsRoot(arguments) }
    return try picked.parseAsRoot(Array(arguments.dropFirst()))
  }

  /// The sentence without any argument that may hold a password, quotes, blanks and all.
  private static func masked(_ sentence: String, _ arguments: [String]) -> String {
    var sentence = sentence
    // psql's own, which hold none.
    for argument in arguments where argument != "-W" && argument != "--password" {
      let value = argument.split(separator: "=", maxSplits: 1).last.map(String.init) ?? ""
      for secret in [argument, value] where !secret.isEmpty {
        let lowered = secret.lowercased()
        guard
          lowered.contains("://") || lowered.contains("@") || lowered.contains("password")
            || argument.lowercased().contains("password=") || argument.hasPrefix("-W")
        else { continue }
        sentence = sentence.replacing(secret, with: "***")
      }
    }
    return sentence
  }

  /// What was most likely meant where a command, or a command of a command, is none.
  private static func nearestCommand(to arguments: [String]) -> String? {
    var (path, commands) = ("pgsessions", configuration.subcommands)
    for word in arguments {
      guard let known = commands.first(where: { $0._commandName == word }) else {
        return NearestWord.of(word, among: commands.map { $0._commandName }).map { "\(path) \($0)" }
      }
      (path, commands) = ("\(path) \(word)", known.configuration.subcommands)
    }
    return nil
  }

  /// Help and version go to stdout; what ArgumentParser did not understand becomes one sentence.
  private static func finish(_ error: any Error, _ arguments: [String]) -> Int32 {
    if exitCode(for: error) == .success {
      return Delivery.toStandardOutput(exitStatusLast(fullMessage(for: error)) + "\n").rawValue
    }
    var sentence = Self.masked(message(for: error), arguments)
    if sentence.contains("'-h") { sentence += " (help is --help)" }
    if sentence.contains("'--dry-run'") { sentence += " (without --execute it is one)" }
    let command = arguments.first.flatMap { name in
      configuration.subcommands.map { $0._commandName }.first { $0 == name }
    }
    let nearest = nearestCommand(to: arguments).map { "The nearest command is \($0). " } ?? ""
    Diagnostics.report(
      .usage(
        sentence,
        next:
          "\(nearest)See \((["pgsessions"] + [command].compactMap { $0 } + ["--help"]).joined(separator: " "))."
      ))
    return ExitStatus.usage.rawValue
  }
}
