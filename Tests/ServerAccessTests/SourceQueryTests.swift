import OperatingSystem
import PostgresClient
import Queries
import TestSupport
import TestTraits
import Testing

@testable import ServerAccess

/// The look at an address right before its orphans are ended: it may pass over nobody who matters. On
/// a server of its own: from 18 on it sees whoever else is just being let in from there, too.
@Suite(.serialized, .sideBySide)
struct SourceQueryTests {
  private static let server = Result { try ThrowawayServer() }

  private func client(_ application: String) throws -> Connection {
    let client = try Self.server.get().connect(application: application, viaTCP: true)
    try client.execute("SELECT 1")
    return client
  }

  /// - Parameter since: nil: not known.
  private func found(
    _ application: String, judged: [Connection] = [], since: Int64?
  ) throws -> Set<Int32> {
    let connection = try Self.server.get().connect()
    let result = try connection.query(
      Statement(
        .source, serverVersion: connection.serverVersion,
        [
          .text(application), .text("127.0.0.1"), .int32Array(judged.map(\.backendPID)),
          .timestamp(microseconds: since),
        ]), deadline: Deadline(after: .seconds(10)))
    let pid: Column<Int32> = try result.column("pid")
    return Set(try result.rows.map { try $0.required(pid) })
  }

  private func now() throws -> Int64 {
    let result = try Self.server.get().execute("SELECT clock_timestamp() AS now")
    return try result.onlyRow().required(result.column("now"))
  }

  @Test func itShowsWhoWasJudgedAndWhoCameOrSpokeSince() throws {
    let judged = try client("source-a")
    let other = try client("source-b")
    let renamed = try client("source-c")
    let picture = try now()
    #expect(try found("source-a", judged: [judged], since: picture) == [judged.backendPID])
    // Nobody has spoken since; it is passed over only because it was not said to be judged.
    #expect(try found("source-a", since: picture) == [])

    let came = try client("source-a")
    let silent = try Self.server.get().connect(application: "source-a", viaTCP: true)
    try renamed.execute("SET application_name TO 'source-a'")
    #expect(
      try found("source-a", judged: [judged], since: picture)
        == [judged.backendPID, came.backendPID, silent.backendPID, renamed.backendPID])
    #expect(try found("source-b", judged: [other], since: picture) == [other.backendPID])
    // What it calls itself now does not hide that it is at work.
    try other.execute("SET application_name TO 'source-z'")
    #expect(try found("source-b", judged: [other], since: picture) == [other.backendPID])
  }

  @Test func whereThePictureHasNoTimeOrTheClockWentBackAllAreLookedAt() throws {
    let quiet = try client("source-d")
    #expect(try found("source-d", since: nil) == [quiet.backendPID])
    #expect(try found("source-d", since: try now() + 3_600_000_000) == [quiet.backendPID])
  }
}
