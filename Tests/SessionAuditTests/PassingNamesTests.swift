import Testing

@testable import SessionAudit

/// Names that are new at each start: what is said of them, and how they are shown.
struct PassingNamesTests {
  private func report(_ names: [String], policy: Policy = Policy()) -> AuditReport {
    var report = Snapshot.of(
      names.enumerated().map { index, name in
        .idle(pid: Int32(index + 2), silent: .zero, application: name)
      }
    ).judged(by: policy)
    report.advise(words: "")
    return report
  }

  private func said(_ names: [String], policy: Policy = Policy()) -> String? {
    report(names, policy: policy).advice.first { $0.code == "names_tell_nothing" }?.summary
  }

  /// What a client is told to set is what that client obeys.
  @Test(arguments: [
    ("puma: cluster worker 0: 19527 [shop]", "ruby-pg, which takes the process's title"),
    ("sidekiq 6.4.1 shop [4 of 10 busy]", "in Rails' database.yml application_name: web.1"),
    ("odoo-19527", "Odoo: PGAPPNAME or db_app_name, without {pid}"),
    ("metabase-3f2a9b1c-7d5e-4f60-8a9b-0c1d2e3f4a5b", "it names itself"),
    ("citus_internal gpid=10000001234", "it names its connections between nodes itself"),
    ("celery@3f2a9b1c7d5e", "PGAPPNAME=celery@worker-1; or a list of who is alive"),
    ("job_20261130_0007", "asyncpg, Postgrex and JDBC don't take that"),
  ])
  func namesTheSettingThatThisClientTakes(_ name: String, _ words: String) throws {
    let summary = try #require(said([name]))
    #expect(summary.contains(words), "\(summary)")
    #expect(summary.hasPrefix("1 name looks new at each start ("))
    #expect(summary.contains("such as \(name)), so names don't tell"))
    // Nobody is told to set what can't be set.
    #expect(summary.contains("Give each") != (name.hasPrefix("citus") || name.hasPrefix("meta")))
  }

  /// Names that a platform gives on purpose, names that come back, and a person's tool.
  @Test(arguments: [
    "web.1", "shop-0", "run.9157", "shop-7d9f8b6c5d-x2vlq", "web-12a34b56d-e78f9", "gunicorn", "",
    "celery@worker-1", "pgAdmin 4 - CONN:8427691",
  ])
  func saysNothingOfOthers(_ name: String) {
    #expect(said([name, name]) == nil)
  }

  @Test func aRosterTellsOfThemByName() {
    var policy = Policy()
    policy.roster = Roster(
      format: .lines,
      entries: [.init(name: "celery@3f2a9b1c7d5e", networks: [], isAlive: true, startedAt: nil)])
    #expect(said(["celery@3f2a9b1c7d5e"], policy: policy) == nil)
    #expect(said(["odoo-19527"], policy: policy) != nil)
  }

  // MARK: - The table

  @Test func makesALineOfThreeOrMore() throws {
    let titles = (0..<3).map { "puma: cluster worker \($0): 19527 [shop]" }
    let folded = report(titles + ["web.1", "odoo-19527", "odoo-20001"])
    #expect(
      folded.shownGroups.map { $0.group.key } == [
        ["puma: cluster worker *: * [shop]"], ["odoo-19527"], ["odoo-20001"], ["web.1"],
      ])
    #expect(folded.shownGroups.map(\.names) == [3, 1, 1, 1])
    #expect(folded.shownGroups.map(\.group.sessions) == [3, 1, 1, 1])
    // Scripts have each of them, and a line of its own says where.
    #expect(folded.groups.count == 6)
    for shown in folded.shownGroups where shown.names == 1 {
      #expect(try folded.groups[#require(shown.index)] == shown.group)
    }
    var policy = Policy()
    policy.groupBy = [.application, .user]
    #expect(report(titles, policy: policy).shownGroups.count == 3)
  }

  /// Whatever is folded, no session is lost or counted twice.
  @Test func countsWhatTheGroupsCount() {
    let names = (0..<40).map { index in
      ["odoo-\(10_000 + index)", "celery@3f2a9b1c7d\(10 + index)", "web.\(index)"][index % 3]
    }
    let report = report(names)
    let shown = report.shownGroups.map(\.group)
    func sum(_ groups: [SessionGroup], _ count: (SessionGroup) -> Int) -> Int {
      groups.reduce(0) { $0 + count($1) }
    }
    for count in [\SessionGroup.sessions, \.live, \.suspect, \.orphan, \.hidden, \.unknownAge] {
      #expect(sum(shown) { $0[keyPath: count] } == sum(report.groups) { $0[keyPath: count] })
    }
    #expect(
      sum(shown) { $0.bucketCounts.reduce(0, +) }
        == sum(report.groups) { $0.bucketCounts.reduce(0, +) })
    #expect(sum(shown) { $0.clients.values.reduce(0, +) } == 40)
    #expect(shown.count == 15)
  }
}
