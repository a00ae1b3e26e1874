/// How many instances of what may run: by exact name, or, where names never come back, by the whole
/// of what was declared.
struct InstanceCounts {
  /// What is counted together: addresses, each with its life.
  struct Count {
    let timeline: InstanceTimeline
    /// By client address: when it was last heard.
    let ends: [Int: Timestamp]
  }

  /// By application; nil where nothing was declared, or where there is but one address.
  private(set) var counts: [Count?]

  init(
    _ clientIndex: ClientIndex, _ timelines: [InstanceTimeline?],
    declared: (ClientIndex.Application) -> (place: Int, rule: Declaration<Int>)?,
    at now: Timestamp, by policy: Policy
  ) {
    counts = Array(repeating: nil, count: clientIndex.applications.count)
    guard !policy.instances.isEmpty else { return }
    struct Whole: Hashable {
      let place: Int
      let owner: Int
    }
    var wholes: [Whole: [Int]] = [:]
    for (number, application) in clientIndex.applications.enumerated() {
      guard let (place, rule) = declared(application) else { continue }
      wholes[Whole(place: place, owner: application.owner), default: []].append(number)
      guard let timeline = timelines[number] else { continue }
      let uses = application.lives.map {
        InstanceTimeline.Use(
          lastHeard: clientIndex.lives[$0].lastHeard, spans: clientIndex.spans[$0])
      }
      counts[number] = Count(
        timeline: timeline.limited(to: rule.value, of: uses),
        ends: Self.ends(of: application.lives, in: clientIndex))
    }
    for (whole, members) in wholes {
      let rule = policy.instances[whole.place]
      guard Self.isCountedAsOne(members, rule, in: clientIndex) else { continue }
      let (lives, uses) = Self.merged(
        members.flatMap { clientIndex.applications[$0].lives }, in: clientIndex)
      let count = Count(
        timeline: InstanceTimeline(of: lives, in: clientIndex, at: now, by: policy)
          .limited(to: rule.value, of: uses),
        ends: Dictionary(lives.map { ($0.client, $0.lastHeard) }) { max($0, $1) })
      for member in members { counts[member] = count }
    }
  }

  /// Whether the user asked for it, or the names say nothing by themselves: each is new at each
  /// start, and was seen at one address.
  static func isCountedAsOne(
    _ members: [Int], _ rule: Declaration<Int>, in clientIndex: ClientIndex
  ) -> Bool {
    guard let pattern = rule.application else { return false }
    if pattern.isOfFamily { return true }
    return members.count > 1
      && members.allSatisfy { member in
        let application = clientIndex.applications[member]
        let name = clientIndex.names[application.name]
        // A StatefulSet's pods come back, whatever their number.
        return application.lives.count == 1 && name.meaning != .numbered
          && name.reading.isNewAtEachStart
      }
  }

  private static func ends(of lives: [Int], in clientIndex: ClientIndex) -> [Int: Timestamp] {
    Dictionary(lives.map { (clientIndex.lives[$0].client, clientIndex.lives[$0].lastHeard) }) {
      max($0, $1)
    }
  }

  /// One life for each address, or one process with two names would count twice.
  private static func merged(
    _ lives: [Int], in clientIndex: ClientIndex
  ) -> (lives: [ClientIndex.Lifetime], uses: [InstanceTimeline.Use]) {
    var merged: [Int: (life: ClientIndex.Lifetime, spans: [ClosedRange<Timestamp>])] = [:]
    for place in lives {
      let life = clientIndex.lives[place]
      guard var whole = merged[life.client] else {
        merged[life.client] = (life, clientIndex.spans[place])
        continue
      }
      whole.life.start = min(whole.life.start, life.start)
      whole.life.lastHeard = max(whole.life.lastHeard, life.lastHeard)
      whole.life.lastAsked = max(whole.life.lastAsked, life.lastAsked)
      whole.spans += clientIndex.spans[place]
      merged[life.client] = whole
    }
    let all = merged.values.sorted { $0.life.client < $1.life.client }
    return (
      all.map(\.life),
      all.map { InstanceTimeline.Use(lastHeard: $0.life.lastHeard, spans: $0.spans) }
    )
  }
}
