import TestSupport
import TestTraits
import Testing

/// A client that pings with a bare Sync each 200 ms, as Postgrex does each second: `state_change`
/// moves, and `query_start` does not.
@Suite(.serialized, .sideBySide)
struct FieldClientPingTests {
  private static let server = FieldStage.makeServer()
  private static let short = [
    "--restart-grace", FieldStage.threshold(milliseconds: 500),
    "--stale-after", FieldStage.threshold(milliseconds: 2_000),
  ]
  private static let covered = ["--roster-covers", "127.0.0.0/24"]

  /// After one query, long ago as thresholds are here.
  private func pingers(
    _ count: Int, on host: Dyno, application: String, of stage: FieldStage
  ) throws -> [FieldClient] {
    try (0..<count).map { _ in
      let client = try stage.pinger(on: host, application: application)
      try client.ask("query SELECT 1")
      try client.ask("ping 0.2")
      return client
    }
  }

  @Test func whoPingsIsNoSuspectAndIsNotEnded() throws {
    let stage = try FieldStage(Self.server)
    let host = try stage.host(20)
    let living = try pingers(2, on: host, application: "shop", of: stage)
    // It says nothing at all, and so is beyond the threshold.
    let silent = try stage.pinger(on: host, application: "shop")
    try silent.ask("query SELECT 1")
    stage.pause(milliseconds: 2_000)
    // What the server shows of a ping.
    let pid = living[0].pids[0]
    let (started, changed) = (
      try stage.column("query_start", of: pid), try stage.column("state_change", of: pid)
    )
    stage.pause(milliseconds: 300)
    #expect(try stage.column("query_start", of: pid) == started)
    #expect(try stage.column("state_change", of: pid) != changed)
    #expect(try stage.column("state", of: pid) == "idle")

    let report = try stage.audit(Self.short)
    for client in living {
      let session = try #require(report.session(client.pids[0]))
      #expect(session["verdict"]?.text == "live", "\(session.brief)")
      // The measure itself stays what it is: how long no query has come.
      #expect(try #require(session["silent_seconds"]?.number) > 2)
    }
    #expect(report.session(silent.pids[0])?["verdict"]?.text == "suspect")

    let run = try stage.terminate(["--suspects"] + Self.short)
    #expect(run.status == 0, "\(run.words)")
    #expect(run.report.results == ["gone": 1])
    #expect(try stage.count(from: 20) == 2)
    for client in living { #expect(try client.ask("query SELECT 1") == "done") }
  }

  /// A deploy: the old host is lost, and its successor has only pinged since. It is there all the
  /// same, so that the old one is not the last of its application.
  @Test func afterADeployWhoOnlyPingsIsAWitness() throws {
    let stage = try FieldStage(Self.server)
    let lost = try stage.host(21)
    let dead = try pingers(3, on: lost, application: "shop", of: stage)
    try lost.vanish()
    for client in dead { try client.kill() }
    let living = try pingers(2, on: stage.host(20), application: "shop", of: stage)
    stage.pause(milliseconds: 2_500)
    let roster = FieldStage.address(20) + "\n"
    let report = try stage.audit(Self.covered + Self.short, roster: roster)
    #expect(report.verdicts(from: 21) == ["orphan": 3])
    #expect(report.verdicts(from: 20) == ["live": 2])

    let run = try stage.terminate(["--orphans"] + Self.covered + Self.short, roster: roster)
    #expect(run.status == 0, "\(run.words)")
    #expect(!run.report.keptFor.contains("last_of_application"))
    #expect(run.report.results == ["gone": 3])
    #expect(try [20, 21].map { try stage.count(from: $0) } == [2, 0])
    for client in living { #expect(try client.ask("query SELECT 1") == "done") }
  }

  /// Without the pings the same is the last of its application, and the breaker holds.
  @Test func whoIsSilentIsNoWitness() throws {
    let stage = try FieldStage(Self.server)
    let lost = try stage.host(21)
    let dead = try pingers(2, on: lost, application: "shop", of: stage)
    try lost.vanish()
    for client in dead { try client.kill() }
    let quiet = try stage.pinger(on: stage.host(20), application: "shop")
    try quiet.ask("query SELECT 1")
    stage.pause(milliseconds: 2_500)
    let run = try stage.terminate(
      ["--orphans"] + Self.covered + Self.short, roster: FieldStage.address(20) + "\n")
    #expect(run.status == 3, "\(run.words)")
    #expect(run.report.keptFor.contains("last_of_application"))
    #expect(try [20, 21].map { try stage.count(from: $0) } == [1, 2])
  }

  /// Its query began longer ago than the threshold, and has just ended.
  @Test func whoseLongQueryHasJustEndedIsNoSuspect() throws {
    let stage = try FieldStage(Self.server)
    let client = try stage.pool(on: stage.host(20), size: 1, application: "report")
    try client.ask("start \(FieldStage.sleep(milliseconds: 2_600))")
    let pid = client.pids[0]
    stage.pause(milliseconds: 200)
    try Crowd.poll("the query to end") { try stage.column("state", of: pid) == "idle" }
    let report = try stage.audit(Self.short)
    let session = try #require(report.session(pid))
    #expect(session["verdict"]?.text == "live", "\(session.brief)")
    let run = try stage.terminate(["--suspects"] + Self.short)
    #expect(run.report.value(at: "totals.selected")?.int == 0)
    #expect(try stage.count(from: 20) == 1)
  }

  /// A fresh state change is no proof of life: a query can outlive its client.
  @Test func aQueryThatOutlivesItsClientLeavesAnOrphan() throws {
    let stage = try FieldStage(Self.server)
    let lost = try stage.host(21)
    let dead = try stage.pool(on: lost, size: 1, application: "shop")
    let living = try stage.pool(on: stage.host(20), size: 1, application: "shop")
    try dead.ask("start \(FieldStage.sleep(milliseconds: 1_500))")
    stage.pause(milliseconds: 300)
    try lost.vanish()
    try dead.kill()
    try living.ask("work 0.1")
    let pid = dead.pids[0]
    let roster = FieldStage.address(20) + "\n"
    // While it runs, whoever owns it may be about to commit.
    let during = try stage.audit(Self.covered + Self.short, roster: roster)
    #expect(during.session(pid)?["verdict"]?.text == "live")
    try Crowd.poll("the query to end") { try stage.column("state", of: pid) != "active" }
    stage.pause(milliseconds: 700)
    // Its state is younger than the threshold, which keeps it from being called stale, no more.
    let report = try stage.audit(Self.covered + Self.short, roster: roster)
    #expect(report.session(pid)?["verdict"]?.text == "orphan")
    #expect(report.evidence(of: pid) == ["owner_gone"])
    let run = try stage.terminate(["--orphans"] + Self.covered + Self.short, roster: roster)
    #expect(run.status == 0, "\(run.words)")
    #expect(try [20, 21].map { try stage.count(from: $0) } == [1, 0])
  }
}
