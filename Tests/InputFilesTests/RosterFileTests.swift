import InputFiles
import SessionAudit
import Testing

/// What rosters of any form have in common, and those that are lines.
struct RosterFileTests {
  private func read(_ text: String) throws(InputFileError) -> Roster {
    try RosterFile.read(bytes(text))
  }

  private func refused(_ text: String) -> InputFileError {
    refusal { () throws(InputFileError) in try read(text) }
  }

  // MARK: - Which form it is

  @Test func tellsTheFormByItsContent() throws {
    let heroku = #"[{"name":"web.1","state":"up"}]"#
    let pod = #"{"kind":"Pod","metadata":{"name":"web-0"}}"#
    #expect(try read(heroku).format == .heroku)
    #expect(try read("\u{FEFF}\r\n\t " + heroku).format == .heroku)
    #expect(try read(pod).format == .kubernetes)
    #expect(try read("\n" + pod + "\n").format == .kubernetes)
    #expect(try read("web.1").format == .lines)
    #expect(try read("\u{FEFF}web.1").entries.map(\.name) == ["web.1"])
  }

  @Test(arguments: [
    "", " \n\t\r\n", "# nobody\n\n  # at all", "\u{FEFF}", "[]", #"{"kind":"List","items":[]}"#,
    #"{"kind":"PodList","items":null}"#, #"{"kind":"List","items":[{"kind":"Service"}]}"#,
  ])
  func refusesAListOfNobody(_ text: String) {
    #expect(refused(text).problem == "lists nobody: everything would look like an orphan")
  }

  @Test(arguments: [
    #"[{"name":"web.1","state":"down"},{"name":"web.2","state":"crashed"}]"#,
    #"{"kind":"Pod","metadata":{"name":"job-1"},"status":{"phase":"Succeeded"}}"#,
  ])
  func refusesAListOfTheDead(_ text: String) {
    #expect(
      refused(text).problem
        == "lists nobody who is alive: everything would look like an orphan")
  }

  @Test(arguments: [
    // JSON, and no list.
    #""web.1""#, "5", "null", "true", "[1]", #"["web.1"]"#, "[[]]", "[null]", "{}",
    #"{"id":"unauthorized","message":"Invalid credentials provided."}"#,
    #"{"kind":"Status","status":"Failure","message":"pods is forbidden"}"#,
    #"{"kind":"Service","metadata":{"name":"web"}}"#, #"{"items":[]}"#, #"{"kind":5}"#,
    #"{"kind":"List"}"#, #"{"kind":"List","items":{}}"#, #"[{"name":"web.1","state":"up"}"#,
    #"[{"name":"web.1","state":"up"}] and more"#, #"{"kind":"Pod"}{"kind":"Pod"}"#,
    // Other kinds of text.
    "<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>", "<html>", #""web.1""# + "\nweb.2",
    "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Pod",
    "=== web (Standard-1X): gunicorn shop.wsgi (1)\nweb.1: up 2026/11/22 09:41:07 +0100",
    "NAME    READY   STATUS    RESTARTS   AGE\nweb-0   1/1     Running   0   5d", "pod/web-0",
    "Couldn't find that app.", "web.1\0", "w\0e\0b\0.\01\0",
  ])
  func refusesWhatIsNoRoster(_ text: String) {
    #expect(!refused(text).problem.isEmpty)
  }

  @Test func hintsAtTheOptionThatWasForgotten() {
    #expect(refused("web.1: up 2026/11/22").problem.contains("heroku ps writes without --json"))
    #expect(refused("NAME READY").problem.contains("kubectl get pods without -o json"))
  }

  // MARK: - Lines

  @Test func readsLines() throws {
    let roster = try read(
      """
      # who is alive
      web.1,2026-11-22T09:41Z

        web.2 , 2026-11-22 10:41+01:00\t# at the same moment
      10.0.0.7\r
      10.1.0.0/16,2026-11-22T09:41:07Z\r
      fd00::/8 #all
      web#3
      celery@host-a,2026-11-22T09:41:07.5+02
      """)
    let start = try time("2026-11-22T09:41Z")
    #expect(roster.nodeNetworks.isEmpty)
    #expect(
      roster.entries == [
        .init(name: "web.1", networks: [], isAlive: true, startedAt: start),
        .init(name: "web.2", networks: [], isAlive: true, startedAt: start),
        .init(name: nil, networks: [Network("10.0.0.7")!], isAlive: true, startedAt: nil),
        .init(
          name: nil, networks: [Network("10.1.0.0/16")!], isAlive: true,
          startedAt: try time("2026-11-22T09:41:07Z")),
        .init(name: nil, networks: [Network("fd00::/8")!], isAlive: true, startedAt: nil),
        .init(name: "web#3", networks: [], isAlive: true, startedAt: nil),
        .init(
          name: "celery@host-a", networks: [], isAlive: true,
          startedAt: try time("2026-11-22T07:41:07.5Z")),
      ])
  }

  @Test(
    arguments: [
      ("web.1,2026-11-22T09:41Z,up", nil), ("web.1,,", nil), (",2026-11-22T09:41Z", "name"),
      (",", "started-at"), ("web.1,", "started-at"), ("web.1,yesterday", "started-at"),
      ("web.1,2026-11-22T09:41", "started-at"), ("name,started-at", "started-at"),
      ("web 1", "name"), ("web\t1", "name"), ("web\u{A0}1", "name"), ("web\u{1B}[2J", "name"),
      ("web.1\rweb.2", "name"), ("\u{202E}web", "name"), ("web\u{FEFF}", "name"),
      ("web\u{2028}1", "name"), ("web\u{85}1", "name"),
      (String(repeating: "x", count: 64), "name"), (String(repeating: "é", count: 32), "name"),
      ("10.0.0.256", "name"), ("10.0.0.0/33", "name"), ("10.0.0.0/", "name"),
      ("fd00::1::2", "name"),
      ("fd00::/129", "name"), ("a:b:c", "name"), ("10.0.0.7/x", "name"),
    ] as [(String, String?)])
  func pointsAtTheLineAndField(_ line: String, _ field: String?) {
    let error = refused("web.1\r\n# the next is wrong\n" + line + "\nweb.3")
    #expect(error.line == 3)
    #expect(error.field == field)
  }

  @Test func saysWhenOnlyTheZoneIsMissing() {
    #expect(refused("web.1,2026-11-22T09:41").problem == "needs a zone: 2026-11-22T09:41Z")
  }

  @Test(arguments: ["1.2.3", "web:1", "g:h:i", "deploy/web", String(repeating: "x", count: 63)])
  func takesNamesThatOnlyResembleAddresses(_ name: String) throws {
    #expect(try read(name).entries.map(\.name) == [name])
  }

  @Test func refusesLinesThatAreNotUTF8() {
    let latin1 = bytes("web.1\nw") + [0xE9] + bytes("b.2\n")
    #expect(
      refusal { () throws(InputFileError) in try RosterFile.read(latin1) }
        == InputFileError(line: 2, "is not text in UTF-8"))
  }
}
