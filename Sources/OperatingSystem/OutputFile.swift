#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A file that is there whole or not at all. What is no file, such as a pipe, is written as the bytes
/// come.
package final class OutputFile {
  package let descriptor: Int32
  package let path: String
  /// The file's stand-in until it is whole; nil where it is written directly.
  private var temporary: String?
  /// Whether the stand-in has no name yet.
  private var isNameless = false

  /// Makes sure that it can be written before anything else is done.
  /// - Parameter permissions: of a file that is not there yet; nil: as of any new file.
  /// - Throws: of operation `create`.
  package init(_ path: String, permissions: UInt32? = nil) throws(SystemError) {
    let there = FileStatus(path: path)
    guard there?.kind != .folder else { throw SystemError(.create, path, .isFolder) }
    if let there, there.kind != .file {
      descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
      self.path = path
      guard descriptor >= 0 else { throw .last(.create, path) }
      return
    }
    // What a link points to is replaced, not the link.
    let target = Self.resolved(path)
    let folder = FilePath.folder(of: target)
    self.path = target
    let mask = umask(0)
    _ = umask(mask)
    let mode = (there?.permissions ?? permissions).map { mode_t($0) } ?? 0o666 & ~mask
    let nameless = Self.openNameless(in: folder)
    if nameless >= 0 {
      descriptor = nameless
      isNameless = true
    } else {
      guard let (made, name) = Self.made(in: folder) else { throw .last(.create, path) }
      (descriptor, temporary) = (made, name)
    }
    _ = fchmod(descriptor, mode)
  }

  deinit {
    close(descriptor)
    // Not whole: as if nothing had been written.
    if let temporary { unlink(temporary) }
  }

  /// Whether putting it in its place would replace the file that is open there.
  package func replaces(_ descriptor: Int32) -> Bool {
    FileIdentity(path: path).map { $0 == FileIdentity(descriptor: descriptor) } ?? false
  }

  /// Whether that is another name for the same place, whether or not a file is there yet.
  package func isAt(_ other: String) -> Bool {
    func areOne(_ a: String, _ b: String) -> Bool {
      FileIdentity(path: a).map { $0 == FileIdentity(path: b) } ?? false
    }
    let other = Self.resolved(other)
    let folders = [path, other].map { FilePath.folder(of: $0) + "/" }
    return areOne(path, other)
      || path.split(separator: "/").last == other.split(separator: "/").last
        && areOne(folders[0], folders[1])
  }

  /// Writes what comes next.
  /// - Returns: why that failed; nil where it did not.
  package func write(_ bytes: UnsafeRawBufferPointer) -> SystemError? {
    Output.write(bytes, to: descriptor, of: path)
  }

  /// Puts all of it in its place.
  /// - Throws: of operation `write`.
  package func finish() throws(SystemError) {
    guard isNameless || temporary != nil else { return }
    guard fsync(descriptor) == 0, nameIt(), let temporary, rename(temporary, path) == 0 else {
      throw .last(.write, path)
    }
    self.temporary = nil
  }

  // MARK: - The stand-in

  /// A file without a name, of which nothing is left if we are ended in the middle; negative where the
  /// system or the file system has none.
  private static func openNameless(in folder: String) -> Int32 {
    #if os(Linux)
      // O_TMPFILE, which is made of two flags; and it is named by its place under /proc.
      guard access("/proc/self/fd", X_OK) == 0 else { return -1 }
      return open(
        folder.isEmpty ? "/" : folder, O_RDWR | O_CLOEXEC | O_DIRECTORY | 0o20_000_000, 0o600)
    #else
      return -1
    #endif
  }

  /// Gives the whole file a name beside its place, from where a rename puts it there.
  private func nameIt() -> Bool {
    #if os(Linux)
      guard isNameless else { return true }
      for _ in 0..<100 {
        let name = "\(FilePath.folder(of: path))/.pgsessions-\(UInt64.random(in: 0 ... .max))"
        if linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 {
          (temporary, isNameless) = (name, false)
          return true
        }
        guard errno == EEXIST else { return false }
      }
      return false
    #else
      return true
    #endif
  }

  private static func made(in folder: String) -> (descriptor: Int32, name: String)? {
    var template = Array("\(folder)/.pgsessions-XXXXXX".utf8CString)
    let descriptor = template.withUnsafeMutableBufferPointer { mkstemp($0.baseAddress!) }
    guard descriptor >= 0 else { return nil }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    let name = template.dropLast().map { UInt8(bitPattern: $0) }
    return (descriptor, String(decoding: name, as: UTF8.self))
  }

  /// Where a path leads; a link may point to what is not there yet.
  private static func resolved(_ path: String) -> String {
    var path = path
    for _ in 0..<40 {
      if let real = FilePath.real(path) { return real }
      var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
      let count = readlink(path, &target, target.count - 1)
      guard count > 0 else { return path }
      let end = String(decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      path = end.hasPrefix("/") ? end : "\(FilePath.folder(of: path))/\(end)"
    }
    return path
  }
}
