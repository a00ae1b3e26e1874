import OperatingSystem
import PostgresClient
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Servers in a pid namespace of their own, where there can be such.
@Suite(.serialized, .enabled(if: PidNamespace.obstacle == nil, "\(PidNamespace.obstacle ?? "")"))
struct PidNamespaceTests {
  private func waitWhile(_ condition: () -> Bool) {
    let deadline = Deadline(after: .seconds(10))
    while condition() && !deadline.hasPassed { usleep(20_000) }
  }

  @Test func aPidIsSoonAnothersAndTheServerStopsAndStarts() throws {
    let server = try ThrowawayServer(reusesPids: true)
    defer { server.remove() }
    // The lowest free pid is anew the next one every 50 ms.
    let pids = try (0..<10).map { _ in
      usleep(80_000)
      return try server.connect().backendPID
    }
    #expect(Set(pids).count < 10 && pids.allSatisfy { $0 < 400 }, "\(pids)")
    let before = try #require(server.pid)
    try server.restart()
    #expect(server.pid != before && kill(before, 0) != 0)
    #expect(try server.connect().text("1") == "1")
    try server.stop()
    #expect(throws: (any Error).self) { try server.connect() }
  }

  @Test func nothingIsLeftWhenWhatStandsForTheServerIsKilled() throws {
    let server = try ThrowawayServer(reusesPids: true)
    defer { server.remove() }
    let client = try server.connect()
    server.signal(SIGKILL)
    waitWhile { (try? server.connect()) != nil || (try? client.execute("SELECT 1")) != nil }
    #expect(throws: (any Error).self) { try server.connect() }
    #expect(throws: (any Error).self) { try client.execute("SELECT 1") }
  }

  @Test func itDoesNotOutliveItsKilledOwner() async throws {
    let note = "/tmp/pgs-namespace-note-\(getpid())"
    defer { unlink(note) }
    await #expect(processExitsWith: .signal(SIGKILL)) { [note = note as String] in
      let server = try ThrowawayServer(reusesPids: true)
      let file = try #require(fopen(note, "w"))
      fputs("\(try #require(server.pid)) \(server.folder) \(server.port)\n", file)
      fclose(file)
      kill(getpid(), SIGKILL)
    }
    let words = try ChildProcess.run("cat", [note]).stdout.split(whereSeparator: \.isWhitespace)
    try #require(words.count == 3)
    let pid = try #require(pid_t(words[0]))
    let parameters = ConnectionParameters([
      "host": "127.0.0.1", "port": "\(words[2])", "user": "postgres", "dbname": "postgres",
    ])
    func remains() -> Bool {
      kill(pid, 0) == 0 || access(String(words[1]), F_OK) == 0
        || (try? Connection.open(parameters, deadline: Deadline(after: .seconds(5)))) != nil
    }
    waitWhile(remains)
    #expect(!remains())
  }
}
