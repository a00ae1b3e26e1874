/// Turns a snapshot and a policy into a report. A pure function: the same input gives the same
/// report, whatever the order of the rows and the hour of the day.
public enum Judge {
  public static func judge(_ snapshot: Snapshot, by policy: Policy) -> AuditReport {
    let judged = clientsOldestFirst(snapshot.sessions).map {
      judge(snapshot.sessions[$0], in: snapshot, by: policy)
    }
    let groups = SessionGroup.groups(of: judged, by: policy)
    let totals = Totals(of: groups, background: snapshot.sessions.count - judged.count)
    return AuditReport(
      capturedAt: snapshot.capturedAt, target: snapshot.target, judgedWith: policy,
      coverage: Coverage(of: totals, role: snapshot.role), slots: Slots(snapshot: snapshot),
      totals: totals, groups: groups, sessions: judged)
  }

  /// The places of client sessions by backend_start, then pid; what has no start comes last. Places
  /// are sorted rather than sessions, which are large.
  private static func clientsOldestFirst(_ sessions: [Session]) -> [Int] {
    sessions.indices.compactMap { place -> (start: Int64, pid: Int32, place: Int)? in
      guard sessions[place].kind != .background else { return nil }
      return (sessions[place].backendStart?.microseconds ?? .max, sessions[place].pid, place)
    }
    .sorted { ($0.start, $0.pid) < ($1.start, $1.pid) }
    .map(\.place)
  }

  private static func judge(
    _ session: Session, in snapshot: Snapshot, by policy: Policy
  ) -> JudgedSession {
    let times = SessionTimes(
      of: session, at: snapshot.capturedAt, staleAfter: policy.staleAfter)
    let isOwn = session.pid == snapshot.role.ownPID
    let evidence = isOwn ? [] : evidence(for: session, times: times, policy: policy)
    let verdict: Verdict =
      if session.kind == .hidden { .hidden } else { evidence.first?.kind.verdict ?? .live }
    return JudgedSession(
      session: session, times: times, verdict: verdict, evidence: evidence,
      protections: protections(of: session, in: snapshot))
  }

  private static func evidence(
    for session: Session, times: SessionTimes, policy: Policy
  ) -> [Evidence] {
    guard session.kind == .client, session.state == .idle, let silent = times.silent,
      silent >= policy.staleAfter, let lastHeard = times.lastHeard
    else { return [] }
    let sentence =
      "Idle, and silent for \(DurationText.brief(silent)): last heard \(lastHeard.readable), "
      + "beyond the threshold of \(DurationText.exact(policy.staleAfter))."
    return [Evidence(kind: .idleBeyondThreshold, basis: .inferred, detail: sentence)]
  }

  /// What protects a session whatever is selected; the planner adds what depends on the selection.
  private static func protections(of session: Session, in snapshot: Snapshot) -> [Protection] {
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
    return protections
  }
}
