import Rendering
import SessionAudit
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where a run that ends sessions writes down what it does: whole lines, appended, each out of our
/// hands before the run goes on. Several runs may share a file, also those of one process.
///
/// After a failure every further line fails too: a log with a gap would say what is not so.
package final class LogFile: Sendable {
  let name: String
  let descriptor: Int32
  /// A file, which has an end to look after and can be locked; not a pipe, terminal or device.
  private let isFile: Bool
  private let patience: Duration
  private let failure = Mutex<ExitError?>(nil)

  /// What the lines of a run have in common: no other run on this machine bears it.
  package static func newRunID() -> String {
    let number = runs.wrappingAdd(1, ordering: .relaxed).newValue
    return process + (number > 1 ? "/\(number)" : "")
  }

  private static let process = "\(LocalClock.now.iso8601)/\(getpid())"
  private static let runs = Atomic(0)

  /// - Parameters:
  ///   - path: `-` is stdout, which is written to as it is: never locked, nor cut.
  ///   - patience: how long to wait for another process's lock, or for the reader of a pipe.
  /// - Throws: status 73.
  package init(_ path: String, patience: Duration = .seconds(5)) throws(ExitError) {
    self.patience = patience
    (name, descriptor, isFile) = try Self.opened(path, patience: patience)
  }

  deinit { if descriptor > 2 { close(descriptor) } }

  /// Writes down what happens now.
  /// - Throws: status 74.
  package func append(_ event: TerminationEvent, run: String) throws(ExitError) {
    try append(
      JSONLog.line(event, run: run, at: LocalClock.now, version: programVersion))
  }

  /// Appends a whole line, or nothing.
  /// - Throws: status 74.
  package func append(_ line: [UInt8]) throws(ExitError) {
    try orNeverAgain { () throws(ExitError) in
      if isFile { try appendUnderLock(line) } else { try send(line) }
    }
  }

  /// Has the system write to the disk what it keeps in memory.
  /// - Throws: status 74, also where an earlier line failed.
  package func finish() throws(ExitError) {
    try orNeverAgain { () throws(ExitError) in
      while fsync(descriptor) != 0 {
        switch errno {
        case EINTR: continue
        // Pipes and terminals keep nothing.
        case EINVAL, EROFS, ENOTSUP, EOPNOTSUPP: return
        case let code: throw notWritten(code)
        }
      }
    }
  }

  private func orNeverAgain(
    _ body: () throws(ExitError) -> Void
  ) throws(ExitError) {
    // One line at a time also among the threads of this process, which flock(2) takes for one.
    try failure.withLock { failure throws(ExitError) in
      if let failure { throw failure }
      do throws(ExitError) {
        try body()
      } catch {
        failure = error
        throw error
      }
    }
  }

  private func appendUnderLock(_ line: [UInt8]) throws(ExitError) {
    try takeLock()
    defer { _ = flock(descriptor, LOCK_UN) }
    // Before each line, not once: another process may have been killed since.
    let end = try mendedEnd()
    do throws(ExitError) {
      try send(end.isWithinLine ? [UInt8(ascii: "\n")] + line : line)
    } catch {
      // What did go in is no whole line.
      _ = ftruncate(descriptor, end.offset)
      throw error
    }
  }

  /// One write(2) where the system takes it all at once, as it does for files.
  private func send(_ bytes: [UInt8]) throws(ExitError) {
    if !isFile { try waitForReader() }
    switch Output.write(bytes, to: descriptor) {
    case .written: return
    case .readerLeft: throw notWritten(EPIPE)
    case .failed(let code): throw notWritten(code)
    }
  }

  /// Nothing is signalled while a line waits, so that one who does not read must not hold a run, and
  /// its lock, for ever. A pipe that is ready takes a line of up to a page at once.
  private func waitForReader() throws(ExitError) {
    let end = ContinuousClock.now + patience
    while ContinuousClock.now < end {
      var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      if poll(&entry, 1, 100) > 0 { return }
    }
    throw notWritten(ETIMEDOUT, "is not read")
  }

  /// Waits with a limit: whoever holds the lock may be stopped, or hold it for another purpose.
  private func takeLock() throws(ExitError) {
    let end = ContinuousClock.now + patience
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      switch errno {
      case EINTR: continue
      case EWOULDBLOCK where ContinuousClock.now < end: usleep(1000)
      case EWOULDBLOCK:
        throw ExitError(
          status: .writeFailed, sentence: "another process holds the lock of the log \(name)",
          nextStep: "Find it with fuser or lsof, or name another file.")
      case let code:
        throw notWritten(code, "could not be locked")
      }
    }
  }

  func notWritten(_ code: Int32, _ what: String = "could not be written") -> ExitError {
    ExitError(
      status: .writeFailed, sentence: "the log \(name) \(what): \(String(cString: strerror(code)))")
  }
}
