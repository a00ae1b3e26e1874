import SessionAudit
import Testing

@testable import Commands
@testable import Runs

/// `--fail-on`, over reports of the corpus.
struct FailConditionTests {
  private func failure(_ name: String, _ conditions: String...) throws -> ExitError? {
    FailCondition.failure(
      of: try Corpus.report(of: name, Corpus.expectations(of: name)),
      try conditions.map(FailCondition.init))
  }

  @Test func findsWhatItNames() throws {
    let orphans = try #require(try failure("founding-case", "orphans", "suspects"))
    #expect(orphans.status == .found && orphans.sentence == "--fail-on: 12 orphans")
    #expect(try failure("founding-case", "suspects") == nil)
    #expect(try failure("founding-case") == nil)
  }

  @Test func comparesTheLimitThatBinds() throws {
    var report = try Corpus.report(of: "founding-case", Corpus.expectations(of: "founding-case"))
    report.slots.binding = Slots.Limit(kind: .server, name: nil, limit: 30, used: 27)
    for (percent, isFound) in [(89, true), (90, true), (91, false)] {
      let failure = FailCondition.failure(of: report, [.slots(percent: percent)])
      #expect((failure != nil) == isFound, "\(percent)")
    }
    #expect(
      FailCondition.failure(of: report, [.slots(percent: 90)])?.sentence
        == "--fail-on: 27 of 30 connections are used, which is 90 % or more")
    report.slots.binding.used = 1
    #expect(
      FailCondition.failure(of: report, [.slots(percent: 1)])?.sentence
        == "--fail-on: 1 of 30 connections is used, which is 1 % or more, and 1 more limit")
  }

  /// A monitoring role has room of its own while everybody else is refused.
  @Test func looksAtTheLimitsOfOthers() throws {
    var report = try Corpus.report(of: "founding-case", Corpus.expectations(of: "founding-case"))
    report.slots.binding = Slots.Limit(kind: .role, name: "watcher", limit: 3, used: 1)
    report.slots.limits = [
      report.slots.binding, Slots.Limit(kind: .role, name: "app", limit: 20, used: 10),
    ]
    report.slots.ordinary = Slots.Limit(kind: .superuserReserved, name: nil, limit: 57, used: 58)
    #expect(
      FailCondition.failure(of: report, [.slots(percent: 90)])?.sentence
        == "--fail-on: 57 of 57 connections of ordinary roles are used, which is 90 % or more")
    report.slots.ordinary.used = 20
    #expect(FailCondition.failure(of: report, [.slots(percent: 90)]) == nil)
    report.slots.limits[1].used = 19
    #expect(
      FailCondition.failure(of: report, [.slots(percent: 90)])?.sentence
        == "--fail-on: 19 of 20 connections of role app are used, which is 90 % or more")
  }

  /// What can't be seen is not "none".
  @Test func saysThatItCannotTell() throws {
    let hidden = try #require(try failure("heroku-hidden-namesake", "suspects"))
    #expect(hidden.status == .notPermitted || hidden.status == .found)
    var report = try Corpus.report(of: "founding-case", Corpus.expectations(of: "founding-case"))
    report.totals.orphan = 0
    report.coverage.reason = "app lacks pg_read_all_stats"
    let unknown = try #require(FailCondition.failure(of: report, [.orphans]))
    #expect(unknown.status == .notPermitted && unknown.nextStep?.hasPrefix("GRANT") == true)
    #expect(FailCondition.failure(of: report, [.slots(percent: 100)]) == nil)
  }

  @Test(arguments: [
    "", "orphan", "slots", "slots=", "slots=0", "slots=101", "slots=9x", "SUSPECTS",
  ])
  func refusesWhatItDoesNotKnow(_ text: String) {
    #expect(throws: ExitError.self) { try FailCondition(text) }
  }
}
