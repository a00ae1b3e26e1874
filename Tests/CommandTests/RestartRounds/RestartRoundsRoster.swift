import TestOracle
import TestRandom

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A history, and then a list of who is alive, in a form that a platform or a person gives it.
struct RosterRound {
  enum Form: CaseIterable {
    /// `heroku ps --json`
    case dynos
    /// `kubectl get pods -o json`
    case statefulPods, deployedPods
    /// The same of an application that sets no names.
    case namelessPods
    case linesOfNames, linesOfAddresses
    /// Everyone is in the list, and the sessions have no names.
    case complete
  }

  private let stage: RoundStage
  private let form: Form
  private var history: RoundHistory
  private var random: Seeded
  private var told = RoundPlay()
  private var roster = OracleRoster()
  /// Whether times are as coarse as the platforms give them.
  private let hasWholeSeconds: Bool
  /// Whether it is written as lines.
  private let isInLines: Bool
  /// One that runs and is not in the list, as when it began while the list was made.
  private var omitted: RoundHost?

  init(on stage: RoundStage, random: inout Seeded) {
    self.stage = stage
    form = Form.allCases.randomElement(using: &random)!
    let naming: RoundHistory.Naming =
      switch form {
      case .dynos: .numbered
      case .statefulPods: .stateful
      case .deployedPods: .deployment
      case .namelessPods, .linesOfAddresses, .complete: .shared(random.chance(70) ? "" : "django")
      case .linesOfNames: random.chance(50) ? .numbered : .atHost
      }
    history = RoundHistory(on: stage, naming: naming, random: Seeded(seed: random.next()))
    hasWholeSeconds = random.chance(20)
    isInLines =
      [.linesOfNames, .linesOfAddresses].contains(form) || form == .complete && random.chance(30)
    self.random = Seeded(seed: random.next())
    history.reusesOwnAddressOnly = true
    if random.chance(30) { history.reuse = 40 }
  }

  mutating func play() throws -> RoundPlay {
    try history.play()
    try history.holdSome()
    if form == .complete, random.chance(60) { try history.restartAll() }
    // Nothing happens so near to the moment of the list that it could fall on either side.
    stage.pause(milliseconds: 50)
    let running = history.instances.compactMap(\.host)
    if form != .complete, running.count > 1, random.chance(25) {
      omitted = running.randomElement(using: &random)
    }
    let text = list()
    roster.takenAt = try stage.now()
    if random.chance(20), omitted == nil {
      told.options += ["--live", "-"]
      told.input = text
      stage.pause(milliseconds: 60)
      roster.takenAt = try stage.now()
    } else {
      let path = "\(stage.server.folder)/roster"
      try Data(text.utf8).write(to: URL(filePath: path))
      told.options += ["--live", path]
      if let omitted {
        stage.pause(milliseconds: 10)
        try stage.work(omitted, using: &random)
      }
      if omitted != nil || random.chance(40) {
        stage.pause(milliseconds: 10)
        if random.chance(50) { try history.addInstance() } else { try history.addLateEvents() }
        stage.pause(milliseconds: random.chance(70) ? 110 : 0)
      } else {
        stage.pause(milliseconds: 60)
      }
    }
    told.roster = roster
    told.remarks = ["\(form)", text]
    return told
  }

  // MARK: - The list

