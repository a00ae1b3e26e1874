import InputFiles
import PostgresClient
import SessionAudit

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that the user names, read whole.
struct InputFile {
  let path: String
  let bytes: [UInt8]
  /// By the clock of this machine; now for what has no such time (a pipe).
  let writtenAt: Timestamp
  /// Anyone on this machine may change it.
  let isWritableByAnyone: Bool

  /// Which file it is; two names may have one.
  let identity: FileIdentity

  /// - Parameters:
  ///   - path: `-` is stdin.
  ///   - mostBytes: more than such a file ever has; a device that never ends shall not fill our
  ///     memory.
  ///   - limit: how long a pipe may take to say all, or nothing for so long.
  ///   - interruption: ends it early.
  /// - Throws: `ExitError` with status 65 or 66.
  static func read(
    _ path: String, atMost mostBytes: Int = 512 << 20, within limit: Duration = .seconds(60),
    interruption: Interruption? = nil
  ) throws -> InputFile {
    // A pipe that nobody writes to would keep open(2) waiting.
    let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    guard path != "-" || !Terminal.isTerminal(0) else {
      throw ExitError.usage(
        "- is stdin, and that is this terminal", next: "Pipe into it what it should read.")
    }
    defer { if descriptor != 0 { close(descriptor) } }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    var silence = Deadline(after: limit)
    while true {
      // A command before the pipe that hangs must not keep the next run of cron from its turn.
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&entry, 1, 200) <= 0 {
        guard !silence.hasPassed, interruption?.isRaised != true else {
          throw ExitError(
            status: .fileNotReadable,
            sentence: "\(name(path)): nothing came for \(DurationText.brief(limit))")
        }
        continue
      }
      let count = systemRead(descriptor, &block, block.count)
      if count == 0 { break }
      guard count > 0 else {
        if errno == EINTR || errno == EAGAIN { continue }
        throw unreadable(path, errno)
      }
      bytes += block[..<count]
      silence = Deadline(after: limit)
      guard bytes.count <= mostBytes else {
        throw ExitError(status: .wrongFile, sentence: "\(name(path)) is too large")
      }
    }
    let isRegular = status.st_mode & S_IFMT == S_IFREG
    return InputFile(
      path: path, bytes: bytes,
      writtenAt: isRegular ? LocalClock.timestamp(status.modified) : LocalClock.now,
      isWritableByAnyone: isRegular && status.st_mode & S_IWOTH != 0,
      identity: FileIdentity(status))
  }

  /// - Throws: `ExitError` with status 65 and the place.
  func roster() throws -> Roster {
    try parsed { bytes throws(InputFileError) in
      try RosterFile.read(bytes)
    }
  }

  /// - Throws: `ExitError` with status 65 and the place.
  func savedReports() throws -> [SavedReport.Part] {
    try parsed { bytes throws(InputFileError) in
      try SavedReport.readAll(bytes)
    }
  }

  private func parsed<Value>(
    _ read: ([UInt8]) throws(InputFileError) -> Value
  ) throws -> Value {
    do throws(InputFileError) {
      return try read(bytes)
    } catch {
      throw ExitError(
        status: .wrongFile, sentence: error.sentence(in: Self.name(path)),
        nextStep: path == "-" && bytes.isEmpty ? "Has the command before the pipe failed?" : nil)
    }
  }

  func wrong(_ problem: String) -> ExitError {
    ExitError(status: .wrongFile, sentence: "\(Self.name(path)): \(problem)")
  }

  static func name(_ path: String) -> String { path == "-" ? "stdin" : path }

  private static func unreadable(_ path: String, _ code: Int32) -> ExitError {
    ExitError(
      status: .fileNotReadable, sentence: "\(name(path)): \(String(cString: strerror(code)))")
  }
}

/// A file, by whatever name.
struct FileIdentity: Equatable, Sendable {
  private let device: UInt64
  private let number: UInt64

  init(_ status: stat) {
    (device, number) = (UInt64(truncatingIfNeeded: status.st_dev), UInt64(status.st_ino))
  }

  /// nil: there is none of that name.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// nil: none is open there.
  init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }
}

/// The clock of this machine, which tells how old a file is; what is judged has the server's.
enum LocalClock {
  static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return timestamp(time)
  }

  static func timestamp(_ time: timespec) -> Timestamp {
    Timestamp(
      microseconds: (Int64(time.tv_sec) - 946_684_800) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }
}

extension stat {
  fileprivate var modified: timespec {
    #if canImport(Darwin)
      st_mtimespec
    #else
      st_mtim
    #endif
  }
}

/// read(2) by a name that the method above doesn't hide.
private func systemRead(
  _ descriptor: Int32, _ start: UnsafeMutableRawPointer, _ count: Int
) -> Int {
  read(descriptor, start, count)
}
