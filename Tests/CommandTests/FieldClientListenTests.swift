import PostgresClient
import TestSupport
import TestTraits
import Testing

/// Genuine Action Cable, whose one session listens to every room that anybody is in.
@Suite(.serialized, .sideBySide)
struct FieldClientListenTests {
  private static let server = FieldStage.makeServer()
  private static let idle = [
    "--idle-longer-than", FieldStage.threshold(milliseconds: 1_000), "--max-share", "100",
    "--application", "ActionCable-*",
  ]

  private func cable(on stage: FieldStage, rooms: String...) throws -> FieldClient {
    let host = try stage.host(60)
    let client = try stage.start(.cable, ["127.0.0.1", "\(host.port)", "app", "shop"])
    for room in rooms { try client.ask("subscribe \(room)") }
    return client
  }

  private static let name = "ActionCable-PID-%"

  private func lastQuery(_ stage: FieldStage) throws -> String {
    try stage.server.connect().text(
      "SELECT query FROM pg_stat_activity WHERE application_name LIKE '\(Self.name)'") ?? ""
  }

  private func isEnded(_ stage: FieldStage) throws -> Bool {
    try stage.server.connect().text(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '\(Self.name)'") == "0"
  }

  private func hears(_ message: String, in room: String, _ cable: FieldClient, _ stage: FieldStage)
    throws
  {
    try stage.server.execute("NOTIFY \"\(room)\", '\(message)'", database: "shop")
    try Crowd.poll("the message to come") { try cable.ask("heard") == message }
  }

  @Test func whoLeavesOneRoomOfTwoListensStill() throws {
    let stage = try FieldStage(Self.server)
    let cable = try cable(on: stage, rooms: "room_1", "room_2")
    try cable.ask("unsubscribe room_1")
    try Crowd.poll("the session to leave the room") {
      try lastQuery(stage) == #"UNLISTEN "room_1""#
    }
    try hears("before", in: "room_2", cable, stage)
    stage.pause(milliseconds: 1_200)
    let report = try stage.audit(["--stale-after", FieldStage.threshold(milliseconds: 1_000)])
    let session = try #require(report.sessions(from: 60).first)
    #expect(session["holds"]?.items.compactMap(\.text) == ["listen"], "\(session.brief)")
    #expect(session.protections.contains("holds_state"), "\(session.brief)")

    let run = try stage.terminate(Self.idle)
    #expect(run.status == 0 && run.report.keptFor.contains("holds_state"), "\(run.words)")
    #expect(try !isEnded(stage))
    try hears("after", in: "room_2", cable, stage)
  }

  /// One that only listens, as it does most of the time.
  @Test func whoHasJustEnteredARoomIsKept() throws {
    let stage = try FieldStage(Self.server)
    let cable = try cable(on: stage, rooms: "room_1", "room_2")
    #expect(try lastQuery(stage) == #"LISTEN "room_2""#)
    stage.pause(milliseconds: 1_200)
    let run = try stage.terminate(Self.idle)
    #expect(run.report.keptFor.contains("holds_state"), "\(run.words)")
    try hears("after", in: "room_1", cable, stage)
  }

  /// `UNLISTEN *` leaves nothing to listen to.
  @Test func whoLeavesThemAllMayBeEnded() throws {
    let stage = try FieldStage(Self.server)
    let session = try stage.server.connect(
      application: "ActionCable-like", user: "app", database: "shop")
    for sql in ["LISTEN room_1", "UNLISTEN *"] { try session.execute(sql) }
    stage.pause(milliseconds: 1_200)
    let run = try stage.terminate(Self.idle)
    #expect(run.status == 0 && run.report.results == ["gone": 1], "\(run.words)")
  }
}
