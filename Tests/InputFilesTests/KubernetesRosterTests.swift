import InputFiles
import SessionAudit
import Testing

struct KubernetesRosterTests {
  private func read(_ text: String) throws(InputFileError) -> Roster {
    try RosterFile.read(bytes(text))
  }

  /// The one entry of a pod with this status and spec.
  private func pod(_ status: String, spec: String = "{}") throws -> Roster.Entry {
    let roster = try read(
      #"{"kind":"List","items":[{"kind":"Pod","metadata":{"name":"other"}},"#
        + #"{"kind":"Pod","metadata":{"name":"web-0"},"spec":\#(spec),"status":\#(status)}]}"#)
    return try #require(roster.entries.last)
  }

  private func networks(_ texts: String...) -> [Network] { texts.map { Network($0)! } }

  @Test func readsAListOfPods() throws {
    let roster = try read(
      """
      {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": [
        {"apiVersion": "v1", "kind": "Pod",
         "metadata": {"name": "web-7d4b9c-x2x4z", "namespace": "shop", "labels": {"app": "web"}},
         "spec": {"containers": []},
         "status": {"phase": "Running", "podIP": "10.1.0.7", "hostIP": "192.168.0.1",
           "podIPs": [{"ip": "10.1.0.7"}, {"ip": "fd00::7"}],
           "hostIPs": [{"ip": "192.168.0.1"}, {"ip": "fd01::1"}],
           "startTime": "2026-11-22T09:00:00Z",
           "containerStatuses": [
             {"name": "web", "restartCount": 1,
              "state": {"running": {"startedAt": "2026-11-22T09:41:07Z"}},
              "lastState": {"terminated": {"finishedAt": "2026-11-22T09:41:06Z"}}},
             {"name": "sidecar", "state": {"running": {"startedAt": "2026-11-22T09:00:05Z"}}}]}},
        {"kind": "Service", "metadata": {"name": "web"}},
        {"metadata": {"name": "web-7d4b9c-abcde"}, "status": {"phase": "Failed",
           "podIP": "10.1.0.8", "hostIP": "192.168.0.2", "containerStatuses": [
             {"state": {"terminated": {"finishedAt": "2026-11-22T09:41:06Z"}}}]}},
        {"kind": "Pod", "metadata": {"name": "node-agent"}, "spec": {"hostNetwork": true},
         "status": {"phase": "Unknown", "podIP": "192.168.0.1", "hostIP": "192.168.0.1"}}
      ]}
      """)
    #expect(roster.format == .kubernetes)
    #expect(roster.nodeNetworks == networks("192.168.0.1", "fd01::1", "192.168.0.2"))
    #expect(
      roster.entries == [
        .init(
          name: "web-7d4b9c-x2x4z", networks: networks("10.1.0.7", "fd00::7"), isAlive: true,
          startedAt: try time("2026-11-22T09:00:05Z")),
        .init(
          name: "web-7d4b9c-abcde", networks: networks("10.1.0.8"), isAlive: false, startedAt: nil),
        .init(name: "node-agent", networks: [], isAlive: true, startedAt: nil),
      ])
  }

  @Test(arguments: [
    ("Pending", true), ("Running", true), ("Unknown", true), ("Evicting", true),
    ("Succeeded", false), ("Failed", false),
  ])
  func livesUnlessItHasEnded(_ phase: String, _ isAlive: Bool) throws {
    #expect(try pod(#"{"phase":"\#(phase)"}"#).isAlive == isAlive)
  }

