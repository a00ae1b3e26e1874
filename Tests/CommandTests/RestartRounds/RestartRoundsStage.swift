import OperatingSystem
import PostgresClient
import TestOracle
import TestRandom
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A simulated host with one instance of an application on it.
final class RoundHost {
  enum Fate { case alive, vanished, closed }

  let name: String
  let user: String
  let database: String
  let dyno: Dyno
  /// A little before its first session, in the server's microseconds and as text.
  fileprivate(set) var born: (microseconds: Int64, text: String) = (0, "")
  fileprivate(set) var fate = Fate.alive
  fileprivate var connections: [Connection] = []
  fileprivate var keys: Set<SessionKey> = []

  fileprivate init(name: String, user: String, database: String, dyno: Dyno) {
    (self.name, self.user, self.database, self.dyno) = (name, user, database, dyno)
  }
}

/// The hosts and sessions of one round, on a server that all rounds share.
final class RoundStage {
  private static let shared = Result { () throws -> (ThrowawayServer, Relay) in
    let server = try ThrowawayServer(settings: ["max_connections": "100"])
    for sql in [
      "CREATE ROLE app LOGIN", "GRANT pg_monitor, pg_signal_backend TO app",
      "CREATE ROLE other LOGIN", "CREATE DATABASE shop OWNER app", "CREATE DATABASE ledger",
    ] {
      try server.execute(sql)
    }
    return (server, try Relay(upstreamPort: server.port))
  }

  let server: ThrowawayServer
  private let relay: Relay
  private let root: Connection
  private(set) var hosts: [RoundHost] = []
  private var queries: [Background<Void>] = []
  private static let format = "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'"

  init() throws {
    (server, relay) = try Self.shared.get()
    root = try server.connect(application: "rounds")
  }

  var sessionCount: Int { hosts.reduce(0) { $0 + ($1.fate == .closed ? 0 : $1.keys.count) } }

  // MARK: - What happens

  /// Starts an instance on a host of its own.
  func start(
    _ name: String, sessions: Int, address: String? = nil, user: String = "app",
    database: String = "shop"
  ) throws -> RoundHost {
    // 127.0.0.1 counts as no address.
    let address = address ?? "127.1.\(hosts.count / 200).\(hosts.count % 200 + 2)"
    let host = RoundHost(
      name: name, user: user, database: database, dyno: try relay.openDyno(address: address))
    hosts.append(host)
    for _ in 0..<sessions { host.connections.append(try connect(host)) }
    return host
  }

  private func connect(_ host: RoundHost) throws -> Connection {
    let connection = try Connection.open(
      host.dyno.parameters(
        of: server, user: host.user, database: host.database, application: host.name),
      deadline: Deadline(after: .seconds(20)))
    let result = try connection.execute(
      """
      SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', \(Self.format)) AS start, born,
        to_char(born AT TIME ZONE 'UTC', \(Self.format)) AS text
      FROM pg_stat_activity, LATERAL (SELECT backend_start - interval '2 ms' AS born) AS b
      WHERE pid = pg_backend_pid()
      """)
    let row = try result.onlyRow()
    if host.keys.isEmpty {
      host.born = (
        try row.required(try result.column("born")), try row.required(try result.column("text"))
      )
    }
    host.keys.insert(
      SessionKey(
        pid: try row.required(try result.column("pid")),
        start: try row.required(try result.column("start"))))
    return connection
  }

  /// One of its sessions is used, as in a pool most often the same.
  func work(_ host: RoundHost, _ sql: String = "SELECT 1", using random: inout Seeded) throws {
    let connections = random.chance(70) ? Array(host.connections.prefix(1)) : host.connections
    try connections.randomElement(using: &random)?.execute(sql)
  }

  /// Opens one more session, and returns when it is at work on a query that takes so long.
  func startQuery(on host: RoundHost, seconds: Double) throws {
    /// Handed to the thread once and touched by no other afterwards.
    struct Handed: @unchecked Sendable { let connection: Connection }
    let handed = Handed(connection: try connect(host))
    let pid = handed.connection.backendPID
    queries.append(
      Background { try handed.connection.execute("SELECT pg_sleep(\(seconds))") })
    try poll("the query to start") {
      try root.text(
        "SELECT query ~ 'pg_sleep' FROM pg_stat_activity WHERE pid = \(pid)") == "true"
    }
  }

  func vanish(_ host: RoundHost) throws {
    try host.dyno.vanish()
    host.fate = .vanished
  }

