/// How many sessions are in each state. A list rather than a dictionary: few states ever occur at
/// once, and every session of every audit is counted here.
public struct StateCounts: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  private var counts: [(state: SessionState, count: Int)] = []

  public init() {}

  public init(dictionaryLiteral elements: (SessionState, Int)...) {
    for (state, count) in elements { add(count, in: state) }
  }

  public subscript(state: SessionState) -> Int? {
    counts.first { $0.state == state }?.count
  }

  mutating func add(_ count: Int, in state: SessionState) {
    if let place = counts.firstIndex(where: { $0.state == state }) {
      counts[place].count += count
    } else {
      counts.append((state, count))
    }
  }

  public mutating func add(_ others: StateCounts) {
    for (state, count) in others.counts { add(count, in: state) }
  }

  /// What works first; states of later versions come last, by name.
  public var inReadingOrder: [(state: SessionState, count: Int)] {
    let order = SessionState.readingOrder
    return counts.sorted { a, b in
      let (aPlace, bPlace) = (order.firstIndex(of: a.state), order.firstIndex(of: b.state))
      guard aPlace == nil && bPlace == nil else {
        return (aPlace ?? order.count) < (bPlace ?? order.count)
      }
      return a.state.name < b.state.name
    }
  }

  public static func == (a: StateCounts, b: StateCounts) -> Bool {
    a.counts.count == b.counts.count && a.counts.allSatisfy { b[$0.state] == $0.count }
  }
}
