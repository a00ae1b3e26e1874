#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where `-o` puts a report: a file that is there whole or not at all. What is no file, such as a
/// pipe, is written as the report comes.
final class OutputFile {
  let descriptor: Int32
  private let path: String
  /// The file's stand-in until it is whole; nil where the report is written directly.
  private var temporary: String?

  /// Makes sure that the report can be written before anything else is done.
  /// - Throws: status 73.
  init(_ path: String) throws(CommandFailure) {
    var status = stat()
    let exists = stat(path, &status) == 0
    guard !exists || status.st_mode & S_IFMT != S_IFDIR else {
      throw Self.notCreated(path, "it is a folder")
    }
    if exists && status.st_mode & S_IFMT != S_IFREG {
      descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
      self.path = path
      guard descriptor >= 0 else { throw Self.notCreated(path, String(cString: strerror(errno))) }
      return
    }
    // What a link points to is replaced, not the link.
    let target = exists ? Self.resolved(path) ?? path : path
    var template = Array("\(Self.folder(of: target))/.pgsessions-XXXXXX".utf8CString)
    descriptor = template.withUnsafeMutableBufferPointer { mkstemp($0.baseAddress!) }
    self.path = target
    guard descriptor >= 0 else { throw Self.notCreated(path, String(cString: strerror(errno))) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // As it was, or as any new file.
    let mask = umask(0)
    _ = umask(mask)
    _ = fchmod(descriptor, exists ? status.st_mode & 0o7777 : 0o666 & ~mask)
  }

  deinit {
    close(descriptor)
    // Not whole: as if nothing had been written.
    if let temporary { unlink(temporary) }
  }

  /// Puts the whole report in its place.
  /// - Throws: status 74.
  func finish() throws(CommandFailure) {
    guard let temporary else { return }
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
      throw CommandFailure(
        status: .writeFailed,
        sentence: "\(path) could not be written: \(String(cString: strerror(errno)))")
    }
    self.temporary = nil
  }

  private static func notCreated(_ path: String, _ why: String) -> CommandFailure {
    CommandFailure(status: .cannotCreate, sentence: "-o \(path): it can't be written: \(why)")
  }

  private static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "" : String(path[..<slash])
  }
}
