import OperatingSystem
import PostgresClient
import Queries
import TestSupport
import TestTraits
import Testing

@testable import ServerAccess

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The SQL files: each is in the catalogue, and each runs on the server under test.
@Suite(.serialized, .sideBySide)
struct QueryFilesTests {
  @Test func filesAndCatalogueAreOneToOne() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "queries")
    var files: Set<String> = []
    for folder in ["audit", "terminate", "doctor"] {
      for file in try FileManager.default.contentsOfDirectory(
        atPath: root.appending(path: folder).path)
      {
        files.insert("\(folder)/\(file)")
      }
    }
    #expect(files == Set(Query.all.flatMap(\.files)))
    #expect(files.count == Query.all.flatMap(\.files).count)
  }

  @Test func everyQueryRuns() throws {
    let connection = try ThrowawayServer.shared.connect()
    let parameters: [String: [Parameter]] = [
      "audit/guards": [.bool(false), .text("5000ms")],
      "audit/holdings": [.int32Array([connection.backendPID])],
      "audit/blocking": [.int32Array([connection.backendPID])],
      "terminate/signal": [
        .int32(0), .timestamp(microseconds: 0), .text("idle"), .timestamp(microseconds: nil),
        .timestamp(microseconds: 0), .bool(false), .bool(false), .timestamp(microseconds: nil),
      ],
      "terminate/source": [
        .text("web.1"), .text("10.0.0.1"), .int32Array([]), .timestamp(microseconds: nil),
      ],
      "doctor/planned_role": [.text("pgsessions")],
      "terminate/remaining": [.int32Array([connection.backendPID])],
    ]
    for query in Query.all {
      // COMMIT outside a transaction is a warning, BEGIN inside one too: no error either way.
      _ = try connection.query(
        Statement(query, serverVersion: connection.serverVersion, parameters[query.name] ?? []),
        deadline: Deadline(after: .seconds(10)))
    }
    print("queries run on \(connection.serverVersion): \(Query.all.count)")
  }

  @Test func guardsAreInForce() throws {
    let connection = try ThrowawayServer.shared.connect()
    _ = try connection.query(
      Statement(.safePath, serverVersion: connection.serverVersion),
      deadline: Deadline(after: .seconds(10)))
    _ = try connection.query(
      Statement(
        .guards, serverVersion: connection.serverVersion, [.bool(false), .text("4321ms")]),
      deadline: Deadline(after: .seconds(10)))
    #expect(try connection.text("current_setting('statement_timeout')") == "4321ms")
    #expect(try connection.text("current_setting('idle_session_timeout')") == "10min")
    #expect(try connection.text("current_setting('search_path')") == "pg_catalog, pg_temp")
    #if os(Linux)
      #expect(try connection.text("current_setting('client_connection_check_interval')") == "10s")
    #endif
  }

  @Test func anOrdinaryRoleMaySetTheGuards() throws {
    let server = try ThrowawayServer.shared
    try server.execute("CREATE ROLE guards_plain LOGIN")
    let connection = try server.connect(user: "guards_plain", viaTCP: true)
    _ = try connection.query(
      Statement(
        .guards, serverVersion: connection.serverVersion, [.bool(false), .text("4s")]),
      deadline: Deadline(after: .seconds(10)))
    #expect(try connection.text("current_setting('tcp_keepalives_idle')") == "15")
  }

  @Test func theNewestVariantThatTheServerRunsIsChosen() {
    for query in Query.all {
      #expect(!query.sql(forServerVersion: 180_000).isEmpty)
      #expect(query.sql(forServerVersion: 0) == query.sql(forServerVersion: 140_000))
    }
    let oldest = Query.holdings.sql(forServerVersion: 0)
    #expect(Query.holdings.sql(forServerVersion: 159_999) == oldest)
    #expect(Query.holdings.sql(forServerVersion: 160_000) != oldest)
  }
}
