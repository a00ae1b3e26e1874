#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file descriptor that becomes readable when waiting must end (a signal's self-pipe), and stays
/// so.
public struct Interruption: Sendable {
  public let descriptor: Int32
  public init(descriptor: Int32) { self.descriptor = descriptor }

  public var isRaised: Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) > 0
  }
}

extension Interruption {
  /// Waits so long where nobody interrupts.
  /// - Returns: false as soon as somebody does.
  public static func sleep(_ duration: Duration, or interruption: Interruption?) -> Bool {
    // poll(2) counts in whole milliseconds; what is less is slept.
    let part = duration.components.attoseconds % 1_000_000_000_000_000
    if part > 0 { usleep(UInt32(part / 1_000_000_000_000)) }
    let whole = duration - Duration(secondsComponent: 0, attosecondsComponent: part)
    guard whole > .zero else { return !(interruption?.isRaised ?? false) }
    return wait(on: -1, for: 0, until: Deadline(after: whole), or: interruption) != .interrupted
  }
}

enum WaitOutcome {
  case ready
  case deadlinePassed
  case interrupted
}

/// Waits with poll(2) until `descriptor` is ready for `events`, the deadline passes, or the
/// interruption arrives (which wins over readiness).
func wait(
  on descriptor: Int32, for events: Int32, until deadline: Deadline, or interruption: Interruption?
) -> WaitOutcome {
  while true {
    // First, so that a peer who never stops talking does not outlast it.
    if deadline.hasPassed { return .deadlinePassed }
    // A negative descriptor is one that poll(2) passes over.
    var entries = [
      pollfd(fd: descriptor, events: Int16(events), revents: 0),
      pollfd(fd: interruption?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&entries, 2, deadline.pollMilliseconds)
    if count > 0 { return entries[1].revents != 0 ? .interrupted : .ready }
    if count < 0 && errno != EINTR { return .ready }  // let libpq find out what is wrong
    if deadline.hasPassed { return .deadlinePassed }
  }
}

/// Runs `body` on a thread of its own that nobody joins: for calls that may block beyond any
/// deadline (name resolution, a cancel request into the void), and for targets side by side. It gets no
/// signals: they are for the thread that knows what they end.
/// - Returns: false where the system has no thread for it.
package func detachThread(_ body: @escaping @Sendable () -> Void) -> Bool {
  final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  let work = Unmanaged.passRetained(Work(body))
  var (every, before) = (sigset_t(), sigset_t())
  sigfillset(&every)
  pthread_sigmask(SIG_SETMASK, &every, &before)
  #if canImport(Darwin)
    var thread: pthread_t?
    let status = pthread_create(&thread, &attributes, { run($0) }, work.toOpaque())
  #else
    var thread = pthread_t()
    let status = pthread_create(&thread, &attributes, { run($0!) }, work.toOpaque())
  #endif
  pthread_sigmask(SIG_SETMASK, &before, nil)
  if status != 0 { work.release() }
  return status == 0

  func run(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
    return nil
  }
}
