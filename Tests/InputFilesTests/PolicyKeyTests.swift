import InputFiles
import Testing

/// A key reads its own property, shows it, and has its place in hints.
struct PolicyKeyTests {
  private static let values = ["\"1m\"", "true", "3", "\"roster\"", "\"a.log\""]

  private func read(_ text: String) -> PolicyFile? {
    try? PolicyFile.read(Array(text.utf8)) { _ in nil }
  }

  private func errors(_ text: String) -> [String] {
    do throws(PolicyFileErrors) {
      _ = try PolicyFile.read(Array(text.utf8)) { _ in nil }
      return []
    } catch {
      return error.errors.map(\.problem)
    }
  }

  private func check<Table>(
    _ keys: [PolicyKey<Table>], below head: String, _ table: (PolicyFile) -> Table?
  ) throws {
    #expect(Set(keys.map(\.name)).count == keys.count)
    for key in keys {
      let values = Self.values.filter { read("\(head)\n\(key.name) = \($0)") != nil }
      let value = try #require(values.first, "\(key.name)")
      let file = try #require(read("\(head)\n\(key.name) = \(value)"))
      guard let said = table(file) else {
        Issue.record("\(key.name) has no table")
        continue
      }
      for other in keys {
        #expect((other.said(said) != nil) == (other.name == key.name), "\(key.name), \(other.name)")
      }
      let line = 1 + head.split(separator: "\n").count
      #expect(key.said(said)?.line == line && key.said(said)?.value == value.filter { $0 != "\"" })
    }
  }

  @Test func eachSaysWhatItIsTold() throws {
    try check(PolicyFile.Defaults.keys, below: "[defaults]") { $0.defaults }
    // One that closes itself needs an age beside it.
    let keys = PolicyFile.Application.keys.filter { $0.name != "closes_itself" }
    try check(keys, below: "[[application]]\nmatch = \"web\"") { $0.applications.first }
  }

  @Test func eachIsKnownElsewhere() {
    for key in PolicyFile.Defaults.keys.map(\.name) where key != "timeout" {
      #expect(
        errors("[hook]\ncommand = \"x\"\n\(key) = 1")
          == ["has no place here, but in [defaults]; known here: command, timeout"], "\(key)")
    }
    let shared = Set(PolicyFile.Defaults.keys.map(\.name))
    for key in PolicyFile.Application.keys.map(\.name) where !shared.contains(key) {
      #expect(
        errors("[hook]\ncommand = \"x\"\n\(key) = 1")
          == ["has no place here, but in [[application]]; known here: command, timeout"], "\(key)")
    }
  }
}
