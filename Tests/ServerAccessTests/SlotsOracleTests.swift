import OperatingSystem
import PostgresClient
import SessionAudit
import TestSupport
import TestTraits
import Testing

@testable import ServerAccess

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What is said to be available is what the server lets in: so many more sessions of this role, and
/// the next one is refused by the limit that was named.
@Suite(.serialized, .sideBySide)
struct SlotsOracleTests {
  /// On 16 and later `reserved_connections` are kept too; roles that are said to ask for them are
  /// ordinary ones before.
  static let server = Result { () throws -> ThrowawayServer in
    let major = try PostgresInstallation.current.get().majorVersion
    var settings = [
      "max_connections": "22", "superuser_reserved_connections": "3", "max_wal_senders": "4",
    ]
    if major >= 16 { settings["reserved_connections"] = "4" }
    let server = try ThrowawayServer(
      settings: settings,
      authentication: [
        "local replication all trust", "host all prompted 127.0.0.1/32 scram-sha-256",
      ])
    for sql in [
      "CREATE ROLE plain LOGIN", "CREATE ROLE narrow LOGIN REPLICATION CONNECTION LIMIT 6",
      "CREATE ROLE blind LOGIN CONNECTION LIMIT 5", "CREATE ROLE heir LOGIN",
      "CREATE ROLE heirless LOGIN", "CREATE ROLE boss LOGIN SUPERUSER CONNECTION LIMIT 1",
      "CREATE ROLE other LOGIN", "CREATE ROLE prompted LOGIN PASSWORD 'secret'",
      "GRANT pg_read_all_stats TO plain, narrow, heir, heirless",
      // Limits are of who logs in, whatever role is in force afterwards.
      "CREATE ROLE up LOGIN CONNECTION LIMIT 5", "GRANT boss TO up",
      "ALTER ROLE up SET role = boss",
      "CREATE ROLE down LOGIN SUPERUSER", "ALTER ROLE down SET role = plain",
      "CREATE DATABASE small CONNECTION LIMIT 7", "CREATE DATABASE tight CONNECTION LIMIT 9",
    ] {
      try server.execute(sql)
    }
    if major >= 16 {
      try server.execute("GRANT pg_use_reserved_connections TO heir, prompted")
      try server.execute("GRANT pg_use_reserved_connections TO heirless WITH INHERIT FALSE")
    }
    return server
  }

  /// Sessions that hold slots, and processes that hold none though they have a role and a database:
  /// walsenders and a parallel worker.
  private final class Company {
    private var sessions: [Connection] = []
    private let query: Background<Int>

    init(on server: ThrowawayServer) throws {
      func walsender(_ replication: String) throws -> Connection {
        var parameters = server.parameters(user: "narrow", database: "small")
        parameters["replication"] = replication
        return try Connection.open(parameters, deadline: Deadline(after: .seconds(20)))
      }
      sessions = [
        try walsender("true"), try walsender("database"),
        try server.connect(user: "other", database: "small"),
        try server.connect(user: "postgres", database: "tight"),
      ]
      let setting =
        server.installation.majorVersion >= 16 ? "debug_parallel_query" : "force_parallel_mode"
      query = Background {
        let leader = try server.connect(application: "leader", user: "narrow", database: "small")
        try leader.execute("SET \(setting) = on")
        return try leader.execute("SELECT pg_sleep(60)", timeout: .seconds(90)).rowCount
      }
      try Self.poll(server, "backend_type = 'parallel worker'") { $0 == 1 }
      try Self.poll(server, "backend_type = 'walsender'") { $0 == 2 }
    }

    func leave(_ server: ThrowawayServer) throws {
      try server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'leader'")
      _ = try? query.value()
      sessions = []
      try Self.waitForNobody(on: server)
    }

    static func waitForNobody(on server: ThrowawayServer) throws {
      try poll(server, "backend_type IN ('client backend', 'walsender')") { $0 == 1 }
    }

    private static func poll(
      _ server: ThrowawayServer, _ condition: String, _ isSo: (Int) -> Bool
    ) throws {
      let deadline = Deadline(after: .seconds(20))
      while true {
        let count = try server.connect(application: "census").text(
          "(SELECT count(*) FROM pg_stat_activity WHERE \(condition))")
        if let count = count.flatMap({ Int($0) }), isSo(count) { return }
        guard !deadline.hasPassed else { throw SupportError("waited in vain: \(condition)") }
        usleep(20_000)
      }
    }
  }

  /// What is said to this session, once those that the tests counted with have left.
  private func slots(_ asking: Connection) throws -> Slots {
    let deadline = Deadline(after: .seconds(20))
    while true {
      let snapshot = try SnapshotReader(asking).read(keepingQueries: false, deadline: deadline)
      guard snapshot.sessions.contains(where: { $0.applicationName == "census" }) else {
        // A session leaves the view some moments before it gives its slot back.
        usleep(100_000)
        return Slots(snapshot: snapshot)
      }
      usleep(10_000)
    }
  }

