import Synchronization
import TestOracle
import TestRandom
import TestSupport
import TestTraits
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Random restarts on a real server: a hundred plain ones, after which exactly what vanished hosts
/// left are orphans; and histories of every kind, after which exactly those are that the evidence can
/// tell. No session of a living host ever is.
@Suite(.serialized, .sideBySide)
struct RestartRounds {
  @Test(.timeLimit(.minutes(5)), arguments: zip(RoundWay.ofPlainRestarts, [34, 33, 33]))
  func plainRestartsLeaveExactlyOrphans(_ way: RoundWay, _ rounds: Int) throws {
    var seeds = Seeded(seed: .random(in: .min ... .max))
    print("plain restarts \(way): seed \(seeds.seed)")
    var sum = RoundTally()
    for _ in 0..<rounds {
      sum.add(try round(way, seed: seeds.next()) { try way.playPlainly(on: $0, random: $1) })
    }
    print("plain restarts \(way): \(sum)")
    #expect(sum.left > rounds && sum.orphans == sum.left && sum.wronglyOrphans == 0, "\(sum)")
  }

  @Test(.timeLimit(.minutes(5)), arguments: zip(RoundWay.allCases, [20, 20, 20, 15]))
  func orphansAreWhatVanishedHostsLeft(_ way: RoundWay, _ rounds: Int) throws {
    // A failed round says its seed; with that in the environment it alone is run again.
    let repeated = ProcessInfo.processInfo.environment["PGSESSIONS_ROUND"].flatMap(UInt64.init)
    var seeds = Seeded(seed: repeated ?? .random(in: .min ... .max))
    print("restart rounds \(way): seed \(seeds.seed)")
    var sum = RoundTally()
    let started = ContinuousClock.now
    for _ in 0..<(repeated == nil ? rounds : 1) {
      sum.add(
        try round(way, seed: repeated ?? seeds.next()) { try way.play(on: $0, random: $1) })
    }
    print("restart rounds \(way): \(sum), in \(started.duration(to: .now))")
    let all = Self.total.withLock { total in
      total.add(sum)
      return total
    }
    if way == RoundWay.allCases.last { print("restart rounds in all: \(all)") }
    // A test that finds nothing to find proves nothing.
    let isTelling = sum.left > sum.orphans && sum.orphans > rounds / 3 && sum.live > rounds
    #expect(isTelling || repeated != nil, "\(sum)")
  }

  private static let total = Mutex(RoundTally())

  /// Plays one history and compares one audit with the truth. Where the stage itself does not come to
  /// rest, as has been seen on busy machines, it says what it saw, and is set once more.
  private func round(
    _ way: RoundWay, seed: UInt64, playing: (RoundStage, Seeded) throws -> RoundPlay
  ) throws -> RoundTally {
    try settled("restart rounds \(way)", seed) {
      try playedRound(way, seed: seed, playing: playing)
    }
  }

  func settled<Result>(
    _ label: String, _ seed: UInt64, playing: () throws -> Result
  ) throws -> Result {
    do {
      return try playing()
    } catch let error as RoundStage.Unsettled {
      print("\(label): round \(seed) is played anew: \(error)")
      return try playing()
    }
  }

  private func playedRound(
    _ way: RoundWay, seed: UInt64, playing: (RoundStage, Seeded) throws -> RoundPlay
  ) throws -> RoundTally {
    let stage = try RoundStage()
    defer { stage.clear() }
    let play = try playing(stage, Seeded(seed: seed))
    let compared = try compare("\(way), seed \(seed)", play, on: stage)
    let isSound = !compared.facts.contains { $0.isLive && compared.expected[$0.key] != nil }
    #expect(isSound, "\(way), seed \(seed): the evidence itself would take a living session")
    return compared.tally
  }

  /// Compares one audit, after what was played, with what the contract makes of the truth.
  func compare(
    _ label: String, _ play: RoundPlay, on stage: RoundStage
  ) throws -> (tally: RoundTally, facts: [SessionFact], expected: [SessionKey: Set<String>]) {
    let facts = try stage.settledFacts()
    let arguments = ["audit", "--json"] + play.judging(on: stage)
    let outcome = try Fixture.run(arguments, input: play.input)
    guard outcome.status == 0 else {
      throw SupportError("status \(outcome.status), \(label): \(arguments) \(outcome.stderr)")
    }
    let json = try Fixture.json(outcome)
    let now = try stage.microseconds(try #require(json["captured_at"]?.text))
    let expected = ContractOracle(
      facts: facts, now: now, limits: play.limits, instances: play.instances,
      restarts: play.restarts, roster: play.roster
    ).orphans()

    var seen: [SessionKey: JSON] = [:]
    for session in json["sessions"]?.items ?? [] {
      let pid = try #require(session["pid"]?.int)
      seen[SessionKey(pid: Int32(pid), start: session["backend_start"]?.text ?? "")] = session
    }
    var tally = RoundTally(rounds: 1)
    var wrong: [String] = []
    for fact in facts {
      let session = seen[fact.key]
      let isOrphan = session?["verdict"]?.text == "orphan"
      let isExpected = expected[fact.key] != nil
      tally.count(fact, isOrphan: isOrphan, isExpected: isExpected)
      let evidence = session?["evidence"]?.items ?? []
      let kinds = Set(evidence.compactMap { $0["kind"]?.text })
      if session == nil || isOrphan != isExpected
        || isOrphan && fact.isLive && !play.isBeyondKnowing
        || !kinds.isSuperset(of: expected[fact.key] ?? [])
      {
        wrong.append(
          "\(fact): expected \(expected[fact.key] ?? []), said \(kinds): "
            + "\(evidence.map { $0["detail"]?.text ?? "" })\(session == nil ? " not shown" : "")")
      }
    }
    if !wrong.isEmpty {
      Issue.record(
        """
        \(label), at \(now), \(tally)
        \(wrong.joined(separator: "\n"))
        of \(facts.map(\.description).joined(separator: "\n   "))
        \(play)
        """)
    }
    return (tally, facts, expected)
  }
}

/// What came of some rounds.
struct RoundTally: CustomStringConvertible {
  var rounds = 0
  /// Sessions of living hosts, and how many of them were called orphans.
  var live = 0
  var wronglyOrphans = 0
  /// Sessions of vanished hosts: how many there were, were found, and were not though they could be.
  var left = 0
  var orphans = 0
  var missed = 0

  mutating func count(_ fact: SessionFact, isOrphan: Bool, isExpected: Bool) {
    live += fact.isLive ? 1 : 0
    wronglyOrphans += fact.isLive && isOrphan ? 1 : 0
    left += fact.isLive ? 0 : 1
    orphans += !fact.isLive && isOrphan ? 1 : 0
    missed += isExpected && !isOrphan ? 1 : 0
  }

  mutating func add(_ other: RoundTally) {
    rounds += other.rounds
    live += other.live
    wronglyOrphans += other.wronglyOrphans
    left += other.left
    orphans += other.orphans
    missed += other.missed
  }

  var description: String {
    "\(rounds) rounds, \(left) sessions left behind, \(orphans) found to be orphans, \(missed) "
      + "missed that could be told, \(wronglyOrphans) of \(live) live sessions called orphans"
  }
}
