import OperatingSystem
import PostgresClient
import SessionAudit
import TestRandom
import TestSupport
import TestTraits
import Testing

@testable import ServerAccess

/// Whose temporary tables are, of sessions that come and go in random order, against what the test
/// knows of each. Before 16 no server tells, so that there more may be taken to hold some, and never
/// fewer.
@Suite(.serialized, .sideBySide)
struct TemporaryTablesTests {
  private final class Client {
    let connection: Connection
    var hasTable = false
    init(_ connection: Connection) { self.connection = connection }
  }

  @Test(arguments: [false, true])
  func nobodyWhoHoldsSomeIsMissed(_ keepsTimes: Bool) throws {
    let server = try ThrowawayServer(settings: [
      "max_connections": "60", "track_commit_timestamp": keepsTimes ? "on" : "off",
    ])
    for sql in [
      "CREATE ROLE looker LOGIN", "GRANT pg_monitor TO looker", "CREATE ROLE maker LOGIN",
      "CREATE ROLE owner", "GRANT owner TO maker", "CREATE ROLE other LOGIN",
      "CREATE DATABASE shop",
    ] {
      try server.execute(sql)
    }
    let tells = server.installation.majorVersion >= 16
    var random = Seeded.printed("temporary tables, \(keepsTimes ? "with" : "without") times")
    var clients: [Client] = []
    var (holders, idle, before, now, sure, looks) = (0, 0, 0, 0, 0, 0)
    for round in 0..<30 {
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        try step(&clients, server, &random)
      }
      // Those who have left are gone from the server's list.
      let pids = clients.map { "\($0.connection.backendPID)" }.joined(separator: ",")
      let patience = Deadline(after: .seconds(20))
      let left = "application_name = 'client' AND NOT pid = ANY ('{\(pids)}')"
      while try count(left, server) > 0, !patience.hasPassed {}

      // One more session may come in between, and take a number below.
      let early = random.chance(30) ? try open(server, &random) : nil
      let (snapshot, details) = try DetailsFixture.look(server, user: "looker", database: "shop")
      if let early { clients.append(early) }
      let old = try rolesWithTables(server)
      looks += 1
      for client in clients where client !== early || !client.hasTable {
        let pid = client.connection.backendPID
        guard let session = snapshot.sessions.first(where: { $0.pid == pid }) else { continue }
        let isTaken = details.holdings[pid]?.contains(.temporaryTables) == true
        let isDoubted = details.unknown[pid]?.contains(.temporaryTables) == true
        #expect(!client.hasTable || isTaken, "round \(round): pid \(pid) was missed")
        if tells || (isTaken && !isDoubted) {
          #expect(client.hasTable == isTaken, "round \(round): pid \(pid) holds none")
        }
        if client.hasTable {
          holders += 1
          if !isDoubted { sure += 1 }
        } else {
          idle += 1
          if session.user.map(old.contains) == true { before += 1 }
          if isTaken { now += 1 }
        }
      }
    }
    print(
      "temporary tables\(keepsTimes ? ", times kept" : ""): \(looks) looks, \(holders) holders, "
        + "\(sure) of them surely; of \(idle) others taken for holders by role alone: \(before), "
        + "now: \(now)")
    #expect(holders > 30 && idle > 30 && now * 2 < before)
  }

  private func step(
    _ clients: inout [Client], _ server: ThrowawayServer, _ random: inout Seeded
  ) throws {
    if clients.count < 4 || (clients.count < 30 && random.chance(45)) {
      clients.append(try open(server, &random))
      return
    }
    let place = Int.random(in: 0..<clients.count, using: &random)
    if random.chance(50) {
      clients.remove(at: place)
      return
    }
    let client = clients[place]
    if random.chance(15) {
      // What shows a session's number though it is idle.
      try client.connection.execute("SELECT pg_advisory_lock_shared(7)")
    } else if client.hasTable, random.chance(30) {
      try client.connection.execute("DISCARD TEMP")
      client.hasTable = false
    } else if !client.hasTable, random.chance(60) {
      try makeTable(client)
    }
  }

  private func open(_ server: ThrowawayServer, _ random: inout Seeded) throws -> Client {
    let user = random.chance(75) ? "maker" : "other"
    let client = Client(
      try server.connect(application: "client", user: user, database: "shop"))
    if random.chance(30) {
      if user == "maker", random.chance(50) { try client.connection.execute("SET ROLE owner") }
      try makeTable(client)
      try client.connection.execute("RESET ROLE")
    } else {
      try client.connection.execute("SELECT 1")
    }
    return client
  }

  private func makeTable(_ client: Client) throws {
    try client.connection.execute("CREATE TEMP TABLE IF NOT EXISTS t (a int)")
    client.hasTable = true
  }

  private func count(_ condition: String, _ server: ThrowawayServer) throws -> Int {
    let text = try server.connect().text(
      "SELECT count(*) FROM pg_stat_activity WHERE \(condition)")
    return text.flatMap { Int($0) } ?? 0
  }

  /// Whose sessions are all taken to hold some by a look at roles alone.
  private func rolesWithTables(_ server: ThrowawayServer) throws -> Set<String> {
    let text = try server.connect(database: "shop").text(
      """
      (SELECT string_agg(rolname, ' ') FROM pg_roles WHERE EXISTS (
        SELECT FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
        WHERE nspname LIKE 'pg_temp_%' AND pg_has_role(rolname, relowner, 'MEMBER')))
      """)
    return Set((text ?? "").split(separator: " ").map(String.init))
  }
}
