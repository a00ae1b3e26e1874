import ArgumentParser
import InputFiles
import SessionAudit
import TestJSON
import TestSupport
import Testing

@testable import Commands
@testable import Runs

struct SettingsTests {
  @Test func theFirstThatSaysSomethingDecidesAndIsKnown() {
    let file = PolicyFile.Located(3, line: 7)
    let all = Setting(option: 1, environment: ("N", 2), file: file, builtIn: 4)
    #expect(all.value == 1 && all.source == .option)
    let variable = Setting(option: nil, environment: ("N", 2), file: file, builtIn: 4)
    #expect(variable.value == 2 && variable.source == .environment("N"))
    let line = Setting(option: nil, environment: ("N", nil), file: file, builtIn: 4)
    #expect(line.value == 3 && line.source == .file(7))
    let none = Setting(option: nil, file: nil, builtIn: 4)
    #expect(none.value == 4 && none.source == .builtIn)
    #expect(Setting<Int>(option: nil, file: nil) == nil)
  }

  @Test func aLimitOnConnectingIsFoundInItsOrder() throws {
    func limit(_ words: [String], _ variable: String?) throws -> Setting<Duration> {
      let options = try ConnectionOptions.parse(words)
      let environment = variable.map { ["PGCONNECT_TIMEOUT": $0] } ?? [:]
      return options.connector(Settings(loaded: nil, environment: environment)).connectTimeout
    }
    #expect(try limit([], nil).value == .seconds(10))
    #expect(try limit([], "7").value == .seconds(7))
    #expect(try limit([], "soon").source == .builtIn)
    #expect(try limit([], "0").value > .seconds(1_000_000))
    #expect(try limit(["--connect-timeout", "3s"], "7").value == .seconds(3))
  }

  /// Options that say where something goes, or that stand in printed commands anyway.
  private static let notPrinted: Set<String> = [
    "h", "p", "U", "d", "w", "url-env", "connect-timeout", "timeout", "wait-for-slot", "execute",
    "yes", "format", "json", "o", "color", "sql", "quiet", "version", "help",
  ]

  private static let values = Faults.ConsentTests.values.merging([
    "log": "-x.log", "metrics": "x.prom", "hook": "mail me", "policy": "a b.toml",
    "application": "-*", "user": "a'b", "database": "*", "client": "10.0.0.0/8",
    "not-application": "x", "not-user": "x", "not-database": "x", "not-client": "::1",
    "hook-timeout": "3s", "grace": "90s", "verify-within": "1500ms",
  ]) { $1 }

  /// Of an option that is forgotten among those given, no printed command would know, and a policy
  /// file's consent would not end by it.
  @Test func aPrintedCommandHasEachOptionThatWasGiven() throws {
    let help = try JSON(text: Fixture.run(["terminate", "--experimental-dump-help"]).stdout)
    let options = help.value(at: "command.arguments")?.items.filter {
      $0["kind"]?.text != "positional"
    }
    var seen = 0
    for option in options ?? [] {
      let name = try #require(option["names"]?.items.first?["name"]?.text)
      guard !Self.notPrinted.contains(name) else { continue }
      seen += 1
      var word = name == "lock" ? "--no-lock" : "--\(name)"
      if option["kind"]?.text == "option" {
        word += "=" + (try #require(Self.values[name], "how does a command say --\(name)?"))
      }
      let bare = String(word.prefix { $0 != "=" })
      // Some speak of another one.
      let needed = [
        "hook": "--hook=x", "cancel-first": "--cancel-first", "active": "--include-active",
      ]
      let others = needed.filter { "--\($0.key)" != bare }.map(\.value).filter { $0 != bare }
      let command = try TerminateCommand.parse(others + [word])
      let words = command.given(Selection(), command.ending).words
      #expect(
        words.contains { $0 == bare || $0.hasPrefix(bare + "=") || $0.hasPrefix(bare + " ") },
        "\(word): \(words)")
    }
    #expect(seen > 45)
  }

  /// What a policy file selects is ended on no weaker ground than what was shown.
  @Test func aGroundIsPrintedWhateverSelects() throws {
    func words(_ options: [String], _ trust: Basis) throws -> [String] {
      var selection = Selection()
      selection.trust = trust
      return try SelectionOptions.parse(options).given(selection).words
    }
    #expect(try words(["--trust", "roster"], .roster) == ["--trust roster"])
    #expect(try words(["--orphans"], .inferred) == ["--orphans", "--trust inferred"])
    #expect(try words([], .inferred) == [])
  }
}
