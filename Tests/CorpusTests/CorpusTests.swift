import InputFiles
import Rendering
import SessionAudit
import TestJSON
import Testing

@testable import Commands
@testable import Runs

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The corpus of cases: each is a snapshot that a person wrote (`NAME.in.json`, with the options it
/// is judged by and the verdicts that must come out) and perhaps a roster (`NAME.roster`), a policy
/// file (`NAME.policy.toml`) and an earlier look (`NAME.earlier.json`); what comes out is compared with the whole report (`NAME.out.json`) and its text (`NAME.out.txt`).
struct CorpusTests {
  @Test(arguments: Corpus.names)
  func comesOutAsWritten(_ name: String) throws {
    let written = try Corpus.expectations(of: name)
    var report = try Corpus.report(of: name, written)
    for session in written.sessions {
      guard let verdict = session.verdict else { continue }
      let judged = try #require(
        report.sessions.first { Int($0.session.pid) == session.pid }, "pid \(session.pid)")
      #expect(judged.verdict.rawValue == verdict, "pid \(session.pid) of \(name)")
      // Where a case leaves it out, only the verdict is known for sure.
      guard let evidence = session.evidence else { continue }
      #expect(
        Set(judged.evidence.map(\.kind.rawValue)) == Set(evidence),
        "pid \(session.pid) of \(name)")
    }
    report.advise(words: "")
    let json = JSONReport<AuditReport>(version: "corpus", indents: true)
      .bytes(of: .report(report))
    Corpus.expect(String(decoding: json, as: UTF8.self), is: "\(name).out.json")
    let text = TextReport(style: TerminalStyle(width: 100), lists: true).audit(report)
    Corpus.expect(text, is: "\(name).out.txt")
  }

  /// A report is a snapshot too: judged anew it says the same.
  @Test(arguments: Corpus.names)
  func isTheSameWhenJudgedAnew(_ name: String) throws {
    let written = try Corpus.expectations(of: name)
    var first = try Corpus.report(of: name, written)
    first.advise(words: "")
    let json = JSONReport<AuditReport>(version: "corpus").bytes(of: .report(first))
    ProducedJSON.keep(json, from: "\(name), judged anew")
    let policy = first.judgedWith
    var snapshot = try SavedReport.read(json)
    snapshot.earlier = try Corpus.earlierLook(of: name, written, before: snapshot)
    var second = Judge.judge(snapshot, by: policy)
    second.advise(words: "")
    #expect(first.sessions.map(\.verdict) == second.sessions.map(\.verdict))
    #expect(first.sessions.map(\.evidence) == second.sessions.map(\.evidence))
    #expect(first.sessions.map(\.protections) == second.sessions.map(\.protections))
    #expect(first.sessions.map(\.holds) == second.sessions.map(\.holds))
    #expect(first.totals == second.totals && first.coverage == second.coverage)
    #expect(first.slots == second.slots && first.blocking == second.blocking)
    #expect(first.groups == second.groups)
    #expect(first.advice == second.advice)
  }

  /// What docs/evidence.md and README.md quote, the program says in some case.
  @Test(arguments: [("docs/evidence.md", 10), ("README.md", 2)])
  func saysWhatTheDocsQuote(_ page: String, _ atLeast: Int) throws {
    let said = try Corpus.names.map { try Corpus.words(of: "\(Corpus.folder)/\($0).out.txt") }
      .joined(separator: " ")
    let docs = try Corpus.text(of: "\(Corpus.folder)/../../../\(page)")
    let quotes = docs.components(separatedBy: "\n```").enumerated()
      .filter { $0.offset % 2 == 1 && $0.element.hasPrefix("text\n") }
      // What stands between two paragraphs may be left out.
      .flatMap { $0.element.dropFirst("text".count).components(separatedBy: "\n\n") }
      .map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
      // Those of doctor are held to it in PageTests.
      .filter { !$0.hasPrefix("WARNING") }
    print("\(page): \(quotes.count) quotes")
    #expect(quotes.count >= atLeast)
    for quote in quotes { #expect(said.contains(quote), "\(quote)") }
  }

  @Test func holdsEnoughCases() {
    print("corpus: \(Corpus.names.count) cases")
    #expect(Corpus.names.count >= 50)
  }

  /// Each kind of evidence is shown at work, and each doubt.
  @Test func showsEveryKindOfEvidence() throws {
    var kinds: Set<Evidence.Kind> = []
    var doubts: Set<String> = []
    for name in Corpus.names {
      for judged in try Corpus.report(of: name, Corpus.expectations(of: name)).sessions {
        kinds.formUnion(judged.evidence.map(\.kind))
        doubts.formUnion(
          judged.evidence.compactMap(\.doubt).map { "\("\($0)".prefix { $0 != "(" })" })
      }
    }
    #expect(kinds == Set(Evidence.Kind.allCases))
    #expect(
      doubts == [
        "sharedName", "heardSideBySide", "hiddenNamesakes", "noAddress", "withinTolerance",
        "numberedName", "rosterLacks", "mayBePooled", "severalNames", "restartInPlace",
        "hostIsListed",
      ])
  }
}

