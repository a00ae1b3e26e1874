import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Every way in which a connection is refused, provoked on real servers and poolers where they can
/// be brought to it, else by one that plays its part.
@Suite(.serialized, .sideBySide)
struct RefusalTableTests {
  /// One test, so that it can say how many there were.
  @Test(.timeLimit(.minutes(5))) func everyRefusalIsSaid() throws {
    let table = RefusalTable()
    try fullServers(table, language: nil)
    // Debian has the catalogues beside its own server.
    if access("/usr/share/locale/de/LC_MESSAGES/postgres-\(Self.major()).mo", R_OK) == 0 {
      try fullServers(table, language: "de")
    }
    try otherRefusals(table)
    try poolers(table)
    try clientSide(table)
    try severalHosts(table)
    print("refusals: \(table.provoked) provoked and said, on Postgres \(Self.major())")
    #expect(table.provoked >= 45)
  }

  private static func major() -> Int {
    (try? PostgresInstallation.current.get().majorVersion) ?? 0
  }

  // MARK: - Limits

  /// Each limit, straight and through a pooler.
  private func fullServers(_ table: RefusalTable, language: String?) throws {
    let hasReserved = Self.major() >= 16
    let reserved = hasReserved ? ["reserved_connections": "2"] : [:]
    let server = try ThrowawayServer(
      settings: [
        "max_connections": "14", "superuser_reserved_connections": "3", "max_wal_senders": "0",
      ].merging(reserved) { $1 }, language: language)
    defer { server.remove() }
    for sql in [
      "CREATE ROLE app LOGIN", "CREATE ROLE narrow LOGIN CONNECTION LIMIT 0",
      #"CREATE ROLE "od""d »x" LOGIN CONNECTION LIMIT 0"#, "CREATE ROLE vip LOGIN",
      "CREATE DATABASE tiny CONNECTION LIMIT 0",
    ] + (hasReserved ? ["GRANT pg_use_reserved_connections TO vip"] : []) {
      try server.execute(sql)
    }
    let pooler = try Pooler(
      before: server, mode: .session, users: ["probe", "app", "narrow", "postgres"],
      settings: ["server_login_retry": "1", "query_wait_timeout": "6"])
    func expect(
      _ user: String, _ database: String, _ kind: String, _ name: String?, says: String
    ) throws {
      for (way, uri) in [
        ("straight", server.uri(user: user, database: database)),
        ("pooled", pooler.uri(user: user, database: database)),
      ] where way == "straight" || !user.contains("%") {
        try table.expect(
          ExpectedRefusal(
            name: "\(kind), \(way), \(language ?? "en")", kind: "too_many_connections",
            limit: (kind, name), says: says, target: [uri]))
      }
    }
    try expect("narrow", "postgres", "role", "narrow", says: "another role may get in (-")
    try expect("od%22d%20%C2%BBx", "postgres", "role", "od\"d »x", says: "own CONNECTION LIMIT")
    try expect("app", "tiny", "database", "tiny", says: "connect to another (-")
    var held = [try Connection.fill(server, as: "app")]
    if hasReserved {
      try expect("app", "postgres", "reserved", nil, says: "pg_use_reserved_connections")
      held.append(try Connection.fill(server, as: "vip"))
    }
    try expect("app", "postgres", "superuser_reserved", nil, says: "for superusers (-")
    held.append(try Connection.fill(server, as: "postgres"))
    try expect("app", "postgres", "server", nil, says: "Nobody gets in now")
    try expect("postgres", "postgres", "server", nil, says: "--wait-for-slot 30s")
    #expect(held.flatMap(\.self).count >= 13)
  }

  // MARK: - Other refusals of a server

