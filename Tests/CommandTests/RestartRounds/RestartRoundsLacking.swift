import TestOracle
import TestRandom
import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension RestartRounds {
  /// Lists of addresses, some of which lack hosts that live: whoever of an application is heard
  /// spares all of its sessions, the quiet ones too. Of a list that lacks quiet ones alone nobody can
  /// know that it is wrong; such rounds are played apart, and there the contract's words are all that
  /// is asked for.
  @Test(.timeLimit(.minutes(5)), arguments: [false, true])
  func aListThatLacksWhoIsHeardTakesNobody(isBeyondKnowing: Bool) throws {
    let repeated = ProcessInfo.processInfo.environment["PGSESSIONS_ROUND"].flatMap(UInt64.init)
    var seeds = Seeded(seed: repeated ?? .random(in: .min ... .max))
    let label = isBeyondKnowing ? "lists that lack the quiet alone" : "lists that lack somebody"
    print("\(label): seed \(seeds.seed)")
    var sum = LackingTally()
    let started = ContinuousClock.now
    for _ in 0..<(repeated != nil ? 1 : isBeyondKnowing ? 10 : 100) {
      let seed = repeated ?? seeds.next()
      let tally = try settled(label, seed) {
        try lackingRound("\(label), seed \(seed)", Seeded(seed: seed), isBeyondKnowing)
      }
      sum.add(tally)
    }
    print("\(label): \(sum), in \(started.duration(to: .now))")
    guard repeated == nil else { return }
    #expect(sum.lacking > 0 && sum.left > 0 && sum.found > 0, "\(sum)")
    if isBeyondKnowing {
      #expect(sum.accused > 0, "\(sum)")
    } else {
      #expect(sum.accused == 0 && sum.livingEnded == 0, "\(sum)")
      #expect(sum.lacking < sum.rounds && sum.sparedQuiet > 0 && sum.ended > 0, "\(sum)")
    }
  }

  private func lackingRound(
    _ label: String, _ random: Seeded, _ isBeyondKnowing: Bool
  ) throws -> LackingTally {
    let stage = try RoundStage()
    defer { stage.clear() }
    var round = LackingRound(on: stage, random: random, isBeyondKnowing: isBeyondKnowing)
    let play = try round.play()
    let compared = try compare(label, play, on: stage)
    let isLacked = Set(round.unlisted.map(\.dyno.address))
    var tally = LackingTally(
      rounds: 1, lacking: isLacked.isEmpty ? 0 : 1, left: compared.tally.left,
      found: compared.tally.orphans, accused: compared.tally.wronglyOrphans)
    for fact in compared.facts where fact.isLive && isLacked.contains(fact.address) {
      guard compared.expected[fact.key] == nil else { continue }
      let isHeard = play.roster.map { max(fact.start, fact.queryStart) >= $0.takenAt } ?? false
      if isHeard { tally.sparedHeard += 1 } else { tally.sparedQuiet += 1 }
    }
    guard !isBeyondKnowing else { return tally }

    // Without what keeps the last of an application, so that nothing but the evidence spares.
    let outcome = try Fixture.run(
      ["terminate", "--orphans", "--trust", "roster", "--allow-empty", "--execute", "--yes"]
        + ["--json"] + play.judging(on: stage), input: play.input)
    #expect(outcome.status == 0, "\(label): \(outcome.status) \(outcome.stderr)")
    let present = try stage.presentKeys()
    for fact in compared.facts where !present.contains(fact.key) {
      if fact.isLive { tally.livingEnded += 1 } else { tally.ended += 1 }
      #expect(!fact.isLive, "\(label): ended \(fact)\n\(play)")
    }
    let kept = compared.facts.filter {
      compared.expected[$0.key] != nil && present.contains($0.key)
    }
    #expect(kept.isEmpty, "\(label): \(kept)\n\(outcome.stdout)\n\(play)")
    return tally
  }
}

/// What came of rounds with lists of addresses.
struct LackingTally: CustomStringConvertible {
  var rounds = 0
  /// Lists that lacked a host that lived.
  var lacking = 0
  /// Sessions of such hosts that nobody accused: those that were heard, and the quiet ones.
  var sparedHeard = 0
  var sparedQuiet = 0
  /// Sessions of vanished hosts: how many there were, were found, and were ended.
  var left = 0
  var found = 0
  var ended = 0
  /// Sessions of living hosts that were called orphans, and that were ended.
  var accused = 0
  var livingEnded = 0

  mutating func add(_ other: LackingTally) {
    let counts: [WritableKeyPath<LackingTally, Int>] = [
      \.rounds, \.lacking, \.sparedHeard, \.sparedQuiet, \.left, \.found, \.ended, \.accused,
      \.livingEnded,
    ]
    for count in counts { self[keyPath: count] += other[keyPath: count] }
  }

  var description: String {
    "\(rounds) rounds, \(lacking) lists that lacked a living host, whose \(sparedHeard) heard and "
      + "\(sparedQuiet) quiet sessions were spared; of \(left) sessions left behind \(found) found "
      + "and \(ended) ended; \(accused) living ones accused, \(livingEnded) ended"
  }
}

/// Two applications whose hosts live or vanish, other processes on some of the hosts, and a list of
/// addresses that may lack some who live.
struct LackingRound {
  private let stage: RoundStage
  private var random: Seeded
  private let isBeyondKnowing: Bool
  private var told = RoundPlay()
  private var roster = OracleRoster()
  /// Living hosts that the list lacks.
  private(set) var unlisted: [RoundHost] = []

