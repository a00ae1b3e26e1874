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
    // It speaks for neither.
    #expect(within.verdict == .noEvidence && within.usedBeyondMaxAge == 0)
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

  /// A session stays open though its address asked on: its thread is gone, or no request comes to it.
  @Test func isNotClosedWhereTheAddressAskedOn() throws {
    let leaked = used(pid: 2, at: .seconds(2))
    #expect(try recycling([leaked])?.verdict == .noEvidence)
    let slack = Duration.minutes(10) + .seconds(30)
    let sibling = used(pid: 3, at: .zero, open: .hours(1) - slack)
    #expect(try recycling([leaked, sibling])?.verdict == .noEvidence)
    let later = used(pid: 3, at: .microseconds(1), open: .hours(1) - slack)
    let found = try #require(try recycling([leaked, later]))
    #expect(found.verdict == .notClosed && found.openBeyondMaxAge == 1)
    #expect(found.openUsedAtAge == .seconds(2) && found.askedOn == .seconds(30) + .microseconds(1))
    #expect(found.usedBeyondMaxAge == 0 && found.replacedAtMaxAge == 0)
    #expect(
      found.notClosed
        == "max age 10m is not kept: 1 is open beyond it, used only in its first 2s, though its address "
        + "asked on for 30s more")
    // What was used beyond it tells more.
    let late = used(pid: 4, at: .minutes(11))
    #expect(try recycling([leaked, later, late])?.verdict == .notEnforced)
    #expect(try recycling([leaked, later, late])?.openBeyondMaxAge == 2)
  }

  @Test func isNotAskedOfWhoAsksNothing() throws {
    let leaked = used(pid: 2, at: .minutes(5))
    // Another instance asks, and this one may be dead.
    let elsewhere = used(pid: 3, at: .zero, open: .minutes(1), address: "10.0.0.8")
    #expect(try recycling([leaked, elsewhere])?.verdict == .noEvidence)
    let local = [
      used(pid: 2, at: .minutes(5), address: nil),
      used(pid: 3, at: .zero, open: .minutes(1), address: nil),
    ]
    #expect(try recycling(local)?.verdict == .noEvidence)
  }

  /// Nothing may close what is in a query or a transaction.
  @Test func leavesOutWhatIsInUse() throws {
    let asking = used(pid: 3, at: .zero, open: .minutes(1))
    for state in [SessionState.active, .idleInTransaction, .idleInTransactionAborted] {
      let busy = Session.client(pid: 2, state, open: .hours(1), silent: .minutes(55))
      #expect(try recycling([busy, asking])?.verdict == .noEvidence)
    }
  }

  /// HikariCP and Go need no request to close a connection.
  @Test func aPoolClosesByItself() throws {
    var policy = Self.policy()
    policy.closesItself = [Declaration(nil, true)]
    let young = used(pid: 3, at: .zero, open: .minutes(10))
    let kept = used(pid: 2, at: .zero, open: .minutes(11))
    #expect(try recycling([kept, young])?.verdict == .noEvidence)
    let found = try #require(try recycling([kept, young], by: policy))
    #expect(found.verdict == .notClosed && found.openBeyondMaxAge == 1)
    #expect(found.notClosed.hasSuffix("its pool lives and closes by itself what is not in use"))
    // One that opened none within its max age may be dead.
    #expect(try recycling([kept], by: policy)?.verdict == .noEvidence)
  }

  @Test func suspectsWhatAPoolDoesNotClose() {
    var policy = Self.policy()
    policy.closesItself = [Declaration(nil, true)]
    func kinds(_ session: Session) -> [Evidence.Kind]? {
      Snapshot.of([session]).judged(by: policy)[pid: 2]?.kinds
    }
    // Whatever its used-at age: what is in use is not closed.
    #expect(kinds(used(pid: 2, at: .minutes(50))) == [.pastMaxAge])
    #expect(kinds(used(pid: 2, at: .minutes(56))) == [])
    let slack = Duration.minutes(10) + .seconds(30)
    #expect(kinds(used(pid: 2, at: .zero, open: slack)) == [])
    #expect(kinds(used(pid: 2, at: .zero, open: slack + .microseconds(1))) == [.pastMaxAge])
    var pinging = used(pid: 2, at: .minutes(5))
    pinging.stateChange = .ago(.seconds(1))
    #expect(kinds(pinging) == [])
    policy.closesItself = []
    #expect(kinds(pinging) == [])
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
