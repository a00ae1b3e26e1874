import TestRandom
import TestSupport

/// What a flipper does next, at random.
struct Habits {
  /// Beyond it sessions are ended.
  let threshold: Duration
  /// Whether the client also leaves now and then and comes again.
  let reconnects: Bool
  var random: Seeded

  /// How long to be idle. Most times are far below the threshold, some close to it on both sides:
  /// the latter are on the first picture of a sweep and in use when their turn comes. Few are far
  /// beyond it, so that sweeps have flippers to end, rightly; these are spread over seconds,
  /// because a query that comes in the very moment of a right ending proves nothing.
  mutating func idleTime() -> Duration {
    switch Int.random(in: 0..<100, using: &random) {
    case ..<82: times(0.01...0.3)
    case ..<90: times(0.6...1)
    case ..<97: times(1...1.3)
    default: times(2...5)
    }
  }

  private mutating func times(_ range: ClosedRange<Double>) -> Duration {
    threshold * Double.random(in: range, using: &random)
  }

  mutating func query() -> String {
    switch Int.random(in: 0..<100, using: &random) {
    case ..<50: "SELECT 1"
    case ..<95: "SELECT pg_sleep(\(Double.random(in: 0...0.04, using: &random)))"
    default: "SELECT pg_sleep(\(Double.random(in: 0.1...0.5, using: &random)))"
    }
  }

  /// More often after a long time, when the session may be on a sweep's picture: its pid is then
  /// another's before its turn comes.
  mutating func leaves(afterIdle idle: Duration) -> Bool {
    reconnects && random.chance(idle > threshold ? 60 : 3)
  }
}
