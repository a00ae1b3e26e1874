/// What the sessions of a source have shown, by when they began: it tells those of a process that
/// was restarted in place from those of the one that runs now.
struct SourceHistory {
  /// Rising.
  private var starts: [Timestamp] = []
  /// For each place in `starts`: the latest sign of life of those up to it, and whether one of them
  /// is busy.
  private var heard: [Timestamp] = []
  private var isBusy: [Bool] = []
  /// Some began nobody knows when.
  private var hasUnknown = false

  /// - Parameter start: not before that of the one added last; nil where it is not known.
  mutating func add(_ start: Timestamp?, heard moment: Timestamp, isBusy busy: Bool) {
    guard let start else { return hasUnknown = true }
    starts.append(start)
    heard.append(heard.last.map { max($0, moment) } ?? moment)
    isBusy.append(busy || (isBusy.last ?? false))
  }

  enum Before {
    /// Nobody began before, or nobody was heard since and nobody is at work.
    case quiet
    /// One that began before was heard since, is at work, or can't be dated.
    case heard
  }

  /// What those that began before a moment have shown since.
  func before(_ moment: Timestamp) -> Before {
    if hasUnknown { return .heard }
    let count = starts.partitioned { $0 < moment }
    guard count > 0 else { return .quiet }
    return isBusy[count - 1] || heard[count - 1] >= moment ? .heard : .quiet
  }
}

extension Array {
  /// How many elements at the front fulfil a condition that none behind them fulfils.
  func partitioned(where holds: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
