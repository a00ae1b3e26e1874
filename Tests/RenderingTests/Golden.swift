import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Texts that a person has read once and approved, in files beside the tests.
enum Golden {
  /// Compares with the file `name`. One that is missing is written, to be read and approved, and
  /// the test fails all the same. To renew one, delete it and run the tests twice.
  static func expect(
    _ text: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let path = "\(folder)/\(name)"
    guard let bytes = FileManager.default.contents(atPath: path) else {
      let isWritten = FileManager.default.createFile(atPath: path, contents: Data(text.utf8))
      Issue.record(
        "\(name) was missing and \(isWritten ? "has been written: read it" : "can't be written")",
        sourceLocation: sourceLocation)
      return
    }
    let golden = String(decoding: bytes, as: UTF8.self)
    guard text != golden else { return }
    let (lines, expected) = (text.split(separator: "\n"), golden.split(separator: "\n"))
    let first = zip(lines, expected).enumerated().first { $1.0 != $1.1 }
    Issue.record(
      """
      differs from \(name) in line \((first?.offset ?? min(lines.count, expected.count)) + 1):
      is:        \(first.map { String($0.element.0) } ?? "\(lines.count) lines")
      should be: \(first.map { String($0.element.1) } ?? "\(expected.count) lines")
      """, sourceLocation: sourceLocation)
  }

  static func expect(
    _ bytes: [UInt8], is name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expect(String(decoding: bytes, as: UTF8.self), is: name, sourceLocation: sourceLocation)
  }

  private static let folder =
    "\(#filePath)".split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/Golden"
}
