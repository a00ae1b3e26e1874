import OperatingSystem
import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The machinery that every other test leans on.
@Suite(.serialized, .sideBySide)
struct SupportTests {
  @Test func aServerOfItsOwnTakesSettingsAndRestarts() throws {
    let server = try ThrowawayServer(settings: ["max_connections": "7"])
    defer { server.remove() }
    #expect(try server.connect().text("current_setting('max_connections')") == "7")
    #expect(try server.connect(viaTCP: true).text("host(inet_client_addr())") == "127.0.0.1")
    let before = server.pid
    try server.restart(.immediate)
    #expect(server.pid != before)
    #expect(try server.connect(application: "a b").text("1") == "1")
  }

  @Test func aServerWithABadSettingSaysWhy() throws {
    let error = #expect(throws: SupportError.self) {
      try ThrowawayServer(settings: ["no_such_setting": "1"])
    }
    #expect(error?.description.contains("no_such_setting") == true)
  }

  @Test func aServerDoesNotOutliveItsKilledOwner() async throws {
    let note = "/tmp/pgs-note-\(getpid())"
    defer { unlink(note) }
    await #expect(processExitsWith: .signal(SIGKILL)) { [note = note as String] in
      let server = try ThrowawayServer()
      let file = try #require(fopen(note, "w"))
      fputs("\(try #require(server.pid)) \(server.folder)\n", file)
      fclose(file)
      kill(getpid(), SIGKILL)
    }
    let words = try ChildProcess.run("cat", [note]).stdout.split(whereSeparator: \.isWhitespace)
    try #require(words.count == 2)
    let pid = try #require(pid_t(words[0]))
    let deadline = Deadline(after: .seconds(10))
    func remains() -> Bool { kill(pid, 0) == 0 || access(String(words[1]), F_OK) == 0 }
    while remains() && !deadline.hasPassed { usleep(20_000) }
    #expect(!remains())
  }

  @Test func aChildsOutputsAndCostsAreCaptured() throws {
    let outcome = try ChildProcess.run(
      "sh", ["-c", "cat; head -c 300000 /dev/zero >&2; exit 3"],
      environment: ["PATH": "/usr/bin:/bin"], input: String(repeating: "x", count: 300_000))
    #expect(outcome.termination == .exited(3))
    #expect(outcome.stdoutBytes.count == 300_000 && outcome.stderrBytes.count == 300_000)
    #expect(outcome.wallSeconds > 0 && outcome.peakResidentBytes > 100_000)
    #expect(try ChildProcess.run("sh", ["-c", "kill -9 $$"]).termination == .signalled(9))
    #expect(try ChildProcess.run("env", environment: ["A": "b"]).stdout == "A=b\n")
  }

  @Test func aChildThatHangsIsKilled() throws {
    let start = ContinuousClock.now
    #expect(throws: SupportError.self) {
      try ChildProcess.run("sleep", ["60"], timeout: .milliseconds(300))
    }
    #expect(start.duration(to: .now) < .seconds(5))
  }

  @Test func aTerminalIsTheChildsControllingOne() throws {
    let script = "stty size; printf 'sure? ' >/dev/tty; read a </dev/tty; echo \"got $a\"; exit 4"
    let terminal = try TerminalProcess("sh", ["-c", script], columns: 132, rows: 50)
    try terminal.expect("50 132")
    try terminal.expect("sure? ")
    try terminal.send("yes\n")
    try terminal.expect("got yes")
    #expect(try terminal.wait().status == 4)
    #expect(throws: SupportError.self) { try terminal.expect("got yes") }
  }

  @Test func vanishedDynosLeaveTheirSessions() throws {
    let server = try ThrowawayServer.shared
    let relay = try Relay(upstreamPort: server.port)
    defer { relay.stop() }
    let dyno = try relay.openDyno(address: "127.0.0.2")
    func open(_ name: String) throws -> Connection {
      try Connection.open(
        dyno.parameters(of: server, application: name), deadline: Deadline(after: .seconds(10)))
    }
    let clients = [try open("vanishing"), try open("vanishing")]
    var leaver: Connection? = try open("leaving")
    let address = "(SELECT host(client_addr) FROM pg_stat_activity WHERE pid = pg_backend_pid())"
    #expect(try clients[0].text(address) == "127.0.0.2")
    #expect(try leaver?.text("1") == "1")
    #expect(try dyno.count() == DynoCount(clients: 3, serverSides: 3))

    func left(_ name: String) throws -> String? {
      try server.connect().text(
        "(SELECT count(*) FROM pg_stat_activity WHERE application_name = '\(name)')")
    }
    // A client that leaves while its host lives takes its session along.
    leaver = nil
    let deadline = Deadline(after: .seconds(5))
    while try left("leaving") != "0", !deadline.hasPassed { usleep(20_000) }
    #expect(try left("leaving") == "0")

    #expect(try dyno.vanish() == 2)
    usleep(300_000)
    #expect(try left("vanishing") == "2")
    #expect(throws: PostgresError.self) { try clients[0].execute("SELECT 1") }
    #expect(try left("vanishing") == "2")
    #expect(try dyno.count() == DynoCount(clients: 0, serverSides: 2))
    try server.execute(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'vanishing'"
    )
    #expect(try left("vanishing") == "0")
    relay.stop()
  }

  /// A query that is running when the host vanishes can end: the relay goes on reading.
  @Test func aVanishedClientsQueryEnds() throws {
    let server = try ThrowawayServer.shared
    let relay = try Relay(upstreamPort: server.port)
    defer { relay.stop() }
    let dyno = try relay.openDyno(address: "127.0.0.3")
    let parameters = dyno.parameters(of: server, application: "busy")
    let client = Background {
      // An answer of 8 MB, which fits in no buffer on the way.
      try Connection.open(parameters, deadline: Deadline(after: .seconds(10)))
        .execute("SELECT pg_sleep(1), repeat('x', 8000000)")
      return 0
    }
    let state = "(SELECT state FROM pg_stat_activity WHERE application_name = 'busy')"
    let observer = try server.connect()
    let deadline = Deadline(after: .seconds(10))
    while try observer.text(state) != "active", !deadline.hasPassed { usleep(20_000) }
    #expect(try dyno.vanish() == 1)
    #expect(throws: PostgresError.self) { try client.value() }
    while try observer.text(state) != "idle", !deadline.hasPassed { usleep(20_000) }
    #expect(try observer.text(state) == "idle")
  }
}
