import SessionAudit

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension LogFile {
  /// - Throws: status 73.
  static func opened(
    _ path: String, patience: Duration
  ) throws(ExitError) -> (name: String, descriptor: Int32, isFile: Bool) {
    var status = stat()
    if path == "-" {
      guard fstat(1, &status) == 0 else { throw notCreated("stdout", errno) }
      return ("stdout", 1, false)
    }
    // A file's end is read too. Of anything else only the writing side may be opened: a pipe that
    // we could read ourselves would never tell that nobody else does.
    let isFile = stat(path, &status) != 0 || status.kind == S_IFREG
    guard status.kind != S_IFBLK else {
      throw notCreated(path, "it is a disk, and what is on it would be overwritten")
    }
    let descriptor = try openedToAppend(
      path, isFile ? O_RDWR | O_CREAT : O_WRONLY, until: .now + patience)
    guard fstat(descriptor, &status) == 0, isFile == (status.kind == S_IFREG) else {
      close(descriptor)
      throw notCreated(path, "something else took its place meanwhile")
    }
    guard !isFile || FileIdentity(descriptor: 1) != FileIdentity(status) else {
      close(descriptor)
      throw notCreated(
        path, "stdout goes there too, and would overwrite it",
        "Name another file, or - for a log on stdout.")
    }
    // Only the opening must not wait.
    if !isFile { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK) }
    return (path, descriptor, isFile)
  }

  private static func openedToAppend(
    _ path: String, _ access: Int32, until end: ContinuousClock.Instant
  ) throws(ExitError) -> Int32 {
    while true {
      let descriptor = open(
        path, access | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o640)
      if descriptor >= 0 { return descriptor }
      switch errno {
      case EINTR: continue
      case ENXIO where isPipe(path):
        // Its reader may be about to start.
        guard ContinuousClock.now < end else {
          throw notCreated(path, "nobody reads from this pipe", "Start its reader first.")
        }
        usleep(10_000)
      case let code: throw notCreated(path, code)
      }
    }
  }

  private static func isPipe(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.kind == S_IFIFO
  }

  private static func notCreated(_ name: String, _ code: Int32) -> ExitError {
    notCreated(name, String(cString: strerror(code)))
  }

  private static func notCreated(
    _ name: String, _ why: String,
    _ next: String = "Name a file that you may read and write, or - for stdout."
  ) -> ExitError {
    ExitError(
      status: .cannotCreate, sentence: "the log \(name) can't be opened: \(why)", nextStep: next)
  }
}

extension stat {
  fileprivate var kind: mode_t { st_mode & S_IFMT }
}
