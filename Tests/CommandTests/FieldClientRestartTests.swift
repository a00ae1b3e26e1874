import TestSupport
import TestTraits
import Testing

/// A process that is restarted in place: its host comes back at the same address, and the server
/// still holds the sessions of before. An address that is heard tells nothing of them; their own
/// times do, under the conditions of docs/evidence.md.
@Suite(.serialized, .sideBySide)
struct FieldClientRestartTests {
  private static let server = FieldStage.makeServer()
  private static let short = [
    "--restart-grace", FieldStage.threshold(milliseconds: 1_000), "--stale-after", "1m",
    "--clock-tolerance", "200ms",
  ]

  private struct Scene {
    let stage: FieldStage
    let old: [Int]
    let new: [Int]
    /// Between the two.
    let restart: String
  }

  /// Host 20 lost power with a pool of two, and came back with a pool of three that is busy.
  /// - Parameter beside: what else is at that address, and is not restarted.
  private func scene(
    application: String = "shop", beside: (FieldStage) throws -> Void = { _ in }
  ) throws -> Scene {
    let stage = try FieldStage(Self.server)
    let lost = try stage.host(20)
    let old = try stage.pool(on: lost, size: 2, application: application)
    try beside(stage)
    stage.pause(milliseconds: 300)
    try lost.vanish()
    try old.kill()
    let restart = try stage.now()
    stage.pause(milliseconds: 300)
    let new = try stage.pool(on: stage.host(20), size: 3, application: application)
    try new.ask("work 0.1")
    stage.pause(milliseconds: 1_300)
    return Scene(stage: stage, old: old.pids, new: new.pids, restart: restart)
  }

  private func verdicts(_ pids: [Int], in report: JSON) -> [String?] {
    pids.map { report.session($0)?["verdict"]?.text }
  }

  /// What either says, and what is then ended.
  @Test func aRestartInPlaceIsToldByTheSessionsOwnTimes() throws {
    let scene = try scene()
    let declared = ["--restarted-at", "shop=\(scene.restart)"] + Self.short
    let roster = "\(FieldStage.address(20)),\(scene.restart)\n"
    let reports = [
      ("before_restart", try scene.stage.audit(declared)),
      ("predates_owner", try scene.stage.audit(Self.short, roster: roster)),
    ]
    for (kind, report) in reports {
      #expect(verdicts(scene.old, in: report) == ["orphan", "orphan"], "\(kind)")
      for pid in scene.old { #expect(report.evidence(of: pid).contains(kind)) }
      #expect(verdicts(scene.new, in: report) == ["live", "live", "live"], "\(kind)")
    }
    // The form that names no application may mean any other one at that address.
    let bare = ["--restarted-at", scene.restart] + Self.short
    #expect(verdicts(scene.old, in: try scene.stage.audit(bare)).allSatisfy { $0 != "orphan" })
    let nothing = try scene.stage.terminate(["--orphans"] + bare)
    #expect(nothing.report.value(at: "totals.gone")?.int == 0, "\(nothing.words)")
    #expect(try scene.stage.count(from: 20) == 5)

    let run = try scene.stage.terminate(["--orphans"] + declared)
    #expect(run.status == 0 && run.report.results == ["gone": 2], "\(run.words)")
    #expect(try scene.stage.count(from: 20) == 3)
  }

  @Test func aListWithTheStartEndsExactlyTheSessionsOfBefore() throws {
    let scene = try scene()
    let run = try scene.stage.terminate(
      ["--orphans"] + Self.short, roster: "\(FieldStage.address(20)),\(scene.restart)\n")
    #expect(run.status == 0 && run.report.results == ["gone": 2], "\(run.words)")
    #expect(try scene.stage.count(from: 20) == 3)
  }

  /// The web process was restarted, and the worker beside it was not: it is only quiet, and nothing
  /// of its name began since.
  @Test func aQuietWorkerBesideARestartedProcessIsNotHit() throws {
    let scene = try scene(application: "web") { stage in
      _ = try stage.pool(on: stage.host(20), size: 2, application: "worker")
    }
    let roster = "\(FieldStage.address(20)),\(scene.restart)\n"
    let listed = try scene.stage.audit(Self.short, roster: roster)
    #expect(listed.verdicts(from: 20, application: "worker")["orphan"] == nil)
    for name in ["web", "w*"] {
      let run = try scene.stage.terminate(
        ["--orphans", "--restarted-at", "\(name)=\(scene.restart)"] + Self.short)
      #expect(run.status == 0, "\(run.words)")
      #expect(try scene.stage.count(from: 20, application: "worker") == 2)
      #expect(try scene.stage.count(from: 20, application: "web") == 3)
    }
    let run = try scene.stage.terminate(["--orphans"] + Self.short, roster: roster)
    #expect(run.status == 0, "\(run.words)")
    #expect(try scene.stage.count(from: 20, application: "worker") == 2)
  }

  /// Several hosts behind one address: one of them was restarted, and the sessions of another are
  /// of before and still heard.
  @Test func behindASharedAddressNobodyIsHit() throws {
    let scene = try scene { stage in
      let other = try stage.pool(on: stage.host(20), size: 2, application: "shop")
      try other.ask("work 0.1")
    }
    let declared = ["--restarted-at", "shop=\(scene.restart)"] + Self.short
    let roster = "\(FieldStage.address(20)),\(scene.restart)\n"
    for run in [
      try scene.stage.terminate(["--orphans"] + declared),
      try scene.stage.terminate(["--orphans"] + Self.short, roster: roster),
    ] {
      #expect(run.report.value(at: "totals.gone")?.int == 0, "\(run.words)")
    }
    #expect(try scene.stage.count(from: 20) == 7)
  }
}
