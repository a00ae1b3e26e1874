import TestSupport
import TestTraits
import Testing

/// Genuine pools of psycopg_pool behind a list of addresses, all with one role and database and
/// without a name, as Django's are by default.
@Suite(.serialized, .sideBySide)
struct FieldClientRosterTests {
  private static let server = FieldStage.makeServer()
  private static let covered = ["--roster-covers", "127.0.0.0/24"]
  private static let short = [
    "--restart-grace", FieldStage.threshold(milliseconds: 1_000),
    "--stale-after", FieldStage.threshold(milliseconds: 1_000),
  ]

  /// Host 20 is listed and at work; 21 at work and 22 quiet, both alive and not listed; 23 lost.
  private func scene() throws -> FieldStage {
    let stage = try FieldStage(Self.server)
    let listed = try stage.pool(on: stage.host(20))
    let unlisted = try stage.pool(on: stage.host(21))
    _ = try stage.pool(on: stage.host(22))
    let lost = try stage.host(23)
    let dead = try stage.pool(on: lost)
    try listed.ask("work 0.1")
    try unlisted.ask("work 0.1")
    #expect(try lost.vanish() == 2)
    try dead.kill()
    stage.pause(milliseconds: 1_300)
    return stage
  }

  /// The list has one namespace of several, or forgot a host. Of the two quiet addresses nothing
  /// tells the dead one from the living; the right list does.
  @Test func aListThatLacksAHeardAddressEndsNobody() throws {
    let stage = try scene()
    let wrong = FieldStage.address(20) + "\n"
    let report = try stage.audit(Self.covered + Self.short, roster: wrong)
    #expect(report.value(at: "totals.orphan")?.int == 0)
    #expect(report.verdicts(from: 22) == ["suspect": 2])
    #expect(report.verdicts(from: 23) == ["suspect": 2])
    let warning = report.advice("roster_lacks_living") ?? ""
    #expect(warning.contains(FieldStage.address(21)), "\(warning)")
    #expect(!warning.contains(FieldStage.address(22)), "\(warning)")
    #expect(warning.contains("4 sessions"), "how many that spared: \(warning)")

    try spares(stage, roster: wrong)
    #expect(try [20, 21, 22, 23].map { try stage.count(from: $0) } == [2, 2, 2, 2])

    let right = [20, 21, 22].map { FieldStage.address($0) + "\n" }.joined()
    let run = try stage.terminate(["--orphans"] + Self.covered + Self.short, roster: right)
    #expect(run.status == 0, "\(run.words)")
    #expect(run.report.results == ["gone": 2])
    #expect(try [20, 21, 22, 23].map { try stage.count(from: $0) } == [2, 2, 2, 0])
  }

  /// What cron runs ends nobody, and each record of it says whom the list lacks and how many that
  /// spared.
  private func spares(_ stage: FieldStage, roster: String) throws {
    let folder = TemporaryFolder()
    let outcome = try Fixture.run(
      ["terminate", "--orphans", "--execute", "--yes", "--live", "-"] + Self.covered + Self.short
        + ["--metrics", folder.path("metrics"), stage.uri],
      input: roster)
    #expect(outcome.status == 0, "\(outcome.stderr)")
    let words = (outcome.stdout + outcome.stderr).split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    #expect(words.contains(FieldStage.address(21)) && words.contains("4 sessions"), "\(words)")
    let figures = try folder.read("metrics").split(separator: "\n").filter {
      $0.contains("spared") && !$0.hasPrefix("#")
    }
    #expect(figures.contains { $0.hasSuffix(" 4") }, "\(figures)")

    // What a schedule mails: nobody would hear otherwise of a list that keeps all for ever.
    let mail = try Fixture.run(
      ["terminate", "--orphans", "--execute", "--yes", "--quiet", "--live", "-"] + Self.covered
        + Self.short + [stage.uri], input: roster)
    let line = "kept 4 sessions: the roster lacks \(FieldStage.address(21)), heard just now, "
    #expect(
      mail.stdout == line + "so it is not believed there.\n", "\(mail.stdout)\(mail.stderr)")
  }

  /// The address that is heard spares what is of its own kind only: the whole network would be too
  /// much, as one administrator's psql would stop every cleanup.
  @Test func whoIsHeardOfAnotherApplicationSparesNobody() throws {
    let stage = try FieldStage(Self.server)
    let listed = try stage.pool(on: stage.host(30), application: "shop")
    let administrator = try stage.pool(on: stage.host(31), size: 1, application: "psql")
    let lost = try stage.host(32)
    let dead = try stage.pool(on: lost, application: "shop")
    try listed.ask("work 0.1")
    try administrator.ask("work 0.1")
    try lost.vanish()
    try dead.kill()
    stage.pause(milliseconds: 1_300)
    let run = try stage.terminate(
      ["--orphans"] + Self.covered + Self.short, roster: FieldStage.address(30) + "\n")
    #expect(run.status == 0, "\(run.words)")
    #expect(try [30, 31, 32].map { try stage.count(from: $0) } == [2, 1, 0])
  }
}
