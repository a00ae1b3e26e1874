import TestRandom

/// A random history: instances of two families that restart, work, are quiet, are lost or shut down.
struct RoundHistory {
  /// How an application names its sessions.
  enum Naming {
    /// `web.1`
    case numbered
    /// `web@h1`
    case atHost
    /// `web-0`
    case stateful
    /// `web-7d9f8b6c5x-x2x9z`, new at each start
    case deployment
    /// The same for every instance of both families.
    case shared(String)
  }

  /// One place in a family, and the host that fills it now.
  final class Instance {
    let family: String
    let number: Int
    fileprivate(set) var host: RoundHost?
    fileprivate(set) var lastHost: RoundHost?

    init(family: String, number: Int) { (self.family, self.number) = (family, number) }
  }

  static let longQuery = "pg_sleep(600"

  let stage: RoundStage
  let naming: Naming
  var random: Seeded
  private(set) var instances: [Instance] = []
  /// The most that have ever run at once.
  private(set) var mostAlive = 0
  /// How likely, in percent, a restarted instance comes from an address that was used before.
  var reuse = 0
  var reusesOwnAddressOnly = false
  /// How likely a successor starts before the old host vanishes.
  var overlap = 8
  /// How likely a host vanishes in the middle of a query.
  var queries = 10
  /// Milliseconds that an instance takes to start anew, at least.
  var downtime = 0

  init(on stage: RoundStage, naming: Naming, random: Seeded) {
    (self.stage, self.naming, self.random) = (stage, naming, random)
    for family in ["web", "worker"] {
      for number in 1...Int.random(in: 1...4, using: &self.random) {
        instances.append(Instance(family: family, number: number))
      }
    }
  }

  /// All instances start, then each has its fate once or twice.
  mutating func play() throws {
    for instance in instances.shuffled(using: &random) { try begin(instance) }
    for _ in 1...Int.random(in: 1...2, using: &random) {
      for instance in instances.shuffled(using: &random) { try meetFate(instance) }
    }
    if !instances.contains(where: { $0.host != nil }) { try begin(instances[0]) }
  }

  private mutating func meetFate(_ instance: Instance) throws {
    guard let host = instance.host else {
      if random.chance(50) { try begin(instance) }
      return
    }
    switch Int.random(in: 0..<100, using: &random) {
    case ..<45: try restart(instance)
    case ..<(45 + overlap):
      try begin(instance)
      try stage.work(host, using: &random)
      try stage.vanish(host)
    case ..<62:
      try stage.close(host)
      try begin(instance)
    case ..<68: try lose(instance)
    case ..<73:
      try stage.close(host)
      instance.host = nil
    case ..<85: try stage.work(host, using: &random)
    default: break
    }
  }

  /// Its host vanishes and another takes its place, unless there are too many sessions already.
  mutating func restart(_ instance: Instance) throws {
    guard stage.sessionCount < 80 else { return }
    try lose(instance)
    if downtime > 0 { stage.pause(milliseconds: downtime) }
    try begin(instance)
  }

  /// Hosts vanish between queries, their instances start anew elsewhere, and in the end everyone
  /// who lives works.
  mutating func playPlainly() throws {
    queries = 0
    for instance in instances.shuffled(using: &random) { try begin(instance) }
    for _ in 1...2 {
      for instance in instances.shuffled(using: &random) where random.chance(60) {
        try restart(instance)
      }
    }
    try workSome(percent: 100)
  }

  /// Its host vanishes for good, some in the middle of a query.
  private mutating func lose(_ instance: Instance) throws {
    guard let host = instance.host else { return }
    if random.chance(queries) {
      try stage.startQuery(on: host, seconds: random.chance(50) ? 600 : 0.02)
    }
    try stage.vanish(host)
    instance.host = nil
  }

  mutating func begin(_ instance: Instance) throws {
    var address: String?
    if random.chance(reuse), let last = instance.lastHost {
      address =
        reusesOwnAddressOnly
        ? last.dyno.address
        : stage.hosts.filter { $0.fate == .vanished && $0.dyno.address != last.dyno.address }
          .randomElement(using: &random)?.dyno.address
    }
    // An old host that is there still counts beside its successor.
    let alive = stage.hosts.count { $0.fate == .alive && $0.isJudged } + 1
    mostAlive = max(mostAlive, alive)
    let host = try stage.start(
      name(of: instance), sessions: random.chance(15) ? 4 : Int.random(in: 1...2, using: &random),
      address: address)
    (instance.host, instance.lastHost) = (host, host)
  }

  private mutating func name(of instance: Instance) -> String {
    switch naming {
    case .numbered: return "\(instance.family).\(instance.number)"
    case .atHost: return "\(instance.family)@h\(instance.number)"
    case .stateful: return "\(instance.family)-\(instance.number - 1)"
    case .shared(let name): return name
    case .deployment:
      let letters = "bcdfghjklmnpqrstvwxz2456789"
      let tail = (0..<5).map { _ in letters.randomElement(using: &random)! }
      return "\(instance.family)-7d9f8b6c5\(instance.family == "web" ? "x" : "z")-\(String(tail))"
    }
  }

  /// Of the instances that have no host each gets one, as likely as said.
  mutating func bringBackLost(percent: Int = 100) throws {
    for instance in instances where instance.host == nil && random.chance(percent) {
      try begin(instance)
    }
  }

  /// All hosts vanish.
  mutating func loseAll() throws {
    for instance in instances { try lose(instance) }
  }

  /// A deploy: every instance restarts.
  mutating func restartAll() throws {
    for instance in instances { try restart(instance) }
  }

  // MARK: - The end of a history

  /// An instance that there was not before.
  mutating func addInstance() throws {
    let instance = Instance(family: "web", number: 9)
    instances.append(instance)
    try begin(instance)
  }

  /// Some of those who live hold a transaction or run a long query.
  mutating func holdSome() throws {
    guard let host = instances.compactMap(\.host).randomElement(using: &random) else { return }
    if random.chance(30) { try stage.work(host, "BEGIN", using: &random) }
    if random.chance(30) { try stage.startQuery(on: host, seconds: 600) }
  }

  /// Living instances work one after the other, each as likely as said.
  mutating func workSome(percent: Int) throws {
    for host in instances.compactMap(\.host) where random.chance(percent) {
      try stage.work(host, using: &random)
    }
  }

  /// What is too young to tell: a lost one comes back, or one more restarts.
  mutating func addLateEvents() throws {
    let lost = instances.filter { $0.host == nil }
    if let instance = lost.randomElement(using: &random), random.chance(60) {
      try begin(instance)
    } else if let instance = instances.randomElement(using: &random) {
      try restart(instance)
    }
  }
}
