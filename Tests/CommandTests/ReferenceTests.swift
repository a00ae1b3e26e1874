import Commands
import SessionAudit
import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the program says of itself: the man pages, completions and docs/cli-reference.md that are
/// committed, and the help of each command.
struct ReferenceTests {
  private static let asking = ["audit", "terminate", "doctor"]
  private static let commands = [""] + asking + ["policy", "policy check", "policy show"]

  private static func help(_ command: String) throws -> String {
    let outcome = try Fixture.run(command.split(separator: " ").map(String.init) + ["--help"])
    #expect(outcome.status == 0 && outcome.stderr.isEmpty)
    return outcome.stdout
  }

  @Test func whatIsCommittedIsWhatTheProgramSays() throws {
    let folder = TemporaryFolder()
    let root = folder.path(".")
    let made = try ChildProcess.run(
      "python3", ["\(Page.root)/scripts/reference", Build.executable("pgsessions"), root])
    #expect(made.status == 0, "\(made.stderr)")
    let files = try FileManager.default.subpathsOfDirectory(atPath: root)
      .filter { !Self.isFolder("\(root)/\($0)") }
    #expect(files.count == 11)
    for file in files {
      #expect(
        try Page.text(of: file) == folder.read(file), "\(file) is old: run `make docs`")
    }
    // Nothing lies about that is no longer made; the units and examples are written by hand.
    let committed = try FileManager.default.subpathsOfDirectory(atPath: "\(Page.root)/share")
      .filter { !Self.isFolder("\(Page.root)/share/\($0)") }.map { "share/\($0)" }
      .filter { !$0.hasPrefix("share/systemd/") && !$0.hasPrefix("share/doc/") }
    #expect(Set(committed).isSubset(of: files))
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
  }

  /// Help is what people meet first: its whole text stands in Help/, to be read when it changes.
  @Test(arguments: commands)
  func helpIsAsItWasRead(_ command: String) throws {
    let name = command.isEmpty ? "pgsessions" : command.replacing(" ", with: "-")
    let path = "\(Page.root)/Tests/CommandTests/Help/\(name).txt"
    let help = try Self.help(command)
    guard let golden = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
      try Data(help.utf8).write(to: URL(fileURLWithPath: path))
      Issue.record("\(path) was missing and is written: read it")
      return
    }
    #expect(
      help == String(decoding: golden, as: UTF8.self),
      "delete \(path), run the test twice, and read the diff")
  }

  @Test(arguments: commands)
  func helpHasItsForm(_ command: String) throws {
    let help = try Self.help(command)
    let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
    for line in lines { #expect(line.count <= 80, "\(line)") }
    let sentence = help.prefix { $0 != "." }
    #expect(help.hasPrefix("OVERVIEW: ") && help.dropFirst(sentence.count).hasPrefix(".\n\n"))
    let examples = help.components(after: "EXAMPLES\n").filter { $0.contains("pgsessions") }
    #expect(examples.count == 2, "\(examples)")
    if Self.asking.contains(command) {
      for title in ["CONNECTION:", "JUDGING:", "OUTPUT:", "OPTIONS:"] {
        #expect(lines.contains { $0 == title })
      }
    }
    // The exit statuses are the last paragraph.
    #expect(help.components(separatedBy: "\n\n").last?.hasPrefix("EXIT STATUS\n") == true)
  }

  /// Each status in help is one that the program knows and that docs/exit-statuses.md explains, and
  /// the page has all of them.
  @Test func exitStatusesAgree() throws {
    let known = Set(SessionAudit.ExitStatus.allCases.map(\.rawValue))
    let page = try Page.text(of: "docs/exit-statuses.md")
    var explained: Set<Int32> = []
    for row in page.split(separator: "\n") where row.hasPrefix("| ") {
      let cell = row.split(separator: "|")[0]
      for number in cell.split(separator: ",") {
        if let number = Int32(number.filter { $0 != " " }) { explained.insert(number) }
      }
    }
    #expect(explained == known)
    for command in Self.commands.dropFirst() {
      let statuses = try Self.help(command).components(after: "EXIT STATUS\n").compactMap {
        Int32($0.drop { $0 == " " }.prefix { $0 != " " })
      }
      #expect(statuses.count >= 5 && statuses == statuses.sorted())
      #expect(Set(statuses).isSubset(of: known), "\(command): \(statuses)")
      // What can happen to every command that asks a server.
      #expect(
        !Self.asking.contains(command)
          || Set([0, 64, 65, 66, 69, 73, 74, 77]).isSubset(of: statuses), "\(command): \(statuses)")
    }
  }

  /// What the page tells schedulers is of each status of terminate, and the same for all of them.
  @Test func schedulersAreToldTheSame() throws {
    let page = try Page.text(of: "docs/exit-statuses.md")
    func numbers(_ text: some StringProtocol) -> Set<Int32> {
      Set(text.split { !$0.isNumber }.compactMap { Int32($0) })
    }
    var answers: [Int32: Substring] = [:]
    for row in page.components(after: "does the same again help? |\n").dropFirst() {
      let cells = row.split(separator: "|", omittingEmptySubsequences: false)
      for number in numbers(cells[1]) {
        answers[number] = cells[3].split(separator: " ").first ?? ""
      }
    }
    let statuses = try Self.help("terminate").components(after: "EXIT STATUS\n")
      .flatMap { numbers($0.prefix { $0 != "(" }.prefix(7)) }
    #expect(Set(answers.keys) == Set(statuses + [70, 143]))
    func of(_ answer: Substring) -> Set<Int32> { Set(answers.filter { $0.value == answer }.keys) }
    let success = try #require(page.firstMatch(of: /SuccessExitStatus=([0-9 ]+)/)).output.1
    #expect(numbers(success) == of("success").union([143]))
    let hopeless = of("no").subtracting([143])
    let prevented = try #require(page.firstMatch(of: /RestartPreventExitStatus=([0-9 ]+)/)).output.1
    #expect(numbers(prevented) == hopeless)
    let failing = try #require(page.firstMatch(of: /values: \[([0-9, ]+)\]/)).output.1
    #expect(numbers(failing) == hopeless)
  }

  @Test(arguments: ["pgsessions", "pgsessions-audit", "pgsessions-terminate", "pgsessions-doctor"])
  func manPagesAreClean(_ page: String) throws {
    let path = "\(Page.root)/share/man/man1/\(page).1"
    let lint = try ChildProcess.run("mandoc", ["-T", "lint", path])
    #expect(lint.status == 0 && lint.stdout.isEmpty, "\(lint.stdout)\(lint.stderr)")
    let shown = try ChildProcess.run("mandoc", ["-T", "utf8", "-O", "width=78", path])
    for heading in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES"] {
      // Bold is a letter over itself.
      let bold = heading.map { $0 == " " ? " " : "\($0)\u{8}\($0)" }.joined()
      #expect(shown.stdout.contains(bold), "\(heading)")
    }
  }

  /// Completions, as bash asks for them.
  @Test(
    arguments: [
      ("pgsessions au", ["audit"]),
      ("pgsessions audit --for", ["--format"]),
      ("pgsessions audit --format ", ["text", "json", "ndjson", "csv", "html", "prometheus"]),
      ("pgsessions audit --color a", ["auto", "always"]),
      ("pgsessions audit --fail-on ", ["suspects", "orphans", "slots=90"]),
      (
        "pgsessions audit --group-by ",
        ["application", "family", "user", "database", "client", "state"]
      ),
      ("pgsessions terminate --trust ", ["roster", "declared", "inferred"]),
      ("pgsessions terminate --no-l", ["--no-lock"]),
      ("pgsessions audit --live alive", ["alive.txt"]),
      ("pgsessions audit --input alive", ["alive.txt"]),
      ("pgsessions audit -o alive", ["alive.txt"]),
      ("pgsessions terminate --log alive", ["alive.txt"]),
      ("pgsessions terminate --metrics alive", ["alive.txt"]),
    ])
  func bashCompletes(_ typed: String, _ offered: [String]) throws {
    let folder = TemporaryFolder()
    try folder.write("", to: "alive.txt")
    let script = """
      cd '\(folder.path("."))' || exit 1
      source '\(Page.root)/share/bash-completion/completions/pgsessions'
      [[ "$(complete -p pgsessions)" == *'-F _pgsessions pgsessions' ]] || exit 2
      COMP_LINE="$1"; COMP_POINT=${#COMP_LINE}; COMP_WORDS=($1)
      [[ "$1" == *' ' ]] && COMP_WORDS+=('')
      COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_TYPE=9; COMP_KEY=9
      _pgsessions pgsessions "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let outcome = try ChildProcess.run("bash", ["-c", script, "bash", typed])
    #expect(outcome.status == 0, "\(outcome.stderr)")
    let words = outcome.stdout.split(separator: "\n").map { $0.filter { $0 != " " } }
    #expect(words.sorted() == offered.sorted(), "\(outcome.stderr)")
  }
}

extension String {
  /// The lines of the paragraph behind this heading.
  fileprivate func components(after heading: String) -> [Substring] {
    guard let range = firstRange(of: heading) else { return [] }
    let rest = self[range.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
    return Array(rest.prefix { !$0.isEmpty })
  }

  fileprivate func components(separatedBy separator: String) -> [Substring] {
    split(separator: separator)
  }
}
