/// Judges settings, limits and rights by what they mean for the sessions that are here.
public enum Doctor {
  public static func examine(_ audit: AuditReport, facts: DoctorFacts) -> DoctorReport {
    let checks = DoctorChecks(audit: audit, facts: facts)
    let findings =
      checks.slots + checks.limits + checks.vanishedClients + checks.timeouts
      + checks.pools + checks.names + checks.rights
    let order = Finding.Severity.allCases
    return DoctorReport(
      audit: audit, facts: facts,
      findings: order.flatMap { severity in findings.filter { $0.severity == severity } })
  }
}

/// A server as doctor looks at it: its sessions by the roles and databases whose settings they have.
struct DoctorChecks {
  let audit: AuditReport
  let facts: DoctorFacts
  /// Where applications' sessions are, most sessions first; where there are none, our own place. No
  /// superuser's: administrators are no application.
  let places: [Place]
  /// The sessions of `places`, without our own.
  let sessions: [JudgedSession]

  /// The sessions of one role in one database, which begin with the same settings.
  struct Place {
    var role: DoctorFacts.Role
    var database: String
    var databaseID: UInt32?
    var sessions = 0

    var name: String { "\(role.name)@\(database)" }
  }

  init(audit: AuditReport, facts: DoctorFacts) {
    self.audit = audit
    self.facts = facts
    let roles = Dictionary(facts.roles.map { ($0.id, $0) }) { first, _ in first }
    sessions = audit.sessions.filter { judged in
      guard let role = judged.session.userID.flatMap({ roles[$0] }) else { return false }
      return !role.isSuperuser && !judged.isOwn
    }
    var places: [[UInt32]: Place] = [:]
    for session in sessions.map(\.session) {
      guard let role = session.userID.flatMap({ roles[$0] }), let id = session.databaseID else {
        continue
      }
      places[
        [role.id, id],
        default: Place(role: role, database: session.database ?? "?", databaseID: id)
      ].sessions += 1
    }
    if places.isEmpty, let own = facts.roles.first(where: { $0.name == audit.target.user }) {
      places[[]] = Place(
        role: own, database: audit.target.database ?? "?", databaseID: audit.target.databaseID)
    }
    self.places = places.values.sorted {
      ($1.sessions, $0.role.name, $0.database) < ($0.sessions, $1.role.name, $1.database)
    }
  }

  var settings: ServerSettings { facts.settings }
  var version: Int { audit.target.serverVersionNumber ?? 0 }
  var isStandby: Bool { audit.target.inRecovery == true }
  var user: String { audit.target.user ?? "this role" }

  var isSuperuser: Bool { facts.rights.isSuperuser }

  /// Whether our role is one that an application uses.
  var isApplication: Bool { sessions.contains { $0.session.user == user } }

  /// Sessions whose clients are on other hosts, which can vanish.
  var fromNetwork: Int { sessions.count { isRemote($0.session) } }

  func isRemote(_ session: Session) -> Bool {
    session.clientAddress.map { NetworkAddress($0)?.isLoopback != true } ?? false
  }
}