  private func otherRefusals(_ table: RefusalTable) throws {
    let server = try ThrowawayServer(authentication: [
      "host all guarded 127.0.0.1/32 scram-sha-256", "hostssl all secure 127.0.0.1/32 trust",
      "host all secure 127.0.0.1/32 reject", "host all banned 127.0.0.1/32 reject",
    ])
    defer { server.remove() }
    for sql in [
      "CREATE ROLE app LOGIN", "CREATE ROLE guarded LOGIN PASSWORD 'right-pw'",
      "CREATE ROLE secure LOGIN", "CREATE ROLE nologin", "CREATE DATABASE shut",
      "REVOKE CONNECT ON DATABASE shut FROM PUBLIC",
      "CREATE DATABASE closed ALLOW_CONNECTIONS false", "CREATE DATABASE broken",
    ] {
      try server.execute(sql)
    }
    let major = Self.major()
    try server.execute("UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'broken'")
    func expect(
      _ name: String, _ kind: String, _ uri: String, says: String, _ more: [String: String] = [:]
    ) throws {
      try table.expect(
        ExpectedRefusal(
          name: name, kind: kind, limit: nil, says: says, target: [uri], environment: more))
    }
    try expect(
      "no such database", "unknown_database", server.uri(user: "app", database: "nowhere"),
      says: "-d NAME")
    try expect(
      "takes no connections", "unknown_database", server.uri(user: "app", database: "closed"),
      says: "ALLOW_CONNECTIONS false")
    // The minor releases of August 2023 brought the invalid database.
    if major >= 15 {
      try expect(
        "invalid database", "unknown_database", server.uri(user: "app", database: "broken"),
        says: "DROP DATABASE")
    }
    try expect(
      "no CONNECT", "permission", server.uri(user: "app", database: "shut"), says: "GRANT CONNECT")
    try expect("no such role", "authentication", server.uri(user: "nobody_here"), says: "-U NAME")
    try expect("no LOGIN", "authentication", server.uri(user: "nologin"), says: "has LOGIN")
    try expect(
      "pg_hba.conf rejects", "authentication", server.uri(user: "banned"), says: "pg_hba.conf")
    try expect(
      "TLS wanted", "authentication", server.uri(user: "secure") + "?sslmode=disable",
      says: "sslmode=require")
    try expect(
      "wrong password", "authentication",
      "postgresql://guarded:wrong-pw@127.0.0.1:\(server.port)/postgres", says: "Check user")
    try expect("no password", "authentication", server.uri(user: "guarded"), says: "PGPASSWORD")
    try expect(
      "odd password file", "authentication", server.uri(user: "guarded"), says: "chmod 600",
      ["PGPASSFILE": try passwordFile(server, mode: 0o644)])
    try expect(
      "no TLS offered", "tls", server.uri(user: "app") + "?sslmode=require",
      says: "does this server take us")

    let client = try server.connect()
    server.signal(SIGTERM)
    usleep(300_000)
    try expect("shutting down", "server_starting_or_stopping", server.uri(), says: "in a moment")
    #expect(client.backendPID > 0)
    try certificates(table)
  }

  private func passwordFile(_ server: ThrowawayServer, mode: mode_t) throws -> String {
    let path = "\(server.folder)/pgpass"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    _ = "*:*:*:*:right-pw\n".withCString { write(descriptor, $0, strlen($0)) }
    fchmod(descriptor, mode)
    return path
  }

  private func certificates(_ table: RefusalTable) throws {
    let server = try ThrowawayServer()
    defer { server.remove() }
    let made = try ChildProcess.run(
      "/bin/sh",
      [
        "-c",
        """
        cd "$0/data" && openssl req -new -x509 -days 2 -nodes -subj /CN=db.example \
          -out server.crt -keyout server.key && chmod 600 server.key \
          && chown --reference=PG_VERSION server.crt server.key && cp server.crt "$0/ca.crt" \
          && openssl req -new -x509 -days 2 -nodes -subj /CN=other -out "$0/other.crt" \
          -keyout "$0/other.key"
        """, server.folder,
      ])
    #expect(made.status == 0, "\(made.stderr)")
    try server.execute("ALTER SYSTEM SET ssl = on")
    try server.restart()
    for (name, ca) in [("of another name", "ca"), ("unknown", "other"), ("no CA", "missing")] {
      try table.expect(
        ExpectedRefusal(
          name: "certificate \(name)", kind: "tls", limit: nil, says: "sslrootcert",
          target: [
            server.uri() + "?sslmode=verify-full&sslrootcert=\(server.folder)/\(ca).crt"
          ]))
    }
  }

  // MARK: - PgBouncer's own

