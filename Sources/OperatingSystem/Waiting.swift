#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A file descriptor that becomes readable when waiting must end (a signal's self-pipe), and stays
/// so.
public struct Interruption: Sendable {
  public let descriptor: Int32
  public init(descriptor: Int32) { self.descriptor = descriptor }

  public var isRaised: Bool { Readiness.reading.holds(of: descriptor, within: 0) }
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
    return Readiness().wait(on: -1, until: Deadline(after: whole), or: interruption) != .interrupted
  }
}

/// What a descriptor can be waited for.
package struct Readiness: OptionSet, Sendable {
  package let rawValue: Int
  package init(rawValue: Int) { self.rawValue = rawValue }

  package static let reading = Readiness(rawValue: 1)
  package static let writing = Readiness(rawValue: 2)

  package enum Outcome: Sendable {
    case ready
    case deadlinePassed
    case interrupted
  }

  private var events: Int16 {
    (contains(.reading) ? Int16(POLLIN) : 0) | (contains(.writing) ? Int16(POLLOUT) : 0)
  }

  /// An entry for poll(2), which passes over a negative descriptor.
  func entry(_ descriptor: Int32) -> pollfd {
    pollfd(fd: descriptor, events: events, revents: 0)
  }

  /// Waits with poll(2) until `descriptor` is ready, the deadline passes, or the interruption arrives
  /// (which wins over readiness).
  package func wait(
    on descriptor: Int32, until deadline: Deadline, or interruption: Interruption?
  ) -> Outcome {
    while true {
      // First, so that a peer who never stops talking does not outlast it.
      if deadline.hasPassed { return .deadlinePassed }
      var entries = [entry(descriptor), Readiness.reading.entry(interruption?.descriptor ?? -1)]
      let count = poll(&entries, 2, deadline.pollMilliseconds)
      if count > 0 { return entries[1].revents != 0 ? .interrupted : .ready }
      if count < 0 && errno != EINTR { return .ready }  // whoever reads finds out what is wrong
      if deadline.hasPassed { return .deadlinePassed }
    }
  }

  /// Whether it is, or is within so many milliseconds; a signal ends the wait. Negative: for ever.
  func holds(of descriptor: Int32, within milliseconds: Int32) -> Bool {
    var entry = entry(descriptor)
    return poll(&entry, 1, milliseconds) > 0
  }
}
