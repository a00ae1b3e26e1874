import InputFiles
import SessionAudit
import Testing

struct HerokuRosterTests {
  private func read(_ text: String) throws(InputFileError) -> Roster {
    try RosterFile.read(bytes(text))
  }

  @Test func readsDynos() throws {
    let roster = try read(
      """
      [
        {"attach_url": null, "command": "gunicorn shop.wsgi", "created_at": "2026-11-22T09:41:07Z",
         "id": "01234567-89ab-cdef-0123-456789abcdef", "name": "web.1",
         "app": {"id": "x", "name": "shop"}, "release": {"id": "y", "version": 11},
         "size": "standard-1X", "state": "up", "type": "web", "updated_at": "2026-11-22T09:42:00Z"},
        {"name": "web.1", "state": "starting", "created_at": "2026-11-22T10:00:00Z"},
        {"name": "web.2", "state": "crashed", "created_at": "2026-11-22T09:41:07Z"},
        {"name": "web.3", "state": "down", "created_at": null},
        {"name": "run.9157", "state": "idle"},
        {"name": "worker.1", "state": "napping"}
      ]
      """)
    let start = try time("2026-11-22T09:41:07Z")
    func dyno(_ name: String, _ isAlive: Bool, _ start: Timestamp?) -> Roster.Entry {
      Roster.Entry(name: name, networks: [], isAlive: isAlive, startedAt: start)
    }
    #expect(roster.format == .heroku)
    #expect(
      roster.entries == [
        // During a deploy the old and the new one overlap: both are kept, and what starts takes
        // nothing from the old one yet.
        dyno("web.1", true, start), dyno("web.1", true, nil),
        dyno("web.2", false, start), dyno("web.3", false, nil), dyno("run.9157", true, nil),
        // A state that is not known spares.
        dyno("worker.1", true, nil),
      ])
  }

  @Test(arguments: [
    (#"{"state":"up"}"#, "name", "is missing"), (#"{"name":"","state":"up"}"#, "name", "is empty"),
    (#"{"name":null,"state":"up"}"#, "name", "is null"),
    (
      #"{"name":"wéb.1","state":"up"}"#, "name",
      "is not the plain ASCII that the server shows of a name"
    ),
    (#"{"name":7,"state":"up"}"#, "name", "is not a string"),
    (#"{"name":"web.2"}"#, "state", "is missing"),
    (#"{"name":"web.2","state":true}"#, "state", "is not a string"),
    (
      #"{"name":"web.2","state":"up","created_at":"2026-11-22"}"#, "created_at",
      "is not a time with a zone, such as 2026-11-22T09:41Z"
    ),
    (
      #"{"name":"web.2","state":"up","created_at":"2026-11-22T09:41:07"}"#, "created_at",
      "needs a zone: 2026-11-22T09:41Z"
    ),
    (#"{"name":"web.2","state":"up","created_at":0}"#, "created_at", "is not a string"),
  ])
  func pointsAtWhatIsWrong(_ dyno: String, _ key: String, _ problem: String) {
    let text = "[{\"name\":\"web.1\",\"state\":\"up\"},\n" + dyno + "]"
    #expect(
      refusal { () throws(InputFileError) in try read(text) }
        == InputFileError(line: 2, field: "[1].\(key)", problem))
  }

  @Test func namesAreCutAsTheServerCutsThem() throws {
    let name = String(repeating: "x", count: 62) + "ye.1"
    let roster = try read(#"[{"state":"up","name":"\#(name)"}]"#)
    #expect(roster.entries.map(\.name) == [String(repeating: "x", count: 62) + "y"])
    let fits = String(repeating: "x", count: 63)
    #expect(try read(#"[{"state":"up","name":"\#(fits)"}]"#).entries.map(\.name) == [fits])
  }
}
