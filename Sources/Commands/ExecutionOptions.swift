import ArgumentParser
import InputFiles
import OperatingSystem
import Runs
import ServerAccess
import SessionAudit

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
    help: ArgumentHelp(
      "How long the hook may take (\(DurationText.exact(Hook.defaultTimeout))).",
      valueName: "duration"),
    transform: Parsing.positiveDuration)
  var hookTimeout: Duration?

  @Flag(help: "Cancel the queries of active sessions, and end only what goes on all the same.")
  var cancelFirst = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How long a cancelled query may take to end (\(DurationText.exact(builtInGrace))).",
      valueName: "duration"),
    transform: Parsing.positiveDuration)
  var grace: Duration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How long an ended session may take to leave (\(DurationText.exact(builtInVerifyWithin))).",
      valueName: "duration"),
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
    options.log = Setting(option: log, file: defaults.log?.map(loaded.resolved))?.value
    options.metrics =
      Setting(option: metrics, file: defaults.metrics?.map(loaded.resolved))?.value
    return options
  }

  /// Of a dry run there is none.
  /// - Throws: status 73.
  func openedLog(beside delivery: Delivery) throws(ExitError) -> LogFile? {
    guard execute, let log else { return nil }
    let file = try LogFile(log)
    if delivery.replaces(file.descriptor) {
      throw ExitError(
        status: .cannotCreate, sentence: "-o and --log name the same file",
        nextStep: "The report would take the place of the log: name another file for one of them.")
    }
    return file
  }

  private static let builtInGrace = Duration.seconds(5)
  private static let builtInVerifyWithin = Duration.seconds(5)

  func options(_ interrupts: Interrupts?) -> Terminator.Options {
    Terminator.Options(
      verifyWithin: verifyWithin ?? Self.builtInVerifyWithin,
      cancelGrace: cancelFirst ? grace ?? Self.builtInGrace : nil, stop: interrupts?.first)
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
    let command = Setting(
      option: hook.map(PolicyFile.Command.shell),
      file: said.map { .init($0.command, line: $0.line) }
    )?.value.childWords
    return try RunNotifications(
      metrics: metrics,
      hook: command.map {
        Hook(
          command: $0,
          timeout: Setting(
            option: hookTimeout, file: said?.timeout, builtIn: Hook.defaultTimeout
          ).value,
          secretVariables: secretVariables)
      }, beside: [("-o", report), ("--log", log)])
  }

  /// What was given, --execute and --yes aside.
  var given: [GivenOption] {
    [
      .text("log", log, .less), .text("metrics", metrics, .less), .text("hook", hook, .less),
      .flag("cancel-first", cancelFirst, .less), .time("hook-timeout", hookTimeout, .less),
      .time("grace", grace, .less), .time("verify-within", verifyWithin, .less),
      .flag("no-lock", !lock),
    ]
  }
}
