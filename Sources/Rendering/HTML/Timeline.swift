import SessionAudit

/// What the picture of all sessions over time is made of: families, in them lanes, one for each
/// place that sessions come from, in these a line for each session.
struct Timeline {
  struct Lane {
    var application: String
    /// nil where lanes are whole applications, or it has none.
    var address: String?
    /// Places in the report, by backend_start.
    var sessions: [Int]
    var counts: [Verdict: Int]
  }

  struct Block {
    var title: String
    var lanes: [Lane]
    var counts: [Verdict: Int]

    init(title: String, lanes: [Lane]) {
      (self.title, self.lanes) = (title, lanes)
      counts = lanes.reduce(into: [:]) { $0.merge($1.counts, uniquingKeysWith: +) }
    }
  }

  let scale: TimelineScale
  /// Those with orphans first, then with suspects, then the largest.
  let blocks: [Block]
  /// Sessions whose beginning this role does not see.
  let undrawn: Int
  /// Pixels that a session gets.
  let rowHeight: Double

  /// With more, a lane is a whole application: the picture must stay small.
  private static let mostLanes = 600
  /// The families after these share one block.
  private static let mostBlocks = 12

  init(of report: AuditReport) {
    let sessions = report.sessions
    let drawn = sessions.indices.filter { sessions[$0].times.sessionAge != nil }
    undrawn = sessions.count - drawn.count
    scale = TimelineScale(ages: drawn.compactMap { sessions[$0].times.sessionAge })
    rowHeight =
      switch drawn.count {
      case ...60: 8
      case ...200: 6
      case ...600: 4
      case ...1500: 2
      default: 1
      }
    let lanes = Self.lanes(drawn, of: sessions, by: report.judgedWith)
    let families = Dictionary(grouping: lanes) { report.judgedWith.family(of: $0.application) }
    let byUrgency = families.map { Block(family: $0, lanes: $1) }.sorted { a, b in
      a.urgency.lexicographicallyPrecedes(b.urgency)
    }
    let rest = byUrgency.dropFirst(Self.mostBlocks)
    let others =
      rest.count > 1
      ? [Block(title: "\(rest.count) more applications", lanes: rest.flatMap(\.lanes))]
      : Array(rest)
    blocks = byUrgency.prefix(Self.mostBlocks) + others
  }

  /// Whatever comes after the largest shares one lane.
  private static func folded(_ lanes: [Lane]) -> [Lane] {
    guard lanes.count > mostLanes else { return lanes }
    let bySize = lanes.indices.sorted { a, b in
      let (x, y) = (lanes[a].sessions.count, lanes[b].sessions.count)
      return x != y ? x > y : a < b
    }
    let rest = bySize.dropFirst(mostLanes).map { lanes[$0] }
    return bySize.prefix(mostLanes).map { lanes[$0] } + [
      Lane(
        application: "\(rest.count) more names", address: nil,
        sessions: rest.flatMap(\.sessions).sorted(),
        counts: rest.reduce(into: [:]) { $0.merge($1.counts, uniquingKeysWith: +) })
    ]
  }

  /// By application and address; coarser where there would be too many. `sessions` is by
  /// backend_start, so the lanes and what is in them are too.
  private static func lanes(
    _ places: [Int], of sessions: [JudgedSession], by policy: Policy
  ) -> [Lane] {
    let keys: [(Session) -> Key] = [
      { Key($0.applicationName, $0.clientAddress) },
      { Key($0.applicationName, nil) },
      { Key(policy.family(of: $0.applicationName), nil) },
    ]
    var lanes: [Lane] = []
    for key in keys {
      lanes = Self.lanes(places, of: sessions, key)
      if lanes.count <= mostLanes { return lanes }
    }
    return folded(lanes)
  }

  private struct Key: Hashable {
    /// By its bytes: names that look alike are not one.
    private let bytes: [UInt8]
    let address: String?

    var name: String { String(decoding: bytes, as: UTF8.self) }

    init(_ name: String, _ address: String?) {
      (bytes, self.address) = (Array(name.utf8), address)
    }
  }

  private static func lanes(
    _ places: [Int], of sessions: [JudgedSession], _ key: (Session) -> Key
  ) -> [Lane] {
    var known: [Key: Int] = [:]
    var lanes: [Lane] = []
    for place in places {
      let key = key(sessions[place].session)
      let lane = known[key] ?? lanes.count
      if lane == lanes.count {
        known[key] = lane
        lanes.append(
          Lane(application: key.name, address: key.address, sessions: [], counts: [:]))
      }
      lanes[lane].sessions.append(place)
      lanes[lane].counts[sessions[place].verdict, default: 0] += 1
    }
    return lanes
  }
}

