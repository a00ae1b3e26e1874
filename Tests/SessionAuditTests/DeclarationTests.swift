import Testing

@testable import SessionAudit

struct DeclarationTests {
  private static let patterns: [(pattern: String, here: [String], ledger: [String])] = [
    ("web.1", ["web.1"], []),
    ("web.*", ["web.1", "web.2"], []),
    ("*", ["", "web.1", "web.2", "celery@ledger", "a@b@ledger"], []),
    ("", [""], []),
    ("web.*@ledger", [], ["web.1", "web.2"]),
    (
      "*@ledger", ["celery@ledger", "a@b@ledger"],
      ["", "web.1", "web.2", "celery@ledger", "a@b@ledger"]
    ),
    ("@ledger", [], [""]),
    // A name with @ in it can be meant as it stands.
    ("celery@ledger", ["celery@ledger"], []),
    ("a@b@ledger", ["a@b@ledger"], []),
    ("celery@ledger@ledger", [], ["celery@ledger"]),
    ("*@*", ["celery@ledger", "a@b@ledger"], []),
    ("web.*@Ledger", [], []),
    ("web.*@", [], []),
  ]

  @Test(arguments: patterns)
  func speaksOfTheConnectedDatabaseOrTheNamedOne(
    _ text: String, _ here: [String], _ ledger: [String]
  ) {
    let pattern = ApplicationPattern(text)
    let names = ["", "web.1", "web.2", "celery@ledger", "a@b@ledger"]
    #expect(
      names.filter { pattern.matches($0, user: nil, database: "shop", isConnected: true) } == here)
    #expect(
      names.filter { pattern.matches($0, user: nil, database: "ledger", isConnected: false) }
        == ledger)
    #expect(
      names.filter { pattern.matches($0, user: nil, database: "other", isConnected: false) } == [])
    #expect(
      names.filter { pattern.matches($0, user: nil, database: nil, isConnected: false) } == [])
  }

  /// The connected database can be named too.
  @Test func speaksOfTheConnectedDatabaseByName() {
    let pattern = ApplicationPattern("web.*@shop")
    #expect(pattern.matches("web.1", user: nil, database: "shop", isConnected: true))
    #expect(!pattern.matches("web.1", user: nil, database: "ledger", isConnected: false))
    #expect(ApplicationPattern("a") == ApplicationPattern("a") && pattern != .init("web.*"))
  }

  @Test func namesDatabasesByTheirBytes() {
    let pattern = ApplicationPattern("*@caf\u{E9}")
    #expect(pattern.matches("web", user: nil, database: "caf\u{E9}", isConnected: false))
    #expect(!pattern.matches("web", user: nil, database: "cafe\u{301}", isConnected: false))
  }

  @Test func areOverruledByTheLastThatMatches() {
    let declarations: [Declaration<Int>] = [
      Declaration(nil, 1), Declaration(ApplicationPattern("web.*"), 2),
      Declaration(ApplicationPattern("web.1"), 3), Declaration(ApplicationPattern("web.1@shop"), 4),
      Declaration(ApplicationPattern("*@ledger"), 5), Declaration(ApplicationPattern("cron"), 6),
    ]
    func value(_ name: String, _ database: String?, _ isConnected: Bool) -> Int? {
      declarations.value(for: name, user: nil, database: database, isConnected: isConnected)
    }
    #expect(value("web.1", "shop", true) == 4 && value("web.2", "shop", true) == 2)
    #expect(value("worker", "shop", true) == 1 && value("cron", "shop", true) == 6)
    #expect(value("web.1", "ledger", false) == 5 && value("", "ledger", false) == 5)
    #expect(value("web.1", "other", false) == nil && value("web.1", nil, false) == nil)
    let later = declarations + [Declaration(nil, 7)]
    #expect(later.value(for: "web.1", user: nil, database: "shop", isConnected: true) == 7)
    #expect(later.value(for: "web.1", user: nil, database: "ledger", isConnected: false) == 5)
    #expect([Declaration<Int>]().value(for: "", user: nil, database: nil, isConnected: true) == nil)
  }

  @Test func knowWhenARestartWas() {
    #expect(RestartTime.at(.ago(.hours(1))).moment(at: .now) == .ago(.hours(1)))
    #expect(RestartTime.ago(.minutes(10)).moment(at: .now) == .ago(.minutes(10)))
  }

  @Test func showNamesUnderTheFamilyThatWasSaid() {
    var policy = Policy(groupBy: [.family])
    #expect(policy.family(of: "web.1") == "web.*" && policy.family(of: "psql") == "psql")
    policy.families = [Glob("*"), Glob("web.*"), Glob("shop-*-[0-9]"), Glob("")]
    #expect(policy.family(of: "psql") == "*" && policy.family(of: "web.1") == "web.*")
    #expect(policy.family(of: "shop-eu-1") == "shop-*-[0-9]" && policy.family(of: "") == "")
    policy.families.append(Glob("web*"))
    let groups = Snapshot.of([
      .idle(pid: 2, silent: .zero), .idle(pid: 3, silent: .zero, application: "web.2"),
      .idle(pid: 4, silent: .zero, application: "website"), .hidden(pid: 5, application: "x"),
    ]).judged(by: policy).groups
    #expect(groups.map(\.key) == [["web*"], ["*"]] && groups.map(\.sessions) == [3, 1])
    #expect(GroupDimension.family.keyName == "family")
  }
}
