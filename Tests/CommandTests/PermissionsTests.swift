import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// docs/permissions.md: what its tables say that a role sees and ends is what it sees and ends.
@Suite(.serialized, .sideBySide)
struct PermissionsTests {
  private static let page = Result { try Page.text(of: "docs/permissions.md") }

  /// The cells of the rows of the table whose head has these words, without their outer spaces.
  private static func rows(ofTable head: String) throws -> [[String]] {
    let lines = try page.get().split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasPrefix("| \(head)") }, "\(head)")
    return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { line in
      line.split(separator: "|").map { cell in
        String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
    }
  }

  private static func spans(in cell: String) -> [String] {
    cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }

  /// What `user` makes of the sessions of each of these roles: `ends`, `sees` or `hidden`, by what
  /// pgsessions reports and by who is still there afterwards.
  private static func words(
    for user: String, of owners: [String], on server: ThrowawayServer
  ) throws -> [String] {
    let target = [
      "-h", "127.0.0.1", "-p", "\(server.port)", "-U", user, "-d", "shop", "--json",
    ]
    let clients = try owners.map { owner in
      let client = try server.connect(
        application: "of-\(owner)", user: owner, database: "shop", viaTCP: true)
      try client.execute("SELECT 1")
      return client
    }
    usleep(20_000)
    let audit = try Fixture.run(["audit"] + target)
    #expect(audit.status == 0, "\(audit.stderr)")
    let sessions = try Fixture.json(audit)["sessions"]?.items ?? []
    let ended = try Fixture.run(
      ["terminate", "--idle-longer-than", "1ms", "--application", "of-*", "--execute", "--yes"]
        + target)
    #expect(ended.status == 0, "\(user): \(ended.stderr)")
    return try zip(owners, clients).map { owner, client in
      if (try? client.text("1")) == nil { return "ends" }
      let session = sessions.first { $0["application_name"]?.text == "of-\(owner)" }
      return try #require(session)["verdict"]?.text == "hidden" ? "hidden" : "sees"
    }
  }

  @Test func aRoleSeesAndEndsWhatTheTableSays() throws {
    let server = try ThrowawayServer()
    defer { server.remove() }
    for sql in [
      "CREATE ROLE app LOGIN", "CREATE ROLE stranger LOGIN", "CREATE ROLE chief LOGIN SUPERUSER",
      "CREATE DATABASE shop OWNER app",
    ] {
      try server.execute(sql)
    }
    var tried = 0
    for row in try Self.rows(ofTable: "what it has") {
      if let since = row[0].firstMatch(of: /\((\d+) and later\)/).flatMap({ Int($0.1) }),
        server.installation.majorVersion < since
      {
        continue
      }
      try server.execute("CREATE ROLE pgsessions LOGIN CONNECTION LIMIT 3")
      for sql in Self.spans(in: row[0]) { try server.execute(sql) }
      let words = try Self.words(
        for: "pgsessions", of: ["pgsessions", "app", "stranger", "chief"], on: server)
      #expect(words == Array(row[1...]), "\(row[0])")
      try server.execute("DROP ROLE pgsessions")
      tried += 1
    }
    #expect(tried >= 8)
  }

  /// A server as a provider hands it out.
  struct Provider: Sendable, CustomTestStringConvertible {
    let name: String
    /// What the customer connects as, and the provider's superuser.
    let role: String
    let superuser: String
    let setUp: [String]
    /// Only from 16 on.
    var since16: [String] = []
    /// Whether the customer may make a role for pgsessions, on this major.
    let makesARole: @Sendable (_ major: Int) -> Bool
    var testDescription: String { name }
  }

  static let providers = [
    Provider(
      name: "Heroku Postgres", role: "u4i2ktq1", superuser: "provider",
      setUp: ["CREATE ROLE u4i2ktq1 LOGIN", "GRANT pg_monitor, pg_signal_backend TO u4i2ktq1"],
      makesARole: { _ in false }),
    Provider(
      name: "Amazon RDS, Aurora", role: "master", superuser: "rdsadmin",
      setUp: [
        "CREATE ROLE rds_superuser",
        "GRANT pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION",
        "CREATE ROLE master LOGIN CREATEROLE CREATEDB IN ROLE rds_superuser",
      ], since16: ["GRANT pg_use_reserved_connections TO rds_superuser WITH ADMIN OPTION"],
      makesARole: { _ in true }),
    Provider(
      name: "Cloud SQL", role: "customer", superuser: "cloudsqladmin",
      setUp: [
        "CREATE ROLE cloudsqlsuperuser CREATEROLE CREATEDB",
        "GRANT pg_monitor, pg_signal_backend TO cloudsqlsuperuser",
        "CREATE ROLE customer LOGIN CREATEROLE CREATEDB IN ROLE cloudsqlsuperuser",
      ], makesARole: { $0 < 16 }),
    Provider(
      name: "Supabase", role: "customer", superuser: "supabase_admin",
      setUp: [
        "CREATE ROLE customer LOGIN CREATEROLE CREATEDB",
        "GRANT pg_monitor, pg_signal_backend TO customer",
      ], since16: ["GRANT pg_monitor, pg_signal_backend TO customer WITH ADMIN OPTION"],
      makesARole: { _ in true }),
  ]

  @Test(arguments: providers)
  func aProvidersRoleDoesWhatTheTableSays(_ provider: Provider) throws {
    let rows = try Self.rows(ofTable: "provider")
    let row = try #require(rows.first { $0[0] == provider.name })
    let server = try ThrowawayServer()
    defer { server.remove() }
    let major = server.installation.majorVersion
    for sql in ["CREATE ROLE \(provider.superuser) LOGIN SUPERUSER", "CREATE ROLE app LOGIN"]
      + provider.setUp + (major >= 16 ? provider.since16 : [])
      + ["CREATE DATABASE shop OWNER \(provider.role)"]
    {
      try server.execute(sql)
    }
    let others = ["app", provider.superuser]
    #expect(
      try Self.words(for: provider.role, of: others, on: server) == [row[2], row[3]])

    let target = ["-h", "127.0.0.1", "-p", "\(server.port)", "-U", provider.role, "-d", "shop"]
    let printed = try Fixture.run(["doctor", "--role", "pgsessions"] + target)
    #expect(printed.status == 0, "\(printed.stderr)")
    let made = try ChildProcess.run(
      server.installation.realPsql, ["-X", "-q", "-v", "ON_ERROR_STOP=1"] + target,
      input: printed.stdout)
    let may = provider.makesARole(major)
    #expect(printed.stdout.hasPrefix("-- To be run by ") == !may, "\(printed.stdout)")
    #expect((made.status == 0) == may, "\(printed.stdout)\(made.stderr)")
    #expect(row[4].contains("doctor --role") || !may)
    guard may else { return }
    #expect(
      try Self.words(for: "pgsessions", of: others, on: server) == [row[2], row[3]])
  }
}
