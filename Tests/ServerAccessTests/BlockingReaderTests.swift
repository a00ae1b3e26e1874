import PostgresClient
import Queries
import SessionAudit
import TestSupport
import TestTraits
import Testing

@testable import ServerAccess

extension SecondLook {
  /// Who blocks whom, on real lock queues.
  @Suite(.serialized, .sideBySide)
  struct BlockingReaderTests {
    private func update(_ id: Int) -> String { "UPDATE account SET n = n + 1 WHERE id = \(id)" }

    private func waitForQueue(_ application: String, _ number: Int) throws {
      try DetailsFixture.wait(
        until: "application_name LIKE '\(application)' AND wait_event_type = 'Lock'", number: number
      )
    }

    @Test func aChainThreeDeepHasOneRoot() throws {
      let server = try DetailsFixture.server.get()
      let root = try DetailsFixture.session(application: "chain root", "BEGIN", update(1))
      // Holds 2, waits for 1.
      let second = try DetailsFixture.waiting("chain 2", "BEGIN", update(2), update(1))
      try waitForQueue("chain 2", 1)
      let third = try DetailsFixture.waiting("chain 3", "BEGIN", update(3), update(2))
      try waitForQueue("chain 3", 1)
      let others = try (0..<3).map { _ in try DetailsFixture.waiting("chain 4", update(3)) }
      try waitForQueue("chain 4", 3)

      let (snapshot, details) = try DetailsFixture.look(server, at: [])
      let began = snapshot.sessions.first { $0.pid == root.backendPID }?.transactionStart
      #expect(began != nil)
      #expect(
        details.blocking == [
          Blocker(
            pid: root.backendPID, waiters: 5, heldSince: began, applicationName: "chain root")
        ])
      #expect(details.holdings.isEmpty)
      try root.execute("ROLLBACK")
      try DetailsFixture.end("chain %")
      _ = try ([second, third] + others).map { try $0.value() }
    }

    @Test func aPreparedTransactionBlocksWithoutAProcess() throws {
      let server = try DetailsFixture.server.get()
      _ = try DetailsFixture.session(
        "locker", "BEGIN", update(4), "PREPARE TRANSACTION 'left behind'")
      let waiter = try DetailsFixture.waiting("prepared 1", update(4))
      try waitForQueue("prepared 1", 1)
      let (_, details) = try DetailsFixture.look(server)
      #expect(
        details.blocking == [Blocker(pid: 0, waiters: 1, heldSince: nil, applicationName: nil)])
      try server.execute("ROLLBACK PREPARED 'left behind'")
      _ = try waiter.value()
    }

    @Test func aCircleNamesNobody() throws {
      let server = try DetailsFixture.server.get()
      let first = try DetailsFixture.waiting(
        "circle 1", "BEGIN", update(5), "SELECT pg_sleep(0.4)", update(6))
      let second = try DetailsFixture.waiting(
        "circle 2", "BEGIN", update(6), "SELECT pg_sleep(0.4)", update(5))
      try waitForQueue("circle %", 2)
      #expect(try DetailsFixture.look(server).details.blocking == [])
      try DetailsFixture.end("circle %")
      _ = try (first.value(), second.value())
    }

    @Test func hundredsBehindOneTransaction() throws {
      let server = try DetailsFixture.server.get()
      let root = try DetailsFixture.session(application: "hold", "BEGIN", update(7))
      let waiters = try (0..<220).map { _ in try DetailsFixture.waiting("crowd", update(7)) }
      try waitForQueue("crowd", waiters.count)

      let (snapshot, details) = try DetailsFixture.look(server)
      #expect(details.blocking?.map(\.pid) == [root.backendPID])
      // The rest were not asked about.
      #expect(details.blocking?.first?.waiters == 200)
      try time(snapshot)
      try root.execute("ROLLBACK")
      try DetailsFixture.end("crowd")
      _ = try waiters.map { try $0.value() }
    }

    /// Prints what the questions cost on the server and the wire, and the rest here.
    private func time(_ snapshot: Snapshot) throws {
      let connection = try DetailsFixture.session("lender")
      let pids = snapshot.sessions.map(\.pid)
      let asked = Blocking.longestWaiting(
        DetailsFixture.lockWaiters(snapshot), among: snapshot.sessions)
      let clock = ContinuousClock()
      var rows = 0
      for (query, parameter) in [(Query.blocking, asked), (.holdings, pids), (.holdings, pids)] {
        let took = try clock.measure {
          rows =
            try connection.query(
              Statement(
                query, serverVersion: connection.serverVersion, [.int32Array(parameter)]),
              deadline: DetailsFixture.deadline
            ).rowCount
        }
        print(
          "\(query.name) of \(parameter.count) at \(pids.count) sessions: \(took), \(rows) rows")
      }
      let took = try clock.measure {
        _ = try DetailsReader(connection).read(
          candidates: pids, lockWaiters: asked, among: snapshot.sessions,
          deadline: DetailsFixture.deadline)
      }
      print("details of \(pids.count) candidates and \(asked.count) waiters: \(took)")
      #expect(took < .seconds(5))
    }
  }
}
