import TestSupport

/// The commands of docs/install.md, which are run as they stand there, but those of make.
struct Manual {
  private var scripts: [(heading: String, text: String)] = []

  init(path: String) throws {
    var (heading, block): (String, String?) = ("", nil)
    for line in try CleanRoot.host("cat", [path]).split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      switch (line, block) {
      case ("```sh", _): block = ""
      case ("```", .some(let text)):
        scripts.append((heading, text))
        block = nil
      case (_, .some(let text)) where !line.hasPrefix("make "): block = text + line + "\n"
      case (_, nil) where line.hasPrefix("#"): heading = String(line.drop { "# ".contains($0) })
      default: break
      }
    }
  }

  /// Takes out the first block under this heading that has something to run.
  mutating func next(_ heading: String) throws -> String {
    guard let place = scripts.firstIndex(where: { $0.heading == heading && !$0.text.isEmpty })
    else {
      throw SupportError("docs/install.md has no further commands under \(heading)")
    }
    return scripts.remove(at: place).text
  }

  /// Blocks that nobody has asked for.
  var rest: [String] { scripts.map(\.text).filter { !$0.isEmpty } }
}