  @Test func livesWithoutAStatus() throws {
    #expect(
      try pod("null")
        == Roster.Entry(name: "web-0", networks: [], isAlive: true, startedAt: nil))
  }

  @Test func leavesOutAddressesOfNodes() throws {
    #expect(try pod(#"{"podIP":"10.0.0.1","hostIP":"10.0.0.1"}"#).networks.isEmpty)
    #expect(
      try pod(
        #"{"podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::7"}],"hostIPs":[{"ip":"::ffff:10.0.0.1"}]}"#
      ).networks == networks("fd00::7"))
    #expect(
      try pod(#"{"podIP":"10.0.0.1"}"#, spec: #"{"hostNetwork":true}"#).networks.isEmpty)
    #expect(
      try pod(#"{"podIP":"10.0.0.1"}"#, spec: #"{"hostNetwork":false}"#).networks
        == networks("10.0.0.1"))
    #expect(try pod(#"{"podIP":""}"#).networks.isEmpty)
  }

  @Test func startsWithTheFirstContainerThatRuns() throws {
    func start(_ containers: String) throws -> Timestamp? {
      try pod(#"{"startTime":"2026-11-22T01:00Z",\#(containers)}"#).startedAt
    }
    func running(_ time: String) -> String { #"{"state":{"running":{"startedAt":"\#(time)"}}}"# }
    let (early, late) = (running("2026-11-22T08:00:00Z"), running("2026-11-22T09:00:00Z"))
    let at8 = try time("2026-11-22T08:00Z")
    #expect(try start(#""containerStatuses":[\#(late),\#(early)]"#) == at8)
    #expect(try start(#""containerStatuses":[{"state":{"waiting":{}}},\#(early)]"#) == at8)
    // A sidecar runs on among the init containers.
    #expect(
      try start(#""containerStatuses":[\#(late)],"initContainerStatuses":[\#(early)]"#) == at8)
    // Not known, which spares.
    #expect(try start(#""containerStatuses":[{"state":{"waiting":{}}}]"#) == nil)
    #expect(try start(#""containerStatuses":[{"state":null}]"#) == nil)
    #expect(try start(#""containerStatuses":[{"state":{"running":{}}},\#(late)]"#) == nil)
    #expect(try start(#""containerStatuses":[]"#) == nil)
    #expect(try start(#""containerStatuses":null"#) == nil)
  }

  @Test(arguments: [
    (#"{"podIP":"10.0.0.256"}"#, "podIP", "is not an IP address"),
    (#"{"podIP":"10.0.0.0/8"}"#, "podIP", "is not an IP address"),
    (#"{"podIP":"10.0.0.1\u0000"}"#, "podIP", "is not an IP address"),
    (#"{"podIP":10}"#, "podIP", "is not a string"),
    (#"{"podIPs":[{"ip":"10.0.0.1"},{"ip":"x"}]}"#, "podIPs[1].ip", "is not an IP address"),
    (#"{"podIPs":"10.0.0.1"}"#, "podIPs", "is not an array"),
    (#"{"hostIP":"node-a"}"#, "hostIP", "is not an IP address"),
    (#"{"phase":1}"#, "phase", "is not a string"),
    (
      #"{"containerStatuses":[{"state":{"running":{"startedAt":"2026-11-22T09:41:07"}}}]}"#,
      "containerStatuses[0].state.running.startedAt", "needs a zone: 2026-11-22T09:41Z"
    ),
  ])
  func pointsAtWhatIsWrong(_ status: String, _ key: String, _ problem: String) {
    let text =
      "{\"kind\":\"PodList\",\"items\":[\n"
      + #"{"metadata":{"name":"web-0"},"status":\#(status)}]}"#
    #expect(
      refusal { () throws(InputFileError) in try read(text) }
        == InputFileError(line: 2, field: "items[0].status.\(key)", problem))
  }

  @Test func needsNames() {
    let error = refusal { () throws(InputFileError) in
      try read(#"{"kind":"List","items":[{"kind":"Pod","metadata":{}}]}"#)
    }
    #expect(error == InputFileError(line: 1, field: "items[0].metadata.name", "is missing"))
  }

  @Test func refusesOnePageOfALongerList() {
    // The pods of the other pages would all look gone.
    let error = refusal { () throws(InputFileError) in
      try read(#"{"kind":"PodList","metadata":{"continue":"ey"},"items":[]}"#)
    }
    #expect(error.problem.contains("only a part"))
  }
}
