import ArgumentParser
import InputFiles
import OperatingSystem
import Runs
import SessionAudit

struct PolicyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy",
    _superCommandName: "pgsessions",
    abstract: "Check a policy file, or show what it says of which application, and where.",
    discussion: """
      A policy file says once what a place needs; the other commands read it with
      --policy FILE. docs/policy.md explains each key. No server is asked, and no
      command in the file is run.

      EXAMPLES
        pgsessions policy check /etc/pgsessions/policy.toml
        pgsessions policy show /etc/pgsessions/policy.toml web.1

      EXIT STATUS
        0   the file is right
        64  the command line is wrong
        65  the file is wrong
        66  the file is not there or not readable
        74  what it says could not be written
      """,
    version: programTitle,
    subcommands: [CheckCommand.self, ShowCommand.self], helpNames: [.long])

  struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      _superCommandName: "pgsessions policy",
      abstract: "Name every error of a policy file, with line and key.",
      discussion: """
        EXAMPLES
          pgsessions policy check /etc/pgsessions/policy.toml
          pgsessions policy check - < policy.toml

        EXIT STATUS
          0   the file is right
          64  the command line is wrong
          65  the file is wrong
          66  the file is not there or not readable
          74  what was found could not be written
        """,
      version: programTitle, helpNames: [.long])

    @Argument(help: "The policy file; - is stdin.", completion: .file())
    var file: String

    func run() throws {
      do {
        let policy = try LoadedPolicy.read(file)
        for glob in policy.file.unclosedGlobs {
          Diagnostics.warn(glob.sentence(in: InputFile.name(file)))
        }
        for doubt in policy.doubts { Diagnostics.warn("\(InputFile.name(file)): \(doubt)") }
        try show(PolicyText.summary(policy))
      } catch let errors as PolicyFileErrors {
        for sentence in LoadedPolicy.lines(of: errors, in: file) { Diagnostics.note(sentence) }
        throw ExitCode(ExitStatus.wrongFile.rawValue)
      }
    }
  }

  struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      _superCommandName: "pgsessions policy",
      abstract: "Show what holds by a policy file, and which line says it.",
      usage: "pgsessions policy show <file> [<application> ...] [<option> ...]",
      discussion: """
        Without a name it shows everything; with names, what holds of sessions
        with that application_name, for each target.

        EXAMPLES
          pgsessions policy show /etc/pgsessions/policy.toml
          pgsessions policy show /etc/pgsessions/policy.toml web.1 --user app

        EXIT STATUS
          0   done
          64  the command line is wrong
          65  the file is wrong
          66  the file is not there or not readable
          74  what it says could not be written
        """,
      version: programTitle, helpNames: [.long])

    @Argument(help: "The policy file; - is stdin.", completion: .file())
    var file: String

    @Argument(help: "An application_name; several at once.")
    var application: [String] = []

    @Option(help: ArgumentHelp("Sessions of this role.", valueName: "name"))
    var user: String?

    @Option(help: ArgumentHelp("Sessions in this database.", valueName: "name"))
    var database: String?

    func validate() throws {
      guard !application.isEmpty || user == nil && database == nil else {
        throw ValidationError(
          "--user and --database are about sessions of an APPLICATION: name one")
      }
    }

    func run() throws {
      let policy = try LoadedPolicy.load(file)
      let text =
        application.isEmpty
        ? PolicyText.whole(policy)
        : application.map { name in
          PolicyText.holding(policy, of: .init(name: name, user: user, database: database))
        }.joined(separator: "\n")
      try show(text)
    }
  }
}

extension ParsableCommand {
  /// Writes what is no report.
  fileprivate func show(_ text: String) throws {
    let written = Delivery.toStandardOutput(text)
    if written != .done { throw ExitCode(written.rawValue) }
  }
}
