import InputFiles
import SessionAudit
import Testing

/// Reports as a person or another version may have written them; SavedReportRoundTripTests reads
/// our own.
struct SavedReportTests {
  private func read(_ text: String) throws(InputFileError) -> Snapshot {
    try SavedReport.read(bytes(text))
  }

  /// A report with these members and sessions.
  private func report(_ members: String = "", sessions: String = #"{"pid":7}"#) -> String {
    #"{"schema":"pgsessions/audit/1","captured_at":"2026-11-22T09:41Z","#
      + (members.isEmpty ? "" : members + ",") + "\n\"sessions\":[\(sessions)]}"
  }

  private func session(_ members: String) throws -> Session {
    let text = report(sessions: #"{"pid":7,\#(members)}"#)
    return try #require(read(text).sessions.first)
  }

  private func refused(_ text: String) -> InputFileError {
    refusal { () throws(InputFileError) in try read(text) }
  }

  // MARK: - What it is

  @Test(arguments: [
    ("pgsessions/audit/2", "is pgsessions/audit/2; this version reads pgsessions/audit/1"),
    ("pgsessions/audit/0", "is pgsessions/audit/0; this version reads pgsessions/audit/1"),
    (
      "pgsessions/termination/1",
      "is pgsessions/termination/1: that is no audit, and only one is read"
    ),
    ("pgsessions/fleet/2", "is pgsessions/fleet/2; this version reads pgsessions/fleet/1"),
    ("pgsessions/audit/1/x", "is not pgsessions/audit/1, which this version reads"),
    ("pgsessions/audit/", "is not pgsessions/audit/1, which this version reads"),
    ("pgsessions/\u{1B}[2J/1", "is not pgsessions/audit/1, which this version reads"),
    ("pgsessions/other/1", "is not pgsessions/audit/1, which this version reads"),
    ("", "is not pgsessions/audit/1, which this version reads"),
  ])
  func readsOneSchema(_ schema: String, _ problem: String) {
    let escaped = schema.replacing("\u{1B}", with: "\\u001b")
    #expect(
      refused(#"{"schema":"\#(escaped)","sessions":[]}"#)
        == InputFileError(line: 1, field: "schema", problem))
  }

  @Test(arguments: ["", "[]", "7", "null", "<html>", "{}", #"{"schema":1}"#, #"{"schema":null}"#])
  func refusesWhatIsNoReport(_ text: String) { #expect(!refused(text).problem.isEmpty) }

  @Test func refusesARefusal() {
    let failure = #""failure":{"kind":"too_many_connections","message":"sorry"}"#
    let text = #"{"schema":"pgsessions/audit/1","captured_at":null,\#(failure)}"#
    #expect(
      refused(text)
        == InputFileError(line: 1, "is a refused report: there is nothing to judge"))
    #expect(throws: Never.self) { try read(report(#""failure":null"#)) }
  }

  @Test func refusesASummary() {
    let text = #"{"schema":"pgsessions/audit/1","captured_at":"2026-11-22T09:41Z"}"#
    #expect(
      refused(text)
        == InputFileError(
          line: 1, field: "sessions", "is missing: the report was written with --summary"))
  }

  // MARK: - What may be left out

  @Test func theShortestReport() throws {
    let snapshot = try read(report())
    #expect(snapshot.capturedAt == (try time("2026-11-22T09:41Z")))
    #expect(snapshot.target == Target())
    #expect(
      snapshot.server
        == ServerFacts(
          maxConnections: 100, superuserReserved: 3, reserved: 0, roleLimits: [],
          databaseLimits: [], superuserRoles: []))
    #expect(
      snapshot.role
        == RoleFacts(
          name: "unknown", ownPID: -1, isSuperuser: false, canReadAllStats: false,
          canSignalBackends: false, canUseReservedConnections: true, usableRoles: []))
    #expect(snapshot.sessions == [Session(pid: 7, applicationName: "")])
    #expect(snapshot.unlistedBackground == 0)
    #expect(snapshot.details == nil)
    #expect(try read(report(sessions: "")).sessions.isEmpty)
  }