  /// One of them is refused for good, which need not be waited for long.
  private func connect(
    _ user: String, _ database: String, on server: ThrowawayServer
  ) throws -> Connection {
    try server.connect(user: user, database: database, patience: .seconds(1))
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var user: String
    var database: String
    /// The kind of the limit that is met first; before 16, where that differs.
    var kind: LimitKind
    var before16: LimitKind?
    var testDescription: String { "\(user) in \(database)" }
  }

  @Test(arguments: [
    Case(user: "plain", database: "postgres", kind: .reserved, before16: .superuserReserved),
    Case(user: "heir", database: "postgres", kind: .superuserReserved),
    Case(user: "heirless", database: "postgres", kind: .reserved, before16: .superuserReserved),
    Case(user: "narrow", database: "postgres", kind: .role),
    Case(user: "blind", database: "postgres", kind: .role),
    Case(user: "plain", database: "small", kind: .database),
    Case(user: "heir", database: "tight", kind: .database),
    Case(user: "boss", database: "small", kind: .server),
    Case(user: "up", database: "postgres", kind: .role),
    Case(user: "down", database: "small", kind: .server),
  ])
  func whatIsAvailableGetsIn(_ test: Case) throws {
    let server = try Self.server.get()
    try Company.waitForNobody(on: server)
    let company = try Company(on: server)
    var asking: Connection? = try server.connect(user: test.user, database: test.database)
    let slots = try slots(asking!)
    let kind = server.installation.majorVersion < 16 ? test.before16 ?? test.kind : test.kind
    #expect(slots.binding.kind == kind)

    var letIn: [Connection] = []
    var refusal: PostgresError?
    while refusal == nil && letIn.count < 30 {
      do {
        letIn.append(try connect(test.user, test.database, on: server))
      } catch let error as PostgresError { refusal = error }
    }
    #expect(letIn.count == slots.binding.available)
    let failure = try #require(refusal.map { Failure($0) })
    #expect(failure.kind == .tooManyConnections && failure.limit?.kind.rawValue == kind.rawValue)
    #expect(failure.limit?.name == slots.binding.name)
    (letIn, asking) = ([], nil)
    try company.leave(server)
  }

  /// Who has not answered the question for a password holds a slot. From 18 on that shows.
  @Test func promptsAreCountedWhereTheyShow() throws {
    let server = try Self.server.get()
    try Company.waitForNobody(on: server)
    let clients = try (0..<2).map { _ in
      let gate = try Gate(port: server.port, before: "SCRAM-SHA-256")
      let client = Background {
        var parameters = server.parameters(user: "prompted", viaTCP: true)
        (parameters["port"], parameters["password"]) = ("\(gate.port)", "secret")
        return try Connection.open(parameters, deadline: Deadline(after: .seconds(30))).backendPID
      }
      try gate.waitUntilReached()
      return (gate, client)
    }
    let asking = try server.connect(user: "heir")
    let slots = try slots(asking)
    let isSeen = server.installation.majorVersion >= 18
    #expect(slots.usedExact == isSeen && slots.used == (isSeen ? 3 : 1))
    #expect(slots.binding.certainty == (isSeen ? .exact : .atLeast))
    let letIn = (0..<30).compactMap { _ in try? server.connect(user: "heir", patience: .zero) }
    #expect(letIn.count == slots.binding.available - (isSeen ? 0 : 2))
    for (gate, client) in clients {
      gate.open()
      #expect(try client.value() > 0)
    }
    #expect(asking.backendPID > 0)
  }

  /// Two limits that leave the same number: the one that the server checks first is named.
  @Test func ofTwoThatAreEquallyNearTheFirstRefuses() throws {
    let server = try Self.server.get()
    let sixteen = server.installation.majorVersion >= 16
    let ordinary = sixteen ? 15 : 19
    for (sql, kind) in [
      (["ALTER ROLE plain CONNECTION LIMIT 9"], LimitKind.role),
      (
        [
          "ALTER ROLE plain CONNECTION LIMIT \(ordinary)",
          "ALTER DATABASE tight CONNECTION LIMIT -1",
        ],
        .role
      ),
      (
        [
          "ALTER ROLE plain CONNECTION LIMIT -1",
          "ALTER DATABASE tight CONNECTION LIMIT \(ordinary)",
        ], sixteen ? .reserved : .superuserReserved
      ),
    ] {
      for sql in sql { try server.execute(sql) }
      try Company.waitForNobody(on: server)
      var asking: Connection? = try server.connect(user: "plain", database: "tight")
      let binding = try slots(asking!).binding
      #expect(binding.kind == kind)
      var letIn = try (0..<binding.available).map { _ in
        try server.connect(user: "plain", database: "tight")
      }
      do {
        letIn.append(try connect("plain", "tight", on: server))
        Issue.record("one more than was available got in")
      } catch let error as PostgresError {
        #expect(Failure(error).limit?.kind.rawValue == kind.rawValue)
      }
      (letIn, asking) = ([], nil)
    }
    try server.execute("ALTER DATABASE tight CONNECTION LIMIT 9")
    try Company.waitForNobody(on: server)
  }
}