  private func poolers(_ table: RefusalTable) throws {
    let server = try ThrowawayServer()
    defer { server.remove() }
    try server.execute("CREATE ROLE app LOGIN")
    try server.execute("CREATE DATABASE shop")
    // Rests for a minute after the server has refused it.
    let pooler = try Pooler(
      before: server, mode: .session, users: ["app", "admin"],
      settings: [
        "max_client_conn": "4", "default_pool_size": "1", "query_wait_timeout": "1",
        "admin_users": "admin", "server_login_retry": "60",
      ], databases: ["postgres", "shop"])
    func expect(
      _ name: String, _ kind: String, _ limit: (String, String?)? = nil, user: String = "app",
      database: String = "postgres", says: String, _ more: [String: String] = [:]
    ) throws {
      try table.expect(
        ExpectedRefusal(
          name: name, kind: kind, limit: limit, says: says,
          target: [pooler.uri(user: user, database: database)], environment: more))
    }
    func connect() throws -> Connection { try pooler.connect(user: "app") }
    try expect("not in its list", "authentication", user: "ghost", says: "pg_hba.conf")
    try expect("no such database, pooled", "unknown_database", database: "nix", says: "-d NAME")
    try expect("startup option", "unknown", says: "PGOPTIONS", ["PGOPTIONS": "-c geqo=off"])

    var clients = [try connect()]
    try clients[0].execute("SELECT 1")
    try expect(
      "the pool is in use", "too_many_connections", ("pooler", "query_wait_timeout"),
      says: "past the pooler")
    while clients.count < 4 { clients.append(try connect()) }
    try expect(
      "max_client_conn", "too_many_connections", ("pooler", "max_client_conn"),
      says: "takes no more clients")

    // The pool has had a session, and can't get another. It says why once, and then only that.
    clients = []
    try server.execute("ALTER ROLE app NOLOGIN")
    try server.execute(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")
    usleep(200_000)
    _ = try? connect().execute("SELECT 1")
    try expect("it can't log in", "unreachable", says: "its log says why")

    let psql = try ChildProcess.run(
      server.installation.realPsql,
      ["-XAt", "-c", "DISABLE shop", pooler.uri(user: "admin", database: "pgbouncer")])
    #expect(psql.status == 0, "\(psql.stderr)")
    try expect("disabled", "unknown_database", database: "shop", says: "disabled it")
  }

  /// Texts that no server here can be brought to say, and a pooler that hands on translated ones.
  @Test func wordsOfServersThatAreNotHere() throws {
    let table = RefusalTable()
    for (name, state, words, function, limit) in [
      (
        "16 in German", "53300",
        "die verbleibenden Verbindungen sind für Rollen mit dem SUPERUSER-Attribut reserviert",
        "InitPostgres", ("superuser_reserved", nil)
      ),
      (
        "16 in German, reserved", "53300",
        "die … für Rollen mit den Privilegien der Rolle »pg_use_reserved_connections« reserviert",
        "InitPostgres", ("reserved", nil)
      ),
      ("15 in Klingon", "53300", "naDev law' Hoch", "InitPostgres", ("superuser_reserved", nil)),
      ("Klingon", "53300", "naDev law'", "InitProcess", ("server", nil)),
      ("Klingon, a role", "53300", "law' »x«", "InitializeSessionUserId", ("role", "app")),
      ("Klingon, a database", "53300", "law' »x«", "CheckMyDatabase", ("database", "shop")),
      ("too many processes", "53300", "naDev law'", "BackendInitialize", ("server", nil)),
      ("another pooler", "53300", "too many tcp connections", nil, ("pooler", nil)),
      (
        "RDS", "53300",
        "remaining connection slots are reserved for non-replication superuser and rds_superuser "
          + "connections", "InitPostgres", ("superuser_reserved", nil)
      ),
      (
        "a newer PgBouncer", "08P01",
        "server login has been failing, cached error: too many connections for role \"web\" "
          + "(server_login_retry)", nil, ("role", "web")
      ),
    ] as [(String, String, String, String?, (String, String?))] {
      let server = try RefusingServer(state: state, message: words, function: function)
      try table.expect(
        ExpectedRefusal(
          name: name, kind: "too_many_connections", limit: limit,
          says: limit.0 == "pooler" ? "past the pooler" : "--wait-for-slot",
          target: ["postgresql://app@127.0.0.1:\(server.port)/shop"]))
    }
    for (name, state, words, kind, says) in [
      ("recovering", "57P03", "naDev Qap", "server_starting_or_stopping", "in a moment"),
      (
        "a pooler that can't log in", "08P01",
        "server login has been failing, try again later (server_login_retry)", "unreachable",
        "its log says why"
      ),
      ("disabled", "08P01", "database \"shop\" is disabled", "unknown_database", "disabled it"),
    ] {
      let server = try RefusingServer(state: state, message: words)
      try table.expect(
        ExpectedRefusal(
          name: name, kind: kind, limit: nil, says: says,
          target: ["postgresql://app@127.0.0.1:\(server.port)/shop"]))
    }
    print("refusals: \(table.provoked) played and said")
  }

  /// A server may repeat what it was sent.
  @Test func aPasswordThatAServerEchoesIsNotShown() throws {
    let server = try RefusingServer(state: "28P01", message: "\"horse-battery\" is wrong")
    let outcome = try Fixture.run(
      "audit", "--json", "postgresql://app:horse-battery@127.0.0.1:\(server.port)/shop")
    #expect(outcome.status == 77)
    #expect(!outcome.stdout.contains("battery") && !outcome.stderr.contains("battery"))
  }

  // MARK: - Where no server answers

  private func clientSide(_ table: RefusalTable) throws {
    func expect(
      _ name: String, _ kind: String = "unreachable", says: String, _ target: String...,
      launcher: [String] = []
    ) throws {
      try table.expect(
        ExpectedRefusal(
          name: name, kind: kind, limit: nil, says: says, target: target, launcher: launcher))
    }
    let refusing = try LoopbackListener(backlog: nil)
    defer { withExtendedLifetime(refusing) {} }
    let closed = refusing.port
    try expect("refused", says: "that the server runs", "-h", "127.0.0.1", "-p", "\(closed)")
    // No packet leaves for the broadcast address of loopback: the kernel has no route to it.
    try expect("no route", says: "network or VPN", "-h", "127.255.255.255", "-p", "\(closed)")
    try expect("no such host", says: "can resolve it", "-h", "no-such-host.invalid")
    try expect("no such folder", says: "folder of the socket", "-h", "/tmp/pgs-no-such-folder")
    let silent = try LoopbackListener()
    try expect(
      "black hole", "timeout", says: "--connect-timeout", "-h", "127.0.0.1", "-p",
      "\(silent.port)", "--connect-timeout", "1s")
    let web = try RefusingServer(
      answers: [Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)], declinesTLS: false)
    try expect("no Postgres", says: "no Postgres server", "-h", "127.0.0.1", "-p", "\(web.port)")
    try expect(
      "no Postgres, without TLS", says: "no Postgres server",
      "postgresql://127.0.0.1:\(web.port)/x?sslmode=disable&gssencmode=disable")
    for declines in [true, false] {
      let hangsUp = try RefusingServer(answers: [[]], declinesTLS: declines)
      try expect("hangs up", says: "closes them", "-h", "127.0.0.1", "-p", "\(hangsUp.port)")
    }
    let server = try ThrowawayServer.shared
    let locked = "\(server.folder)/locked"
    #expect(mkdir(locked, 0) == 0)
    defer { rmdir(locked) }
    // root may enter any folder, unless it has lost that capability.
    let launcher =
      geteuid() == 0
      ? [
        try ChildProcess.find("setpriv"), "--bounding-set=-dac_override,-dac_read_search",
        "--inh-caps=-dac_override,-dac_read_search",
      ] : []
    if geteuid() == 0 { chown(locked, 65_534, 65_534) }
    try expect("socket not permitted", says: "try -h 127.0.0.1", "-h", locked, launcher: launcher)
  }

  /// Each of several hosts has its say, and the one that may take us in a moment comes first.
  private func severalHosts(_ table: RefusalTable) throws {
    let refusing = try LoopbackListener(backlog: nil)
    defer { withExtendedLifetime(refusing) {} }
    let closed = refusing.port
    let full = try RefusingServer(
      state: "53300", message: "sorry, too many clients already", function: "InitProcess")
    let starting = try RefusingServer(
      state: "57P03", message: "the database system is starting up", function: "x")
    for (name, ports, kind, limit, says) in [
      ("full and refused", [full.port, closed], "too_many_connections", "server", "host and port"),
      ("refused and full", [closed, full.port], "too_many_connections", "server", "Nobody gets"),
      (
        "starting and refused", [starting.port, closed], "server_starting_or_stopping", nil, "host"
      ),
      (
        "all of them, twice", [starting.port, closed, full.port, closed, starting.port, closed],
        "too_many_connections", "server", "--wait-for-slot"
      ),
    ] as [(String, [Int], String, String?, String)] {
      let hosts = ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
      try table.expect(
        ExpectedRefusal(
          name: name, kind: kind, limit: limit.map { ($0, nil) }, says: says,
          target: ["postgresql://app@\(hosts)/shop"]))
    }
  }
}
