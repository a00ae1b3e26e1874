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
}

/// What the audit is told after a history, and what the oracle knows of it.
struct RoundPlay: CustomStringConvertible {
  var limits = OracleLimits()
  var options: [String] = []
  /// What the audit reads from standard input.
  var input: String?
  var instances: [String: Int] = [:]
  var roster: OracleRoster?
  /// What is unusual about it, for people who read of a failure.
  var remarks: [String] = []

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
    let most = history.mostAlive + (random.chance(15) ? 1 : 0)
    play.instances = [name: most]
    play.options = ["--instances", "\(name)=\(most)"]
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
