import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// docs/safety.md names the tests that prove its promises: each is one that runs.
struct SafetyPageTests {
  private static let tests =
    "\(#filePath)".split(separator: "/").dropLast(2).map { "/\($0)" }.joined()

  /// What all test files hold, and by which suite.
  private static func sources() throws -> [String] {
    let files = try FileManager.default.subpathsOfDirectory(atPath: tests)
    return try files.filter { $0.hasSuffix(".swift") }.map { try Corpus.text(of: "\(tests)/\($0)") }
  }

  @Test func itsTestsExist() throws {
    let page = try Corpus.text(of: "\(Self.tests)/../docs/safety.md")
    let names = page.matches(of: /`(\w+Tests)\.(\w+)`/).map { (suite: $0.1, test: $0.2) }
    let sources = try Self.sources()
    for name in names {
      let isThere = sources.contains { source in
        source.contains("struct \(name.suite)") || source.contains("extension \(name.suite)")
      }
      #expect(isThere, "\(name.suite)")
      #expect(
        sources.contains { $0.contains("func \(name.test)(") && $0.contains("\(name.suite)") },
        "\(name.suite).\(name.test)")
    }
    print("safety.md: \(names.count) tests named")
    #expect(names.count > 30)
  }

  /// Each promise has one.
  @Test func noPromiseIsWithoutATest() throws {
    let page = try Corpus.text(of: "\(Self.tests)/../docs/safety.md")
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst(2)
    #expect(rows.count >= 15)
    for row in rows { #expect(row.contains("Tests."), "\(row.prefix(60))") }
  }
}
