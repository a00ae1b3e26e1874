/// Names that are new at each start: no later instance bears one, so that none tells of a successor.
struct PassingNames: Sendable, Equatable {
  /// `puma: cluster worker *: * [shop]`
  var family: String
  /// In order.
  var names: [String]
  var sessions: Int

  /// `puma: cluster worker *: * [shop], such as puma: cluster worker 0: 19527 [shop]`
  var example: String { names.first.map { "\(family), such as \($0)" } ?? family }
}

extension AuditReport {
  /// Those of the most sessions first; without poolers' and our own, and without what a roster
  /// tells of by name.
  var passingNames: [PassingNames] {
    var sessionsByName: [NameKey: Int] = [:]
    for judged in sessions
    where judged.session.kind == .client && !judged.isOwn
      && !judged.protections.contains(where: { $0.kind == .pooled })
    {
      sessionsByName[NameKey(judged.session.applicationName), default: 0] += 1
    }
    var found: [NameKey: PassingNames] = [:]
    for (name, sessions) in sessionsByName {
      guard let family = PassingNames.family(of: name.text, by: judgedWith),
        judgedWith.roster?.families.contains(family) != true,
        // A person's tool, which has no instances.
        !family.hasPrefix("pgAdmin")
      else { continue }
      found[NameKey(family), default: PassingNames(family: family, names: [], sessions: 0)]
        .add(name.text, sessions)
    }
    return found.values.map { names in
      var names = names
      names.names.sort()
      return names
    }.sorted { ($1.sessions, $0.family) < ($0.sessions, $1.family) }
  }
}

extension PassingNames {
  /// nil for a name that is not of this kind. Pods of a Deployment and one-off dynos are not: their
  /// platform gives such names on purpose, and lists them.
  static func family(of name: String, by policy: Policy) -> String? {
    guard policy.isNewAtEachStart(name), InstanceName(name).meaning != .neverRecurs else {
      return nil
    }
    return policy.family(of: name)
  }

  fileprivate mutating func add(_ name: String, _ count: Int) {
    names.append(name)
    sessions += count
  }
}

/// Where a client takes its application_name from.
struct ClientNaming: Sendable, Equatable {
  var client: String
  var setting: String
  /// Whether there is something to set.
  var isSettable = true

  /// What takes PGAPPNAME, and what has a setting of its own instead.
  static let all = [
    ClientNaming(
      client: "psycopg, psycopg2, lib/pq, node-postgres, ruby-pg, PHP and all else on libpq",
      setting: "PGAPPNAME=web.1"),
    ClientNaming(
      client: "asyncpg (not PGAPPNAME)", setting: "server_settings={'application_name': 'web.1'}"),
    ClientNaming(
      client: "Postgrex, Ecto (not PGAPPNAME)",
      setting: "parameters: [application_name: \"web.1\"]"),
    ClientNaming(
      client: "JDBC (not PGAPPNAME)", setting: "jdbc:postgresql://host/db?ApplicationName=web.1"),
    ClientNaming(
      client: "Npgsql (PGAPPNAME from 10 on)",
      setting: "Application Name=web.1 in the connection string"),
  ]

  /// What client such names betray; nil: it may be any.
  static func betrayed(by family: String) -> ClientNaming? {
    func begins(_ words: String...) -> Bool {
      words.contains { family.lowercased().hasPrefix($0) }
    }
    if begins(
      "puma", "sidekiq", "unicorn", "resque", "good_job", "rails", "bin/rails", "ruby", "rake")
    {
      return ClientNaming(
        client: "ruby-pg, which takes the process's title where it is told no name",
        setting: "PGAPPNAME=web.1; in Rails' database.yml application_name: web.1")
    }
    if begins("odoo-") {
      return ClientNaming(client: "Odoo", setting: "PGAPPNAME or db_app_name, without {pid}")
    }
    if begins("metabase") {
      return ClientNaming(
        client: "Metabase", setting: "it names itself; its addresses tell (--live, --instances)",
        isSettable: false)
    }
    if begins("citus_") {
      return ClientNaming(
        client: "Citus", setting: "it names its connections between nodes itself",
        isSettable: false)
    }
    if family.contains("@") {
      return ClientNaming(
        client: "what is named after its container",
        setting: "PGAPPNAME=celery@worker-1; or a list "
          + "of who is alive (--live), or a number for all (--instances 'family:celery@*=2')")
    }
    return nil
  }
}
