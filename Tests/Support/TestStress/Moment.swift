#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A moment on two clocks: the monotonic one, by which clients measure, and the wall clock, which
/// they share with the server's log.
public struct Moment: Sendable {
  public let instant: ContinuousClock.Instant
  /// Seconds since 1970.
  public let wall: Double

  public static var now: Moment {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Moment(instant: .now, wall: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
  }

  func duration(to later: Moment) -> Duration { instant.duration(to: later.instant) }
}
