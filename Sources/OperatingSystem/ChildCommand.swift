#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Another program, run to its end: a hook, or what prints a roster. Whatever it does, it is over
/// after its timeout.
///
/// It is over when it has exited and nobody has its output open any more: what it left running in the
/// background, such as `curl … &`, gets the same time. It runs in a session of its own, so that all of
/// it can be ended together and nothing asks on the terminal.
package struct ChildCommand: Sendable {
  package enum Words: Sendable, Equatable {
    /// A program with its arguments, run as they are. Without a slash it is looked up in PATH.
    case arguments([String])
    /// A line for `/bin/sh -c`.
    case shell(String)
  }

  package var words: Words
  package var timeout: Duration
  /// What it reads from stdin, which then ends. It need not read it.
  package var input: [UInt8] = []
  /// `NAME=value`.
  package var environment: [String] = Environment.entries
  /// How many bytes of its stdout are handed back at most: with more it is ended. nil: its stdout is
  /// read together with its stderr, for `Outcome.lastWords` alone.
  package var outputLimit: Int?
  /// How long it may take to end after SIGTERM, before SIGKILL.
  package var grace = Duration.seconds(1)

  package init(_ words: Words, timeout: Duration) {
    self.words = words
    self.timeout = timeout
  }

  package struct Outcome: Sendable {
    package var end: End
    /// Its whole stdout, where that was asked for and `end` is `.exited`.
    package var output: [UInt8] = []
    /// The last lines that it wrote to stderr, as they came: hostile text.
    package var lastWords: [String] = []
  }

  package enum End: Sendable, Equatable {
    case exited(Int32)
    /// By a signal that was not ours.
    case signalled(Int32)
    /// It took too long, and was ended.
    case timedOut(after: Duration)
    /// A signal asked us to end, so it was ended.
    case interrupted
    /// It wrote more than `outputLimit` bytes, and was ended.
    case wroteTooMuch(limit: Int)
    /// The system would not run it.
    case notRun(errno: Int32)
  }

  /// Runs it, and waits. SIGINT, SIGTERM, SIGHUP and SIGQUIT end it, and take their course in this
  /// process when it is gone.
  /// - Parameter interruption: ends it too.
  package func run(interruption: Interruption? = nil) -> Outcome {
    let signals = BlockedSignals.holdBack()
    defer { signals.letThrough() }
    // Where whoever started us ignores it, the system would not keep an exit status for us.
    signal(SIGCHLD, SIG_DFL)
    var child: RunningChild
    do throws(SystemError) {
      child = try RunningChild(self)
    } catch {
      return Outcome(end: .notRun(errno: error.errno ?? EINVAL))
    }
    let deadline = Deadline(after: timeout)
    var cause: End?
    while cause == nil && !child.isOver {
      child.exchange()
      cause = reasonToEnd(child, deadline, interruption)
    }
    if cause != nil { child.end(within: grace) }
    let end = child.reap()
    return Outcome(end: cause ?? end, output: child.output, lastWords: child.lastWords)
  }

  private func reasonToEnd(
    _ child: borrowing RunningChild, _ deadline: Deadline, _ interruption: Interruption?
  ) -> End? {
    if let limit = outputLimit, child.output.count > limit { return .wroteTooMuch(limit: limit) }
    if child.isOver { return nil }
    if BlockedSignals.arePending || interruption?.isRaised == true { return .interrupted }
    return deadline.hasPassed ? .timedOut(after: timeout) : nil
  }
}
