import ArgumentParser
import ServerAccess
import SessionAudit
import System

/// How sessions are ended.
struct ExecutionOptions: ParsableArguments {
  @Flag(help: "End the sessions; without it nothing is ended.")
  var execute = false

  @Flag(help: "Don't ask before ending them.")
  var yes = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Write down each step, a line of JSON each; - is stdout, and the report then goes to stderr.",
      valueName: "file"), completion: .file())
  var log: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Put the figures of the run into this file, as metrics for Prometheus.", valueName: "file"),
    completion: .file())
  var metrics: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Run this in a shell when sessions were ended or the run failed; it reads the JSON.",
      valueName: "command"))
  var hook: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How long the hook may take (10s).", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var hookTimeout: Duration?

  @Flag(help: "Cancel the queries of active sessions, and end only what goes on all the same.")
  var cancelFirst = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How long a cancelled query may take to end (5s).", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var grace: Duration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How long an ended session may take to leave (5s).", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var verifyWithin: Duration?

  @Flag(
    inversion: .prefixedNo,
    help:
      "Let no two runs end sessions on one server at a time; --no-lock does not look for others.")
  var lock = true

  func validate() throws {
    guard grace == nil || cancelFirst else {
      throw ValidationError("--grace speaks of --cancel-first")
    }
    guard metrics.map({ !$0.isEmpty && $0 != "-" }) ?? true else {
      throw ValidationError("--metrics needs the name of a file")
    }
    guard hook?.allSatisfy(\.isWhitespace) != true else {
      throw ValidationError("--hook needs a command")
    }
  }

  /// With what the policy file says where no option does.
  func completed(by loaded: LoadedPolicy?) -> ExecutionOptions {
    guard let loaded else { return self }
    let defaults = loaded.file.defaults
    var options = self
    options.log = log ?? defaults.log.map { loaded.resolved($0.value) }
    options.metrics = metrics ?? defaults.metrics.map { loaded.resolved($0.value) }
    return options
  }

  func options(_ interrupts: Interrupts?) -> Terminator.Options {
    Terminator.Options(
      verifyWithin: verifyWithin ?? .seconds(5),
      cancelGrace: cancelFirst ? grace ?? .seconds(5) : nil, stop: interrupts?.first)
  }

  /// Who hears of the run; of a dry run nobody does.
  /// - Parameters:
  ///   - report: the file that it goes to.
  ///   - secretVariables: which are not for the hook.
  /// - Throws: status 73.
  func notices(
    report: String?, secretVariables: [String], _ loaded: LoadedPolicy?
  ) throws(ExitError) -> RunNotifications? {
    guard execute else { return nil }
    let said = loaded?.file.hook
    let command = hook.map { ChildCommand.Words.shell($0) } ?? said?.command.childWords
    return try RunNotifications(
      metrics: metrics,
      hook: command.map {
        Hook(
          command: $0, timeout: hookTimeout ?? said?.timeout?.value ?? Hook.defaultTimeout,
          secretVariables: secretVariables)
      }, beside: [("-o", report), ("--log", log)])
  }

  /// The command line that says the same, --execute and --yes aside.
  var words: [String] {
    var words: [String] = []
    for (option, value) in [("log", log), ("metrics", metrics), ("hook", hook)] {
      if let value { words.append("--\(option)=\(ShellWord.quoted(value))") }
    }
    if cancelFirst { words.append("--cancel-first") }
    for (option, value) in [
      ("hook-timeout", hookTimeout), ("grace", grace), ("verify-within", verifyWithin),
    ] {
      if let value { words.append("--\(option) \(DurationText.exact(value))") }
    }
    if !lock { words.append("--no-lock") }
    return words
  }
}
