import TestOracle
import TestRandom
import TestSupport

/// The plain case: hosts vanish without a word, their instances start anew from other addresses, and
/// all who live are at work. Here nothing is left that could not be told.
extension RoundWay {
  func playPlainly(on stage: RoundStage, random: Seeded) throws -> RoundPlay {
    var random = random
    var play = RoundPlay()
    let isNameless = self == .instances
    var history = RoundHistory(
      on: stage,
      naming: isNameless ? .shared("") : random.chance(50) || self == .roster ? .numbered : .atHost,
      random: Seeded(seed: random.next()))
    // A roster's times count only beyond the tolerance.
    if self == .roster { history.downtime = 60 }
    try history.playPlainly()
    stage.pause(milliseconds: 110)
    // Who is counted must be heard a grace after all had begun.
    if self == .instances { try history.workSome(percent: 100) }
    switch self {
    case .names, .restarts: break
    case .instances:
      play.instances = ["": history.instances.count]
      play.options = ["--instances", "=\(history.instances.count)"]
    case .roster:
      play.roster = OracleRoster(takenAt: try stage.now()) { _ in .name }
      var lines: [String] = []
      var dynos: [String] = []
      for host in history.instances.compactMap(\.host) {
        play.roster?.entries.append(.init(name: host.name, startedAt: host.born.microseconds))
        lines.append("\(host.name),\(host.born.text)\n")
        dynos.append(
          "{\"name\":\"\(host.name)\",\"state\":\"up\",\"created_at\":\"\(host.born.text)\"}")
      }
      play.input =
        random.chance(50) ? lines.joined() : "[" + dynos.joined(separator: ",\n") + "]"
      play.options = ["--live", "-"]
    }
    return play
  }
}
