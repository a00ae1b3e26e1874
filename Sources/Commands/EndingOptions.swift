import ArgumentParser
import ServerAccess
import SessionAudit

/// How sessions are ended.
struct EndingOptions: ParsableArguments {
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
  }

  func options(_ interrupts: Interrupts?) -> Terminator.Options {
    Terminator.Options(
      verifyWithin: verifyWithin ?? .seconds(5),
      cancelGrace: cancelFirst ? grace ?? .seconds(5) : nil, stop: interrupts?.first)
  }

  /// The command line that says the same, --execute and --yes aside.
  var words: [String] {
    var words: [String] = []
    if let log { words.append("--log=\(ShellWord.quoted(log))") }
    if cancelFirst { words.append("--cancel-first") }
    for (option, value) in [("grace", grace), ("verify-within", verifyWithin)] {
      if let value { words.append("--\(option) \(DurationText.exact(value))") }
    }
    if !lock { words.append("--no-lock") }
    return words
  }
}
