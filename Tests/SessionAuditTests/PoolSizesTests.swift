import SessionAudit
import Testing

/// `--pool-size 3`: more from one address than its pools hold.
struct PoolSizesTests {
  private static func policy(_ sizes: [Declaration<Int>] = [Declaration(nil, 3)]) -> Policy {
    var policy = Policy()
    policy.poolSizes = sizes
    return policy
  }

  private func idle(
    pid: Int32, silent: Duration, change: (inout Session) -> Void = { _ in }
  ) -> Session { .idle(pid: pid, silent: silent, application: "shop", change: change) }

  private func suspects(_ sessions: [Session], by policy: Policy = policy()) -> [Int32] {
    Snapshot.of(sessions).judged(by: policy).sessions
      .filter { $0.kinds.contains(.beyondPoolSize) }.map(\.session.pid).sorted()
  }

  @Test func suspectsThoseThatWereHeardFirst() throws {
    let three = [
      idle(pid: 2, silent: .zero), idle(pid: 3, silent: .minutes(10)),
      idle(pid: 4, silent: .minutes(20)),
    ]
    #expect(suspects(three).isEmpty)
    let five = three + [idle(pid: 5, silent: .minutes(30)), idle(pid: 6, silent: .minutes(21))]
    #expect(suspects(five) == [5, 6])
    let judged = try #require(Snapshot.of(five).judged(by: Self.policy())[pid: 5])
    #expect(judged.verdict == .suspect && judged.evidence.first?.basis == .declared)
    #expect(
      judged.sentences.first
        == "5 sessions of it come from 10.0.0.7, where at most 3 belong; this one, last heard at "
        + "11:30:00 UTC, is not among the 3 heard last.")
    #expect(suspects(five, by: Policy()).isEmpty)
  }

  /// Which of two that were heard at one moment is extra nobody can tell.
  @Test func sparesWhoIsAsGoodAsAnother() {
    let sessions = [
      idle(pid: 2, silent: .zero), idle(pid: 3, silent: .zero), idle(pid: 4, silent: .hours(1)),
      idle(pid: 5, silent: .hours(1)), idle(pid: 6, silent: .hours(2)),
    ]
    #expect(suspects(sessions) == [6])
  }

  @Test func sparesWhatIsNotQuiet() {
    let others = (2..<6).map { idle(pid: $0, silent: .seconds(Int($0))) }
    #expect(suspects(others + [idle(pid: 9, silent: .minutes(5))]) == [9])
    #expect(suspects(others + [idle(pid: 9, silent: .minutes(5) - .microseconds(1))]).isEmpty)
    #expect(suspects(others + [idle(pid: 9, silent: .hours(1)) { $0.stateChange = .now }]).isEmpty)
    let open = idle(pid: 9, silent: .hours(1)) { $0.state = .idleInTransaction }
    #expect(suspects(others + [open]).isEmpty)
  }

  /// An address that many share, or that tells nothing, holds the pools of many.
  @Test func countsOnlyWhereTheAddressIsOneInstance() throws {
    let many = (2..<9).map { idle(pid: $0, silent: .hours(Int($0))) }
    #expect(suspects(many).count == 4)
    var shared = Self.policy()
    shared.sharedAddresses = [try #require(Network("10.0.0.7"))]
    #expect(suspects(many, by: shared).isEmpty)
    var pooled = Self.policy()
    pooled.poolers = [try #require(Network("10.0.0.7"))]
    #expect(suspects(many, by: pooled).isEmpty)
    let local = (2..<9).map { pid in
      idle(pid: pid, silent: .hours(Int(pid))) { $0.clientAddress = "127.0.0.1" }
    }
    #expect(suspects(local).isEmpty)
    // Each application, role and database by itself.
    let mixed = (2..<9).map { pid in
      idle(pid: pid, silent: .hours(Int(pid))) { if pid > 5 { $0.applicationName = "cron" } }
    }
    #expect(suspects(mixed) == [5])
    let sizes = [Declaration(nil, 2), Declaration(ApplicationPattern("shop"), 6)]
    #expect(suspects(many, by: Self.policy(sizes)) == [8])
  }
}