  func close(_ host: RoundHost) throws {
    try host.dyno.close()
    host.fate = .closed
  }

  func pause(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }

  /// Ends all sessions of the round, and returns when they are gone.
  func clear() {
    do {
      let others = "FROM pg_stat_activity WHERE usename <> 'postgres'"
      try root.execute("SELECT count(pg_terminate_backend(pid)) \(others)")
      for host in hosts where host.fate != .closed { try close(host) }
      try poll("the round's sessions to go") { try root.text("SELECT count(*) \(others)") == "0" }
      for query in queries { _ = try? query.value() }
    } catch {
      print("a round could not be cleared: \(error)")
    }
  }

  // MARK: - What is true

  /// The server's clock.
  func now() throws -> Int64 { try microseconds("now") }

  /// The server's clock, also as text.
  func moment() throws -> (microseconds: Int64, text: String) {
    let result = try root.execute(
      """
      SELECT now, to_char(now AT TIME ZONE 'UTC', \(Self.format)) AS text
      FROM clock_timestamp() AS now
      """)
    let row = try result.onlyRow()
    return (
      try row.required(try result.column("now")), try row.required(try result.column("text"))
    )
  }

  /// Which sessions of the round there are.
  func presentKeys() throws -> Set<SessionKey> { Set(try currentFacts().map(\.fact.key)) }

  /// A time as the server's microseconds.
  func microseconds(_ text: String) throws -> Int64 {
    let result = try root.execute("SELECT '\(text)'::timestamptz AS value")
    return try result.onlyRow().required(try result.column("value"))
  }

  /// All sessions, once those that were closed or had a short query are gone or idle.
  /// - Throws: `Unsettled`, with what is not as it was played.
  func settledFacts() throws -> [SessionFact] {
    let keys = Set(hosts.filter { $0.fate != .closed }.flatMap(\.keys))
    let deadline = Deadline(after: .seconds(20))
    while true {
      let current = try currentFacts()
      let facts = current.map(\.fact)
      let found = Set(facts.map(\.key))
      let settling = current.filter(\.isSettling).map(\.fact)
      if found == keys && settling.isEmpty { return facts }
      if deadline.hasPassed {
        throw Unsettled(
          missing: hosts.filter { !found.isSuperset(of: $0.keys) && $0.fate != .closed }
            .map { "\($0.name) from \($0.dyno.address), \($0.fate)" },
          surplus: facts.filter { !keys.contains($0.key) }, settling: settling)
      }
      usleep(2_000)
    }
  }

  /// The stage is not as it was set: of the program nothing can be said.
  struct Unsettled: Error, CustomStringConvertible {
    var missing: [String]
    var surplus: [SessionFact]
    var settling: [SessionFact]

    var description: String {
      "hosts without a session of theirs \(missing), "
        + "sessions of closed hosts \(surplus), still in a short query \(settling)"
    }
  }

  /// All but those of the program, whose last may be there for a moment after it has ended.
  /// - Returns: each with whether it is in a query that will have ended soon.
  private func currentFacts() throws -> [(fact: SessionFact, isSettling: Bool)] {
    let owners = Dictionary(
      uniqueKeysWithValues: hosts.flatMap { host in host.keys.map { ($0, host) } })
    let result = try root.execute(
      """
      SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', \(Self.format)) AS start,
        backend_start, query_start, state_change, state, query
      FROM pg_stat_activity WHERE usename <> 'postgres' AND application_name <> 'pgsessions'
      """)
    return try result.rows.map { row in
      let key = SessionKey(
        pid: try row.required(try result.column("pid")),
        start: try row.required(try result.column("start")))
      guard let host = owners[key] else { throw SupportError("nobody opened session \(key)") }
      let query: String = try row.required(try result.column("query"))
      let fact = SessionFact(
        key: key, name: host.name, user: host.user, database: host.database,
        address: host.dyno.address, isLive: host.fate == .alive,
        start: try row.required(try result.column("backend_start")),
        queryStart: try row.required(try result.column("query_start")),
        stateChange: try row.required(try result.column("state_change")),
        state: try row.required(try result.column("state")))
      return (fact, fact.isActive && !query.contains(RoundHistory.longQuery))
    }
  }

  private func poll(_ purpose: String, until holds: () throws -> Bool) throws {
    let deadline = Deadline(after: .seconds(60))
    while try !holds() {
      guard !deadline.hasPassed else { throw SupportError("waited in vain for \(purpose)") }
      usleep(2_000)
    }
  }
}
