import TestSupport
import TestTraits
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Every way of naming a server that psql has, and DATABASE_URL.
@Suite(.serialized, .sideBySide)
struct TargetCommandTests {
  private func user(
    _ arguments: [String], _ environment: [String: String] = [:]
  ) throws -> String? {
    let outcome = try Fixture.run(
      ["audit", "--json", "--summary"] + arguments, environment: environment)
    #expect(outcome.status == 0, "\(outcome.stderr)")
    let target = try Fixture.json(outcome)["target"]
    #expect(target?["database"]?.text == "shop")
    return target?["user"]?.text
  }

  @Test func byArguments() throws {
    let server = try Fixture.server.get()
    let (port, folder) = (server.port, server.folder)
    for arguments in [
      ["postgresql://app@127.0.0.1:\(port)/shop"], ["postgres://app@127.0.0.1:\(port)/shop"],
      [server.uri(user: "app", database: "shop", viaTCP: false)],
      ["host=127.0.0.1 port=\(port) user=app dbname=shop"],
      ["-h", "127.0.0.1", "-p", "\(port)", "-U", "app", "-d", "shop"],
      ["-h127.0.0.1", "-p\(port)", "-Uapp", "-dshop"],
      ["-h", folder, "-p", "\(port)", "-U", "app", "shop"],
      ["-d", "postgresql://app@127.0.0.1:\(port)/shop"],
      // The first host refuses, the second is ours.
      ["postgresql://app@127.0.0.1:1,127.0.0.1:\(port)/shop"],
      ["host=/tmp/no-such-folder,127.0.0.1 port=\(port) user=app dbname=shop"],
    ] {
      #expect(try user(arguments) == "app", "\(arguments)")
    }
  }