  init(on stage: RoundStage, random: Seeded, isBeyondKnowing: Bool) {
    (self.stage, self.random, self.isBeyondKnowing) = (stage, random, isBeyondKnowing)
  }

  private struct Application: Hashable {
    let name: String
    let user: String
  }

  mutating func play() throws -> RoundPlay {
    told.limits.grace = 30_000
    told.limits.tolerance = 10_000
    told.isBeyondKnowing = isBeyondKnowing
    let names = ["", "django", "rails", "gunicorn"].shuffled(using: &random)
    // The same name under two roles is two applications.
    let isOneName = random.chance(25)
    let applications = [
      Application(name: names[0], user: "app"),
      Application(
        name: isOneName ? names[0] : names[1], user: isOneName ? "other" : "app"),
    ]
    for application in applications.shuffled(using: &random) { try live(application) }
    let neighbours = try addNeighbours()
    // Nothing happens so near to the moment of the list that it could fall on either side.
    stage.pause(milliseconds: 15)
    let lacks = isBeyondKnowing || random.chance(60)
    var witnessed: [Application] = []
    for application in applications where lacks {
      guard witnessed.isEmpty || random.chance(30) else { continue }
      let alive = living(application)
      // A neighbour that is quiet and alone of its application would be beyond knowing, too.
      let candidates = alive.filter { !neighbours.contains($0.dyno.address) }
      guard alive.count > 1, !candidates.isEmpty else { continue }
      unlisted += candidates.shuffled(using: &random)
        .prefix(Int.random(in: 1..<alive.count, using: &random))
      witnessed.append(application)
    }
    try writeList()
    stage.pause(milliseconds: 10)
    if !isBeyondKnowing {
      // Or nobody could know that the list is wrong.
      for application in witnessed { try showLife(of: application) }
    }
    for host in stage.hosts where host.fate == .alive && !isUnlisted(host) && random.chance(30) {
      try stage.work(host, using: &random)
    }
    stage.pause(milliseconds: 40)
    told.roster = roster
    told.remarks.append("lacks \(unlisted.map { "'\($0.name)' \($0.dyno.address)" })")
    return told
  }

  private func living(_ application: Application) -> [RoundHost] {
    stage.hosts.filter {
      $0.fate == .alive && Application(name: $0.name, user: $0.user) == application
    }
  }

  private func isUnlisted(_ host: RoundHost) -> Bool {
    unlisted.contains { $0.dyno.address == host.dyno.address }
  }

  /// Its hosts begin, some vanish, some of these come back elsewhere or where they were.
  private mutating func live(_ application: Application) throws {
    func begin(at address: String? = nil) throws {
      _ = try stage.start(
        application.name, sessions: Int.random(in: 1...2, using: &random), address: address,
        user: application.user)
    }
    for _ in 1...Int.random(in: 2...3, using: &random) { try begin() }
    for host in living(application) {
      switch Int.random(in: 0..<100, using: &random) {
      case ..<30:
        try stage.vanish(host)
        stage.pause(milliseconds: 15)
        try begin(at: random.chance(30) ? host.dyno.address : nil)
      case ..<45: try stage.vanish(host)
      case ..<65: try stage.work(host, using: &random)
      default: break
      }
    }
    if living(application).isEmpty { try begin() }
  }

  /// Other processes on some of the hosts, of which one or two bear instances' names.
  /// - Returns: the addresses of those that live.
  private mutating func addNeighbours() throws -> Set<String> {
    var living: Set<String> = []
    for address in Set(stage.hosts.map(\.dyno.address)).sorted() where random.chance(20) {
      let names = ["clock", "cron"].map { "\($0).\(stage.hosts.count)" } + ["psql"]
      for name in names.shuffled(using: &random)
        .prefix(Int.random(in: 1...2, using: &random))
      {
        let host = try stage.start(name, sessions: 1, address: address)
        if random.chance(40) { try stage.vanish(host) } else { living.insert(address) }
      }
    }
    return living
  }

  /// One that the list lacks works, or one begins that it can't have.
  private mutating func showLife(of application: Application) throws {
    if random.chance(25) {
      unlisted.append(try stage.start(application.name, sessions: 1, user: application.user))
    } else {
      let lacked = living(application).filter { isUnlisted($0) }
      try stage.work(lacked.randomElement(using: &random)!, using: &random)
    }
  }

  /// Lines of addresses. They cover a network, or the applications that come from listed addresses.
  private mutating func writeList() throws {
    let saysWhen = random.chance(60)
    let listed = stage.hosts.filter { $0.fate == .alive && !isUnlisted($0) }
    for host in listed {
      roster.entries.append(
        .init(address: host.dyno.address, startedAt: saysWhen ? host.born.microseconds : nil))
    }
    let lines = listed.map { $0.dyno.address + (saysWhen ? ",\($0.born.text)" : "") }
    let path = "\(stage.server.folder)/addresses"
    roster.takenAt = try stage.now()
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
    told.options += ["--live", path]
    let network = ["127.0.0.0/8", "127.1.0.0/24"].randomElement(using: &random)!
    let isTold = random.chance(60)
    if isTold { told.options += ["--roster-covers", network] }
    let addresses = Set(listed.map(\.dyno.address))
    // What has no name, or a tool's, is covered only where a network is told.
    let applications = Set(
      stage.hosts.filter { addresses.contains($0.dyno.address) && !["", "psql"].contains($0.name) }
        .map { Application(name: $0.name, user: $0.user) })
    roster.covers = { fact in
      if isTold { return .address(by: network) }
      return applications.contains(Application(name: fact.name, user: fact.user))
        ? .address(by: fact.name) : .nothing
    }
    told.remarks.append(lines.joined(separator: " "))
  }
}
