import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A server for the tests of the commands, and the program as a user runs it.
enum Fixture {
  /// Roles: `app` owns shop and may see and end all but superusers' sessions, `low` nothing,
  /// `learner` nothing at first,
  /// `secret` has a password.
  static let server = Result { try makeServer() }

  /// One like it, for a suite whose sessions would change what others are told of theirs.
  static func makeServer() throws -> ThrowawayServer {
    let server = try ThrowawayServer(
      settings: ["max_connections": "40"],
      authentication: ["host all secret 127.0.0.1/32 scram-sha-256"])
    for sql in [
      "CREATE ROLE app LOGIN", "GRANT pg_monitor, pg_signal_backend TO app",
      "CREATE ROLE low LOGIN", "CREATE ROLE learner LOGIN", "CREATE ROLE owner LOGIN",
      "CREATE ROLE secret LOGIN PASSWORD 'geheim-pw'", "CREATE DATABASE shop OWNER app",
    ] {
      try server.execute(sql)
    }
    return server
  }

  static var uri: String { get throws { try server.get().uri(user: "app", database: "shop") } }

  /// Runs the program to its end, without a terminal.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], input: String? = nil
  ) throws -> ProcessOutcome {
    try ChildProcess.run(
      Build.executable("pgsessions"), arguments,
      environment: ChildProcess.plainEnvironment.merging(environment) { $1 }, input: input)
  }

  /// How long the program takes to begin and to end, as the machine is just now.
  static func startTime() throws -> Duration {
    .seconds(try run("--version").wallSeconds)
  }

  /// What a run took but for that, which is no matter of deadlines.
  static func tookBesidesStarting(_ outcome: ProcessOutcome) throws -> Duration {
    try .seconds(outcome.wallSeconds) - startTime()
  }

  static func run(_ arguments: String...) throws -> ProcessOutcome { try run(arguments) }

  /// The JSON object on stdout.
  static func json(_ outcome: ProcessOutcome) throws -> JSON {
    try JSONDecoder().decode(JSON.self, from: Data(outcome.stdoutBytes))
  }
}
