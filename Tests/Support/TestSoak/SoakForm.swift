/// How long a simulated week is, and by which thresholds its sessions are judged.
public struct SoakForm: Sendable {
  public var days: Int
  /// What a day takes here.
  public var day: Duration
  /// How often web and worker, and the pods, are deployed anew each day.
  public var deploys: Int
  /// From the begin of one run of the job to that of the next, as in the crontab.
  public var interval: Duration
  /// `--restart-grace`, `--stale-after` and `--clock-tolerance`.
  public var grace: Duration
  public var stale: Duration
  public var tolerance: Duration
  /// Of the server, three for superusers included.
  public var maxConnections: Int
  /// What the job is told of how many instances of django may run; true, unless somebody must be
  /// found guilty.
  public var toldInstances = Application.django.instances

  /// What `make soak` runs.
  public static let long = SoakForm(
    days: 7, day: .seconds(40), deploys: 2, interval: .seconds(1), grace: .milliseconds(1500),
    stale: .seconds(5), tolerance: .milliseconds(100), maxConnections: 80)

  /// What `make test` runs.
  public static let short = SoakForm(
    days: 2, day: .seconds(7), deploys: 1, interval: .milliseconds(500),
    grace: .milliseconds(600), stale: .milliseconds(1500), tolerance: .milliseconds(50),
    maxConnections: 90)

  /// What an hour of the week takes here.
  var hour: Duration { day / 24 }
}

/// The time of the simulated week, which begins at six in the morning.
struct SoakClock: Sendable {
  let form: SoakForm
  let started: ContinuousClock.Instant

  private static let begin = 6.0

  var elapsed: Duration { started.duration(to: .now) }

  /// From ten to six all pools are quiet.
  var isNight: Bool {
    let hour = hours(elapsed).truncatingRemainder(dividingBy: 24)
    return hour < 6 || hour >= 22
  }

  /// Hours since the midnight before the week.
  private func hours(_ elapsed: Duration) -> Double { Self.begin + elapsed / form.hour }

  /// `day 2, 14:05`
  func text(_ elapsed: Duration) -> String {
    let minutes = Int(hours(elapsed) * 60)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "day \(minutes / 1440 + 1), \(two(minutes / 60 % 24)):\(two(minutes % 60))"
  }
}
