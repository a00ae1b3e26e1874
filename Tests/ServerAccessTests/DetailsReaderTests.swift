import PostgresClient
import SessionAudit
import TestSupport
import TestTraits
import Testing

@testable import ServerAccess

extension SecondLook {
  /// What sessions hold, as the second look tells it of sessions that the test has made.
  @Suite(.serialized, .sideBySide)
  struct DetailsReaderTests {
    @Test func eachHoldingIsSeenByARoleWithoutRights() throws {
      let server = try DetailsFixture.server.get()
      let nothing = try DetailsFixture.session("bystander", "SELECT 1")
      let lock = try DetailsFixture.session("bystander", "SELECT pg_advisory_lock(7)")
      let slot = try DetailsFixture.session(
        "postgres", "SELECT pg_create_physical_replication_slot('details', true, true)")
      let far = try DetailsFixture.session(
        "bystander", database: "elsewhere", "SELECT pg_advisory_lock_shared(1, 2)")
      let copying = Background {
        try server.connect(application: "copier").execute(
          "COPY (SELECT 1) TO PROGRAM 'sleep 1.5'"
        ).rowCount
      }
      try DetailsFixture.wait(
        until: "application_name = 'copier' AND query LIKE 'COPY%'", number: 1)
      let waiter = try DetailsFixture.waiting("advisory waiter", "SELECT pg_advisory_lock(7)")
      try DetailsFixture.wait(until: "wait_event = 'advisory'", number: 1)

      for user in ["plain", "lender", "postgres"] {
        let (snapshot, details) = try DetailsFixture.look(server, user: user)
        #expect(Set(details.holdings.keys) == Set(snapshot.sessions.map(\.pid)), "\(user)")
        #expect(details.holdings[nothing.backendPID] == [], "\(user)")
        #expect(details.holdings[lock.backendPID] == [.advisoryLock], "\(user)")
        #expect(details.holdings[slot.backendPID] == [.replicationSlot], "\(user)")
        #expect(details.holdings[far.backendPID] == [.advisoryLock], "\(user)")
        let copier = try #require(snapshot.sessions.first { $0.applicationName == "copier" })
        #expect(details.holdings[copier.pid] == [.progress], "\(user)")
        // Who waits for a lock does not hold it.
        let waiting = try #require(
          snapshot.sessions.first { $0.applicationName == "advisory waiter" })
        #expect(details.holdings[waiting.pid] == [], "\(user)")
        // A role that does not see who waits has nobody to ask about.
        #expect(details.blocking?.map(\.pid) == (user == "plain" ? [] : [lock.backendPID]))
      }
      // Only what was asked about is answered.
      let asked = try DetailsFixture.look(server, at: [lock.backendPID, nothing.backendPID, 1])
      #expect(
        asked.details.holdings == [
          lock.backendPID: [.advisoryLock], nothing.backendPID: [], 1: [],
        ])
      try lock.execute("SELECT pg_advisory_unlock_all()")
      _ = try (copying.value(), waiter.value())
    }

    @Test func whatOnlyTheLastQueryTellsIsAmongIt() throws {
      let server = try DetailsFixture.server.get()
      let listener = try DetailsFixture.session("bystander", "LISTEN news")
      let start = server.installation.majorVersion >= 15 ? "pg_backup_start" : "pg_start_backup"
      let flags = server.installation.majorVersion >= 15 ? "true" : "true, false"
      let other = try DetailsFixture.session("bystander", "LISTEN a", "LISTEN b", "UNLISTEN a")
      let block = try DetailsFixture.session("bystander", "DO $$BEGIN LISTEN news; END$$")
      let hidden = try DetailsFixture.session("bystander", "BEGIN", "LISTEN news", "COMMIT")
      let backup = try DetailsFixture.session("postgres", "SELECT \(start)('details', \(flags))")
      let pooled = try DetailsFixture.session("bystander", "discard ALL;")
      let (snapshot, details) = try DetailsFixture.look(server)
      #expect(details.holdings[listener.backendPID] == [.listen])
      #expect(details.holdings[other.backendPID] == [.listen])
      #expect(details.holdings[block.backendPID] == [.listen])
      #expect(details.holdings[hidden.backendPID] == [])
      #expect(details.unknown == [hidden.backendPID: [.listen]])
      #expect(details.holdings[backup.backendPID] == [.backup])
      #expect(
        snapshot.sessions.filter(\.endsWithDiscardAll).map(\.pid) == [pooled.backendPID])
    }

    @Test func temporaryObjectsAreTheirSessionsThoughNumbersAreReused() throws {
      let server = try DetailsFixture.server.get()
      func open(_ sql: String) throws -> Connection {
        try DetailsFixture.session("maker", application: "temp", sql)
      }
      let table = "CREATE TEMP TABLE t (a int)"
      // Numbers are given out, and some of them back; schemas stay behind for the next.
      var early: [Connection] = []
      for turn in 0..<8 { early.append(try open(turn.isMultiple(of: 3) ? "SELECT 1" : table)) }
      early.removeSubrange(2..<6)
      try DetailsFixture.wait(until: "application_name = 'temp'", number: 4)
      let unused = try (0..<3).map { _ in try open("SELECT 1") }
      let makers = try [
        table, "CREATE TYPE pg_temp.mood AS ENUM ('fair')", "CREATE TEMP SEQUENCE s",
        "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      ].map(open)
      let gone = try open(table)
      try gone.execute("DISCARD TEMP")
      let bystander = try DetailsFixture.session("bystander", "SELECT 1")
      let far = try DetailsFixture.session("maker", database: "elsewhere", table)

      let (_, details) = try DetailsFixture.look(server, user: "plain")
      func holders(_ connections: [Connection]) -> Int {
        connections.count { details.holdings[$0.backendPID] == [.temporaryTables] }
      }
      #expect(holders(makers) == makers.count)
      #expect(holders([bystander]) == 0)
      // Another database's are not to be seen from here.
      #expect(holders([far]) == 0)
      // Sessions 1 and 7 of the first eight are left with a table, 0 and 6 without. The look itself has
      // the lowest number that is free, so that before 16 nobody stands above a gap.
      #expect(holders(early) == 2 && holders(unused) == 0 && holders([gone]) == 0)
      #expect(details.unknown.isEmpty && details.doubtfulSchemas == nil)
      let there = try DetailsFixture.look(server, database: "elsewhere", at: [far.backendPID])
      #expect(there.details.holdings == [far.backendPID: [.temporaryTables]])
    }

    @Test func withoutTemporaryObjectsNobodyIsTakenToHoldThem() throws {
      let server = try DetailsFixture.server.get()
      try DetailsFixture.wait(until: "usename = 'maker'", number: 0)
      let leftSchema = try DetailsFixture.session(
        "maker", "CREATE TEMP TABLE t (a int)", "DROP TABLE t")
      let (_, details) = try DetailsFixture.look(server, at: [leftSchema.backendPID])
      #expect(details.holdings == [leftSchema.backendPID: []])
    }

    @Test func itIsOneRoundTripOrNone() throws {
      let server = try DetailsFixture.server.get()
      let proxy = try ScriptedProxy(port: server.port)
      let connection = try Connection.open(
        server.parameters(user: "lender", viaTCP: true).overridden(
          by: ConnectionParameters(["port": "\(proxy.port)"])),
        deadline: DetailsFixture.deadline)
      let reader = DetailsReader(connection)
      func turns(candidates: [Int32], waiters: [Int32]) throws -> (Details, Int) {
        let before = proxy.turns
        let details = try reader.read(
          candidates: candidates, lockWaiters: waiters, among: [], deadline: DetailsFixture.deadline
        )
        return (details, proxy.turns - before)
      }
      let nothing = try turns(candidates: [], waiters: [])
      #expect(nothing == (Details(holdings: [:], blocking: []), 0))
      let holdings = try turns(candidates: [1], waiters: [])
      #expect(holdings == (Details(holdings: [1: []], blocking: []), 1))
      #expect(try turns(candidates: [], waiters: [1]) == (Details(holdings: [:], blocking: []), 1))
      let both = try turns(candidates: Array(1...5000), waiters: Array(1...5000))
      #expect(both.0.holdings.count == 5000 && both.1 == 1)
      // Nothing that was set for the questions outlives them.
      #expect(try connection.text("current_setting('statement_timeout')") == "0")
      #expect(try connection.text("current_setting('transaction_read_only')") == "off")
    }
  }
}
