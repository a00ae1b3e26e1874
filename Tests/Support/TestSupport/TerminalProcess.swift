import OperatingSystem
import PostgresClient
import TestJSON

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A child process under a pseudo-terminal of its own, which is its controlling one, so that
/// /dev/tty works in it. Used by one thread at a time; killed when it goes.
public final class TerminalProcess {
  public let pid: pid_t
  private let command: (program: String, arguments: [String])
  private let outputFile: String?
  private let started = ContinuousClock.now
  private let terminal: Int32
  private var screen: [UInt8] = []
  private var consumed = 0
  private var hasEnded = false
  private var isReaped = false

  /// Starts `executable` (a path, or a name that is looked up in PATH).
  /// - Parameters:
  ///   - outputFile: where standard output goes instead of the terminal (created, or cut to
  ///     nothing), for programs whose output is piped while they ask on /dev/tty.
  ///   - inputFile: what standard input is instead of the terminal.
  public init(
    _ executable: String, _ arguments: [String] = [],
    environment: [String: String] = ChildProcess.plainEnvironment.merging(["TERM": "xterm"]) { $1 },
    columns: Int = 80, rows: Int = 24, outputFile: String? = nil, inputFile: String? = nil
  ) throws {
    let path = try ChildProcess.find(executable)
    command = (path, arguments)
    self.outputFile = outputFile
    let device: String
    (terminal, device) = try Self.openPair()
    // Held open until the child has it, or its window size would be lost on some systems.
    let child = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC)
    defer { close(child) }
    Self.setSize(child, columns: columns, rows: rows)
    // The child opens the terminal by name rather than inheriting it: that is what makes it the
    // controlling terminal of the new session.
    pid = try Spawn.start(
      path, arguments, environment: environment,
      input: .path(inputFile ?? device, flags: inputFile == nil ? O_RDWR : O_RDONLY),
      output: outputFile.map { .path($0, flags: O_WRONLY | O_CREAT | O_TRUNC) }
        ?? .path(device, flags: O_RDWR),
      error: .path(device, flags: O_RDWR), newSession: true)
  }

  deinit {
    close(terminal)
    guard !isReaped else { return }
    kill(pid, SIGKILL)
    _ = try? Reaped.wait(pid, blocking: true)
  }

  /// Everything that has appeared on the terminal so far, as far as it has been read.
  public var transcript: String { String(decoding: screen, as: UTF8.self) }

  /// Types text, as a person would (`\n` is the return key).
  public func send(_ text: String) throws {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(terminal, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw SupportError("the terminal takes no input: errno \(errno)") }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Reads until `text` appears after what earlier calls have matched.
  /// - Returns: what came up to and with it.
  @discardableResult
  public func expect(_ text: String, timeout: Duration = .seconds(60)) throws -> String {
    let deadline = Deadline(after: timeout)
    let wanted = Array(text.utf8)
    while true {
      if let range = screen[consumed...].firstRange(of: wanted) {
        defer { consumed = range.upperBound }
        return String(decoding: screen[consumed..<range.upperBound], as: UTF8.self)
      }
      guard !hasEnded, !deadline.hasPassed else {
        throw SupportError(
          "\"\(text)\" did not appear on the terminal \(hasEnded ? "before its end" : "in time"), "
            + "but: \(String(decoding: screen[consumed...].suffix(2000), as: UTF8.self))")
      }
      readSome(until: deadline)
    }
  }

  public func resize(columns: Int, rows: Int) {
    Self.setSize(terminal, columns: columns, rows: rows)
  }

  public func signal(_ number: Int32) { if !isReaped { kill(pid, number) } }

  /// Waits for its end; `stdout` of the outcome is everything that appeared on the terminal.
  public func wait(timeout: Duration = .seconds(60)) throws -> ProcessOutcome {
    let deadline = Deadline(after: timeout)
    var reaped: Reaped?
    while reaped == nil || !hasEnded {
      if reaped == nil {
        reaped = try Reaped.wait(pid, blocking: false)
        isReaped = reaped != nil
      }
      // Once the child is gone, what it left in the terminal is there to be read at once.
      readSome(until: Deadline(after: reaped == nil ? .milliseconds(20) : .milliseconds(200)))
      if reaped != nil && !hasMore { break }
      guard deadline.hasPassed, reaped == nil else { continue }
      kill(pid, SIGKILL)
      _ = try? Reaped.wait(pid, blocking: true)
      isReaped = true
      throw SupportError(
        "process \(pid) took more than \(seconds(timeout)) s and was killed; on its terminal: "
          + transcript.suffix(2000))
    }
    let outcome = ProcessOutcome(
      termination: reaped!.termination, stdoutBytes: screen, stderrBytes: [],
      wallSeconds: seconds(started.duration(to: .now)), cpuSeconds: reaped!.cpuSeconds,
      peakResidentBytes: reaped!.peakResidentBytes)
    ProducedJSON.keep(
      of: command.program, command.arguments + (outputFile.map { ["-o", $0] } ?? []),
      outputs: [screen], wasKilled: outcome.wasKilled)
    return outcome
  }

  private var hasMore: Bool {
    var entry = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
    return !hasEnded && poll(&entry, 1, 0) > 0
  }

  private func readSome(until deadline: Deadline) {
    guard !hasEnded else { return }
    var entry = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, pollMilliseconds(deadline)) > 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = read(terminal, &buffer, buffer.count)
    if count > 0 { screen += buffer[..<count] }
    // Linux answers EIO once nobody has the other side open.
    if count == 0 || count < 0 && errno != EINTR && errno != EAGAIN { hasEnded = true }
  }

  /// A pseudo-terminal: our side's descriptor, and the name of the child's side.
  private static func openPair() throws -> (Int32, String) {
    #if canImport(Darwin)
      let terminal = posix_openpt(O_RDWR | O_NOCTTY)
      if terminal >= 0, grantpt(terminal) == 0, unlockpt(terminal) == 0,
        let name = ptsname(terminal)
      {
        _ = fcntl(terminal, F_SETFD, FD_CLOEXEC)
        return (terminal, String(cString: name))
      }
    #else
      // What unlockpt(3) and ptsname(3) do; they are not imported.
      let unlock: UInt = 0x4004_5431  // TIOCSPTLCK
      let getNumber: UInt = 0x8004_5430  // TIOCGPTN
      let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
      var locked: Int32 = 0
      var number: Int32 = 0
      if terminal >= 0, ioctl(terminal, unlock, &locked) == 0,
        ioctl(terminal, getNumber, &number) == 0
      {
        return (terminal, "/dev/pts/\(number)")
      }
    #endif
    throw SupportError("no pseudo-terminal could be had: errno \(errno)")
  }

  private static func setSize(_ descriptor: Int32, columns: Int, rows: Int) {
    var size = winsize(
      ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
  }
}
