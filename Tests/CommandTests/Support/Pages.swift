import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The project's own pages, README.md and docs/, as tests read them.
struct Page {
  /// From the root of the project, as `docs/json.md`.
  let name: String
  let blocks: [Block]
  /// Each `code span` in the prose, with its line.
  let spans: [(line: Int, text: String)]

  /// A fenced block.
  struct Block {
    /// The heading that it stands under, without its `#`.
    var heading: String
    /// Where its first line stands.
    var line: Int
    /// The first word behind the fence: `sh`, `text`, `json`; empty where there is none.
    var language: String
    /// The second word: the file that a reader would put the block into.
    var file: String?
    var text: String
  }

  static let root =
    "\(#filePath)".split(separator: "/").dropLast(4).map { "/\($0)" }.joined()

  static func text(of path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(path)")), as: UTF8.self)
  }

  static let all = Result { () throws -> [Page] in
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(root)/docs")
      .filter { $0.hasSuffix(".md") }.sorted()
    return try ["README.md"].map(Page.init) + files.map { try Page("docs/\($0)") }
  }

  init(_ name: String) throws {
    self.name = name
    var (blocks, open): ([Block], Block?) = ([], nil)
    var spans: [(line: Int, text: String)] = []
    var heading = ""
    // A span may go on in the next line.
    var paragraph: (line: Int, text: String) = (1, "")
    func endParagraph(before line: Int) {
      let parts = paragraph.text.split(separator: "`", omittingEmptySubsequences: false)
      #expect(parts.count % 2 == 1, "\(name):\(paragraph.line): a span is not closed")
      for part in stride(from: 1, to: parts.count - 1, by: 2) {
        spans.append((paragraph.line, String(parts[part]).replacing("\\|", with: "|")))
      }
      paragraph = (line, "")
    }
    let text = try Self.text(of: name)
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      // The first line has number 1.
      let number = index + 1
      if line.hasPrefix("```") {
        endParagraph(before: number)
        if let block = open {
          blocks.append(block)
          open = nil
        } else {
          let words = line.dropFirst(3).split(separator: " ")
          open = Block(
            heading: heading, line: number + 1, language: words.first.map(String.init) ?? "",
            file: words.dropFirst().first.map(String.init), text: "")
        }
      } else if open != nil {
        open?.text += line + "\n"
      } else {
        #expect(
          !line.contains("```") && !line.contains("~~~"),
          "\(name):\(number): a block has to begin at the left edge")
        if line.hasPrefix("#") { heading = String(line.drop { $0 == "#" || $0 == " " }) }
        if line.isEmpty || line.hasPrefix("|") || line.hasPrefix("#") {
          endParagraph(before: number)
        }
        paragraph.text += paragraph.text.isEmpty ? line : " " + line
      }
    }
    endParagraph(before: 0)
    #expect(open == nil, "\(name): a block is not closed")
    (self.blocks, self.spans) = (blocks, spans)
  }
}
