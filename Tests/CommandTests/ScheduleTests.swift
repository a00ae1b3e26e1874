import OperatingSystem
import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the schedules of docs/schedules.md run, run as cron, a dyno and a pod would run it, on servers
/// with sessions that were left behind and others that live.
@Suite(.serialized, .sideBySide)
struct ScheduleTests {
  private static let examples = "share/doc/pgsessions/examples"

  /// A server with the application's database, its role and ours, which needs a password.
  private static func server(_ database: String) throws -> ThrowawayServer {
    let server = try ThrowawayServer(authentication: ["host all pgsessions all scram-sha-256"])
    for sql in [
      "CREATE ROLE app LOGIN", "CREATE DATABASE \(database) OWNER app",
      "CREATE ROLE pgsessions LOGIN CONNECTION LIMIT 3 PASSWORD 'of-a-test'",
      "GRANT pg_read_all_stats, pg_signal_backend TO pgsessions",
    ] {
      try server.execute(sql)
    }
    return server
  }

  private static func client(
    _ application: String, on server: ThrowawayServer, _ database: String
  ) throws -> Connection {
    let client = try server.connect(
      application: application, user: "app", database: database, viaTCP: true)
    try client.execute("SELECT 1")
    return client
  }

  /// The policy, where five minutes are a moment.
  private static func hurried(_ policy: String) -> String {
    #expect(policy.contains("[defaults]\n"))
    return policy.replacing("restart_grace = \"5m\"\n", with: "")
      .replacing("[defaults]\n", with: "[defaults]\nrestart_grace = \"50ms\"\n")
  }

