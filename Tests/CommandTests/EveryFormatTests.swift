import OperatingSystem
import PostgresClient
import Rendering
import TestPages
import TestSupport
import TestTraits
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A real server whose roles, databases, application_names and queries are as hostile as it lets them
/// be, in every format; and the same out of a saved report.
@Suite(.serialized, .sideBySide)
struct EveryFormatTests {
  /// The server, and who is connected to it for as long as the tests run.
  private struct Stage: @unchecked Sendable {
    var server: ThrowawayServer
    var clients: [Connection]
  }

  private static let stage = Result { () throws -> Stage in
    let server = try ThrowawayServer(settings: ["max_connections": "200"])
    let admin = try server.connect()
    for sql in [
      "CREATE ROLE auditor LOGIN", "GRANT pg_monitor TO auditor",
      "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
      "CREATE DATABASE bytes ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0",
    ] {
      try admin.execute(sql)
    }
    var clients: [Connection] = []
    for (place, text) in names.enumerated() {
      try admin.execute("CREATE ROLE \(quoted(text)) LOGIN")
      let hasDatabase = place.isMultiple(of: 5)
      if hasDatabase { try admin.execute("CREATE DATABASE \(quoted(text))") }
      let client = try server.connect(
        application: text, user: text, database: hasDatabase ? text : "postgres", viaTCP: true)
      try client.execute("SELECT 1 /* \(text.replacing("*/", with: "")) */")
      clients.append(client)
    }
    // In its database 0xE9 alone; and a query that is longer than what the server remembers of it.
    var parameters = server.parameters(database: "latin", application: "latin")
    parameters["client_encoding"] = "UTF8"
    let latin = try Connection.open(parameters, deadline: Deadline(after: .seconds(10)))
    try latin.execute("SELECT 'café'")
    let bytes = try server.connect(application: "bytes", database: "bytes")
    try bytes.execute("SELECT '\(String(repeating: "é", count: 800))'")
    return Stage(server: server, clients: clients + [latin, bytes])
  }

  /// What a server takes for a name.
  private static let names = Hostile.words.filter {
    !$0.isEmpty && $0.utf8.count < 64 && !$0.utf8.contains(0)
  }

  private static func quoted(_ name: String) -> String {
    "\"" + name.unicodeScalars.map { $0 == "\"" ? "\"\"" : "\($0)" }.joined() + "\""
  }

  private func audit(_ arguments: String..., environment: [String: String] = [:]) throws
    -> ProcessOutcome
  {
    let uri = try Self.stage.get().server.uri(user: "auditor")
    let outcome = try Fixture.run(["audit"] + arguments + [uri], environment: environment)
    #expect(outcome.status == 0 && outcome.stderr.isEmpty, "\(outcome.stderr)")
    #expect(String(validating: outcome.stdoutBytes, as: UTF8.self) != nil)
    return outcome
  }

  private func hostile(_ text: String) -> Set<Unicode.Scalar> {
    Set(text.unicodeScalars.filter { $0 != "\n" && HostileText.isHostile($0) })
  }

  private func records(_ csv: ProcessOutcome) throws -> [[String: String]] {
    let records = try PythonReader.csv.read(csv.stdoutBytes).items.map {
      $0.items.compactMap(\.text)
    }
    return records.dropFirst().map { Dictionary(zip(records[0], $0)) { first, _ in first } }
  }

  /// The sum of a metric's samples.
  private func sum(_ metric: String, in families: JSON) -> Int {
    families["families"]?.items.first { $0["name"]?.text == metric }?["samples"]?.items
      .reduce(0) { $0 + ($1["value"]?.int ?? 0) } ?? -1
  }

  // MARK: - Hostile text

