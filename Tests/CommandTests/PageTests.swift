import ArgumentParser
import OperatingSystem
import PostgresClient
import TestSupport
import TestTraits
import Testing

@testable import Commands
@testable import Runs

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// README.md and docs/: every command in them does what it should, and every option, target and
/// link that they name is there.
@Suite(.serialized, .sideBySide)
struct PageTests {
  /// The languages that blocks may have. What is run is run below; `text` is what programs print.
  private static let languages: Set<String> = [
    "sh", "cron", "sql", "python", "json", "jsonl", "text", "yaml", "toml",
  ]

  private static func stage(_ page: Page) throws -> PageStage {
    switch page.name {
    case "docs/too-many-connections.md": return try CrowdedStage(page)
    case "docs/cli-reference.md":
      // The examples of `--help` name a database alone.
      let stage = try PageStage(page)
      stage.environment["PGHOST"] = "127.0.0.1"
      stage.environment["PGPORT"] = "\(stage.server.port)"
      stage.environment["PGUSER"] = "app"
      stage.environment["DATABASE_URL"] = stage.local("postgresql://app@db.example/shop")
      return stage
    default: return try PageStage(page)
    }
  }

  @Test func everyCommandRuns() throws {
    var ran: [String: Int] = [:]
    for page in try Page.all.get() {
      guard page.blocks.contains(where: { $0.language != "text" }) else { continue }
      let stage = try Self.stage(page)
      for var block in page.blocks {
        let place = "\(page.name):\(block.line)"
        switch block.language {
        case "sh":
          // Its commands are for root, and are run in a clean root: Tests/Programs/PackageCheck.
          if page.name == "docs/install.md" {
            block.text.replace(#/(?m)^(?!make ).*\n/#, with: "")
          }
          block.text = try Self.withoutBuilding(block.text, place)
          guard !block.text.isEmpty else { continue }
          for tool in Self.commands(in: block.text) where !PageStage.tools.contains(tool) {
            Issue.record("\(place): no stage is set for \(tool)")
          }
          try stage.run(block, in: page)
        // ScheduleTests runs it, with the policy that it names.
        case "cron" where page.name == "docs/schedules.md": break
        case "cron": try stage.runCrontab(block, in: page)
        case "sql":
          // The role came with Postgres 16.
          guard
            !block.text.contains("pg_use_reserved_connections")
              || stage.server.installation.majorVersion >= 16
          else {
            continue
          }
          try stage.runSQL(block, in: page)
        case "python": try stage.runPython(block, in: page)
        case "jsonl":
          for line in block.text.split(separator: "\n") {
            #expect(throws: Never.self, "\(place)") { try JSON(text: String(line)) }
          }
        case "json":
          #expect(throws: Never.self, "\(place)") { try JSON(text: block.text) }
        // Alerts, which PrometheusReportTests reads, what ReferenceTests reads of exit statuses, and
        // docs/schedules.md, which ScheduleTests reads.
        case "yaml": break
        case "toml": try stage.checkPolicy(block, in: page)
        default:
          #expect(Self.languages.contains(block.language), "\(place): a block without a language")
          // Output that is a command would never be run.
          let first = block.text.prefix { !" \n".contains($0) }
          #expect(
            !PageStage.tools.union(["make", "$"]).contains(String(first)), "\(place): \(first)")
          continue
        }
        ran[block.language, default: 0] += 1
      }
    }
    print("pages: \(ran.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" })")
    #expect(ran["sh", default: 0] >= 40 && ran["cron"] == 5 && ran["sql", default: 0] >= 1)
  }

  /// The first word of each command of a script.
  private static func commands(in script: String) -> [String] {
    script.split { "\n|;&".contains($0) }.compactMap { part in
      part.split(separator: " ").first { $0 != "\\" }.map(String.init)
    }
  }

  /// What remains of a script without its lines that would change the source tree: of these it is
  /// only looked whether what they name is there.
  private static func withoutBuilding(_ script: String, _ place: String) throws -> String {
    var rest = ""
    for line in script.split(separator: "\n").map(String.init) {
      let words = line.prefix { $0 != "#" }.split(separator: " ").map(String.init)
      switch words.first {
      case "make": try checkMake(words, place)
      case "swift", ".build/debug/page-pictures":
        for program in words where program.hasPrefix(".build/debug/") {
          _ = try Build.executable(String(program.dropFirst(".build/debug/".count)))
        }
      case "cp":
        for path in words.dropFirst() where path.contains("/") {
          let folder = path.prefix { $0 != "*" }
          #expect(
            FileManager.default.fileExists(atPath: "\(Page.root)/\(folder)"), "\(place): \(path)")
        }
      default: rest += line + "\n"
      }
    }
    return rest
  }

  private static func checkMake(_ words: [String], _ place: String) throws {
    let makefile = try Page.text(of: "Makefile").split(separator: "\n")
    for target in words.dropFirst() where !target.contains("=") && !target.hasPrefix("\"") {
      #expect(makefile.contains { $0.hasPrefix("\(target):") }, "\(place): make \(target)")
      guard words.count == 2 else { return }
    }
  }

  /// What README.md shows of doctor is what doctor says of such a server.
  @Test func readmeQuotesDoctor() throws {
    let page = try Page("README.md")
    let stage = try PageStage(page)
    let relay = try Relay(upstreamPort: stage.server.port)
    defer { relay.stop() }
    let host = try relay.openDyno(address: "127.0.0.11")
    let parameters = host.parameters(
      of: stage.server, user: "app", database: "shop", application: "web.3")
    let clients = try (0..<4).map { _ in
      try Connection.open(parameters, deadline: Deadline(after: .seconds(20)))
    }
    let outcome = try withExtendedLifetime(clients) {
      try Fixture.run("doctor", stage.server.uri(user: "app", database: "shop"))
    }
    func words(_ text: String) -> String {
      text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    let quotes = page.blocks.filter { $0.text.contains("vanished_client") }
    #expect(quotes.count == 1)
    for quote in quotes {
      #expect(words(outcome.stdout).contains(words(quote.text)), "\(outcome.stdout)")
    }
  }

  // MARK: - Prose

  /// What programs that are not ours are called in prose.
  private static let foreign: Set<String> = [
    "heroku", "kubectl", "psql", "jq", "swift", "sudo", "cp", "man", "initdb", "curl", "systemctl",
    "apt", "journalctl", "chgrp", "chmod",
  ]

  @Test func everyOptionInProseIsThere() throws {
    var (seen, mentions): (Set<String>, Int) = ([], 0)
    // Made from the options themselves, with the names of values in the place of values.
    for page in try Page.all.get() where page.name != "docs/cli-reference.md" {
      for span in page.spans where seen.insert(span.text).inserted {
        var words = Self.shellWords(span.text)
        let place = "\(page.name):\(span.line): \(span.text)"
        guard let first = words.first, !Self.foreign.contains(first) else { continue }
        if first == "make" { try Self.checkMake(words, place) }
        if first == "pgsessions" { words.removeFirst() }
        let named = words.first.flatMap { Self.parsers[$0] }
        if named != nil { words.removeFirst() }
        guard named != nil || words.first?.hasPrefix("-") == true else { continue }
        let parsers = named.map { [$0] } ?? Array(Self.parsers.values)
        var complaint = ""
        let isTaken = parsers.contains { parse in
          guard let words = parse(words) else { return true }
          complaint = words
          return false
        }
        #expect(isTaken, "\(place): \(complaint)")
        mentions += 1
      }
    }
    print("pages: \(mentions) mentions of options")
    #expect(mentions > 80)
  }

  /// Each command's own reading of a command line: nil where it takes it, or would with a value for
  /// its last option, which prose leaves out.
  private static let parsers: [String: @Sendable ([String]) -> String?] = [
    "audit": { complaint(AuditCommand.self, $0) },
    "terminate": { complaint(TerminateCommand.self, $0) },
    "doctor": { complaint(DoctorCommand.self, $0) },
  ]

  private static func complaint(_ command: any ParsableCommand.Type, _ words: [String]) -> String? {
    do {
      _ = try command.parseAsRoot(words)
      return nil
    } catch {
      let message = command.fullMessage(for: error)
      return message.contains("Missing value for") || message.contains("speaks of")
        || command.exitCode(for: error) == .success ? nil : message
    }
  }

  private static func shellWords(_ text: String) -> [String] {
    var (words, word, quote): ([String], String?, Character?) = ([], nil, nil)
    for character in text {
      if character == quote {
        quote = nil
      } else if quote == nil, character == "'" || character == "\"" {
        (quote, word) = (character, word ?? "")
      } else if quote == nil, character == " " {
        if let done = word { words.append(done) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    return words + [word].compactMap { $0 }
  }

  @Test func everyLinkLeadsSomewhere() throws {
    var seen = 0
    for page in try Page.all.get() {
      let folder = page.name.hasPrefix("docs/") ? "docs/" : ""
      let text = try Page.text(of: page.name)
      let targets =
        text.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
        + text.matches(of: /(?:src|srcset|href)="([^"]+)"/).map { String($0.1) }
      for target in targets where !target.contains("://") {
        let parts = target.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
        let path = parts[0].isEmpty ? page.name : folder + parts[0]
        #expect(
          FileManager.default.fileExists(atPath: "\(Page.root)/\(path)"), "\(page.name): \(target)")
        if parts.count > 1, path.hasSuffix(".md") {
          let headings = try Page.text(of: path).split(separator: "\n")
            .filter { $0.hasPrefix("#") }.map { Self.anchor("\($0)") }
          #expect(headings.contains(parts[1]), "\(page.name): \(target)")
        }
        seen += 1
      }
    }
    #expect(seen > 40)
  }

  /// What a heading is called in links.
  private static func anchor(_ heading: String) -> String {
    String(
      heading.drop { $0 == "#" || $0 == " " }.lowercased().compactMap { character in
        character == " "
          ? "-"
          : character.isLetter || character.isNumber || "-_".contains(character) ? character : nil
      })
  }
}
