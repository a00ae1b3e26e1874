import PostgresClient
import Synchronization
import TestOracle
import TestStress
import TestSupport

/// Looks at the server over a superuser's connection of its own, and knows from the ledger whose
/// each session is and from the oracle what the contract lets a run end.
final class Witness: Sendable {
  /// One look.
  struct Look: Sendable {
    /// Seconds since 1970.
    let at: Double
    /// Left sessions that may be ended now.
    let endable: Set<SessionKey>
    /// Left sessions that are still there.
    let left: Set<SessionKey>
  }

  struct Findings: Sendable {
    /// When each left session was first seen to be one that may be ended.
    var firstEndable: [SessionKey: Double] = [:]
    var mostSlots = 0
    /// Living sessions that were silent for longer than the threshold.
    var quiet: Set<SessionKey> = []
    /// Living sessions that the rules themselves would take.
    var unsound: [String] = []
    var looks = 0
  }

  private let form: SoakForm
  private let platform: Platform
  private let ledger: SoakLedger
  /// A connection is used by one thread at a time.
  private struct Handed: @unchecked Sendable { let connection: Connection }
  private let state: Mutex<(handed: Handed, findings: Findings)>

  init(_ server: ThrowawayServer, _ form: SoakForm, _ platform: Platform, _ ledger: SoakLedger)
    throws
  {
    (self.form, self.platform, self.ledger) = (form, platform, ledger)
    state = Mutex((Handed(connection: try server.connect(application: "witness")), Findings()))
  }

  var findings: Findings { state.withLock { $0.findings } }

  @discardableResult
  func look() throws -> Look {
    try state.withLock { state in
      // The lists first and whose the sessions are last: who is alive then was in the list, or began
      // after it.
      let taken = Moment.now.serverTime
      let rosters = Dictionary(
        uniqueKeysWithValues: ["shop", "ledger"].map { ($0, platform.roster(of: $0, at: taken)) })
      let (facts, slots, now) = try read(state.handed.connection)
      var endable: Set<SessionKey> = []
      for (database, roster) in rosters {
        endable.formUnion(
          ContractOracle(
            facts: facts, now: now, limits: limits,
            instances: database == "ledger" ? ["": Application.django.instances] : [:],
            roster: roster, database: database
          ).endable { Application.isInferred($0) })
      }
      let left = Set(facts.filter { !$0.isLive }.map(\.key))
      for fact in facts where fact.isLive {
        if endable.contains(fact.key) { state.findings.unsound.append("\(fact)") }
        if !fact.isActive && now - max(fact.start, fact.queryStart) > limits.stale {
          state.findings.quiet.insert(fact.key)
        }
      }
      endable.formIntersection(left)
      let at = wallSeconds(now)
      for key in endable where state.findings.firstEndable[key] == nil {
        state.findings.firstEndable[key] = at
      }
      state.findings.mostSlots = max(state.findings.mostSlots, slots)
      state.findings.looks += 1
      return Look(at: at, endable: endable, left: left)
    }
  }

  /// What the ledger knows of these.
  func sessions(of keys: Set<SessionKey>) -> [SessionKey: TrueSession] {
    ledger.entries.sessions.filter { keys.contains($0.key) }
  }

  private var limits: OracleLimits {
    func microseconds(_ duration: Duration) -> Int64 { Int64(duration / .microseconds(1)) }
    return OracleLimits(
      grace: microseconds(form.grace), stale: microseconds(form.stale),
      tolerance: microseconds(form.tolerance))
  }

  /// - Returns: the clients' sessions, how many slots are taken in all, and the server's clock.
  private func read(
    _ connection: Connection
  ) throws -> (facts: [SessionFact], slots: Int, now: Int64) {
    let result = try connection.execute(
      """
      SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS start,
        application_name, coalesce(usename, '') AS usename,
        coalesce(datname, '') AS datname, host(client_addr) AS address, backend_start,
        coalesce(query_start, backend_start) AS query_start, state_change, state,
        clock_timestamp() AS now
      FROM pg_stat_activity WHERE backend_type = 'client backend' AND state IS NOT NULL
      """)
    // From Postgres 18 on who is being let in is there too, without a name.
    // Those of which the ledger does not know yet are live.
    let known = ledger.entries.sessions
    var (facts, now): ([SessionFact], Int64) = ([], 0)
    for row in result.rows {
      now = try row.required(try result.column("now"))
      guard try row.required(result.column("usename", as: String.self)) == "app" else { continue }
      let key = SessionKey(
        pid: try row.required(try result.column("pid")),
        start: try row.required(try result.column("start")))
      facts.append(
        SessionFact(
          key: key, name: try row.required(try result.column("application_name")), user: "app",
          database: try row.required(try result.column("datname")),
          address: try row.required(try result.column("address")),
          isLive: known[key]?.leftAt == nil,
          start: try row.required(try result.column("backend_start")),
          queryStart: try row.required(try result.column("query_start")),
          stateChange: try row.required(try result.column("state_change")),
          state: try row.required(try result.column("state"))))
    }
    return (facts, result.rowCount, now)
  }
}
