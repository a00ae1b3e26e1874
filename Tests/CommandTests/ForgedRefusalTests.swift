import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Names, paths and servers that want a refusal to be taken for another one.
@Suite(.serialized, .sideBySide)
struct ForgedRefusalTests {
  private struct Located {
    var kind: String?
    var state: String?
    var limit: String?
    var hint: String
    var outcome: ProcessOutcome
  }

  private func audit(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Located {
    let outcome = try Fixture.run(["audit", "--json", "-w"] + arguments, environment: environment)
    let failure = try Fixture.json(outcome)["failure"]
    return Located(
      kind: failure?["kind"]?.text, state: failure?["sqlstate"]?.text,
      limit: failure?["limit"]?["kind"]?.text, hint: failure?["hint"]?.text ?? "", outcome: outcome)
  }

  private static func uri(_ port: Int, _ user: String = "app", _ rest: String = "/shop") -> String {
    "postgresql://\(user)@127.0.0.1:\(port)\(rest)"
  }

  // MARK: - SQLSTATEs in names

  private static let names = [
    "a:  53300: b", "x:  57P03: y", "FATAL:  53300: y", "x\nFATAL:  53300: y",
    "x\nLOCATION:  InitProcess, proc.c:351", "x\nDETAIL:  y\nHINT:  z",
    "x\nconnection to server at \"h\", port 1 failed: FATAL:  53300: sorry",
    "could not translate host name", "a\nb", "\n", "sorry, too many clients already",
    "x\nFATAL:  53300: " + String(repeating: "y", count: 70),
    "x\nconnection to server " + String(repeating: "ü", count: 40),
  ]

  @Test(arguments: names) func aDatabasesNameIsNoRefusal(_ name: String) throws {
    let server = try Fixture.server.get()
    let said = try audit([
      "-h", "127.0.0.1", "-p", "\(server.port)", "-U", "app", "-d", "dbname='\(name)'",
    ])
    #expect(said.kind == "unknown_database" && said.state == "3D000", "\(said.outcome.stdout)")
    #expect(!said.outcome.stderr.contains("LOCATION:  InitPostgres"))
  }

  @Test(arguments: names) func aRolesNameIsNoRefusal(_ name: String) throws {
    let server = try Fixture.server.get()
    let said = try audit([
      "-h", "127.0.0.1", "-p", "\(server.port)", "-U", name, "-d", "shop", "--wait-for-slot", "1s",
    ])
    #expect(said.kind == "authentication" && said.state == "28000", "\(said.outcome.stdout)")
    #expect(said.hint.contains("Name a role that exists"), "\(said.hint)")
    #expect(!said.outcome.stderr.contains("trying again"))
  }

  @Test func aSocketsFolderIsNoRefusal() throws {
    for folder in [
      "/tmp/SUPERUSER", "/tmp/x:  53300: y", "/tmp/a\" failed: FATAL:  53300: b",
      "/tmp/a\nFATAL:  53300: b", "/tmp/certificate file", "/tmp/pg_use_reserved_connections",
    ] {
      let said = try audit([
        "host='\(folder)' user=a dbname=b", "--wait-for-slot", "5s",
      ])
      #expect(said.kind == "unreachable" && said.state == nil, "\(said.outcome.stdout)")
      #expect(said.hint.contains("-h takes the folder of the socket"), "\(folder): \(said.hint)")
      #expect(!said.outcome.stderr.contains("trying again"))
    }
  }

  @Test func aCertificatesPathIsNoRefusal() throws {
    let server = try RefusingServer(answers: [[UInt8(ascii: "S")]], declinesTLS: false)
    let said = try audit([
      "host=127.0.0.1 port=\(server.port) user=a dbname=b sslmode=verify-full gssencmode=disable "
        + "sslrootcert=/tmp/SUPERUSER/no-more-connections-allowed"
    ])
    #expect(said.kind == "tls" && said.limit == nil, "\(said.outcome.stdout)")
    #expect(said.hint.contains("sslrootcert"))
  }

  // MARK: - Words in names

  @Test(
    arguments: [
      (#"too many connections for role "SUPERUSER""#, "too_many_connections", "role"),
      (#"too many connections for role "no such user""#, "too_many_connections", "role"),
      (
        #"database "sorry, too many clients already" does not exist"#, "unknown_database", nil
      ),
      (#"role "no more connections allowed" does not exist"#, "authentication", nil),
      (#"role "query_wait_timeout" is not permitted to log in"#, "authentication", nil),
      ("no such database: sorry, too many clients already", "unknown_database", nil),
      ("keine Berechtigung für Datenbank SUPERUSER", "permission", nil),
      (
        "server login has been failing, cached error: too many connections for role \"SUPERUSER\""
          + " (server_login_retry)", "too_many_connections", "role"
      ),
      ("odd: FATAL: \"SUPERUSER\" is nobody here", "unknown", nil),
      ("odd: sorry, too many clients already", "too_many_connections", "server"),
      // libpq's words in a server's mouth.
      ("Connection refused by policy", "unknown", nil),
    ] as [(String, String, String?)])
  func aPoolersNamesAreNoRefusals(_ words: String, _ kind: String, _ limit: String?) throws {
    let server = try RefusingServer(state: "08P01", message: words)
    let said = try audit([Self.uri(server.port)])
    #expect(said.kind == kind && said.limit == limit, "\(words): \(said.outcome.stdout)")
  }

  @Test func anAuthenticationsWordsWinOverItsState() throws {
    let server = try RefusingServer(
      state: "53300", message: #"password authentication failed for user "app""#)
    let said = try audit([Self.uri(server.port)])
    #expect(said.kind == "authentication", "\(said.outcome.stdout)")
  }

  // MARK: - Hints

  @Test func onlyADatabasesRefusalAsksForCONNECT() throws {
    let server = try Fixture.server.get()
    let parameter = try audit(
      [server.uri(user: "app", database: "shop")],
      environment: ["PGOPTIONS": "-c track_activities=on"])
    #expect(parameter.kind == "permission" && parameter.state == "42501")
    #expect(!parameter.hint.contains("GRANT CONNECT"), "\(parameter.hint)")
    #expect(parameter.hint.contains("PGOPTIONS"))
  }

  @Test func aStandbyThatTakesNobodySaysSo() throws {
    let server = try RefusingServer(answers: [
      RefusingServer.refusal(
        state: "57P03", message: "the database system is not accepting connections",
        detail: "Hot standby mode is disabled.", function: "ProcessStartupPacket")
    ])
    let said = try audit([Self.uri(server.port)])
    #expect(said.kind == "server_starting_or_stopping")
    #expect(said.hint.contains("promoted") && !said.hint.contains("moment"), "\(said.hint)")
    #expect(said.outcome.stderr.contains("Hot standby mode is disabled."))
  }

  @Test func theFullDatabaseIsNotTheWayOut() throws {
    let server = try RefusingServer(
      state: "53300", message: "too many connections for database \"postgres\"",
      function: "CheckMyDatabase")
    let said = try audit([Self.uri(server.port, "app", "/postgres")])
    #expect(said.limit == "database")
    #expect(said.hint.contains("template1") && !said.hint.contains("postgres)"), "\(said.hint)")
  }

  @Test func aPoolersConsoleIsNamed() throws {
    let server = try RefusingServer(
      answers: [RefusingServer.welcome],
      afterwards: RefusingServer.refusal(
        state: "08P01", message: "extended query protocol not supported by admin console")
        + RefusingServer.readyForQuery)
    let said = try audit([Self.uri(server.port, "app", "/pgbouncer")])
    #expect(
      said.hint.contains("console") && said.hint.contains("-d NAME"), "\(said.outcome.stderr)")
  }

  // MARK: - Passwords, and too much said

  /// Whatever a server that knows it makes of it.
  @Test(arguments: ["uri", "PGPASSWORD", "PGPASSFILE"])
  func aPasswordThatAQuerysErrorRepeatsIsNotShown(_ source: String) throws {
    for (state, ready) in [("42501", true), ("57P01", false), ("08P01", true)] {
      let server = try RefusingServer(
        answers: [RefusingServer.welcome],
        afterwards: RefusingServer.refusal(
          state: state, message: "<horse-battery>", detail: "it was horse-battery")
          + (ready ? RefusingServer.readyForQuery : []))
      var environment: [String: String] = [:]
      let path = "/tmp/pgs-passfile-\(getpid())"
      defer { unlink(path) }
      if source == "PGPASSWORD" { environment["PGPASSWORD"] = "horse-battery" }
      if source == "PGPASSFILE" {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        _ = "*:*:*:*:horse-battery\n".withCString { write(descriptor, $0, strlen($0)) }
        close(descriptor)
        environment["PGPASSFILE"] = path
      }
      let said = try audit(
        [Self.uri(server.port, source == "uri" ? "app:horse-battery" : "app")],
        environment: environment)
      #expect(said.outcome.stderr.contains("***"), "\(said.outcome.stderr)")
      #expect(!said.outcome.stdout.contains("battery") && !said.outcome.stderr.contains("battery"))
    }
  }

  @Test func aTextWithoutEndIsCutAndTakesNoTime() throws {
    for piece in ["://a:", "password='", "x", "« »"] {
      let server = try RefusingServer(
        state: "XX000", message: String(repeating: piece, count: 29_000 / piece.utf8.count))
      let start = ContinuousClock.now
      let said = try audit([Self.uri(server.port, "app", "/shop?sslmode=disable")])
      #expect(start.duration(to: .now) < .seconds(5), "\(piece)")
      #expect(said.kind == "unknown")
      #expect(said.outcome.stderr.count < 3_000, "\(said.outcome.stderr.count)")
      #expect(said.outcome.stdout.count < 25_000, "\(said.outcome.stdout.count)")
    }
  }

  @Test func anErrorOfManyMegabytesIsCut() throws {
    let server = try RefusingServer(
      answers: [RefusingServer.welcome],
      afterwards: RefusingServer.refusal(
        state: "XX000", message: String(repeating: "x", count: 25_000_000),
        detail: String(repeating: "y", count: 1_000_000))
        + RefusingServer.readyForQuery)
    let said = try audit([Self.uri(server.port, "app", "/shop?sslmode=disable")])
    #expect(said.kind == "query" && said.outcome.stderr.count < 3_000)
    #expect(said.outcome.stdout.count < 25_000, "\(said.outcome.stdout.count)")
  }
}
