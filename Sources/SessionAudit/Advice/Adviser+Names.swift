/// Names that tell whose a session is, and those that don't.
extension Adviser {
  var names: [Advice] { nameless + passing }

  /// Where only addresses tell sessions apart, a name would tell whose they are.
  private var nameless: [Advice] {
    let nameless = report.sessions.count { judged in
      judged.session.kind == .client && judged.session.applicationName.isEmpty
        && judged.session.state != .starting && !judged.isOwn
        && !judged.protections.contains { $0.kind == .pooled }
    }
    guard nameless > 0 else { return [] }
    return [
      Advice(
        code: "no_application_name", severity: .info,
        summary:
          "\(Wording.counted(nameless, "session")) without an application_name: only the address "
          + "tells which instance \(nameless == 1 ? "it belongs" : "they belong") to. Start each "
          + "instance with its own name in PGAPPNAME, which psycopg, Django, Celery, node-postgres "
          + "and everything on libpq take over; asyncpg, Postgrex and JDBC don't, and have a setting "
          + "of their own (pgsessions doctor lists them). In a Procfile on Heroku:",
        remedy: "web: PGAPPNAME=$DYNO gunicorn …")
    ]
  }

  private var passing: [Advice] {
    let passing = report.passingNames
    guard !passing.isEmpty else { return [] }
    let names = passing.reduce(0) { $0 + $1.names.count }
    let betrayed = passing.map { ClientNaming.betrayed(by: $0.family) }
    var how: [String] = []
    for naming in betrayed.compactMap({ $0 }) {
      let words = "\(naming.clients): \(naming.setting)"
      if !how.contains(words) { how.append(words) }
    }
    if betrayed.contains(nil) {
      how.append(
        "PGAPPNAME for psycopg, lib/pq, node-postgres, ruby-pg, PHP and all else on libpq; asyncpg, "
          + "Postgrex and JDBC have a setting of their own (pgsessions doctor lists them)")
    }
    return [
      Advice(
        code: "names_tell_nothing", severity: .info,
        summary:
          "\(names == 1 ? "1 name is" : "\(names) names are") new at each start "
          + "(\(passing.prefix(2).map(\.example).joined(separator: "; "))"
          + "\(passing.count > 2 ? "; and more" : "")): none comes back with the next instance, so "
          + "names alone never tell that one was replaced. Give each instance a name that comes "
          + "back, such as a dyno's or a StatefulSet's pod's. \(how.joined(separator: "; ")).",
        remedy: nil)
    ]
  }
}
