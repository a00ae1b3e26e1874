import TestOracle
import TestRandom

/// Which evidence a round puts to the test.
enum RoundWay: CaseIterable {
  /// Each instance has a name of its own.
  case names
  /// Only how many may run at once is known.
  case instances
  /// A list of who is alive is given.
  case roster
  /// A restart of everything is declared.
  case restarts

  /// Those whose plain restarts leave nothing that could not be told.
  static let ofPlainRestarts: [RoundWay] = [.names, .instances, .roster]
}

/// What the audit is told after a history, and what the oracle knows of it.
struct RoundPlay: CustomStringConvertible {
  var limits = OracleLimits()
  var options: [String] = []
  /// What the audit reads from standard input.
  var input: String?
  var instances: [String: Int] = [:]
  var restarts: [String: OracleRestart] = [:]
  var roster: OracleRoster?
  /// Whether what it is told is wrong in a way that nothing on the server shows.
  var isBeyondKnowing = false
  /// What is unusual about it, for people who read of a failure.
  var remarks: [String] = []

  /// The options of a run that judges by what it says, and the target.
  func judging(on stage: RoundStage) -> [String] {
    ["--restart-grace", "\(limits.grace / 1000)ms", "--stale-after", "\(limits.stale / 1000)ms"]
      + ["--clock-tolerance", "\(limits.tolerance / 1000)ms"] + options
      + [stage.server.uri(user: "app", database: "shop")]
  }

  var description: String {
    "\(remarks) \(options) \(roster.map { "taken \($0.takenAt), \($0.entries)" } ?? "")"
  }
}

extension RoundHost {
  /// Whether it is of the application that the round is about.
  var isJudged: Bool { user == "app" && database == "shop" }
}

extension RoundWay {
  /// Lets one random history happen, up to the moment of the audit.
  func play(on stage: RoundStage, random: Seeded) throws -> RoundPlay {
    var random = random
    switch self {
    case .names: return try playNames(on: stage, random: &random)
    case .instances: return try playInstances(on: stage, random: &random)
    case .restarts: return try playRestarts(on: stage, random: &random)
    case .roster:
      var round = RosterRound(on: stage, random: &random)
      return try round.play()
    }
  }

  private func playNames(on stage: RoundStage, random: inout Seeded) throws -> RoundPlay {
    var play = RoundPlay()
    var history = RoundHistory(
      on: stage, naming: random.chance(60) ? .numbered : .atHost,
      random: Seeded(seed: random.next()))
    if random.chance(20) { history.reuse = 20 }
    try history.play()
    if random.chance(30) { try addDecoys(to: stage, after: history) }
    try finish(&history, &play, random: &random)
    return play
  }

  private func playInstances(on stage: RoundStage, random: inout Seeded) throws -> RoundPlay {
    var play = RoundPlay()
    let name = random.chance(70) ? "" : "django"
    var history = RoundHistory(
      on: stage, naming: .shared(name), random: Seeded(seed: random.next()))
    history.overlap = random.chance(20) ? 8 : 0
    if random.chance(30) { history.reuse = 40 }
    try history.play()
    if random.chance(60) { try history.bringBackLost() }
    // Who is not heard now may be quiet, or gone for all that the others can tell.
    try history.workSome(percent: random.chance(60) ? 100 : 70)
    if random.chance(30) { try addDecoys(to: stage, after: history) }
    try finish(&history, &play, random: &random)
    // Who is counted must be heard a grace after it was seen beside the others.
    try history.workSome(percent: 100)
    stage.pause(milliseconds: 110)
    try history.workSome(percent: random.chance(80) ? 100 : 70)
    let most = history.mostAlive + (random.chance(15) ? 1 : 0)
    play.instances = [name: most]
    play.options = ["--instances", "\(name)=\(most)"]
    return play
  }

  /// At one moment nobody runs, and then most come back, many of them where they were.
  private func playRestarts(on stage: RoundStage, random: inout Seeded) throws -> RoundPlay {
    var play = RoundPlay()
    let namings: [RoundHistory.Naming] = [
      .numbered, .atHost, .stateful, .shared(""), .shared("django"),
    ]
    var history = RoundHistory(
      on: stage, naming: namings.randomElement(using: &random)!,
      random: Seeded(seed: random.next()))
    (history.reuse, history.reusesOwnAddressOnly) = (random.chance(80) ? 60 : 0, true)
    try history.play()
    try history.loseAll()
    // Who was heard within the tolerance can't be told.
    stage.pause(milliseconds: random.chance(80) ? 50 : 20)
    let moment = try stage.moment()
    try history.bringBackLost(percent: 80)
    try history.workSome(percent: 50)
    if random.chance(30) { try addDecoys(to: stage, after: history) }
    try finish(&history, &play, random: &random)
    let isNamed = random.chance(80)
    for name in Set(stage.hosts.map(\.name)).sorted() {
      play.restarts[name] = OracleRestart(at: moment.microseconds, isNamed: isNamed)
      if isNamed { play.options += ["--restarted-at", "\(name)=\(moment.text)"] }
    }
    if !isNamed { play.options += ["--restarted-at", moment.text] }
    return play
  }

  /// Others use the same names from other addresses, in another database or as another user.
  private func addDecoys(to stage: RoundStage, after history: RoundHistory) throws {
    for host in history.instances.compactMap(\.host).prefix(2) {
      _ = try stage.start(host.name, sessions: 1, database: "ledger")
      _ = try stage.start(host.name, sessions: 1, user: "other")
    }
  }

  /// Lets the time pass that makes a history old enough to tell, and sometimes more happen after it.
  private func finish(
    _ history: inout RoundHistory, _ play: inout RoundPlay, random: inout Seeded
  ) throws {
    try history.holdSome()
    if random.chance(30) { play.limits.stale = 180_000 }
    if random.chance(90) {
      history.stage.pause(milliseconds: play.limits.stale == 180_000 ? 190 : 110)
    }
    if random.chance(30) { try history.addLateEvents() }
  }
}
