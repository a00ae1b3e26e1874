/// What the sessions of a source have shown, by when they began: it tells those of a process that
/// was restarted in place from those of the one that runs now.
struct SourceHistory {
  private struct Sign {
    /// Rising.
    var start: Timestamp
    /// The latest sign of life of those up to it, and whether one of them is busy.
    var heard: Timestamp
    var isBusy: Bool
  }

  private var signs: [Sign] = []
  /// Some began nobody knows when.
  private var hasUnknown = false

  /// - Parameter start: not before that of the one added last; nil where it is not known.
  mutating func add(_ start: Timestamp?, heard moment: Timestamp, isBusy busy: Bool) {
    guard let start else {
      hasUnknown = true
      return
    }
    var sign = Sign(start: start, heard: moment, isBusy: busy)
    if let last = signs.last {
      sign.heard = max(last.heard, moment)
      sign.isBusy = busy || last.isBusy
    }
    signs.append(sign)
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
    let count = signs.partitioned { $0.start < moment }
    guard count > 0 else { return .quiet }
    return signs[count - 1].isBusy || signs[count - 1].heard >= moment ? .heard : .quiet
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
