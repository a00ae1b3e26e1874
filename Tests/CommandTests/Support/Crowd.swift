import OperatingSystem
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

/// What can go wrong while sessions are ended. Each suite has a server of its own, and the tests of
/// one follow each other: the lock there lets only one run go on at a time.
enum Faults {}

/// How often faults at random moments are tried.
enum FaultRounds {
  /// - Parameter short: what `make test` has time for; `make soak` says a number of its own.
  static func count(_ short: Int) -> Int {
    ProcessInfo.processInfo.environment["PGSESSIONS_FAULT_ROUNDS"].flatMap { Int($0) } ?? short
  }
}

/// A server with room for hundreds of sessions. `boss` may see and end all but superusers', `owner`
/// nothing but its own.
enum Crowd {
  /// That of the suite, which has the trait `.crowd`.
  static var server: Result<ThrowawayServer, any Error> {
    CrowdTrait.own?.server ?? .failure(SupportError("this suite, or this thread, has no crowd"))
  }

  static func prepare(_ server: ThrowawayServer) throws {
    for sql in [
      "CREATE ROLE boss LOGIN", "GRANT pg_monitor, pg_signal_backend TO boss",
      "CREATE ROLE owner LOGIN", "CREATE DATABASE shop", "CREATE DATABASE ledger",
    ] {
      try server.execute(sql)
    }
  }

  static func uri(user: String = "boss", database: String = "shop", port: Int? = nil) throws
    -> String
  {
    "postgresql://\(user)@127.0.0.1:\(try port ?? server.get().port)/\(database)"
      + "?sslmode=disable&gssencmode=disable"
  }

  static func client(
    _ application: String, user: String = "owner", database: String = "shop",
    on other: ThrowawayServer? = nil
  ) throws -> Connection {
    let server = try other ?? server.get()
    let connection = try server.connect(
      application: application, user: user, database: database, viaTCP: true)
    try connection.execute("SELECT 1")
    return connection
  }

  static func clients(
    _ application: String, _ count: Int, database: String = "shop",
    on other: ThrowawayServer? = nil
  ) throws -> [Connection] {
    try (0..<count).map { _ in try client(application, database: database, on: other) }
  }

  /// How many sessions there are whose application_name is LIKE this.
  static func count(_ application: String, on other: ThrowawayServer? = nil) throws -> Int {
    let text = try (other ?? server.get()).connect().text(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '\(application)'")
    return try #require(text.flatMap { Int($0) })
  }

  static func isAlive(_ connection: Connection) -> Bool {
    (try? connection.text("'alive'")) == "alive"
  }

  /// pgsessions' own sessions, or those of another name.
  static func pid(of application: String = "pgsessions") throws -> pid_t {
    let text = try server.get().connect().text(
      "SELECT max(pid) FROM pg_stat_activity WHERE application_name = '\(application)'")
    return try #require(text.flatMap { pid_t($0) })
  }

  /// Waits for what is about to be so.
  static func poll(_ what: String, _ isSo: () throws -> Bool) throws {
    let deadline = Deadline(after: .seconds(60))
    while try !isSo() {
      guard !deadline.hasPassed else { throw SupportError("waited in vain for \(what)") }
      usleep(5_000)
    }
  }

  /// The arguments that end, without a question, what is idle for 20 ms, however many they are.
  static func ending(_ application: String, _ more: String...) -> [String] {
    [
      "terminate", "--idle-longer-than", "20ms", "--application", application, "--max", "1000",
      "--max-share", "100", "--execute", "--yes",
    ] + more
  }

  /// Runs the program, once those that it is to end have been idle for long enough.
  static func run(_ arguments: [String], at uri: String? = nil) throws -> ProcessOutcome {
    usleep(30_000)
    return try Fixture.run(arguments + [uri ?? Crowd.uri()])
  }

  /// Starts it in the background.
  static func start(_ arguments: [String], at uri: String? = nil) throws -> RunningProcess {
    usleep(30_000)
    let process = try RunningProcess(
      Build.executable("pgsessions"), arguments + [try uri ?? Crowd.uri()])
    process.closeInput()
    return process
  }

  /// The same on a terminal, where it asks.
  static func ask(
    _ arguments: [String], at uri: String? = nil, outputFile: String? = nil
  ) throws -> TerminalProcess {
    usleep(30_000)
    return try TerminalProcess(
      Build.executable("pgsessions"),
      arguments.filter { $0 != "--yes" } + [try uri ?? Crowd.uri()],
      environment: ChildProcess.plainEnvironment.merging(["TERM": "dumb"]) { $1 }, columns: 160,
      outputFile: outputFile)
  }
}

extension JSON {
  init(text: String) throws {
    self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
  }

  /// How many outcomes of each kind a report has.
  var results: [String: Int] {
    Dictionary(
      self["outcomes"]?.items.compactMap { $0["result"]?.text }.map { ($0, 1) } ?? [],
      uniquingKeysWith: +)
  }

  /// The first reason why sessions of this name were kept.
  func kept(_ application: String) -> String? {
    self["plan"]?["kept"]?.items.first { $0["application_name"]?.text == application }?["reasons"]?
      .items.first?["kind"]?.text
  }
}
