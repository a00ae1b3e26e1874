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
        "no_application_name", .info,
        "\(Wording.counted(nameless, "session")) without an application_name: only the address "
          + "tells which instance \(nameless == 1 ? "it belongs" : "they belong") to. Start each "
          + "instance with its own name in PGAPPNAME, which psycopg, Django, Celery, node-postgres "
          + "and everything on libpq take over; asyncpg, Postgrex and JDBC don't, and have a setting "
          + "of their own (pgsessions doctor lists them). In a Procfile on Heroku:",
        remedies: [.command("web: PGAPPNAME=$DYNO gunicorn …")])
    ]
  }

  private var passing: [Advice] {
    let passing = report.passingNames
    guard !passing.isEmpty else { return [] }
    let names = passing.reduce(0) { $0 + $1.names.count }
    let betrayed = passing.map { ClientNaming.betrayed(by: $0.family) }
    var ways: [ClientNaming] = []
    for way in betrayed.compactMap({ $0 }) where !ways.contains(way) { ways.append(way) }
    var how = ways.map { "\($0.client): \($0.setting)" }
    if betrayed.contains(nil) {
      how.append(
        "psycopg, lib/pq, node-postgres, ruby-pg, PHP and all else on libpq: PGAPPNAME; asyncpg, "
          + "Postgrex and JDBC don't take that, and have a setting of their own (pgsessions doctor "
          + "lists them)")
    }
    let isSettable = betrayed.contains { $0?.isSettable ?? true }
    return [
      Advice(
        "names_tell_nothing", .info,
        "\(names == 1 ? "1 name looks" : "\(names) names look") new at each start "
          + "(\(passing.prefix(2).map(\.example).joined(separator: "; "))"
          + "\(passing.count > 2 ? "; and more" : "")), so names don't tell which instance took "
          + "whose place."
          + (isSettable
            ? " Give each instance one that comes back, such as a dyno's or a StatefulSet's pod's."
            : "")
          + " For \(how.joined(separator: ". For ")).")
    ]
  }
}
