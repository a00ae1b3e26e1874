import PostgresClient
import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// docs/too-many-connections.md: every command in it does on a terminal what the page says, in its
/// order and in the situation that it stands under.
@Suite(.serialized)
struct RunbookTests {
  private static let page =
    "\(#filePath)".split(separator: "/").dropLast(3).map { "/\($0)" }
    .joined() + "/docs/too-many-connections.md"

  /// A command, and the heading that it stands under.
  private struct Step {
    var heading: String
    var command: String
  }

  private func steps() throws -> [Step] {
    let text = String(
      decoding: try Data(contentsOf: URL(fileURLWithPath: Self.page)), as: UTF8.self)
    var steps: [Step] = []
    var heading = ""
    var isCommand = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("#") { heading = String(line.drop { $0 == "#" || $0 == " " }) }
      if line.hasPrefix("```") {
        isCommand = !isCommand && line == "```sh"
      } else if isCommand {
        steps.append(Step(heading: heading, command: String(line)))
      }
    }
    return steps
  }

  /// What the shell of whoever follows the page has in its PATH: the program, psql, and a `heroku`
  /// that knows the dynos of this test.
  private func toolbox(_ server: ThrowawayServer) throws -> String {
    let folder = "\(server.folder)/toolbox"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, path) in [
      ("pgsessions", try Build.executable("pgsessions")), ("psql", server.installation.realPsql),
    ] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/\(name)", withDestinationPath: path)
    }
    let dynos = #"[{"name":"web.1","state":"up","updated_at":"2020-01-01T00:00:00Z","type":"web"}]"#
    try Data("#!/bin/sh\necho '\(dynos)'\n".utf8).write(
      to: URL(fileURLWithPath: "\(folder)/heroku"))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: "\(folder)/heroku")
    return folder
  }

  private func server() throws -> ThrowawayServer {
    let server = try ThrowawayServer(settings: ["max_connections": "16"])
    for sql in [
      "CREATE ROLE app LOGIN", "GRANT pg_monitor, pg_signal_backend TO app",
      "CREATE DATABASE shop OWNER app",
    ] {
      try server.execute(sql)
    }
    return server
  }

  private func clients(_ count: Int, on server: ThrowawayServer) throws -> [Connection] {
    try (0..<count).map { number in
      let client = try server.connect(
        application: "web.\(number % 2 + 1)", user: "app", database: "shop", viaTCP: true)
      try client.execute("SELECT 1")
      return client
    }
  }

  @Test func everyCommandDoesWhatThePageSays() throws {
    let server = try server()
    defer { server.remove() }
    let path = "\(try toolbox(server)):/usr/bin:/bin"
    var export = ""
    // Thirteen of the sixteen slots are for everybody.
    var crowd = try clients(13, on: server)
    var ran = 0
    for step in try steps() {
      let command = step.command.replacing("@db.example/", with: "@127.0.0.1:\(server.port)/")
      if command.hasPrefix("export ") {
        export = command
        continue
      }
      let isFull = step.heading.hasPrefix("1.") || step.heading.hasPrefix("2.")
      if !isFull { crowd.removeLast(max(0, crowd.count - 6)) }
      let waits = command.contains("--wait-for-slot")
      let leaver = waits ? Background { try Self.endOne(on: server) } : nil
      let process = try TerminalProcess(
        "/bin/bash", ["-o", "pipefail", "-c", "\(export)\n\(command)"],
        environment: ["PATH": path, "TERM": "xterm", "LC_ALL": "C.UTF-8", "HOME": server.folder])
      let outcome = try process.wait()
      try leaver?.value()
      let isRefused = isFull && !waits && !command.contains("postgres@")
      #expect(
        outcome.status == (isRefused ? 69 : 0), "\(step.heading): \(command)\n\(outcome.stdout)")
      if isRefused { #expect(outcome.stdout.contains("superuser"), "\(outcome.stdout)") }
      if waits { crowd.append(try replacement(on: server)) }
      ran += 1
    }
    print("too-many-connections.md: \(ran) commands run")
    #expect(ran >= 20)
  }

  private static func endOne(on server: ThrowawayServer) throws {
    usleep(1_000_000)
    try server.execute(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app' "
        + "ORDER BY backend_start LIMIT 1")
  }

  /// Somebody else's session in the place of the one that was ended: a slot is free a moment later
  /// than its session has gone from the view.
  private func replacement(on server: ThrowawayServer) throws -> Connection {
    let deadline = Deadline(after: .seconds(20))
    while true {
      do {
        return try clients(1, on: server)[0]
      } catch  where !deadline.hasPassed {
        usleep(50_000)
      }
    }
  }
}
