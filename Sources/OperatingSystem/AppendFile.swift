#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A file that whole lines are appended to, each out of our hands before we go on. Several processes
/// may share it, also several owners in one process. Not for two threads at once.
package final class AppendFile: Sendable {
  let path: String
  package let descriptor: Int32
  /// It has an end to look after and can be locked; not a pipe, terminal or device.
  private let isFile: Bool
  private let patience: Duration
  /// How a line of ours begins.
  let opening: [UInt8]

  /// - Parameters:
  ///   - path: `-` is stdout, which is written to as it is: never locked, nor cut.
  ///   - opening: how each line begins, so that what is left of one of ours is known.
  ///   - patience: how long to wait for another process's lock, or for the reader of a pipe.
  /// - Throws: of operation `open`.
  package init(_ path: String, opening: String, patience: Duration) throws(SystemError) {
    (self.path, self.opening, self.patience) = (path, Array(opening.utf8), patience)
    (descriptor, isFile) = try Self.opened(path, patience: patience)
  }

  deinit { if descriptor > 2 { close(descriptor) } }

  /// Appends a whole line, or nothing.
  package func append(_ line: [UInt8]) throws(SystemError) {
    if isFile { try appendUnderLock(line) } else { try send(line) }
  }

  /// Has the system write to the disk what it keeps in memory.
  package func sync() throws(SystemError) {
    while fsync(descriptor) != 0 {
      switch errno {
      case EINTR: continue
      // Pipes and terminals keep nothing.
      case EINVAL, EROFS, ENOTSUP, EOPNOTSUPP: return
      default: throw .last(.write, path)
      }
    }
  }

  private func appendUnderLock(_ line: [UInt8]) throws(SystemError) {
    try takeLock()
    defer { _ = flock(descriptor, LOCK_UN) }
    // Before each line, not once: another process may have been killed since.
    let end = try mendedEnd()
    do throws(SystemError) {
      try send(end.isWithinLine ? [UInt8(ascii: "\n")] + line : line)
    } catch {
      // What did go in is no whole line.
      cut(to: end.offset)
      throw error
    }
  }

  /// One write(2) where the system takes it all at once, as it does for files.
  private func send(_ bytes: [UInt8]) throws(SystemError) {
    if !isFile { try waitForReader() }
    if let error = Output.write(bytes, to: descriptor, of: path) { throw error }
  }

  /// Nothing else is done while a line waits, so that one who does not read must not hold us, and our
  /// lock, for ever. A pipe that is ready takes a line of up to a page at once.
  private func waitForReader() throws(SystemError) {
    let end = ContinuousClock.now + patience
    while ContinuousClock.now < end {
      if Readiness.writing.holds(of: descriptor, within: 100) { return }
    }
    throw SystemError(.write, path, .silent(patience))
  }

  /// Waits with a limit: whoever holds the lock may be stopped, or hold it for another purpose.
  private func takeLock() throws(SystemError) {
    let end = ContinuousClock.now + patience
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      switch errno {
      case EINTR: continue
      case EWOULDBLOCK where ContinuousClock.now < end: usleep(1000)
      case EWOULDBLOCK: throw SystemError(.lock, path, .lockIsHeld)
      default: throw .last(.lock, path)
      }
    }
  }
}
