#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

extension AppendFile {
  /// - Throws: of operation `open`.
  static func opened(
    _ path: String, patience: Duration
  ) throws(SystemError) -> (descriptor: Int32, isFile: Bool) {
    if path == "-" {
      guard FileStatus(descriptor: 1) != nil else { throw .last(.open, path) }
      return (1, false)
    }
    // A file's end is read too. Of anything else only the writing side may be opened: a pipe that
    // we could read ourselves would never tell that nobody else does.
    let there = FileStatus(path: path)
    let isFile = there == nil || there?.kind == .file
    guard there?.kind != .disk else { throw SystemError(.open, path, .isDisk) }
    let descriptor = try openedToAppend(
      path, isFile ? O_RDWR | O_CREAT : O_WRONLY, until: .now + patience)
    let opened = FileStatus(descriptor: descriptor)
    guard let opened, isFile == (opened.kind == .file) else {
      close(descriptor)
      throw SystemError(.open, path, .replaced)
    }
    guard !isFile || FileIdentity(descriptor: 1) != opened.identity else {
      close(descriptor)
      throw SystemError(.open, path, .isStandardOutput)
    }
    // Only the opening must not wait.
    if !isFile { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK) }
    return (descriptor, isFile)
  }

  private static func openedToAppend(
    _ path: String, _ access: Int32, until end: ContinuousClock.Instant
  ) throws(SystemError) -> Int32 {
    while true {
      let descriptor = open(
        path, access | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o640)
      if descriptor >= 0 { return descriptor }
      switch errno {
      case EINTR: continue
      case ENXIO where FileStatus(path: path)?.kind == .pipe:
        // Its reader may be about to start.
        guard ContinuousClock.now < end else { throw SystemError(.open, path, .noReader) }
        usleep(10_000)
      case let code: throw SystemError(.open, path, .refused(errno: code))
      }
    }
  }
}
