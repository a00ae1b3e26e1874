import SessionAudit
import Testing

/// CONN_MAX_AGE of 10 minutes, with 30 seconds of slack.
struct RecyclingTests {
  private static func policy(
    _ maxAges: [Declaration<Duration>] = [Declaration(nil, .minutes(10))]
  ) -> Policy {
    var policy = Policy()
    policy.maxAges = maxAges
    return policy
  }

  private func recycling(
    _ sessions: [Session], by policy: Policy = policy()
  ) throws -> Recycling? {
    try #require(Snapshot.of(sessions).judged(by: policy).groups.first).recycling
  }

  private func used(
    pid: Int32, at age: Duration, open: Duration = .hours(1), application: String = "web.1",
    address: String? = "10.0.0.7"
  ) -> Session {
    .client(pid: pid, .idle, open: open, silent: open - age, application: application) {
      $0.clientAddress = address
    }
  }

  @Test func isNotSpokenOfWithoutAMaxAge() throws {
    #expect(try recycling([used(pid: 2, at: .minutes(50))], by: Policy()) == nil)
    let other = Self.policy([Declaration(ApplicationPattern("worker.*"), .minutes(10))])
    #expect(try recycling([used(pid: 2, at: .minutes(50))], by: other) == nil)
  }

  @Test func isNotEnforcedFromTheSlackOn() throws {
    let slack = Duration.minutes(10) + .seconds(30)
    let within = try #require(try recycling([used(pid: 2, at: slack)]))
    #expect(within.verdict == .enforced && within.usedBeyondMaxAge == 0)
    let beyond = try #require(
      try recycling([
        used(pid: 2, at: slack + .microseconds(1)), used(pid: 3, at: .minutes(40)),
        used(pid: 4, at: .minutes(9)),
      ]))
    #expect(beyond.verdict == .notEnforced && beyond.usedBeyondMaxAge == 2)
    #expect(beyond.worstUsedAtAge == .minutes(40) && beyond.maxAge == .minutes(10))
    var strict = Self.policy()
    strict.maxAgeSlack = .zero
    #expect(try recycling([used(pid: 2, at: slack)], by: strict)?.verdict == .notEnforced)
  }

  /// A request may take as long as it likes: what counts is when it began.
  @Test func countsTheBeginOfTheLastQuery() throws {
    let running = Session.client(pid: 2, .active, open: .hours(2), silent: .minutes(115))
    // That it still runs is no new request.
    #expect(try recycling([running])?.verdict == .noEvidence)
    #expect(try recycling([running])?.worstUsedAtAge == .minutes(5))
    let never = Session.client(pid: 2, .idle, open: .hours(2)) { $0.queryStart = nil }
    #expect(try recycling([never])?.worstUsedAtAge == .zero)
  }

  /// It takes a request after the max age to show that the session was not used for it.
  @Test func isEnforcedOnlyWhereTheAddressWasHeardLater() throws {
    #expect(try recycling([used(pid: 2, at: .minutes(5))])?.verdict == .noEvidence)
    let sibling = used(pid: 3, at: .zero, open: .minutes(50))
    #expect(try recycling([used(pid: 2, at: .minutes(5)), sibling])?.verdict == .noEvidence)
    let later = used(pid: 3, at: .microseconds(1), open: .minutes(50))
    #expect(try recycling([used(pid: 2, at: .minutes(5)), later])?.verdict == .enforced)
    // Of another instance that says nothing.
    let elsewhere = used(pid: 3, at: .zero, open: .minutes(1), address: "10.0.0.8")
    #expect(try recycling([used(pid: 2, at: .minutes(5)), elsewhere])?.verdict == .noEvidence)
    let local = [
      used(pid: 2, at: .minutes(5), address: nil),
      used(pid: 3, at: .zero, open: .minutes(1), address: nil),
    ]
    #expect(try recycling(local)?.verdict == .noEvidence)
  }

  @Test func isTooYoungToTell() throws {
    let young = (2..<5).map { used(pid: $0, at: .minutes(8), open: .minutes(9)) }
    #expect(try recycling(young)?.verdict == .noEvidence)
  }

  @Test func isNotSpokenOfWhereMaxAgesAreMixed() throws {
    let mixed = Self.policy([
      Declaration(nil, .minutes(10)), Declaration(ApplicationPattern("web.2"), .minutes(20)),
    ])
    let sessions = [
      used(pid: 2, at: .minutes(50)), used(pid: 3, at: .minutes(50), application: "web.2"),
    ]
    let groups = Snapshot.of(sessions).judged(by: mixed).groups
    #expect(groups.map(\.recycling?.maxAge) == [.minutes(10), .minutes(20)])
    var byFamily = mixed
    byFamily.groupBy = [.family]
    #expect(try recycling(sessions, by: byFamily) == nil)
    byFamily.maxAges = [Declaration(nil, .minutes(10))]
    #expect(try recycling(sessions, by: byFamily)?.usedBeyondMaxAge == 2)
  }

  /// A pooler's session is used for many clients; hidden ones tell nothing.
  @Test func leavesOutWhatSaysNothingOfIt() throws {
    var pooled = Self.policy()
    pooled.poolers = [try #require(Network("10.0.0.0/8"))]
    #expect(try recycling([used(pid: 2, at: .minutes(50))], by: pooled) == nil)
    #expect(try recycling([.hidden(pid: 2)]) == nil)
    let disabled = Session.client(pid: 2, .disabled, open: .hours(2))
    #expect(try recycling([disabled]) == nil)
    let elsewhere = Session.idle(pid: 2, silent: .zero) { $0.database = "ledger" }
    #expect(try recycling([elsewhere]) == nil)
    let named = Self.policy([Declaration(ApplicationPattern("*@ledger"), .minutes(10))])
    #expect(try recycling([elsewhere], by: named)?.verdict == .notEnforced)
  }
}
