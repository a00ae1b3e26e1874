import ArgumentParser
import PostgresClient
import Rendering
import ServerAccess
import SessionAudit

/// Which server to connect to, as in psql, and how long to wait for it.
struct ConnectionOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "A database name, a URI (postgresql://user@host/db) or 'host=… dbname=…'.",
      discussion: "Without it and without -h -p -U -d: DATABASE_URL, or the PG* variables.",
      valueName: "target"))
  var targets: [String] = []

  @Option(
    name: .customShort("h", allowingJoined: true),
    help: ArgumentHelp("Server host, or folder of its socket.", valueName: "host"))
  var host: String?

  @Option(
    name: .customShort("p", allowingJoined: true),
    help: ArgumentHelp("Server port.", valueName: "port"))
  var port: String?

  @Option(
    name: .customShort("U", allowingJoined: true),
    help: ArgumentHelp("Role to connect as.", valueName: "user"))
  var user: String?

  @Option(
    name: .customShort("d", allowingJoined: true),
    help: ArgumentHelp(
      "Database name; as in psql also a URI or 'key=value …'.", valueName: "dbname"))
  var database: String?

  @Flag(name: .customShort("w"), help: "Never ask for a password.")
  var neverAskPassword = false

  @Option(
    name: .customLong("url-env"),
    help: ArgumentHelp("Read the URI from this variable.", valueName: "name"))
  var urlVariable: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Give up connecting to a host after this (10s).", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var connectTimeout: Duration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Give up altogether after this (60s).", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var timeout: Duration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Where no connection slot is free, try again for so long.", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var waitForSlot: Duration?

  var wholeTime: Duration { timeout ?? .seconds(60) }

  /// Whether any of these options says which server is meant.
  var namesServer: Bool {
    !targets.isEmpty || [host, port, user, database, urlVariable].contains { $0 != nil }
  }

  /// - Throws: `CommandFailure` for input that names no server.
  func resolve(environment: [String: String]) throws -> ResolvedTarget {
    guard targets.count <= 1 else {
      throw CommandFailure.usage(
        "\(targets.count) targets were given, and this version takes one",
        next: "Quote a 'host=… dbname=…' target as one word, and run once for each server.")
    }
    let request = TargetRequest(
      target: targets.first, host: host, port: port, user: user, database: database,
      urlVariable: urlVariable)
    do throws(TargetError) {
      return try TargetResolver.resolve(request, environment: environment)
    } catch {
      throw Diagnostics.failure(error)
    }
  }

  /// Connects, asking for a missing password where somebody is there to be asked.
  /// - Parameter interruption: ends it early.
  /// - Returns: the connection, and the deadline that now holds: the time that a person took to
  ///   type is not the server's.
  func connect(
    _ target: ResolvedTarget, environment: [String: String], deadline: Deadline,
    interruption: Interruption? = nil
  ) throws(PostgresError) -> (connection: Connection, deadline: Deadline) {
    // Keeps a password that somebody has typed.
    var target = target
    guard let waitForSlot else {
      var typing = Duration.zero
      return try connectOnce(
        &target, &typing, environment: environment, deadline: deadline, interruption: interruption)
    }
    return try SlotWait(limit: waitForSlot, interruption: interruption).first {
      (isRetry, typing) throws(PostgresError) in
      let session = try connectOnce(
        &target, &typing, environment: environment,
        deadline: isRetry ? Deadline(after: wholeTime) : deadline, interruption: interruption)
      // A pooler takes clients in before it has a server connection for them.
      try session.connection.proveSession(deadline: session.deadline)
      return session
    }
  }

  /// One attempt; see `connect`.
  /// - Parameter typing: grows by the time that a person took to type.
  private func connectOnce(
    _ target: inout ResolvedTarget, _ typing: inout Duration, environment: [String: String],
    deadline: Deadline,
    interruption: Interruption?
  ) throws(PostgresError) -> (connection: Connection, deadline: Deadline) {
    let parameters = target.parameters
    let limit = connectLimit(parameters, environment)
    do throws(PostgresError) {
      return (
        try Connection.open(
          parameters, deadline: deadline, hostTimeout: limit, interruption: interruption),
        deadline
      )
    } catch  where error.needsPassword && !neverAskPassword {
      let user = parameters["user"].map { " for \(HostileText.escaped($0))" } ?? ""
      let start = ContinuousClock.now
      guard let password = Terminal.ask("Password\(user): ", hidingAnswer: true) else {
        throw error
      }
      typing += start.duration(to: .now)
      target.parameters["password"] = password
      let deadline = Deadline(after: wholeTime)
      return (
        try Connection.open(
          target.parameters, deadline: deadline, hostTimeout: limit, interruption: interruption),
        deadline
      )
    }
  }

  /// libpq's own connect_timeout counts only in its blocking calls, so it is kept here: option,
  /// target, environment, 10 s.
  private func connectLimit(
    _ parameters: ConnectionParameters, _ environment: [String: String]
  ) -> Duration {
    if let connectTimeout { return connectTimeout }
    let text = parameters["connect_timeout"] ?? environment["PGCONNECT_TIMEOUT"]
    // 0 and below mean "for ever" to libpq; --timeout still holds.
    guard let text, let seconds = Int(text) else { return .seconds(10) }
    return seconds > 0 ? .seconds(seconds) : .seconds(100_000_000)
  }
}