extension Timeline.Block {
  /// Of one application the generations stay in order; `web.2` comes before `web.10`.
  fileprivate init(family: String, lanes: [Timeline.Lane]) {
    let inOrder = lanes.enumerated().sorted { a, b in
      let (x, y) = (a.element.application, b.element.application)
      if x.utf8.count != y.utf8.count { return x.utf8.count < y.utf8.count }
      return x != y ? x < y : a.offset < b.offset
    }.map(\.element)
    self.init(title: Wording.label(family, of: .family), lanes: inOrder)
  }

  /// The least comes first. No two are alike: each session is in one block.
  fileprivate var urgency: [Int] {
    [
      -(counts[.orphan] ?? 0), -(counts[.suspect] ?? 0), -counts.values.reduce(0, +),
      lanes.flatMap(\.sessions).min() ?? 0,
    ]
  }
}

/// Where a moment stands on the axis of time. Straight where the ages allow; where a few sessions
/// are far older than the rest, bent so that the middle one still has a third of the width.
struct TimelineScale {
  /// Seconds.
  let oldest: Double
  /// Ages far below it, in seconds, stand as on a straight axis, those far beyond as logarithms.
  let bend: Double?

  /// - Parameter ages: those of all sessions.
  init(ages: [Duration]) {
    let seconds = ages.map { $0 / .seconds(1) }.sorted()
    let oldest = max(1, seconds.last ?? 1)
    let middle = max(1, seconds.isEmpty ? 1 : seconds[seconds.count / 2])
    self.oldest = oldest
    let share = 0.35
    guard middle / oldest < share else {
      bend = nil
      return
    }
    // The share of the middle one falls as the bend rises. By halves of its logarithm.
    var (low, high) = (2e-9, oldest)
    for _ in 0..<60 {
      let half = (low * high).squareRoot()
      if Self.log1p(middle / half) / Self.log1p(oldest / half) > share {
        low = half
      } else {
        high = half
      }
    }
    bend = low
  }

  /// 0 is the oldest session's beginning, 1 is now.
  func place(ofAge age: Duration) -> Double { place(ofSeconds: age / .seconds(1)) }

  private func place(ofSeconds age: Double) -> Double {
    let age = min(max(0, age), oldest)
    return 1 - (bend.map { Self.log1p(age / $0) / Self.log1p(oldest / $0) } ?? age / oldest)
  }

  /// The natural logarithm of 1 + x for x from 0 on, which Swift has from C alone.
  static func log1p(_ x: Double) -> Double {
    // 1 + x is 2^exponent · m with m near 1, and log m is 2 · artanh((m - 1) / (m + 1)).
    let whole = 1 + x
    let isLow = whole.significand < 1.4142135623730951
    let exponent = Double(whole.exponent) + (isLow ? 0 : 1)
    let m = isLow ? whole.significand : whole.significand / 2
    // Of a small x the sum has lost the last digits.
    let t = exponent == 0 ? x / (2 + x) : (m - 1) / (m + 1)
    // At most 0.172, so that what follows is less than a last digit.
    var sum = 0.0
    for power in stride(from: 23.0, through: 1, by: -2) { sum = sum * t * t + 1 / power }
    return exponent * 0.6931471805599453 + 2 * t * sum
  }

  /// Ages to write on the axis, from now back, far enough apart to be read.
  var ticks: [(age: Duration, place: Double)] {
    var ticks: [(Duration, Double)] = []
    var last = 1.0
    for seconds in candidates {
      let place = place(ofSeconds: Double(seconds))
      guard Double(seconds) <= oldest, place > 0.02 else { break }
      if last - place >= Self.leastGap {
        ticks.append((.seconds(seconds), place))
        last = place
      }
    }
    return ticks
  }

  private static let leastGap = 0.12

  /// On a straight axis equal steps, else round ages.
  private var candidates: [Int] {
    guard bend == nil,
      let step = Self.round.first(where: { Double($0) / oldest >= Self.leastGap })
    else { return Self.round }
    return (1...9).map { $0 * step }
  }

  private static let round: [Int] = [
    1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 3 * 3600, 6 * 3600, 12 * 3600,
    86_400, 2 * 86_400, 4 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400, 60 * 86_400, 90 * 86_400,
    180 * 86_400, 365 * 86_400, 730 * 86_400,
  ]
}
