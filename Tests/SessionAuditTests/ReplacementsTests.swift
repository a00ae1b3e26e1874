import SessionAudit
import Testing

/// What two looks prove of a max age of 10 minutes: a closed connection leaves no row.
struct ReplacementsTests {
  /// Between the looks.
  private static let apart = Duration.minutes(6)

  private static func policy() -> Policy {
    var policy = Policy()
    policy.maxAges = [Declaration(nil, .minutes(10))]
    return policy
  }

  /// - Parameters:
  ///   - open: as of the later look.
  ///   - used: its age when it was used last.
  private func session(
    pid: Int32, open: Duration, used: Duration = .zero, application: String = "web.1",
    address: String? = "10.0.0.7"
  ) -> Session {
    .client(pid: pid, .idle, open: open, silent: open - used, application: application) {
      $0.clientAddress = address
    }
  }

  /// Closed at its age of 10 minutes, lived on with another, and asked for a new one.
  private var closed: Session { session(pid: 2, open: .minutes(12), used: .minutes(5)) }
  private var stays: Session { session(pid: 3, open: .minutes(8), used: .minutes(7)) }
  private var new: Session { session(pid: 4, open: .minutes(1), used: .seconds(30)) }

  private func recycling(
    _ earlier: [Session], _ later: [Session], apart: Duration = apart, by policy: Policy = policy()
  ) throws -> Recycling {
    var snapshot = Snapshot.of(later)
    snapshot.earlier = EarlierLook(capturedAt: .ago(apart), sessions: earlier)
    let group = try #require(snapshot.judged(by: policy).groups.first)
    return try #require(group.recycling)
  }

  @Test func provesWhatWasReplaced() throws {
    let found = try recycling([closed, stays], [stays, new])
    #expect(found.verdict == .enforced && found.replacedAtMaxAge == 1)
    let two = try recycling(
      [closed, session(pid: 7, open: .minutes(11), used: .minutes(4)), stays], [stays, new])
    #expect(two.replacedAtMaxAge == 2)
    // One look proves nothing.
    let once = try #require(Snapshot.of([stays, new]).judged(by: Self.policy()).groups.first)
      .recycling
    #expect(once?.verdict == .noEvidence && once?.replacedAtMaxAge == 0)
  }

  @Test func needsEachOfItsConditions() throws {
    func verdict(
      _ earlier: [Session], _ later: [Session], apart: Duration = Self.apart,
      by policy: Policy = Self.policy()
    ) throws -> Recycling.Verdict {
      try recycling(earlier, later, apart: apart, by: policy).verdict
    }
    #expect(try verdict([closed, stays], [stays, new]) == .enforced)
    let quiet = session(pid: 2, open: .minutes(12), used: .minutes(3))
    #expect(
      try verdict([quiet, stays], [stays, new]) == .noEvidence,
      "an idle timeout may have closed it")
    #expect(try verdict([closed, stays], [closed, stays, new]) != .enforced, "it is there still")
    #expect(try verdict([closed], [new]) == .noEvidence, "a restart closes all")
    #expect(try verdict([closed, stays], [stays]) == .noEvidence, "nothing new was opened")
    let young = session(pid: 2, open: .minutes(10))
    #expect(try verdict([young, stays], [stays, new]) == .noEvidence, "it has not passed the age")
    let old = session(pid: 2, open: .minutes(16) + .seconds(31))
    #expect(try verdict([old, stays], [stays, new]) == .noEvidence, "it was old before")
    let slack = session(pid: 2, open: .minutes(16) + .seconds(30), used: .minutes(10))
    #expect(try verdict([slack, stays], [stays, new]) == .enforced)
    let before = session(pid: 3, open: .minutes(11), used: .minutes(9))
    let later = session(pid: 4, open: .minutes(1))
    #expect(
      try verdict(
        [session(pid: 2, open: .minutes(20)), before], [before, later], apart: .minutes(11))
        == .noEvidence, "more than one may have come and gone")
    let elsewhere = session(pid: 4, open: .minutes(1), address: "10.0.0.8")
    #expect(try verdict([closed, stays], [stays, elsewhere]) == .noEvidence, "another address")
    let other = session(pid: 4, open: .minutes(1), application: "web.2", address: "10.0.0.8")
    #expect(try verdict([closed, stays], [stays, other]) == .noEvidence, "another application")
    var shared = Self.policy()
    shared.sharedAddresses = [try #require(Network("10.0.0.7"))]
    #expect(try verdict([closed, stays], [stays, new], by: shared) == .noEvidence)
    var pooled = Self.policy()
    pooled.poolers = [try #require(Network("10.0.0.7"))]
    var snapshot = Snapshot.of([stays, new])
    snapshot.earlier = EarlierLook(capturedAt: .ago(Self.apart), sessions: [closed, stays])
    #expect(snapshot.judged(by: pooled).groups.first?.recycling == nil)
  }

  /// The pid is there again, and is another's.
  @Test func goesByIdentity() throws {
    let reused = session(pid: 2, open: .minutes(1))
    #expect(try recycling([closed, stays], [stays, reused]).verdict == .enforced)
    let samePid = session(pid: 3, open: .minutes(2))
    #expect(try recycling([closed, stays], [samePid, reused]).verdict == .noEvidence)
  }

  /// A use beyond the max age speaks against it, in either look and within the slack too.
  @Test func isNotProvenWhereSomethingWasUsedLate() throws {
    let late = session(pid: 5, open: .minutes(11), used: .minutes(10) + .seconds(20))
    #expect(try recycling([closed, stays], [stays, new, late]).verdict == .noEvidence)
    let lateBefore = session(pid: 5, open: .minutes(17), used: .minutes(10) + .seconds(20))
    #expect(try recycling([closed, stays, lateBefore], [stays, new]).verdict == .noEvidence)
    let leaked = session(pid: 5, open: .minutes(30))
    #expect(try recycling([closed, stays, leaked], [stays, new, leaked]).verdict == .notClosed)
  }

  /// Each is counted once, in whichever group the youngest of its address is.
  @Test func countsForTheGroupThatItIsOf() throws {
    var policy = Self.policy()
    policy.groupBy = [.application]
    var snapshot = Snapshot.of([
      stays, new, session(pid: 8, open: .minutes(2), application: "web.2", address: "10.0.0.8"),
    ])
    snapshot.earlier = EarlierLook(capturedAt: .ago(Self.apart), sessions: [closed, stays])
    let groups = snapshot.judged(by: policy).groups
    #expect(groups.map(\.recycling?.replacedAtMaxAge) == [1, 0])
    #expect(groups.map(\.recycling?.verdict) == [.enforced, .noEvidence])
  }
}
