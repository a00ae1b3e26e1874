import SessionAudit
import Testing

struct SessionGroupTests {
  private let sessions: [Session] = [
    .idle(pid: 2, silent: .seconds(30), application: "web.1"),
    .idle(pid: 3, silent: .minutes(5), application: "web.1") { $0.clientAddress = "10.0.0.8" },
    .client(pid: 4, .active, open: .days(3), silent: .days(2), application: "web.1"),
    .idle(pid: 5, silent: .hours(2), application: ""),
    .idle(pid: 6, silent: .minutes(1), application: "psql") { ($0.user, $0.database) = ("x", "y") },
    .hidden(pid: 7, application: "psql"),
    .idle(pid: 8, silent: .minutes(20), application: "cron") {
      ($0.clientAddress, $0.clientPort) = (nil, -1)
    },
  ]

  private func groups(by dimensions: GroupDimension...) -> [SessionGroup] {
    Snapshot.of(sessions).judged(by: Policy(groupBy: dimensions)).groups
  }

  private func counts(by dimensions: GroupDimension...) -> [String] {
    Snapshot.of(sessions).judged(by: Policy(groupBy: dimensions)).groups.map { group in
      group.key.map { $0 ?? "NULL" }.joined(separator: "/") + " \(group.sessions)"
    }
  }

  @Test func areSortedBySizeThenByKey() {
    #expect(counts(by: .application) == ["web.1 3", "psql 2", " 1", "cron 1"])
  }

  @Test func canBeOfEachDimension() {
    #expect(counts(by: .user) == ["app 5", "other 1", "x 1"])
    #expect(counts(by: .database) == ["shop 6", "y 1"])
    #expect(counts(by: .client) == ["10.0.0.7 4", "NULL 2", "10.0.0.8 1"])
    #expect(counts(by: .state) == ["idle 5", "NULL 1", "active 1"])
    #expect(
      counts(by: .user, .client) == [
        "app/10.0.0.7 3", "app/NULL 1", "app/10.0.0.8 1", "other/NULL 1", "x/10.0.0.7 1",
      ])
    #expect(counts(by: .client, .user).first == "10.0.0.7/app 3")
  }

  @Test(arguments: [
    (GroupDimension.application, "application_name"), (.user, "user"), (.database, "database"),
    (.client, "client_address"), (.state, "state"),
  ])
  func areNamedByTheirColumn(_ dimension: GroupDimension, _ name: String) {
    #expect(dimension.keyName == name)
  }

  @Test func addUpTheirSessions() throws {
    let web = try #require(groups(by: .application).first)
    #expect(web.states == [.idle: 2, .active: 1])
    #expect(web.bucketCounts == [1, 1, 0, 0, 1] && web.unknownAge == 0)
    #expect(web.oldestStateAge == .days(2) && web.oldestSessionAge == .days(3))
    #expect(web.live == 3 && web.suspect == 0 && web.hidden == 0)
    #expect(web.clientsByAddress.map(\.address) == ["10.0.0.7", "10.0.0.8"])
    #expect(web.clientsByAddress.map(\.sessions) == [2, 1])
    let psql = groups(by: .application)[1]
    #expect(psql.hidden == 1 && psql.unknownAge == 1 && psql.live == 1)
    #expect(psql.clientsByAddress.map(\.address) == [nil, "10.0.0.7"])
    let silent = try #require(groups(by: .application).first { $0.key == [""] })
    #expect(silent.suspect == 1 && silent.live == 0)
  }

  /// A bound belongs to the bucket that begins with it.
  @Test func putABoundIntoTheBucketAboveIt() {
    let ages: [Duration] = [
      .zero, .minutes(1) - .microseconds(1), .minutes(1), .minutes(10), .hours(1), .days(1),
    ]
    let snapshot = Snapshot.of(
      ages.enumerated().map { .idle(pid: Int32($0 + 2), silent: $1, open: .days(3)) })
    #expect(snapshot.judged().groups.map(\.bucketCounts) == [[2, 1, 1, 1, 1]])
    let policy = Policy(bucketBounds: [.hours(1)])
    #expect(snapshot.judged(by: policy).groups.map(\.bucketCounts) == [[4, 2]])
    #expect(snapshot.judged(by: Policy(bucketBounds: [])).groups.map(\.bucketCounts) == [[6]])
  }

  @Test func listStatesInReadingOrder() throws {
    let states: [SessionState] = [
      .other("zzz"), .disabled, .idle, .other("aaa"), .idleInTransaction, .active, .idle,
    ]
    let snapshot = Snapshot.of(
      states.enumerated().map { .client(pid: Int32($0 + 2), $1) })
    let group = try #require(snapshot.judged().groups.first)
    #expect(
      group.statesInReadingOrder.map { "\($0.state.name) \($0.count)" } == [
        "active 1", "idle 2", "idle in transaction 1", "disabled 1", "aaa 1", "zzz 1",
      ])
  }

  @Test func addUpInEverySnapshot() {
    var world = RandomWorld(.printed("Group sums"))
    for round in 0..<1000 {
      let snapshot = world.snapshot()
      let dimensions = GroupDimension.allCases.filter { _ in round.isMultiple(of: 2) }
      let policy = Policy(groupBy: dimensions.isEmpty ? [.application] : dimensions)
      let report = snapshot.judged(by: policy)
      let totals = report.totals
      for group in report.groups {
        #expect(group.bucketCounts.reduce(group.unknownAge, +) == group.sessions)
        #expect(group.live + group.suspect + group.orphan + group.hidden == group.sessions)
        #expect(group.clients.values.reduce(0, +) == group.sessions)
      }
      #expect(report.groups.reduce(0) { $0 + $1.sessions } == totals.clientSessions)
      #expect(report.groups.reduce(0) { $0 + $1.suspect } == totals.suspect)
      #expect(report.groups.reduce(0) { $0 + $1.openedLastMinute } == totals.openedLastMinute)
      #expect(report.groups.reduce(0) { $0 + $1.orphan } == totals.orphan)
      #expect(
        totals.live + totals.suspect + totals.orphan + totals.hidden == totals.clientSessions)
      #expect(totals.clientSessions + totals.background == snapshot.sessions.count)
      #expect(totals.clientSessions == report.sessions.count)
    }
  }
}
