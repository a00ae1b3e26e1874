#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The process of a `ChildCommand`: the leader of a session and process group of its own, with our
/// ends of its streams. It is reaped last, so that nobody else can get the number of its group.
struct RunningChild: ~Copyable {
  private static var mostLastWords: Int { 8192 }

  private let pid: pid_t
  private var unsent: ArraySlice<UInt8>
  private let input: PipeEnd
  /// Its stdout; closed from the beginning where that goes to `error` as well.
  private let out: PipeEnd
  private let error: PipeEnd
  /// What came from `out`.
  private(set) var output: [UInt8] = []
  private var said: [UInt8] = []
  private var isCut = false
  private var hasExited = false

  init(_ command: ChildCommand) throws(SystemError) {
    (pid, input, out, error) = try Self.oneAtATime.withLock { _ throws(SystemError) in
      let (stdin, stderr) = (try Pipe(), try Pipe())
      let stdout = command.outputLimit == nil ? nil : try Pipe()
      let pid = try Self.spawn(
        command.words, environment: command.environment,
        streams: [stdin.reader, (stdout ?? stderr).writer, stderr.writer])
      // Its ends of the pipes close here, as they go out of use.
      return (pid, stdin.writer, stdout?.reader ?? PipeEnd(closed: ()), stderr.reader)
    }
    for end in [input, out, error] { end.waitsForNobody() }
    unsent = command.input[...]
    if unsent.isEmpty { input.close() }
  }

  /// A pipe is inherited by whatever starts before it is marked.
  private static let oneAtATime = Lock(())

  /// Whether it has exited, and all that it started has closed its output.
  var isOver: Bool { hasExited && !out.isOpen && !error.isOpen }

  /// What it said last, of which the beginning may be missing.
  var lastWords: [String] {
    // A line that lost its beginning could show a password whose sign was there.
    let whole = isCut ? said.drop { $0 != UInt8(ascii: "\n") } : said[...]
    let lines = String(decoding: whole, as: UTF8.self).split(whereSeparator: \.isNewline)
    return lines.map(String.init).filter { !$0.allSatisfy(\.isWhitespace) }
  }

  /// Moves bytes both ways, and looks whether it has exited; returns after some milliseconds.
  mutating func exchange() {
    var entries = [
      Readiness.writing.entry(input.descriptor),
      Readiness.reading.entry(out.descriptor),
      Readiness.reading.entry(error.descriptor),
    ]
    // Nothing wakes us when it exits with its output closed.
    let patience: Int32 = out.isOpen || error.isOpen ? 50 : 2
    if poll(&entries, 3, patience) > 0 {
      if entries[0].revents != 0 { send() }
      if entries[1].revents != 0 { output += out.read() }
      if entries[2].revents != 0 {
        said += error.read()
        if said.count > 2 * Self.mostLastWords {
          said.removeFirst(said.count - Self.mostLastWords)
          isCut = true
        }
      }
    }
    var status = siginfo_t()
    hasExited =
      waitid(P_PID, id_t(pid), &status, WEXITED | WNOHANG | WNOWAIT) != 0
      ? errno != EINTR : status.si_signo == SIGCHLD
  }

  private mutating func send() {
    let count = input.write(unsent)
    // One that reads no further is no error: its exit status tells what it thought of it.
    unsent = count < 0 ? [] : unsent.dropFirst(count)
    if unsent.isEmpty { input.close() }
  }

  /// Ends it and its group: by SIGTERM, and what is there after `grace` by SIGKILL.
  mutating func end(within grace: Duration) {
    // One that is stopped would not notice.
    for number in [SIGTERM, SIGCONT] { kill(-pid, number) }
    exchange(for: grace)
    kill(-pid, SIGKILL)
    // Only one that hangs in the system is there longer, or holds the output in another session.
    exchange(for: .seconds(1))
  }

  private mutating func exchange(for patience: Duration) {
    let end = ContinuousClock.now + patience
    while !isOver && ContinuousClock.now < end {
      exchange()
      // Nobody wants it any more, however much there is.
      output = []
    }
  }

  /// How it ended.
  func reap() -> ChildCommand.End {
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return .notRun(errno: ECHILD) }
    // WIFEXITED and its kin are macros, which are not imported.
    let number = status & 0x7F
    return number == 0 ? .exited(status >> 8 & 0xFF) : .signalled(number)
  }
}