  /// A folder with programs, as copies that any user may run.
  private static func toolbox(_ scripts: [String: String] = [:]) throws -> TemporaryFolder {
    let folder = TemporaryFolder()
    try folder.copy(Build.executable("pgsessions"), to: "pgsessions")
    for (name, text) in scripts { try folder.write(text, toProgram: name) }
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: folder.path("."))
    return folder
  }

  /// One run that ends those that were left behind, and one more that has nothing to say.
  private func expectToEnd(
    _ left: [Connection], andSpare living: [Connection], _ run: () throws -> ProcessOutcome
  ) throws -> ProcessOutcome {
    usleep(100_000)
    let first = try run()
    #expect(first.status == 0, "\(first.stderr)")
    #expect(left.allSatisfy { !Crowd.isAlive($0) }, "\(first.stdout)\(first.stderr)")
    #expect(living.allSatisfy(Crowd.isAlive), "\(first.stdout)\(first.stderr)")
    #expect(!(first.stdout + first.stderr).contains("of-a-test"))
    usleep(100_000)
    let second = try run()
    #expect(second.status == 0)
    #expect(second.stdout.isEmpty && second.stderr.isEmpty, "\(second.stdout)\(second.stderr)")
    return first
  }

  // MARK: - cron

  /// The crontab's line by /bin/sh, with the variables that cron and the crontab set, in HOME.
  @Test func cron() throws {
    let server = try Self.server("shop")
    defer { server.remove() }
    let relay = try Relay(upstreamPort: server.port)
    defer { relay.stop() }
    func session(_ application: String, from address: String) throws -> Connection {
      let client = try Connection.open(
        relay.openDyno(address: address).parameters(
          of: server, user: "app", database: "shop", application: application),
        deadline: Deadline(after: .seconds(20)))
      try client.execute("SELECT 1")
      return client
    }
    // Four may run at once, and these four came after the first; worker@a came again.
    let left = [
      try session("shop", from: "127.0.141.1"), try session("worker@a", from: "127.0.141.11"),
    ]
    usleep(5_000)
    let living =
      try (2...5).map { try session("shop", from: "127.0.141.\($0)") }
      + [try session("worker@a", from: "127.0.141.12")]

    // All four are at work at one moment, and a grace later still.
    usleep(60_000)
    #expect(living.allSatisfy(Crowd.isAlive))

    let tools = try Self.toolbox()
    let home = TemporaryFolder()
    try home.write("127.0.0.1:\(server.port):*:pgsessions:of-a-test\n", to: ".pgpass")
    #expect(chmod(home.path(".pgpass"), 0o600) == 0)
    func local(_ text: String) -> String {
      text.replacing("@db.example/", with: "@127.0.0.1:\(server.port)/")
        .replacing("/etc/pgsessions/", with: home.path(""))
        .replacing("/var/log/pgsessions/", with: home.path(""))
    }
    try home.write(
      Self.hurried(local(Page.text(of: "\(Self.examples)/policy.toml"))), to: "policy.toml")

    var environment = ["HOME": home.path("."), "LOGNAME": "ops", "SHELL": "/bin/sh"]
    var commands: [String] = []
    for line in try Page.text(of: "\(Self.examples)/crontab").split(separator: "\n")
    where !line.hasPrefix("#") {
      if let assignment = line.wholeMatch(of: /([A-Z_]+)=(.*)/) {
        environment[String(assignment.1)] = local(String(assignment.2))
      } else {
        commands.append(local(String(try #require(line.wholeMatch(of: /(?:\S+ ){5}(.+)/)).1)))
      }
    }
    environment["PATH"] = environment["PATH"]?.replacing("/usr/local/bin", with: tools.path(""))
    let command = try #require(commands.count == 1 ? commands.first : nil)
    let outcome = try expectToEnd(left, andSpare: living) {
      try ChildProcess.run(
        "/bin/sh", ["-c", "cd \"$HOME\" && \(command)"], environment: environment)
    }
    // What cron mails: a line for each session that was ended.
    #expect(outcome.stdout.split(separator: "\n").count == 2, "\(outcome.stdout)")
    #expect(outcome.stdout.contains("worker@a") && outcome.stderr.isEmpty, "\(outcome.stderr)")
    // An intent and an outcome for each.
    let log = try home.read("terminate.log")
    #expect(log.split(separator: "\n").count { $0.contains("\"result\":\"gone\"") } == 2, "\(log)")
  }

  // MARK: - Heroku

  /// A command from docs/schedules.md.
  private static func command(beginning start: String) throws -> String {
    let page = try Page("docs/schedules.md")
    return try #require(page.spans.first { $0.text.hasPrefix(start) }?.text, "\(start)")
  }

  @Test(arguments: [true, false])
  func herokuScheduler(withCLI: Bool) throws {
    let server = try Self.server("shop")
    defer { server.remove() }
    let dynos = PlatformListTests.dynos("web.1", "scheduler.4711")
    let api = try PlatformAPI(PlatformListTests.dynosURL, list: dynos)
    let cli = """
      #!/bin/sh
      [ "$*" = 'ps --json --app shop' ] && [ "$HEROKU_API_KEY" = '\(PlatformAPI.token)' ] || exit 2
      cat <<'END'
      \(dynos)END

      """
    let app = try Self.toolbox(withCLI ? ["heroku": cli] : [:])
    // The app's folder is the home of its dynos, and where they begin.
    try FileManager.default.createDirectory(
      atPath: app.path("bin"), withIntermediateDirectories: true)
    try FileManager.default.moveItem(
      atPath: app.path("pgsessions"), toPath: app.path("bin/pgsessions"))
    var policy = Self.hurried(try Page.text(of: "\(Self.examples)/heroku/pgsessions.toml"))
    if !withCLI {
      let instead = try Self.command(beginning: "command = [")
      let line = try #require(policy.split(separator: "\n").first { $0.hasPrefix("command = ") })
      policy = policy.replacing(line, with: instead)
      try app.write(Page.text(of: "\(Self.examples)/heroku/dynos.sh"), to: "bin/dynos.sh")
    }
    try app.write(policy, to: "pgsessions.toml")

    let left = try Self.client("web.2", on: server, "shop")
    let living = [
      try Self.client("web.1", on: server, "shop"), try Self.client("", on: server, "shop"),
    ]
    let environment = [
      "PATH": "\(app.path("")):/usr/bin:/bin", "HOME": app.path("."), "DYNO": "scheduler.4711",
      "DATABASE_URL": "postgres://pgsessions:of-a-test@127.0.0.1:\(server.port)/shop",
      "HEROKU_API_KEY": PlatformAPI.token,
    ].merging(api.environment) { $1 }
    let command = try Self.command(beginning: "bin/pgsessions terminate")
    let outcome = try expectToEnd([left], andSpare: living) {
      try ChildProcess.run(
        "/bin/bash", ["-c", "cd \"$HOME\" && \(command)"], environment: environment)
    }
    #expect(outcome.stdout.contains("web.2") && outcome.stdout.contains("\"gone\""))
    // Without the list nobody is ended.
    let again = try Self.client("web.2", on: server, "shop")
    usleep(100_000)
    let blind = try ChildProcess.run(
      "/bin/bash", ["-c", "cd \"$HOME\" && \(command)"],
      environment: environment.merging(["HEROKU_API_KEY": "other"]) { $1 })
    #expect(blind.status == 65 && !blind.stderr.isEmpty, "\(blind.stdout)")
    #expect(Crowd.isAlive(again))
  }

  // MARK: - Kubernetes

  /// The container of the CronJob: its command, its variables, its user and the two files of the
  /// ConfigMap, with nowhere to write; the API is on loopback.
  @Test func kubernetesCronJob() throws {
    let servers = try [Self.server("shop"), Self.server("billing")]
    defer { for server in servers { server.remove() } }
    let dead = "shop-7d9f8b6c5d-x2vwp"
    let alive = "shop-7d9f8b6c5d-k4tzn"
    let api = try PlatformAPI(PlatformListTests.podsURL, list: PlatformListTests.pods(alive))
    let tools = try Self.toolbox()
    let account = TemporaryFolder()
    try PlatformListTests.makeAccount(in: account, for: api)
    let data = try #require(try ManifestTests.manifest.get()["ConfigMap"]?["data"])
    #expect(data.keys == ["policy.toml", "pods.sh"])
    let policy = try #require(data["policy.toml"]?.text)
    // As a cluster lays out a ConfigMap: links into a folder that anyone could write to, were it not
    // mounted read-only.
    let config = TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: config.path("..2026"), withIntermediateDirectories: false)
    try config.write(
      Self.hurried(policy.replacing("/etc/pgsessions/", with: config.path(""))),
      to: "..2026/policy.toml")
    try config.write(
      PlatformListTests.podsScript(account: account.path(".")), to: "..2026/pods.sh")
    for (link, place) in [
      ("..data", "..2026"), ("policy.toml", "..data/policy.toml"),
      ("pods.sh", "..data/pods.sh"),
    ] {
      #expect(symlink(place, config.path(link)) == 0)
    }
    #expect(chmod(config.path("."), geteuid() == 0 ? 0o777 : 0o755) == 0)

    let pod = try ManifestTests.pod()
    let container = try #require(pod.value(at: "containers.0"))
    var environment = ["PATH": "\(tools.path("")):/usr/bin:/bin", "HOSTNAME": "pgsessions-1-abcde"]
      .merging(api.environment) { $1 }
    for variable in container["env"]?.items ?? [] {
      let name = try #require(variable["name"]?.text)
      let url = try #require(
        try ManifestTests.secret.get()["Secret"]?["stringData"]?[name]?.text)
      let server = servers[url.contains("/billing?") ? 1 : 0]
      environment[name] = url.replacing(
        "PASSWORD@db.example", with: "of-a-test@127.0.0.1:\(server.port)"
      )
      // Ours have no certificate.
      .replacing("sslmode=require", with: "sslmode=disable")
    }
    let words = ["command", "args"].flatMap { container[$0]?.items ?? [] }.compactMap(\.text)
      .map { $0.replacing("/etc/pgsessions/", with: config.path("")) }
    let user = try #require(pod.value(at: "securityContext.runAsUser")?.int)
    let mounting =
      #"mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; exec "$@""#
    let asUser =
      geteuid() == 0
      ? ["unshare", "--mount", "sh", "-ec", mounting, config.path("."), "setpriv"]
        + ["--reuid=\(user)", "--regid=\(user)", "--clear-groups", "--no-new-privs"] : []
    func run() throws -> ProcessOutcome {
      try ChildProcess.run(
        "/bin/sh", ["-c", "cd / && exec \"$@\"", "sh"] + asUser + words, environment: environment)
    }

    let left = try zip(servers, ["shop", "billing"]).map { try Self.client(dead, on: $0, $1) }
    let living = try zip(servers, ["shop", "billing"]).map { try Self.client(alive, on: $0, $1) }
    let outcome = try expectToEnd(left, andSpare: living, run)
    #expect(
      outcome.stdout.split(separator: "\n").count { $0.contains("\"result\":\"gone\"") } == 2,
      "\(outcome.stdout)")

    // The API refuses: nobody is ended, and the Job fails.
    try PlatformListTests.makeAccount(in: account, for: api, token: "other")
    let again = try Self.client(dead, on: servers[0], "shop")
    usleep(100_000)
    let blind = try run()
    #expect(blind.status == 65 && blind.stderr.contains("401"), "\(blind.stderr)")
    #expect(Crowd.isAlive(again))
  }

  // MARK: - The page

  /// What the page shows of the files stands in them, and every policy is right.
  @Test func thePageShowsTheFiles() throws {
    let files = try ["crontab", "policy.toml", "heroku/pgsessions.toml", "kubernetes/cronjob.yaml"]
      .map { try Page.text(of: "\(Self.examples)/\($0)") }
    let blocks = try Page("docs/schedules.md").blocks
    #expect(blocks.count >= 3)
    for block in blocks {
      #expect(files.contains { $0.contains(block.text) }, "docs/schedules.md:\(block.line)")
    }
  }

  @Test func everyPolicyIsRight() throws {
    let folder = TemporaryFolder()
    let data = try #require(try ManifestTests.manifest.get()["ConfigMap"]?["data"])
    try folder.write(try #require(data["policy.toml"]?.text), to: "kubernetes.toml")
    for path in [
      "\(Page.root)/\(Self.examples)/policy.toml",
      "\(Page.root)/\(Self.examples)/heroku/pgsessions.toml", folder.path("kubernetes.toml"),
    ] {
      let checked = try Fixture.run("policy", "check", path)
      #expect(checked.status == 0, "\(path): \(checked.stdout)\(checked.stderr)")
    }
  }
}
