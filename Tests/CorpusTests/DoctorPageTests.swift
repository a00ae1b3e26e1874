import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// docs/doctor.md has every code that doctor can find, and no other.
struct DoctorPageTests {
  private static let root =
    "\(#filePath)".split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

  @Test func itsCodesAreTheProgrammes() throws {
    let folder = "\(Self.root)/Sources/SessionAudit"
    let sources = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/Doctor")
      .map { try Corpus.text(of: "\(folder)/Doctor/\($0)") }.joined()
    // A setting's finding is called by the setting.
    let names = try Corpus.text(of: "\(folder)/Model/ServerSettings.swift")
      .matches(of: /case (\w+) = "(\w+)"/)
    let settings = Dictionary(names.map { ($0.1, String($0.2)) }) { first, _ in first }
    let inSource =
      sources.matches(of: /Finding\(\s*"(\w+)"/).map { String($0.1) }
      + sources.matches(of: /judged\(\s*\.(\w+)/).compactMap { settings[$0.1] }
    let page = try Corpus.text(of: "\(Self.root)/docs/doctor.md")
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
    let onPage = rows.flatMap { row in
      row.split(separator: "|")[0].matches(of: /`(\w+)`/).map { String($0.1) }
    }
    #expect(Set(inSource) == Set(onPage))
    #expect(onPage.count == Set(onPage).count && onPage.count >= 20)
  }
}
