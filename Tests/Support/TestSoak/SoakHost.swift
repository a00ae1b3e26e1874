import OperatingSystem
import PostgresClient
import Synchronization
import TestOracle
import TestRandom
import TestStress
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A simulated host with one instance on it, whose thread uses its pool until it is told to leave.
final class SoakHost: Sendable {
  /// What the host and whoever commands it have to agree on.
  private struct State {
    var isUp = false
    var keys: [SessionKey] = []
    var leaving: Leaving?
    /// Nothing is sent any more, or the last query has been.
    var isReady = false
    /// Its network is, and nobody hears any more what it says.
    var isGone = false
    /// The last look at all sessions before the end of the week.
    var asksAll = false
    var hasAskedAll = false
  }

  let application: Application
  let name: String
  private let dyno: Dyno
  private let parameters: ConnectionParameters
  private let clock: SoakClock
  private let ledger: SoakLedger
  private let state = Mutex(State())

  var address: String { dyno.address }

  init(
    _ application: Application, name: String, _ dyno: Dyno, on server: ThrowawayServer,
    _ clock: SoakClock, _ ledger: SoakLedger, random: Seeded
  ) {
    (self.application, self.name, self.dyno) = (application, name, dyno)
    (self.clock, self.ledger) = (clock, ledger)
    parameters = dyno.parameters(
      of: server, user: "app", database: application.database, application: name)
    startThread { [self] in
      var random = random
      run(&random)
    }
  }

  // MARK: - Commands

  /// Returns when its pool is open, or as much of it as the server had room for.
  func waitUntilUp() throws { try wait("open its pool") { $0.isUp } }

  /// Makes the host go, and enters what becomes of its sessions.
  func leave(_ leaving: Leaving) throws {
    state.withLock { $0.leaving = leaving }
    try wait("stop its work") { $0.isReady }
    let keys = state.withLock { $0.keys }
    if leaving == .inOrder {
      try dyno.close()
      return
    }
    if leaving == .inQuery { usleep(30_000) }
    ledger.set(.left(Moment.now.wall), of: keys)
    try dyno.vanish()
    state.withLock { $0.isGone = true }
  }

  /// Uses every session once more, so that one that was ended in silence is noticed.
  func askAll() throws {
    state.withLock { $0.asksAll = true }
    try wait("use all of its sessions") { $0.hasAskedAll }
  }

  private func wait(_ purpose: String, until holds: (State) -> Bool) throws {
    let deadline = Deadline(after: .seconds(60))
    while !state.withLock({ holds($0) }) {
      guard !deadline.hasPassed else {
        throw SupportError("the host of '\(name)' did not \(purpose)")
      }
      usleep(1_000)
    }
  }

  // MARK: - Its thread

  private struct Session {
    let connection: Connection
    let key: SessionKey
  }

  private func run(_ random: inout Seeded) {
    var pool: [Session] = []
    for _ in 0..<application.sessions {
      if let session = open() { pool.append(session) }
    }
    state.withLock { ($0.isUp, $0.keys) = (true, pool.map(\.key)) }
    while true {
      let (leaving, asksAll) = state.withLock { ($0.leaving, $0.asksAll && !$0.hasAskedAll) }
      if let leaving {
        leave(leaving, &pool, &random)
        return
      }
      if asksAll {
        for session in pool { use(session, "SELECT 1") }
        state.withLock { $0.hasAskedAll = true }
      }
      // Even by day most of a large pool is idle, and at night all but a little.
      let percent = application == .reporting ? 1 : clock.isNight ? 1 : 60
      if random.chance(percent), let busy = pool.first {
        use(random.chance(75) ? busy : random.one(of: pool), query(&random))
      }
      usleep(UInt32.random(in: 50_000...200_000, using: &random))
    }
  }

  private func query(_ random: inout Seeded) -> String {
    switch Int.random(in: 0..<10, using: &random) {
    case ..<8: "SELECT 1"
    default: "SELECT pg_sleep(\(Double.random(in: 0.005...0.05, using: &random)))"
    }
  }

  private func open() -> Session? {
    do {
      let connection = try Connection.open(parameters, deadline: Deadline(after: .seconds(30)))
      let result = try connection.execute(
        """
        SELECT pid, backend_start,
          to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS text
        FROM pg_stat_activity WHERE pid = pg_backend_pid()
        """)
      let row = try result.onlyRow()
      let key = SessionKey(
        pid: try row.required(try result.column("pid")),
        start: try row.required(try result.column("text")))
      let start: Int64 = try row.required(try result.column("backend_start"))
      ledger.opened(
        key,
        TrueSession(
          application: application, name: name, address: address, opened: wallSeconds(start)))
      return Session(connection: connection, key: key)
    } catch let error as PostgresError
      where error.serverMessage?.sqlState == .tooManyConnections
    {
      ledger.refused()
    } catch {
      ledger.trouble("'\(name)' can't connect: \(error)")
    }
    return nil
  }

  /// A client's request, which fails where somebody has ended its session.
  private func use(_ session: Session, _ sql: String) {
    do throws(PostgresError) {
      _ = try session.connection.query(
        Statement(name: sql, sql: sql), deadline: Deadline(after: .seconds(30)))
      ledger.queried()
    } catch {
      ledger.lost("'\(name)' from \(address), pid \(session.key.pid): \(error)")
    }
  }

  private func leave(_ leaving: Leaving, _ pool: inout [Session], _ random: inout Seeded) {
    switch leaving {
    case .inOrder:
      for session in pool { use(session, "SELECT 1") }
      ledger.set(.closed, of: pool.map(\.key))
      pool = []
    case .idle: for session in pool { listen(to: session) }
    case .inTransaction:
      for session in pool { listen(to: session) }
      if let busy = pool.first { use(busy, "BEGIN") }
    case .inQuery: for session in pool { listen(to: session) }
    }
    state.withLock { $0.isReady = true }
    if leaving == .inQuery, let busy = pool.first {
      // It loses its host while it waits, so that its error says nothing.
      _ = try? busy.connection.execute(
        "SELECT pg_sleep(\(Double.random(in: 0.1...0.5, using: &random)))")
    }
    // Its connections say goodbye when they go: to nobody.
    while leaving != .inOrder && !state.withLock({ $0.isGone }) { usleep(1_000) }
  }

  /// Notices whether the server has spoken, without a word that would count as a sign of life.
  private func listen(to session: Session) {
    let (started, patience) = (ContinuousClock.now, Duration.milliseconds(1))
    try? session.connection.pause(patience, deadline: Deadline(after: .seconds(1)))
    if started.duration(to: .now) < patience { use(session, "SELECT 1") }
  }
}
