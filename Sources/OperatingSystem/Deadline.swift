/// A moment after which waiting is over. Monotonic: a stepped wall clock moves no deadline.
public struct Deadline: Sendable, Comparable {
  let instant: ContinuousClock.Instant
  /// The whole time that was granted, for the sentence that says it ran out.
  public let granted: Duration

  public init(after duration: Duration) {
    instant = .now.advanced(by: duration)
    granted = duration
  }

  private init(_ instant: ContinuousClock.Instant, granted: Duration) {
    self.instant = instant
    self.granted = granted
  }

  /// The same, but so much earlier.
  public func earlier(by duration: Duration) -> Deadline {
    Deadline(instant.advanced(by: .zero - duration), granted: granted)
  }

  public static func < (a: Deadline, b: Deadline) -> Bool { a.instant < b.instant }
  public static func == (a: Deadline, b: Deadline) -> Bool { a.instant == b.instant }

  /// What is left, never negative.
  public var remaining: Duration { max(.zero, ContinuousClock.now.duration(to: instant)) }

  public var hasPassed: Bool { ContinuousClock.now >= instant }

  /// What is left for poll(2): milliseconds, rounded up so that a wait never ends early,
  /// and within Int32.
  var pollMilliseconds: Int32 {
    let (seconds, attoseconds) = remaining.components
    guard seconds < 1_000_000 else { return 1_000_000_000 }
    return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
