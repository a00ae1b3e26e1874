/// What tells whose a session is.
extension DoctorChecks {
  /// The names that drivers give when their application gives none.
  private static let driversNames: Set<String> = ["PostgreSQL JDBC Driver"]

  var names: [Finding] {
    let told = sessions.filter { judged in
      judged.session.kind == .client && judged.session.state != .starting
        && !judged.protections.contains { $0.kind == .pooled }
    }
    let nameless = told.filter {
      $0.session.applicationName.isEmpty
        || Self.driversNames.contains($0.session.applicationName)
    }
    let passing = passing(of: told.count)
    guard !nameless.isEmpty else {
      return told.isEmpty || passing != nil
        ? [passing].compactMap { $0 }
        : [
          Finding(
            "application_name", .ok,
            "Every session that is seen bears an application_name.")
        ]
    }
    return [
      Finding(
        "application_name", nameless.count * 2 >= told.count ? .warning : .info,
        "\(nameless.count) of \(Wording.counted(told.count, "session")) "
          + "\(nameless.count == 1 ? "bears" : "bear") no application_name of "
          + "\(nameless.count == 1 ? "its" : "their") own.",
        consequence:
          "Only the address tells whose they are, so that fewer orphans can be told from "
          + "quiet pools. Give each instance a name of its own that comes back after a restart: on "
          + "Heroku $DYNO, on Kubernetes a StatefulSet's pod, else web.1, celery@worker-1. \(Self.hosts)",
        remedies: [
          Remedy(settings: [
            "anything on libpq (Heroku's Procfile): web: PGAPPNAME=$DYNO gunicorn …",
            "Django: \"OPTIONS\": {\"application_name\": os.environ.get(\"DYNO\", socket.gethostname())}",
            "Celery: the same through Django, else PGAPPNAME=celery@worker-1 before celery worker",
            "Rails (database.yml): application_name: <%= ENV[\"DYNO\"] %>",
            "node-postgres: new Pool({ application_name: process.env.DYNO })",
            "SQLAlchemy: create_engine(url, connect_args={\"application_name\": os.environ[\"DYNO\"]})",
            "asyncpg: connect(…, server_settings={\"application_name\": os.environ[\"DYNO\"]})",
            "Postgrex, Ecto: parameters: [application_name: System.get_env(\"DYNO\")]",
            "JDBC: jdbc:postgresql://host/db?ApplicationName=web.1",
            "Npgsql: Application Name=web.1 in the connection string",
          ])
        ])
    ] + [passing].compactMap { $0 }
  }

  private static let hosts =
    "In a container the host's name is new at each start: sessions that bear it need a list of who "
    + "is alive (--live) or a number for the whole family (--instances 'family:celery@*=2')."

  /// Names that are new at each start tell no more of instances than none.
  private func passing(of told: Int) -> Finding? {
    let passing = audit.passingNames
    guard !passing.isEmpty else { return nil }
    let names = passing.reduce(0) { $0 + $1.names.count }
    let count = passing.reduce(0) { $0 + $1.sessions }
    let betrayed = passing.map { ClientNaming.betrayed(by: $0.family) }
    var namings: [ClientNaming] = []
    for naming in betrayed.compactMap({ $0 }) + (betrayed.contains(nil) ? ClientNaming.all : [])
    where !namings.contains(naming) {
      namings.append(naming)
    }
    return Finding(
      "names_tell_nothing", count * 2 >= told ? .warning : .info,
      "\(count) of \(Wording.counted(told, "session")) \(count == 1 ? "bears" : "bear") "
        + "\(names == 1 ? "a name that looks" : "one of \(names) names that look") new at each start: "
        + "\(passing.prefix(3).map(\.example).joined(separator: "; "))"
        + "\(passing.count > 3 ? "; and more" : "").",
      consequence:
        "A pid, a counter or a container's id is in them. None comes back with the next instance, so "
        + "names don't tell which instance took whose place, and fewer orphans can be told from "
        + "quiet pools. Give each instance a name that comes back: a dyno's ($DYNO), a StatefulSet's "
        + "pod's, celery@worker-1. \(Self.hosts)",
      remedies: [Remedy(settings: namings.map { "\($0.client): \($0.setting)" })])
  }

  /// Poolers, and how sessions have ended.
  var pools: [Finding] { [poolers, ownPooler, abandoned].compactMap { $0 } }

  private var poolers: Finding? {
    let pooled = sessions.filter { judged in
      judged.protections.contains { $0.kind == .pooled }
    }
    guard !pooled.isEmpty else { return nil }
    let addresses = Set(pooled.compactMap(\.session.clientAddress)).sorted()
    return Finding(
      "pooler", .info,
      "\(Wording.counted(pooled.count, "session")) \(pooled.count == 1 ? "is" : "are") a pooler's"
        + (addresses.isEmpty ? "." : " (\(Wording.few(addresses)))."),
      consequence: "They bear their last client's name, which may be long gone: they are never "
        + "orphans by name. A client that vanishes behind a pooler is the pooler's to notice "
        + "(PgBouncer: client_idle_timeout, tcp_keepalive).",
      remedies: addresses.isEmpty
        ? []
        : [
          Remedy(settings: [
            "audit and terminate: " + addresses.map { "--pooler \($0)" }.joined(separator: " ")
          ])
        ])
  }

  private var ownPooler: Finding? {
    guard audit.target.pooled == true else { return nil }
    return Finding(
      "own_connection_pooled", .warning,
      "This connection goes through a pooler.",
      consequence: "Settings are read from a session that serves others too, and terminate "
        + "--execute refuses. Connect to the server itself.")
  }

  private var abandoned: Finding? {
    guard let statistics = facts.statistics, statistics.sessions > 0 else { return nil }
    let since = statistics.reset.map { " since \($0.readable)" } ?? ""
    // One in a hundred, and not just one.
    let isMany =
      statistics.abandoned >= 10 && statistics.abandoned >= statistics.sessions / 100
    return Finding(
      "sessions_abandoned", isMany ? .warning : .ok,
      "Of \(Wording.counted(statistics.sessions, "session")) of database \(audit.target.database ?? "?")"
        + "\(since) \(statistics.abandoned) lost their clients (sessions_abandoned) and "
        + "\(statistics.killed) were ended by somebody (sessions_killed).",
      consequence: isMany
        ? "Clients go without closing their connections: hosts that vanish, or workers that are "
          + "killed. Whoever has not been noticed yet is not counted." : nil)
  }
}