  /// Makes the list of those who are alive now, and of some who are not any more.
  private mutating func list() -> String {
    var rows: [String] = []
    var families: Set<String> = []
    for instance in history.instances.shuffled(using: &random) {
      let isAlive = instance.host != nil
      guard let host = instance.host ?? instance.lastHost, host !== omitted else { continue }
      if !isAlive && (isInLines || random.chance(50)) { continue }
      let row = row(of: host, instance, isAlive: isAlive)
      families.insert(instance.family)
      rows.append(row)
    }
    roster.isComplete = form == .complete
    switch form {
    case .dynos, .statefulPods, .deployedPods, .linesOfNames:
      roster.covers = {
        families.contains(String($0.name.prefix(while: \.isLetter))) ? .name : .nothing
      }
    case .namelessPods, .linesOfAddresses:
      // Lines of addresses cover the name that comes from there, if it is one.
      let isTold = form == .namelessPods || random.chance(50)
      if isTold { told.options += ["--roster-covers", "127.0.0.0/8"] }
      roster.covers = {
        isTold
          ? .address(by: "127.0.0.0/8") : $0.name.isEmpty ? .nothing : .address(by: $0.name)
      }
    case .complete: told.options += ["--roster-complete"]
    }
    if isInLines { return "# who is alive\n" + rows.map { $0 + "\n" }.joined() }
    let items = "[" + rows.joined(separator: ",\n") + "]\n"
    return isOfPods ? "{\"kind\": \"List\", \"apiVersion\": \"v1\", \"items\": \(items)}\n" : items
  }

  private var isOfPods: Bool {
    form == .statefulPods || form == .deployedPods || form == .namelessPods
  }

  private mutating func row(
    of host: RoundHost, _ instance: RoundHistory.Instance, isAlive: Bool
  ) -> String {
    var start = host.born
    if hasWholeSeconds {
      start = (start.microseconds / 1_000_000 * 1_000_000, start.text.prefix(19) + "Z")
    }
    var entry = OracleRoster.Entry(isAlive: isAlive, startedAt: start.microseconds)
    // What an application calls its sessions need not be what the platform calls it.
    let label = "\(instance.family).\(instance.number)"
    let hasNames = ![.namelessPods, .linesOfAddresses, .complete].contains(form)
    let name = hasNames ? host.name : isOfPods ? "\(instance.family)-\(instance.number)" : label
    if form != .linesOfAddresses { entry.name = name }
    if isOfPods || form == .linesOfAddresses { entry.address = host.dyno.address }
    let saysWhen = !isInLines || random.chance(form == .complete ? 95 : 70)
    if !saysWhen { entry.startedAt = nil }
    roster.entries.append(entry)
    if isInLines { return (entry.name ?? entry.address!) + (saysWhen ? ",\(start.text)" : "") }
    return isOfPods
      ? pod(name, host, start.text, isAlive: isAlive)
      : dyno(name, instance, start.text, isAlive: isAlive)
  }

  private func dyno(
    _ name: String, _ instance: RoundHistory.Instance, _ start: String, isAlive: Bool
  ) -> String {
    """
    {"attach_url": null, "command": "bin/start", "created_at": "\(start)", "id": "\(name)-\(start)",
     "name": "\(name)", "app": {"id": "a", "name": "shop"}, "release": {"id": "r", "version": 7},
     "size": "Basic", "state": "\(isAlive ? "up" : "crashed")", "type": "\(instance.family)",
     "updated_at": "\(start)"}
    """
  }

  private func pod(_ name: String, _ host: RoundHost, _ start: String, isAlive: Bool) -> String {
    let address = isAlive ? "\"podIP\": \"\(host.dyno.address)\", " : ""
    let state =
      isAlive
      ? "\"running\": {\"startedAt\": \"\(start)\"}"
      : "\"terminated\": {\"exitCode\": 1, \"startedAt\": \"\(start)\", \"finishedAt\": \"\(start)\"}"
    let owner = form == .statefulPods ? "StatefulSet" : "ReplicaSet"
    return """
      {"kind": "Pod", "metadata": {"name": "\(name)", "namespace": "default", "labels": {},
       "creationTimestamp": "\(start)", "ownerReferences": [{"kind": "\(owner)",
       "name": "\(name.prefix { $0 != "-" })"}]}, "spec": {"hostNetwork": false},
       "status": {"phase": "\(isAlive ? "Running" : "Failed")", \(address)"hostIP": "10.0.0.1",
       "startTime": "\(start)", "containerStatuses": [{"name": "app", "restartCount": 0,
       "state": {\(state)}}]}}
      """
  }
}