  @Test func textIsPrintable() throws {
    let plain = try audit(
      "--sessions", "--show-query", environment: ["LC_ALL": "C.UTF-8", "COLUMNS": "200"])
    #expect(hostile(plain.stdout).isEmpty, "\(hostile(plain.stdout))")
    // 15 shows what is not ASCII in an application_name as ?; roles and databases come as they are.
    #expect(plain.stdout.contains("\\x1B]52;c;"))
    let coloured = try audit("--sessions", "--show-query", "--color", "always")
    let rest = coloured.stdout.replacing(/\u{1B}\[(0|1|2|31|32|33)m/, with: "")
    #expect(hostile(rest).isEmpty && coloured.stdout != rest)
    for dimension in ["user", "database", "family"] {
      #expect(try hostile(audit("--group-by", dimension).stdout).isEmpty)
    }
  }

  @Test func jsonKeepsItsMeaning() throws {
    for format in ["json", "ndjson"] {
      let outcome = try audit("--format", format, "--show-query")
      #expect(hostile(outcome.stdout).isEmpty)
      #expect(outcome.stdout.split(separator: "\n").count == 1)
      let sessions = try Fixture.json(outcome)["sessions"]?.items ?? []
      // Byte by byte: Swift holds two spellings of one accented letter to be equal.
      let users = Set(sessions.compactMap { $0["user"]?.text.map { Array($0.utf8) } })
      #expect(users.isSuperset(of: Self.names.map { Array($0.utf8) }))
      let latin = sessions.first { $0["application_name"]?.text == "latin" }
      #expect(latin?["query"]?.text == "SELECT 'caf\u{FFFD}'")
    }
  }

  /// In a database without an encoding the server cuts a long query between any two bytes.
  @Test func aQueryThatIsCutIsRepaired() throws {
    let outcome = try Fixture.run(
      "audit", "--json", "--show-query",
      Self.stage.get().server.uri(user: "auditor", database: "bytes"))
    let sessions = try Fixture.json(outcome)["sessions"]?.items ?? []
    let bytes = sessions.first { $0["application_name"]?.text == "bytes" }
    let query = try #require(bytes?["query"]?.text)
    #expect(query.hasPrefix("SELECT 'éé") && query.hasSuffix("é\u{FFFD}"))
  }

  @Test func csvHasTheSameCells() throws {
    let sessions = try Fixture.json(audit("--json"))["sessions"]?.items ?? []
    let records = try records(audit("--format", "csv", "--show-query"))
    #expect(records.count == sessions.count && sessions.count > Self.names.count)
    // Our own session is another one each time.
    for (record, session) in zip(records, sessions).dropLast() {
      #expect(record["pid"] == session["pid"]?.int.map(String.init))
      for key in ["application_name", "user", "database"] {
        let shown = HostileText.escaped(session[key]?.text ?? "")
        let cell = record[key] ?? "missing"
        #expect(cell.replacing("'", with: "") == shown.replacing("'", with: ""))
        #expect(hostile(cell).isEmpty && cell.firstMatch(of: /^[=+\-@]/) == nil)
      }
    }
    let groups = try self.records(audit("--format", "csv", "--summary", "--group-by", "user"))
    #expect(groups.compactMap { Int($0["sessions"] ?? "") }.reduce(0, +) == sessions.count)
  }

  @Test func metricsAreRead() throws {
    let count = try Fixture.json(audit("--json"))["sessions"]?.items.count
    let families = try PythonReader.metrics.read(audit("--format", "prometheus").stdoutBytes)
    #expect(sum("pgsessions_sessions", in: families) == count)
    #expect(sum("pgsessions_run_success", in: families) == 1)
    let refused = try Fixture.run(
      "audit", "--format", "prometheus",
      Self.stage.get().server.uri(user: "auditor", database: "no"))
    #expect(refused.status == 69)
    let failure = try PythonReader.metrics.read(refused.stdoutBytes)
    #expect(sum("pgsessions_run_success", in: failure) == 0)
    #expect(sum("pgsessions_run_failure", in: failure) == 1)
    #expect(sum("pgsessions_sessions", in: failure) == -1, "none is not 0")
    // One series, whether or not the server took us.
    func targets(_ families: JSON) -> Set<String> {
      Set(
        (families["families"]?.items ?? []).flatMap { $0["samples"]?.items ?? [] }
          .compactMap { $0["labels"]?["target"]?.text?.replacing("/no", with: "/postgres") })
    }
    #expect(targets(families) == targets(failure) && targets(failure).count == 1)
  }

  @Test func thePageRunsNothing() throws {
    let page = try audit("--format", "html", "--show-query")
    #expect(hostile(page.stdout).isEmpty)
    let browser = try Browser()
    try browser.open(html: page.stdout)
    #expect(try browser.conduct() == .flawless)
    let rows = try browser.evaluate("document.querySelectorAll('table.sessions tbody tr').length")
    #expect(rows.int ?? 0 > Self.names.count)
    let strangers = try browser.evaluate(
      "document.querySelectorAll('img, iframe, a[href]:not([href^=\"#\"])').length")
    #expect(strangers.int == 0)
  }

  // MARK: - A saved report

  /// Judged anew with the same options a report is the same, byte by byte.
  @Test func aSavedReportIsTheSame() throws {
    for options in [[], ["--show-query"], ["--stale-after", "1ms", "--group-by", "user"]] {
      let live = try Fixture.run(
        ["audit", "--json"] + options + [try Self.stage.get().server.uri(user: "auditor")])
      let saved = try Fixture.run(
        ["audit", "--json", "--input", "-"] + options, input: live.stdout)
      #expect(saved.status == 0 && saved.stderr.isEmpty, "\(saved.stderr)")
      #expect(saved.stdoutBytes == live.stdoutBytes)
    }
  }

  @Test(arguments: ["text", "json", "ndjson", "csv", "html", "prometheus"])
  func aSavedReportGoesIntoEachFormat(_ format: String) throws {
    let folder = try Self.stage.get().server.folder
    let (input, output) = ("\(folder)/saved-\(format).json", "\(folder)/saved-\(format).out")
    let live = try audit("--json", "--stale-after", "1ms")
    try Data(live.stdoutBytes).write(to: URL(fileURLWithPath: input))
    func saved(_ more: String...) throws -> ProcessOutcome {
      try Fixture.run(
        ["audit", "--stale-after", "1ms", "--input", input, "--format", format] + more)
    }
    let printed = try saved()
    let written = try saved("-o", output)
    #expect(printed.status == 0 && written.status == 0 && written.stdout.isEmpty)
    func lines(_ bytes: [UInt8]) -> [Substring] {
      // When it was written is the one thing that may differ.
      String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        .filter { !$0.hasPrefix("pgsessions_run_timestamp_seconds{") }
    }
    let file = Array(try Data(contentsOf: URL(fileURLWithPath: output)))
    #expect(lines(file) == lines(printed.stdoutBytes))

    let totals = try Fixture.json(live)["totals"]
    let (all, suspects) = (totals?["client_sessions"]?.int ?? 0, totals?["suspect"]?.int ?? 0)
    #expect(suspects > 10)
    switch format {
    case "text":
      #expect(printed.stdout.contains("\n\(all) client sessions: "))
      #expect(printed.stdout.contains("\n\(suspects) suspect: look abandoned"))
    case "json", "ndjson": #expect(printed.stdoutBytes == live.stdoutBytes)
    case "csv":
      let records = try records(printed)
      #expect(records.count == all && records.count { $0["verdict"] == "suspect" } == suspects)
    case "html":
      for (figure, count) in [("client_sessions", all), ("suspect", suspects)] {
        #expect(
          printed.stdout.contains("<span data-figure=\"totals.\(figure)\">\(count)</span>"))
      }
    default:
      let families = try PythonReader.metrics.read(printed.stdoutBytes)
      #expect(sum("pgsessions_sessions", in: families) == all)
      #expect(sum("pgsessions_suspects", in: families) == suspects)
    }
  }
}