enum Corpus {
  /// What a case says beside the snapshot.
  struct Expectations: Decodable {
    struct Session: Decodable {
      var pid: Int
      var verdict: String?
      var evidence: [String]?
    }
    var arguments: [String]?
    var rosterTakenAt: String?
    var sessions: [Session]

    enum CodingKeys: String, CodingKey {
      case arguments, sessions
      case rosterTakenAt = "roster_taken_at"
    }
  }

  static let folder =
    "\(#filePath)".split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/Cases"

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".in.json") }.map { String($0.dropLast(8)) }.sorted()
  }()

  static func expectations(of name: String) throws -> Expectations {
    try JSONDecoder().decode(Expectations.self, from: try contents("\(name).in.json"))
  }

  /// Judged as `pgsessions audit --input NAME.in.json` with the case's options would.
  static func report(of name: String, _ written: Expectations) throws -> AuditReport {
    // Beside the case's own file.
    let files = ["ROSTER": "roster", "POLICY": "policy.toml"]
    let arguments = (written.arguments ?? []).filter { $0 != "--earlier" && $0 != "EARLIER" }.map {
      files[$0].map { "\(folder)/\(name).\($0)" } ?? $0
    }
    let options = try JudgingOptions.parse(arguments)
    var judging = try options.judging(options.loadedPolicy())
    if let takenAt = written.rosterTakenAt {
      judging.rosterTakenAt = try Timestamp(iso8601: takenAt)
    }
    var snapshot = try SavedReport.read(Array(try contents("\(name).in.json")))
    snapshot.earlier = try earlierLook(of: name, written, before: snapshot)
    return Judge.judge(snapshot, by: try judging.policy(for: snapshot, isSaved: true))
  }

  static func earlierLook(
    of name: String, _ written: Expectations, before later: Snapshot
  ) throws -> EarlierLook? {
    guard written.arguments?.contains("EARLIER") == true else { return nil }
    return try EarlierReport.read("\(folder)/\(name).earlier.json").look(before: later)
  }

  static func text(of path: String) throws -> String {
    String(
      decoding: try #require(FileManager.default.contents(atPath: path), "\(path)"), as: UTF8.self)
  }

  /// With one blank between words, however the lines were broken.
  static func words(of path: String) throws -> String {
    try text(of: path).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static func contents(_ file: String) throws -> Data {
    try #require(FileManager.default.contents(atPath: "\(folder)/\(file)"), "\(file)")
  }

  /// A file that is missing is written, to be read and approved, and the test fails all the same.
  static func expect(_ text: String, is file: String) {
    let path = "\(folder)/\(file)"
    guard let bytes = FileManager.default.contents(atPath: path) else {
      let isWritten = FileManager.default.createFile(atPath: path, contents: Data(text.utf8))
      Issue.record("\(file) was missing\(isWritten ? " and has been written: read it" : "")")
      return
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let expected = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    guard lines != expected else { return }
    let place = zip(lines, expected).enumerated().first { $1.0 != $1.1 }
    Issue.record(
      """
      differs from \(file) in line \((place?.offset ?? min(lines.count, expected.count)) + 1):
      is:        \(place.map { String($0.element.0) } ?? "\(lines.count) lines")
      should be: \(place.map { String($0.element.1) } ?? "\(expected.count) lines")
      """)
  }
}