  @Test func aSilentHostDelaysTheNextNoLongerThanItsTime() throws {
    let server = try Fixture.server.get()
    let silent = try LoopbackListener()
    let uri =
      "postgresql://app@127.0.0.1:\(silent.port),127.0.0.1:\(server.port)/shop?connect_timeout=1"
    let took = try shortest(within: .milliseconds(1800)) { () throws -> Duration in
      let started = ContinuousClock.now
      #expect(try user([uri]) == "app")
      let took = started.duration(to: .now)
      #expect(took > .milliseconds(950))
      return try took - Fixture.startTime()
    }
    #expect(took < .milliseconds(1800), "\(took)")
    let none = try Fixture.run(
      "audit", "--connect-timeout", "300ms",
      "postgresql://app@127.0.0.1:\(silent.port),127.0.0.1:1/shop")
    #expect(none.status == 69)
    #expect(
      none.stderr.contains("port \(silent.port) within 300ms") && none.stderr.contains("refused"))
  }

  /// A TARGET wins over options, and who ends sessions has to mean one server.
  @Test func optionsThatSayOtherwiseAreNamed() throws {
    let uri = try Fixture.uri
    let otherwise = ["-h", "10.9.9.9", "-p", "1", "-d", "nosuch", "-U", "learner", uri]
    let audit = try Fixture.run(["audit", "--json", "--summary"] + otherwise)
    #expect(audit.status == 0 && audit.stderr.contains("-h 10.9.9.9 is passed over: TARGET says"))
    let dry = try Fixture.run(["terminate", "--orphans"] + otherwise)
    #expect(dry.status == 0 && dry.stderr.contains("-U learner is passed over"))
    let ending = try Fixture.run(["terminate", "--orphans", "--execute", "--yes"] + otherwise)
    #expect(ending.status == 64 && ending.stderr.contains("which server is meant?"))
    #expect(try user(["-U", "app", uri]) == "app")
  }

  @Test func byTheEnvironment() throws {
    let server = try Fixture.server.get()
    let uri = try Fixture.uri
    let variables = [
      "PGHOST": "127.0.0.1", "PGPORT": "\(server.port)", "PGUSER": "app", "PGDATABASE": "shop",
    ]
    #expect(try user([], variables) == "app")
    #expect(try user([], ["DATABASE_URL": uri]) == "app")
    #expect(try user([], ["DATABASE_URL": uri.replacing("postgresql:", with: "postgis:")]) == "app")
    #expect(
      try user(["--url-env", "GREEN"], ["GREEN": uri, "DATABASE_URL": "postgres://x"]) == "app")
    // An option is enough for DATABASE_URL not to count.
    #expect(
      try user(["-d", "shop"], variables.merging(["DATABASE_URL": "postgres://x"]) { $1 }) == "app")
  }

  @Test func unknownParametersOfDatabaseURLAreDroppedAndSaid() throws {
    let outcome = try Fixture.run(
      ["audit", "--json", "--summary"],
      environment: ["DATABASE_URL": try Fixture.uri + "?pool=5&schema=public"])
    #expect(outcome.status == 0)
    #expect(outcome.stderr.contains("warning") && outcome.stderr.contains("pool, schema"))
  }

  @Test func thePGVariablesWinOverDatabaseURLAndItIsSaid() throws {
    let server = try Fixture.server.get()
    let outcome = try Fixture.run(
      ["audit", "--json", "--summary"],
      environment: [
        "PGHOST": "127.0.0.1", "PGPORT": "\(server.port)", "PGUSER": "app", "PGDATABASE": "shop",
        "DATABASE_URL": "postgres://elsewhere/x",
      ])
    #expect(outcome.status == 0)
    #expect(outcome.stderr.contains("PGHOST is taken"))
  }

  @Test func byServiceAndPasswordFiles() throws {
    let server = try Fixture.server.get()
    let folder = FileManager.default.temporaryDirectory.appending(path: "pgs-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let services = folder.appending(path: "services")
    try "[mine]\nhost=127.0.0.1\nport=\(server.port)\nuser=secret\ndbname=shop\n"
      .write(to: services, atomically: true, encoding: .utf8)
    let passwords = folder.appending(path: "pgpass")
    try "127.0.0.1:*:*:secret:geheim-pw\n".write(to: passwords, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: passwords.path)
    let environment = ["PGSERVICEFILE": services.path, "PGPASSFILE": passwords.path]
    #expect(try user(["service=mine"], environment) == "secret")
    #expect(try user(["postgresql:///?service=mine"], environment) == "secret")
    #expect(try user([], environment.merging(["PGSERVICE": "mine"]) { $1 }) == "secret")
    let password = ["PGSERVICEFILE": services.path, "PGPASSWORD": "geheim-pw"]
    #expect(try user(["service=mine"], password) == "secret")
  }

  @Test func aMissingPasswordIsAskedFor() throws {
    let uri = try Fixture.server.get().uri(user: "secret", database: "shop")
    let environment = ChildProcess.plainEnvironment.merging([
      "TERM": "dumb", "PGPASSFILE": "/tmp/no-such-file",
    ]) { $1 }
    let process = try TerminalProcess(
      Build.executable("pgsessions"), ["audit", uri], environment: environment)
    _ = try process.expect("Password for secret: ")
    try process.send("geheim-pw\n")
    #expect(try process.wait().status == 0)
    #expect(process.transcript.contains("secret@shop"))
    #expect(!process.transcript.contains("geheim-pw"))

    // The terminal of whoever gives up at the prompt shows what is typed again.
    let shell = try TerminalProcess(
      "/bin/sh",
      ["-c", "trap : INT; \"$0\" audit \"$1\"; stty -a", Build.executable("pgsessions"), uri],
      environment: environment)
    _ = try shell.expect("Password for secret: ")
    try shell.send("\u{03}")
    #expect(try shell.wait().status == 0)
    #expect(shell.transcript.contains(" echo "), "\(shell.transcript)")

    let never = try TerminalProcess(
      Build.executable("pgsessions"), ["audit", "-w", uri], environment: environment)
    #expect(try never.wait().status == 77)
    #expect(!never.transcript.contains("Password for"))
  }

  @Test func withTLS() throws {
    let server = try ThrowawayServer()
    defer { server.remove() }
    let made = try ChildProcess.run(
      "/bin/sh",
      [
        "-c",
        """
        cd "$0/data" && openssl req -new -x509 -days 2 -nodes -subj /CN=localhost \
          -out server.crt -keyout server.key && chmod 600 server.key \
          && chown --reference=PG_VERSION server.crt server.key
        """, server.folder,
      ])
    #expect(made.status == 0, "\(made.stderr)")
    try server.execute("ALTER SYSTEM SET ssl = on")
    try server.execute("SELECT pg_reload_conf()")
    try server.restart()
    let required = try Fixture.run("audit", "--json", server.uri() + "?sslmode=require")
    #expect(required.status == 0, "\(required.stderr)")
    let verified = try Fixture.run(
      "audit", "--json",
      server.uri() + "?sslmode=verify-full&sslrootcert=\(server.folder)/data/PG_VERSION")
    #expect(verified.status == 69)
    #expect(try Fixture.json(verified)["failure"]?["kind"]?.text == "tls")
  }
}
