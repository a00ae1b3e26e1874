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
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Only this application_name; a glob, repeatable, '' for none.", valueName: "glob"))
  var application: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Only sessions of this role; repeatable.", valueName: "glob"))
  var user: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Only sessions in this database; repeatable.", valueName: "glob"))
  var database: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Only sessions from these client addresses; repeatable.", valueName: "glob|cidr"))
  var client: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("None of this application_name; repeatable.", valueName: "glob"))
  var notApplication: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("None of this role; repeatable.", valueName: "glob"))
  var notUser: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("None in this database; repeatable.", valueName: "glob"))
  var notDatabase: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("None from these client addresses; repeatable.", valueName: "glob|cidr"))
  var notClient: [String] = []

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
      allDatabases: allDatabases, maximum: max)
    selection.applications = globs(application, notApplication)
    selection.users = globs(user, notUser)
    selection.databases = globs(database, notDatabase)
    selection.clients = VictimFilter(
      client.map(ClientPattern.init), excluding: notClient.map(ClientPattern.init))
    selection.includeStateful = includeStateful
    selection.includePooled = includePooled
    guard !selection.selectsByNothing else {
      throw CommandFailure.usage(
        "nothing is selected, and that never means everything",
        next: "Say what is too old: --idle-longer-than 1h, --session-older-than 1d, or both.")
    }
    return selection
  }

  private func globs(_ values: [String], _ excluded: [String]) -> VictimFilter<Glob> {
    VictimFilter(values.map(Glob.init), excluding: excluded.map(Glob.init))
  }

  private var filters: [(option: String, values: [String])] {
    [
      ("application", application), ("user", user), ("database", database), ("client", client),
      ("not-application", notApplication), ("not-user", notUser), ("not-database", notDatabase),
      ("not-client", notClient),
    ]
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
    for (option, values) in filters {
      words += values.map { "--\(option)=\(ShellWord.quoted($0))" }
    }
    if allDatabases { words.append("--all-databases") }
    if includeStateful { words.append("--include-stateful") }
    if includePooled { words.append("--include-pooled") }
    if max != 100 { words.append("--max \(max)") }
    return (words + ["--execute", target]).filter { !$0.isEmpty }.joined(separator: " ")
  }
}
