#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Keeps the JSON that tests produce, so that it can be held against the schemas when they are
/// done: scripts/test names a folder for it. Without one nothing is kept.
public enum ProducedJSON {
  private static let folder = getenv("PGSESSIONS_TEST_JSON").map { String(cString: $0) }

  /// Keeps a text if it has a document of ours in it.
  /// - Parameters:
  ///   - origin: where it comes from, for whoever must find it; one line.
  ///   - mayBeTorn: whoever wrote it may have been killed in the middle of it.
  public static func keep(_ text: [UInt8], from origin: String, mayBeTorn: Bool = false) {
    guard let folder, hasDocument(text) else { return }
    let ending = mayBeTorn ? ".torn" : ".whole"
    var template = Array("\(folder)/XXXXXX\(ending)".utf8CString)
    let descriptor = mkstemps(&template, Int32(ending.utf8.count))
    guard descriptor >= 0, let file = fdopen(descriptor, "w") else {
      fatalError("\(folder) takes no file: errno \(errno)")
    }
    let line = Array((origin.split(separator: "\n").joined(separator: " ") + "\n").utf8)
    let isWritten =
      fwrite(line, 1, line.count, file) == line.count
      && fwrite(text, 1, text.count, file) == text.count
    guard isWritten, fclose(file) == 0 else {
      fatalError("\(folder) takes no more: errno \(errno)")
    }
  }

  /// What a program wrote, and the files that its options name: a report, or a log that it or
  /// another run may have torn.
  public static func keep(
    of program: String, _ arguments: [String], outputs: [[UInt8]], wasKilled: Bool
  ) {
    guard folder != nil else { return }
    let origin = ([program] + arguments).joined(separator: " ")
    for output in outputs { keep(output, from: origin, mayBeTorn: wasKilled) }
    for (option, path) in zip(arguments, arguments.dropFirst())
    where ["-o", "--output", "--log"].contains(option) {
      guard let bytes = contents(ofFile: path) else { continue }
      keep(bytes, from: origin, mayBeTorn: option == "--log" || wasKilled)
    }
  }

  /// By memory functions: tests are built without optimization, and reports are long.
  private static func hasDocument(_ text: [UInt8]) -> Bool {
    let sign = Array("\"pgsessions/".utf8)
    return text.withUnsafeBytes { bytes in
      var rest = bytes
      while rest.count >= sign.count, let start = rest.baseAddress,
        let quote = memchr(start, Int32(sign[0]), rest.count - sign.count + 1)
      {
        if memcmp(quote, sign, sign.count) == 0 { return true }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(UnsafeRawPointer(quote) - start + 1))
      }
      return false
    }
  }

  /// nil for what is no regular file: a pipe or a terminal has been read already.
  private static func contents(ofFile path: String) -> [UInt8]? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let file = fopen(path, "r")
    else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes[..<count])
  }
}
