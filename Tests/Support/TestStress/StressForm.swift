/// How large a stress run is, and how long.
public struct StressForm: Sendable {
  /// Sessions that flip between idle and active.
  public var flippers: Int
  /// Idle sessions that each sweep finds to end.
  public var stale: Int
  /// What `terminate --idle-longer-than` gets. The flippers' idle times are chosen around it.
  public var threshold: Duration
  /// A run lasts at least so long, and goes on until there were so many flips and sweeps, but ends
  /// after four times that long, or a minute if that is more, in any case.
  public var atLeast: Duration
  public var flips: Int
  public var sweeps: Int

  /// What `make stress` runs.
  public static let long = StressForm(
    flippers: 240, stale: 1_200, threshold: .milliseconds(1500), atLeast: .seconds(60),
    flips: 20_000, sweeps: 8)

  /// What `make test` runs.
  public static let short = StressForm(
    flippers: 80, stale: 350, threshold: .milliseconds(900), atLeast: .seconds(5), flips: 800,
    sweeps: 2)
}
