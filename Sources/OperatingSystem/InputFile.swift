#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A file that the user names, read whole.
package struct InputFile: Sendable {
  package let path: String
  package let bytes: [UInt8]
  /// Microseconds since 1970 by the clock of this machine; now for what has no such time (a pipe).
  package let modified: Int64
  /// Anyone on this machine may change it.
  package let isWritableByAnyone: Bool

  /// Which file it is; two names may have one.
  package let identity: FileIdentity

  /// - Parameters:
  ///   - path: `-` is stdin.
  ///   - mostBytes: more than such a file ever has; a device that never ends shall not fill our
  ///     memory.
  ///   - limit: how long a pipe may take to say all, or nothing for so long.
  ///   - interruption: ends it early.
  package init(
    reading path: String, atMost mostBytes: Int, within limit: Duration, interruption: Interruption?
  ) throws(SystemError) {
    // A pipe that nobody writes to would keep open(2) waiting.
    let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .last(.open, path) }
    guard path != "-" || !Terminal.isTerminal(0) else {
      throw SystemError(.open, path, .isTerminal)
    }
    defer { if descriptor != 0 { close(descriptor) } }
    guard let status = FileStatus(descriptor: descriptor) else { throw .last(.open, path) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    var silence = Deadline(after: limit)
    while true {
      // A command before the pipe that hangs must not keep the next run of cron from its turn.
      guard Readiness.reading.holds(of: descriptor, within: 200) else {
        guard !silence.hasPassed, interruption?.isRaised != true else {
          throw SystemError(.read, path, .silent(limit))
        }
        continue
      }
      let count = read(descriptor, &block, block.count)
      if count == 0 { break }
      guard count > 0 else {
        if errno == EINTR || errno == EAGAIN { continue }
        throw .last(.read, path)
      }
      bytes += block[..<count]
      silence = Deadline(after: limit)
      guard bytes.count <= mostBytes else { throw SystemError(.read, path, .tooLarge) }
    }
    let isFile = status.kind == .file
    (self.path, self.bytes) = (path, bytes)
    modified = isFile ? status.modified : WallClock.now
    isWritableByAnyone = isFile && status.isWritableByAnyone
    identity = status.identity
  }
}
