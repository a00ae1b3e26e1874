import OperatingSystem
import PostgresClient
import TestJSON

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A child process with a pipe on each standard stream. Used by one thread at a time; killed and
/// reaped when it goes without having been waited for.
public final class RunningProcess {
  public let pid: pid_t
  private let command: (program: String, arguments: [String])
  private let started = ContinuousClock.now
  private var input: Int32
  private var unsent: [UInt8] = []
  private var inputEnds = false
  private var output: Captured
  private var error: Captured
  private var isReaped = false
  /// Whether a timeout kills the process, as is right for all but those that clean up.
  var isKilledOnTimeout = true

  /// One of the child's outputs: everything read so far, and how much of it readLine has given.
  private struct Captured {
    var descriptor: Int32
    var bytes: [UInt8] = []
    var given = 0

    mutating func end() {
      close(descriptor)
      descriptor = -1
    }
  }

  /// Starts `executable` (a path, or a name that is looked up in PATH).
  public init(
    _ executable: String, _ arguments: [String] = [],
    environment: [String: String] = ChildProcess.plainEnvironment, newSession: Bool = false
  ) throws {
    Spawn.ignoresBrokenPipes
    let path = try ChildProcess.find(executable)
    command = (path, arguments)
    let (inputPipe, outputPipe, errorPipe) = (
      try Spawn.pipe(), try Spawn.pipe(), try Spawn.pipe()
    )
    defer { for end in [inputPipe.reader, outputPipe.writer, errorPipe.writer] { close(end) } }
    input = inputPipe.writer
    output = Captured(descriptor: outputPipe.reader)
    error = Captured(descriptor: errorPipe.reader)
    do {
      pid = try Spawn.start(
        path, arguments, environment: environment, input: .descriptor(inputPipe.reader),
        output: .descriptor(outputPipe.writer), error: .descriptor(errorPipe.writer),
        newSession: newSession)
    } catch {
      for end in [inputPipe.writer, outputPipe.reader, errorPipe.reader] { close(end) }
      throw error
    }
    for end in [input, output.descriptor, self.error.descriptor] {
      _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
    }
  }

  deinit {
    for end in [input, output.descriptor, error.descriptor] where end >= 0 { close(end) }
    guard !isReaped else { return }
    kill(pid, SIGKILL)
    _ = try? Reaped.wait(pid, blocking: true)
  }

  /// What it has written to standard error so far, as far as it has been read.
  public var stderrSoFar: String { String(decoding: error.bytes, as: UTF8.self) }

  /// Puts text into the way of standard input; it is sent while this object reads or waits.
  public func queue(_ text: String) { unsent += Array(text.utf8) }

  /// Writes text to standard input, all of it within the timeout.
  public func write(_ text: String, timeout: Duration = .seconds(60)) throws {
    queue(text)
    try pump(until: Deadline(after: timeout), "to read its input") { !unsent.isEmpty }
  }

  /// Ends standard input once what was queued has been sent.
  public func closeInput() {
    inputEnds = true
    endInputIfDone()
  }

  /// Sends a signal to the process, which must not have been waited for.
  public func signal(_ number: Int32) { if !isReaped { kill(pid, number) } }

  /// The same, and returns when the process has taken it: on a busy machine that may take a while,
  /// and two of the same that wait are one.
  public func signalAndSeeTaken(_ number: Int32) throws {
    signal(number)
    #if os(Linux)
      // Lines such as `ShdPnd: 0000000000000002`: those that wait.
      let deadline = Deadline(after: .seconds(60))
      while try ChildProcess.run("grep", ["-q", "Pnd:.*[1-9a-f]", "/proc/\(pid)/status"]).status
        == 0
      {
        if deadline.hasPassed { throw SupportError("process \(pid) takes no signal \(number)") }
        usleep(1_000)
      }
    #endif
    usleep(50_000)
  }