  @Test func aSessionWithAStartIsAClients() throws {
    let start = #""backend_start":"2026-11-22T09:00Z""#
    #expect(try session(start).backendType == "client backend")
    #expect(try session(start + #","backend_type":null"#).backendType == nil)
    #expect(try session(start + #","backend_type":"walsender""#).backendType == "walsender")
    #expect(try session(#""backend_start":null"#).backendType == nil)
  }

  @Test func aSessionWithoutAnAddressIsOnASocket() throws {
    let visible = #""backend_type":"client backend""#
    #expect(try session(visible).clientPort == -1)
    #expect(try session(visible + #","client_address":null"#).isOnUnixSocket)
    #expect(try session(visible + #","client_address":"10.0.0.1""#).clientPort == nil)
    #expect(try session(visible + #","client_port":null"#).clientPort == nil)
    #expect(try session(#""user":"app""#).clientPort == nil)
  }

  @Test(arguments: [
    (#""query":"discard all;""#, true), (#""query":" ;\nDISCARD ALL ; \t""#, true),
    (#""query":"DISCARD TEMP","last_command":"DISCARD""#, false), (#""query":"""#, false),
    (#""query":"DISCARD ALL; SELECT 1""#, false), (#""last_command":"DISCARD""#, true),
    (#""last_command":"SELECT""#, false), (#""query":null,"last_command":"DISCARD""#, true),
  ])
  func knowsWhatPoolersLeave(_ members: String, _ expected: Bool) throws {
    #expect(try session(members).endsWithDiscardAll == expected)
  }

  @Test func unknownKeysAreTolerated() throws {
    let text = report(#""new":[{}],"slots":{"more":1}"#, sessions: #"{"pid":7,"mood":"good"}"#)
    #expect(try read(text).sessions.count == 1)
  }

  // MARK: - What is gathered

  @Test func whatSessionsHold() throws {
    let sessions =
      #"{"pid":1},{"pid":2,"holds":null},{"pid":3,"holds":[]},"#
      + #"{"pid":4,"holds":["backup","advisory_lock","souls"]}"#
    let snapshot = try read(report(sessions: sessions))
    #expect(snapshot.details == Details(holdings: [3: [], 4: [.backup, .advisoryLock]]))
    let doubts = try read(
      report(
        sessions: #"{"pid":1,"holds":["temporary_tables"]},{"pid":2,"holds":["temporary_tables"],"#
          + #""holds_unknown":[]},{"pid":3,"holds":[],"holds_unknown":["listen"]},"#
          + #"{"pid":4,"holds":null,"holds_unknown":null,"protections":[{"kind":"backup"}]},"#
          + #"{"pid":5,"application_name":"pg_dump","protections":[{"kind":"backup"}]}"#))
    // What an older report does not say, its server did not tell.
    #expect(doubts.details?.unknown == [1: [.temporaryTables], 3: [.listen]])
    #expect(doubts.sessions.map(\.beginsBackup) == [false, false, false, true, false])
    #expect(snapshot.sessions.map(\.beginsBackup) == [false, false, false, true])
  }

  @Test func whoBlocksWhom() throws {
    let blocking =
      #""blocking":[{"pid":0,"waiters":2},{"pid":7,"waiters":1,"#
      + #""held_since":"2026-11-22T09:00Z","application_name":"web.1"}]"#
    #expect(
      try read(report(blocking)).details?.blocking == [
        Blocker(pid: 0, waiters: 2, heldSince: nil, applicationName: nil),
        Blocker(
          pid: 7, waiters: 1, heldSince: try time("2026-11-22T09:00Z"), applicationName: "web.1"),
      ])
    #expect(try read(report(#""blocking":[]"#)).details == Details(blocking: []))
    #expect(try read(report(#""blocking":null"#)).details == nil)
  }

  @Test func rolesAndDatabasesGetNumbersByTheirBytes() throws {
    let snapshot = try read(
      report(
        #""target":{"database":"shop"}"#,
        sessions: """
          {"pid":1,"user":"\u{E9}","database":"ledger",
           "protections":[{"kind":"not_permitted","detail":""}]},
          {"pid":2,"user":"e\u{301}","database":"shop",
           "protections":[{"kind":"superuser"},{"kind":"own_session"}]},
          {"pid":3,"user":null},
          {"pid":4,"user":"\u{E9}","database":"ledger"}
          """))
    #expect(snapshot.target.databaseID == 16_384)
    #expect(snapshot.sessions.map(\.databaseID) == [16_385, 16_384, nil, 16_385])
    #expect(snapshot.sessions.map(\.userID) == [16_384, 16_385, nil, 16_384])
    #expect(snapshot.server.superuserRoles == [16_385])
    #expect(snapshot.role.usableRoles == [16_384, 16_385])
    #expect(snapshot.role.ownPID == 2)
  }

  // MARK: - What is wrong

  @Test(arguments: [
    ("", "pid", "is missing"), (#""pid":null"#, "pid", "is null"),
    (#""pid":"7""#, "pid", "is not a whole number"),
    (#""pid":7.5"#, "pid", "is not a whole number"),
    (#""pid":0"#, "pid", "is not within 1 and 2147483647"),
    (#""pid":2147483648"#, "pid", "is not within 1 and 2147483647"),
    (#""pid":7,"application_name":7"#, "application_name", "is not a string"),
    (#""pid":7,"user":[]"#, "user", "is not a string"),
    (
      #""pid":7,"backend_start":"yesterday""#, "backend_start",
      "is not a time with a zone, such as 2026-11-22T09:41Z"
    ),
    (
      #""pid":7,"state_change":"2026-11-22T09:41""#, "state_change",
      "needs a zone: 2026-11-22T09:41Z"
    ),
    (#""pid":7,"client_port":99999"#, "client_port", "is not within -1 and 65535"),
    (#""pid":7,"holds":"backup""#, "holds", "is not an array"),
    (#""pid":7,"holds":[5]"#, "holds[0]", "is not a string"),
    (#""pid":7,"protections":["superuser"]"#, "protections[0]", "is not an object"),
    (#""pid":6"#, "", "has the pid and backend_start of an earlier session"),
  ])
  func pointsAtTheSession(_ members: String, _ key: String, _ problem: String) {
    let error = refused(report(sessions: "{\"pid\":6},\n{\(members)}"))
    let field = "sessions[1]" + (key.isEmpty ? "" : "." + key)
    #expect(error == InputFileError(line: 3, field: field, problem))
  }

  @Test(arguments: [
    (#""slots":{"max_connections":-1}"#, "slots.max_connections"),
    (#""slots":{"max_connections":1e15}"#, "slots.max_connections"),
    (#""slots":{"superuser_reserved":"3"}"#, "slots.superuser_reserved"),
    (#""slots":{"limits":[{"kind":"role","limit":5}]}"#, "slots.limits[0].name"),
    (#""slots":{"limits":[{"kind":"database","name":"shop"}]}"#, "slots.limits[0].limit"),
    (#""slots":[]"#, "slots"), (#""target":"shop""#, "target"),
    (#""target":{"port":70000}"#, "target.port"), (#""target":{"port":0}"#, "target.port"),
    (#""target":{"pooled":0}"#, "target.pooled"),
    (#""totals":{"background":-1}"#, "totals.background"),
    (#""blocking":[{"waiters":1}]"#, "blocking[0].pid"), (#""coverage":1"#, "coverage"),
  ])
  func pointsAtTheRest(_ members: String, _ field: String) {
    #expect(refused(report(members)).field == field)
  }

  @Test func onePidMayComeTwiceWithOtherStarts() throws {
    let sessions =
      #"{"pid":7,"backend_start":"2026-11-22T09:00Z"},"#
      + #"{"pid":7,"backend_start":"2026-11-22T09:01Z"}"#
    #expect(try read(report(sessions: sessions)).sessions.count == 2)
  }

  @Test func takesNoMoreSessionsThanAServerHas() {
    let sessions = String(repeating: "{},", count: 300_000) + "{}"
    let error = refused(report(sessions: sessions))
    #expect(error.problem == "lists more than 300000 sessions")
  }
}
