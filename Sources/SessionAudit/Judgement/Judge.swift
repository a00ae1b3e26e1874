/// Turns a snapshot and a policy into a report. A pure function: the same input gives the same
/// report, whatever the order of the rows and the hour of the day.
public enum Judge {
  public static func judge(_ snapshot: Snapshot, by policy: Policy) -> AuditReport {
    let rows = clientsOldestFirst(snapshot.sessions)
    let pings = snapshot.pings
    let times = rows.map { row in
      SessionTimes(
        of: snapshot.sessions[row], at: snapshot.capturedAt,
        staleAfter: policy.staleAfter(of: snapshot.sessions[row]),
        pingedAt: pings.isEmpty ? nil : snapshot.sessions[row].identity.flatMap { pings[$0] })
    }
    let clientIndex = ClientIndex(snapshot, rows, times, by: policy)
    let finder = EvidenceFinder(
      snapshot, clientIndex: clientIndex, by: policy,
      poolSizes: PoolSizes(snapshot, rows, times, clientIndex, by: policy))
    let judged = rows.indices.map { index in
      judge(snapshot, rows[index], times[index], clientIndex, finder, by: policy)
    }
    let signs = recyclingSigns(in: snapshot, rows, times, clientIndex, finder, by: policy)
    let groups = SessionGroup.groups(of: judged, recycling: signs, by: policy)
    let totals = Totals(
      of: groups,
      background: snapshot.sessions.count - judged.count + snapshot.unlistedBackground)
    var report = AuditReport(
      capturedAt: snapshot.capturedAt, target: snapshot.target, judgedWith: policy,
      coverage: Coverage(of: totals, role: snapshot.role), slots: Slots(snapshot: snapshot),
      totals: totals, groups: groups, sessions: judged,
      lockWaiters: snapshot.sessions.filter { $0.waitEventType == "Lock" }.map(\.pid).sorted())
    report.rosterCoversNothing = finder.rosterCoversNothing()
    report.heardThoughUnlisted = finder.gaps.witnesses
    // Sessions are large: they are gone through only where something was said of them.
    if policy.saysWhoRuns {
      report.withoutEffect = finder.withoutEffect(judged, rows)
    }
    report.connectionLeaks = ConnectionLeak.leaks(
      in: snapshot, rows, times, clientIndex, by: policy)
    if report.lockWaiters.isEmpty && report.coverage.isComplete { report.blocking = [] }
    if let details = snapshot.details { report.add(details) }
    return report
  }

  /// What each session says of its application's max age; empty where none is declared.
  private static func recyclingSigns(
    in snapshot: Snapshot, _ rows: [Int], _ times: [SessionTimes], _ clientIndex: ClientIndex,
    _ finder: EvidenceFinder, by policy: Policy
  ) -> [RecyclingSign?] {
    guard !policy.maxAges.isEmpty else { return [] }
    var signs = rows.indices.map { index in
      clientIndex.entries[rows[index]].flatMap {
        finder.recyclingSign(of: snapshot.sessions[rows[index]], times[index], $0)
      }
    }
    guard let earlier = snapshot.earlier else { return signs }
    var replaced = finder.replacements(since: earlier, snapshot).counts
    // The youngest of an address took the row of what was closed there.
    for index in rows.indices.reversed() where signs[index] != nil {
      guard let life = clientIndex.entries[rows[index]]?.life, let count = replaced[life] else {
        continue
      }
      signs[index]?.replaced = count
      replaced[life] = nil
    }
    return signs
  }

  /// The rows of client sessions by backend_start, then pid; what has no start comes last. Places
  /// are sorted rather than sessions, which are large.
  private static func clientsOldestFirst(_ sessions: [Session]) -> [Int] {
    sessions.indices.compactMap { row -> (start: Int64, pid: Int32, row: Int)? in
      guard sessions[row].kind != .background else { return nil }
      return (sessions[row].backendStart?.microseconds ?? .max, sessions[row].pid, row)
    }
    .sorted { ($0.start, $0.pid) < ($1.start, $1.pid) }
    .map(\.row)
  }

  private static func judge(
    _ snapshot: Snapshot, _ row: Int, _ times: SessionTimes, _ clientIndex: ClientIndex,
    _ finder: EvidenceFinder, by policy: Policy
  ) -> JudgedSession {
    let session = snapshot.sessions[row]
    let entry = clientIndex.entries[row]
    // Our own and hidden sessions are not in the clientIndex.
    let evidence = entry.map { finder.evidence(about: session, times, $0) } ?? []
    let verdict: Verdict =
      if session.kind == .hidden { .hidden } else { evidence.first?.verdict ?? .live }
    return JudgedSession(
      session: session, times: times, verdict: verdict, evidence: evidence,
      protections: protections(
        of: session, isPooled: entry?.isPooled ?? false, in: snapshot, by: policy))
  }

  /// What protects a session whatever is selected; the planner adds what depends on the selection.
  private static func protections(
    of session: Session, isPooled: Bool, in snapshot: Snapshot, by policy: Policy
  ) -> [Protection] {
    var protections: [Protection] = []
    if session.pid == snapshot.role.ownPID {
      protections.append(Protection(.ownSession, "this is pgsessions' own session"))
    }
    if session.kind == .hidden {
      protections.append(
        Protection(.hidden, "\(snapshot.role.name) may not see when it began and what it does"))
    }
    if let userID = session.userID, snapshot.server.superuserRoles.contains(userID) {
      protections.append(Protection(.superuser, "a superuser's sessions are never ended"))
    } else if !snapshot.role.maySignal(session, on: snapshot.server) {
      let owner = session.user.map { "role \($0)" } ?? "its role"
      protections.append(
        Protection(
          .notPermitted,
          "\(snapshot.role.name) has the privileges of neither \(owner) nor pg_signal_backend"))
    }
    if session.leaderPID != nil {
      protections.append(Protection(.parallelWorker, "it works for another session"))
    }
    if let said = policy.protected.declaration(for: session), said.value {
      protections.append(Protection(.byPolicy, "\(said.place ?? "the policy") protects it"))
    }
    if let backup = session.backup {
      protections.append(Protection(.backup, "\(backup), which would be broken, perhaps unnoticed"))
    }
    if isPooled { protections.append(Protection(.pooled, "a pooler keeps it open")) }
    if session.state?.isActive == true {
      protections.append(Protection(.inUse, "it is active"))
    } else if session.state?.isInTransaction == true {
      protections.append(Protection(.inUse, "it is in a transaction"))
    }
    if !snapshot.target.isConnected(to: session) {
      protections.append(
        Protection(.otherDatabase, "it is in another database than the connected one"))
      if session.kind == .client {
        protections.append(
          Protection(.holdsState, "what it holds in another database can't be known from here"))
      }
    }
    return protections
  }
}
