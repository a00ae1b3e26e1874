/// The lives of one application's addresses, in the order in which they began: who came after whom,
/// and how many were in use at once.
struct InstanceTimeline {
  private let clients: [ClientIndex.Client]
  private let lives: [ClientIndex.Lifetime]
  /// Indices in `lives` by start, then by address, so that the order of the rows shows nowhere. Those
  /// of addresses with several names are not among them: by inference they are no instances.
  private let byStart: [Int]
  /// When addresses came into use and until when each was sure to be so for another grace: of the
  /// spans in which it was in use, what lies a grace before it was last heard.
  private var starts: [Timestamp] = []
  private var ends: [Timestamp] = []
  /// For each index in `byStart`: of the lives from there on, the one heard last.
  private let latest: [Int]
  /// The same among those that began a grace ago; as many as there are of these.
  private let latestSettled: [Int]
  private let now: Timestamp
  private let grace: Duration
  /// The most instances that may run at once; nil where nobody said.
  private(set) var limit: Int?
  /// For each index in `starts`: the next index from there on at which `limit` addresses were in
  /// use.
  private var nextCrowded: [Int] = []
  /// Whether two addresses were in use side by side for longer than a restart takes.
  let areHeardSideBySide: Bool

  init(
    of all: [ClientIndex.Lifetime], in clientIndex: borrowing ClientIndex, at now: Timestamp,
    by policy: borrowing Policy
  ) {
    clients = clientIndex.clients
    self.now = now
    grace = policy.restartGrace
    // What began later than now began before the clock was set back, nobody knows when.
    let lives = all.contains { $0.start > now } ? all.filter { $0.start <= now } : all
    self.lives = lives
    let clients = clientIndex.clients
    byStart = lives.indices.filter { !clients[lives[$0].client].bearsSeveralNames }
      .sorted { a, b in
        lives[a].start != lives[b].start
          ? lives[a].start < lives[b].start
          : (clients[lives[a].client].text ?? "") < (clients[lives[b].client].text ?? "")
      }
    let settled = now - policy.restartGrace
    latest = Self.latestFromEach(byStart, lives)
    latestSettled = Self.latestFromEach(byStart.prefix { lives[$0].start <= settled }, lives)
    var end: Timestamp?
    var sideBySide = false
    for index in byStart {
      let life = lives[index]
      if let end, min(end, life.lastHeard) - life.start > policy.restartGrace { sideBySide = true }
      end = max(end ?? life.lastHeard, life.lastHeard)
    }
    areHeardSideBySide = sideBySide
  }

  /// When an address was in use.
  struct Use {
    var lastHeard: Timestamp
    /// See `ClientIndex.spans`.
    var spans: [ClosedRange<Timestamp>]
  }

  /// The same, of which at most so many may be in use at once.
  func limited(to limit: Int, of uses: [Use]) -> InstanceTimeline {
    var limited = self
    limited.count(uses, upTo: limit)
    return limited
  }

  private mutating func count(_ uses: [Use], upTo limit: Int) {
    self.limit = limit
    starts = []
    ends = []
    for use in uses {
      let latest = use.lastHeard - grace
      for span in use.spans.count > 1 ? Self.merged(use.spans) : use.spans
      where span.lowerBound <= min(latest, now) {
        starts.append(span.lowerBound)
        ends.append(min(span.upperBound, latest))
      }
    }
    starts.sort()
    ends.sort()
    var next = starts.count
    nextCrowded = starts.indices.reversed().map { index in
      if inUse(at: starts[index]) >= limit { next = index }
      return next
    }
    nextCrowded.reverse()
  }

  /// Spans that overlap made one, so that an address counts once at any moment.
  private static func merged(_ spans: [ClosedRange<Timestamp>]) -> [ClosedRange<Timestamp>] {
    var merged: [ClosedRange<Timestamp>] = []
    for span in spans.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, span.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, span.upperBound)
      } else {
        merged.append(span)
      }
    }
    return merged
  }

  private static func latestFromEach(
    _ lifetimes: some BidirectionalCollection<Int>, _ lives: [ClientIndex.Lifetime]
  ) -> [Int] {
    var best: [Int] = []
    for life in lifetimes.reversed() {
      let isLater = best.last.map { lives[life].lastHeard > lives[$0].lastHeard } ?? true
      best.append(isLater ? life : best[best.count - 1])
    }
    return best.reversed()
  }

  /// The address, of those that began after `end`, that was heard last.
  /// - Parameter hasSettled: only those that began a grace ago.
  func newcomer(after end: Timestamp, hasSettled: Bool) -> Evidence.Newcomer? {
    let candidates = hasSettled ? latestSettled : latest
    let first = firstPlace(after: end)
    return first < candidates.count ? newcomer(candidates[first]) : nil
  }

  /// The address that began next after `end`.
  func next(after end: Timestamp) -> Evidence.Newcomer? {
    let first = firstPlace(after: end)
    return first < byStart.count ? newcomer(byStart[first]) : nil
  }

  private func newcomer(_ life: Int) -> Evidence.Newcomer {
    Evidence.Newcomer(
      address: clients[lives[life].client].text ?? "?", began: lives[life].start)
  }

  /// Whether more than one address was seen.
  var isOfSeveral: Bool { lives.count > 1 }

  /// The most addresses that were in use at one moment after `end`.
  func mostInUse(after end: Timestamp) -> Int {
    starts.dropFirst(starts.partitioned { $0 <= end }).map { inUse(at: $0) }.max() ?? 0
  }

  /// A moment after `end` at which as many addresses were in use as may run at once, and from which
  /// each of them lived on for a grace: while one replaces another, both are there.
  func crowdedMoment(after end: Timestamp) -> Timestamp? {
    guard let limit else { return nil }
    // Lives grow in number only where one begins: there, or right after `end`.
    let right = Timestamp(microseconds: end.microseconds &+ 1)
    if right <= now, inUse(at: right) >= limit { return right }
    let first = starts.partitioned { $0 <= end }
    guard first < starts.count, nextCrowded[first] < starts.count else { return nil }
    return starts[nextCrowded[first]]
  }

  private func inUse(at moment: Timestamp) -> Int {
    starts.partitioned { $0 <= moment } - ends.partitioned { $0 < moment }
  }

  private func firstPlace(after moment: Timestamp) -> Int {
    byStart.partitioned { lives[$0].start <= moment }
  }
}
