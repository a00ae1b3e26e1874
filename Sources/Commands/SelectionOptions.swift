import ArgumentParser
import ServerAccess
import SessionAudit

/// Which sessions are to be ended.
struct SelectionOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Idle sessions with a state age beyond this.", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var idleLongerThan: Duration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Idle sessions opened longer ago than this.", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var sessionOlderThan: Duration?

  @Option(
    help: ArgumentHelp(
      "Only this application_name; a glob, repeatable, '' for none.", valueName: "glob"))
  var application: [String] = []

  @Flag(help: "Sessions of other databases too.")
  var allDatabases = false

  @Flag(help: "Also what holds locks, temporary tables and the like.")
  var includeStateful = false

  @Flag(help: "Also what a connection pooler keeps open.")
  var includePooled = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("End at most this many, those silent longest first.", valueName: "n"))
  var max = 100

  func validate() throws {
    guard max >= 1 else { throw ValidationError("--max is a number from 1 up") }
  }

  /// - Throws: `CommandFailure` where nothing is selected, which never means everything.
  func selection() throws -> Selection {
    var selection = Selection(
      idleLongerThan: idleLongerThan, sessionOlderThan: sessionOlderThan,
      applications: application.map(Glob.init), allDatabases: allDatabases, maximum: max)
    selection.includeStateful = includeStateful
    selection.includePooled = includePooled
    guard !selection.selectsByNothing else {
      throw CommandFailure.usage(
        "nothing is selected, and that never means everything",
        next: "Say what is too old: --idle-longer-than 1h, --session-older-than 1d, or both.")
    }
    return selection
  }

  /// The command that ends what a dry run has shown.
  func command(target: String) -> String {
    var words = ["pgsessions terminate"]
    if let idleLongerThan {
      words.append("--idle-longer-than \(DurationText.exact(idleLongerThan))")
    }
    if let sessionOlderThan {
      words.append("--session-older-than \(DurationText.exact(sessionOlderThan))")
    }
    // With '=', or a glob that begins with '-' would be taken for an option.
    words += application.map { "--application=\(ShellWord.quoted($0))" }
    if allDatabases { words.append("--all-databases") }
    if includeStateful { words.append("--include-stateful") }
    if includePooled { words.append("--include-pooled") }
    if max != 100 { words.append("--max \(max)") }
    return (words + ["--execute", target]).filter { !$0.isEmpty }.joined(separator: " ")
  }
}
