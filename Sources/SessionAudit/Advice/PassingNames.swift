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
  /// Those of the most sessions first; without poolers' and our own.
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
      guard let family = PassingNames.family(of: name.text, by: judgedWith) else { continue }
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
  /// nil for a name that is not of this kind.
  package static func family(of name: String, by policy: Policy) -> String? {
    guard Self.isNewAtEachStart(name) else { return nil }
    return policy.family(of: name)
  }

  private static func isNewAtEachStart(_ name: String) -> Bool { false }

  fileprivate mutating func add(_ name: String, _ count: Int) {
    names.append(name)
    sessions += count
  }
}

/// Where a client takes its application_name from.
struct ClientNaming: Sendable, Equatable {
  var clients: String
  var setting: String

  /// What takes PGAPPNAME, and what does not and has a setting of its own.
  static let all = [
    ClientNaming(
      clients: "psycopg, psycopg2, lib/pq, node-postgres, ruby-pg, PHP and all else on libpq",
      setting: "PGAPPNAME=web.1"),
    ClientNaming(
      clients: "asyncpg (not PGAPPNAME)", setting: "server_settings={'application_name': 'web.1'}"),
    ClientNaming(
      clients: "Postgrex, Ecto (not PGAPPNAME)",
      setting: "parameters: [application_name: \"web.1\"]"),
    ClientNaming(clients: "JDBC (not PGAPPNAME)", setting: "…?ApplicationName=web.1 in the URL"),
    ClientNaming(
      clients: "Npgsql (PGAPPNAME from 10 on)",
      setting: "Application Name=web.1 in the connection string"),
  ]

  /// What client such names betray: nil, and it may be any.
  static func betrayed(by family: String) -> ClientNaming? {
    let family = family.lowercased()
    func begins(_ words: String...) -> Bool { words.contains { family.hasPrefix($0) } }
    if begins(
      "puma", "sidekiq", "unicorn", "resque", "good_job", "rails", "bin/rails", "ruby", "rake")
    {
      return ClientNaming(
        clients: "ruby-pg, which takes the process title where it is given no name",
        setting: "PGAPPNAME=web.1, or in database.yml application_name: web.1")
    }
    if begins("odoo-") {
      return ClientNaming(
        clients: "Odoo", setting: "PGAPPNAME=odoo-web-1 or db_app_name, without {pid}")
    }
    if begins("metabase") {
      return ClientNaming(
        clients: "Metabase, which names itself anew",
        setting: "no name of its own: say who is alive by address (--live, --roster-covers)")
    }
    if begins("citus_internal") {
      return ClientNaming(
        clients: "Citus, between its nodes", setting: "nothing: it gives these names itself")
    }
    if family.contains("@") {
      return ClientNaming(
        clients: "a worker that is named after its container",
        setting: "PGAPPNAME=celery@worker-1, or any that comes back; or a list (--live), or "
          + "--instances 'family:\(family)=N'")
    }
    return nil
  }
}
