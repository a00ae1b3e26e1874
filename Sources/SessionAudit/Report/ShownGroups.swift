/// A line of the table of groups as people read it: a group, or those of a family whose names are
/// new at each start and which would fill the table with one session each.
public struct ShownGroup: Sendable, Equatable {
  /// Its key is the family where it stands for several.
  public var group: SessionGroup
  /// How many groups it stands for.
  public var names: Int
  /// Its place in the report's groups; nil where it stands for several.
  public var index: Int?

  package init(group: SessionGroup, names: Int, index: Int?) {
    self.group = group
    self.names = names
    self.index = index
  }
}

extension AuditReport {
  /// Names of one family from which on they are one line.
  private static let leastFolded = 3

  /// The groups as tables show them, most sessions first; what scripts read has each of them.
  public var shownGroups: [ShownGroup] {
    let single = groups.indices.map { ShownGroup(group: groups[$0], names: 1, index: $0) }
    guard judgedWith.groupBy == [.application] else { return single }
    var families: [NameKey: [Int]] = [:]
    for place in groups.indices {
      // What is said of its own recycling is not said of others.
      guard let name = groups[place].key.first ?? nil,
        groups[place].recycling.map({ $0.verdict == .noEvidence }) ?? true,
        let family = PassingNames.family(of: name, by: judgedWith)
      else { continue }
      families[NameKey(family), default: []].append(place)
    }
    let folded = families.filter { $0.value.count >= Self.leastFolded }
    guard !folded.isEmpty else { return single }
    let gone = Set(folded.values.joined())
    var shown = single.filter { $0.index.map { !gone.contains($0) } ?? true }
    for (family, places) in folded {
      var group = groups[places[0]]
      group.key = [family.text]
      for place in places.dropFirst() { group.add(groups[place]) }
      shown.append(ShownGroup(group: group, names: places.count, index: nil))
    }
    return shown.sorted {
      let (a, b) = ($0.group, $1.group)
      return a.sessions != b.sessions
        ? a.sessions > b.sessions : (a.key[0] ?? "", $0.names) < (b.key[0] ?? "", $1.names)
    }
  }
}

extension SessionGroup {
  /// Counts another one's sessions too.
  fileprivate mutating func add(_ other: SessionGroup) {
    sessions += other.sessions
    states.add(other.states)
    for bucket in bucketCounts.indices { bucketCounts[bucket] += other.bucketCounts[bucket] }
    unknownAge += other.unknownAge
    oldestStateAge = [oldestStateAge, other.oldestStateAge].compactMap { $0 }.max()
    oldestSessionAge = [oldestSessionAge, other.oldestSessionAge].compactMap { $0 }.max()
    live += other.live
    suspect += other.suspect
    orphan += other.orphan
    freedByEndingOrphans += other.freedByEndingOrphans
    hidden += other.hidden
    openedLastMinute += other.openedLastMinute
    openedLast5Minutes += other.openedLast5Minutes
    clients.merge(other.clients, uniquingKeysWith: +)
    suspectEvidence.merge(other.suspectEvidence, uniquingKeysWith: +)
    orphanEvidence.merge(other.orphanEvidence, uniquingKeysWith: +)
  }
}