  /// The next line of standard output without its newline, or whatever else ends it; nil at the end.
  public func readLine(
    endedBy terminator: UInt8 = UInt8(ascii: "\n"), timeout: Duration = .seconds(60)
  ) throws -> String? {
    var searched = output.given
    try pump(until: Deadline(after: timeout), "to write a line") {
      guard output.descriptor >= 0 else { return false }
      defer { searched = output.bytes.count }
      return !output.bytes[searched...].contains(terminator)
    }
    let rest = output.bytes[output.given...]
    guard let end = rest.firstIndex(of: terminator) else {
      output.given = output.bytes.count
      return rest.isEmpty ? nil : String(decoding: rest, as: UTF8.self)
    }
    output.given = end + 1
    return String(decoding: rest[..<end], as: UTF8.self)
  }

  /// Waits for its end and for the end of its outputs.
  /// - Returns: the outcome, with everything that it wrote.
  public func wait(timeout: Duration = .seconds(60)) throws -> ProcessOutcome {
    let deadline = Deadline(after: timeout)
    try pump(until: deadline, "to end its output") {
      output.descriptor >= 0 || error.descriptor >= 0
    }
    while true {
      if let reaped = try Reaped.wait(pid, blocking: false) {
        isReaped = true
        let outcome = ProcessOutcome(
          termination: reaped.termination, stdoutBytes: output.bytes, stderrBytes: error.bytes,
          wallSeconds: seconds(started.duration(to: .now)), cpuSeconds: reaped.cpuSeconds,
          peakResidentBytes: reaped.peakResidentBytes)
        ProducedJSON.keep(
          of: command.program, command.arguments, outputs: [output.bytes, error.bytes],
          wasKilled: outcome.wasKilled)
        return outcome
      }
      if deadline.hasPassed { try giveUp(deadline, "to exit") }
      usleep(500)
    }
  }

  /// Moves bytes both ways while `needed` holds.
  private func pump(
    until deadline: Deadline, _ purpose: String, while needed: () -> Bool
  ) throws {
    while needed() {
      var entries = [
        pollfd(fd: output.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: error.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: unsent.isEmpty ? -1 : input, events: Int16(POLLOUT), revents: 0),
      ]
      let count = poll(&entries, nfds_t(entries.count), pollMilliseconds(deadline))
      if count < 0 && errno != EINTR { throw SupportError("poll(2) failed: errno \(errno)") }
      if count <= 0 {
        if deadline.hasPassed { try giveUp(deadline, purpose) }
        continue
      }
      if entries[0].revents != 0 { read(into: &output) }
      if entries[1].revents != 0 { read(into: &error) }
      if entries[2].revents != 0 { sendQueued() }
    }
  }

  private func read(into captured: inout Captured) {
    let count = withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { buffer in
      let count = readSome(captured.descriptor, buffer)
      if count > 0 { captured.bytes += buffer[..<count] }
      return count
    }
    if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { captured.end() }
  }

  private func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    #else
      Darwin.read(descriptor, buffer.baseAddress, buffer.count)
    #endif
  }

  private func sendQueued() {
    #if canImport(Glibc)
      let count = Glibc.write(input, unsent, unsent.count)
    #else
      let count = Darwin.write(input, unsent, unsent.count)
    #endif
    if count > 0 { unsent.removeFirst(count) }
    // A child that reads no further is no error: its exit status tells what it thought of it.
    if count < 0 && errno != EAGAIN && errno != EINTR {
      unsent = []
      inputEnds = true
    }
    endInputIfDone()
  }

  private func endInputIfDone() {
    guard inputEnds && unsent.isEmpty && input >= 0 else { return }
    close(input)
    input = -1
  }

  private func giveUp(_ deadline: Deadline, _ purpose: String) throws -> Never {
    if isKilledOnTimeout {
      kill(pid, SIGKILL)
      _ = try? Reaped.wait(pid, blocking: true)
      isReaped = true
    }
    throw SupportError(
      "process \(pid) took more than \(seconds(deadline.granted)) s \(purpose); "
        + "its standard error: \(stderrSoFar.suffix(2000))")
  }
}
