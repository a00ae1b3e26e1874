import ArgumentParser

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

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
    version: "pgsessions \(programVersion)",
    subcommands: [AuditCommand.self, TerminateCommand.self],
    helpNames: [.long])

  public init() {}

  /// The whole program: parses, runs, reports errors and returns the exit status. No error leaves
  /// it, because ArgumentParser would turn one into status 1, which means something else here.
  public static func run(arguments: [String]) -> Int32 {
    // A reader that leaves (`| head`) is seen as EPIPE, not as our death.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
      return ExitStatus.done.rawValue
    } catch let failure as CommandFailure {
      Diagnostics.report(failure)
      return failure.status.rawValue
    } catch let status as ExitCode {
      return status.rawValue
    } catch {
      return finish(error, arguments)
    }
  }

  /// The sentence without any argument that may hold a password, quotes, blanks and all.
  private static func masked(_ sentence: String, _ arguments: [String]) -> String {
    var sentence = sentence
    for argument in arguments {
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

  /// Help and version go to stdout; what ArgumentParser did not understand becomes one sentence.
  private static func finish(_ error: any Error, _ arguments: [String]) -> Int32 {
    if exitCode(for: error) == .success {
      return OutputOptions.emit(fullMessage(for: error) + "\n").rawValue
    }
    var sentence = Self.masked(message(for: error), arguments)
    if sentence.contains("'-h") { sentence += " (help is --help)" }
    let command = arguments.first.flatMap { name in
      configuration.subcommands.map { $0._commandName }.first { $0 == name }
    }
    Diagnostics.report(
      .usage(
        sentence,
        next:
          "See \((["pgsessions"] + [command].compactMap { $0 } + ["--help"]).joined(separator: " "))."
      ))
    return ExitStatus.usage.rawValue
  }
}
