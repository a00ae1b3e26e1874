import OperatingSystem
import PostgresClient
import TestSupport
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

/// Where the commands of one page are run: a server with the roles and databases that the pages
/// name, a folder of files, and a PATH with the program, psql and platforms that know our dynos.
class PageStage {
  let server: ThrowawayServer
  /// What the shell of whoever follows the page has in its environment.
  var environment: [String: String]
  /// `export` lines of blocks that ran before.
  private var exports = ""
  private let folder: TemporaryFolder
  private var clients: [Connection] = []

  /// Programs that commands on the pages may use; each is in the toolbox, the shell, or every system.
  static let tools: Set<String> = [
    "pgsessions", "psql", "heroku", "kubectl", "jq", "cd", "export", "sh",
  ]

  private static let dynos = """
    [{"id":"8b2c8d5e-0000-4000-8000-000000000001","name":"web.1","type":"web","state":"up",
    "created_at":"2020-01-01T00:00:00Z","updated_at":"2020-01-01T00:00:05Z","size":"Basic",
    "app":{"id":"8b2c8d5e-0000-4000-8000-000000000002","name":"shop"},"attach_url":null,
    "release":{"id":"8b2c8d5e-0000-4000-8000-000000000003","version":7},"command":"gunicorn shop"}]
    """

  private static let pods = """
    {"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod",
    "metadata":{"name":"shop-7d9f8b6c5d-k4tzn","namespace":"shop"},"spec":{},
    "status":{"phase":"Running","podIP":"10.8.0.2","hostIP":"10.240.0.9","containerStatuses":[
    {"restartCount":0,"state":{"running":{"startedAt":"2020-01-01T00:00:00Z"}}}]}}]}
    """

  init(_ page: Page) throws {
    server = try ThrowawayServer(settings: ["max_connections": "16"])
    folder = TemporaryFolder()
    for sql in [
      "CREATE ROLE app LOGIN", "CREATE ROLE app_admin LOGIN",
      "GRANT pg_monitor, pg_signal_backend TO app", "CREATE DATABASE shop OWNER app",
    ] {
      try server.execute(sql)
    }
    environment = [
      "PATH": "\(folder.path("toolbox")):/usr/bin:/bin", "TERM": "xterm", "LC_ALL": "C.UTF-8",
      "HOME": server.folder,
    ]
    try fillToolbox()
    let policy = try Page.text(of: "share/doc/pgsessions/examples/policy.toml")
    for (name, text) in [
      ("dynos.json", Self.dynos), ("pods.json", Self.pods), ("policy.toml", policy),
    ] {
      try folder.write(text + "\n", to: name)
    }
    for block in page.blocks {
      if let file = block.file { try folder.write(block.text, to: file) }
    }
    for name in ["Tests", "docs"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path(name), withDestinationPath: "\(Page.root)/\(name)")
    }
    try setClients(6)
    let saved = try ChildProcess.run(
      Build.executable("pgsessions"),
      [
        "audit", "--json", "-o", folder.path("saved.json"),
        server.uri(user: "app", database: "shop"),
      ])
    #expect(saved.status == 0, "\(saved.stderr)")
  }

  deinit { server.remove() }

  /// A command with the server in the place of those that the pages name, and a folder of ours in
  /// that of node exporter's and of /etc/pgsessions.
  func local(_ command: String) -> String {
    command.replacing(/@db\d?\.example\//, with: "@127.0.0.1:\(server.port)/")
      .replacing("/var/lib/node_exporter/textfile/", with: folder.path(""))
      .replacing("/etc/pgsessions/", with: folder.path(""))
  }

  func checkPolicy(_ block: Page.Block, in page: Page) throws {
    let outcome = try ChildProcess.run(
      Build.executable("pgsessions"), ["policy", "check", "-"], input: block.text)
    #expect(outcome.status == 0, "\(page.name):\(block.line): \(outcome.stderr)")
  }

  /// Opens or closes sessions of web.1 and web.2 until there are so many.
  func setClients(_ count: Int) throws {
    clients.removeLast(max(0, clients.count - count))
    while clients.count < count {
      let client = try server.connect(
        application: "web.\(clients.count % 2 + 1)", user: "app", database: "shop", viaTCP: true)
      try client.execute("SELECT 1")
      clients.append(client)
    }
  }

  /// Runs a block as one script on a terminal, and checks how it ends.
  func run(_ block: Page.Block, in page: Page) throws {
    let lines = block.text.split(separator: "\n").map(String.init)
    let outcome = try shell(local(block.text))
    exports += lines.filter { $0.hasPrefix("export ") }.map { local($0) + "\n" }.joined()
    #expect(outcome.status == 0, "\(page.name):\(block.line): \(block.text)\n\(outcome.stdout)")
  }

  /// Runs each line of a crontab as cron does: by sh, without a terminal.
  func runCrontab(_ block: Page.Block, in page: Page) throws {
    var environment = environment
    var ran = 0
    for line in block.text.split(separator: "\n").map(String.init) {
      if let assignment = line.wholeMatch(of: /([A-Z_]+)=(.*)/) {
        if assignment.1 != "PATH" { environment[String(assignment.1)] = local("\(assignment.2)") }
        continue
      }
      let entry = try #require(line.wholeMatch(of: /(\S+ +){5}(.+)/), "\(page.name): \(line)")
      let outcome = try ChildProcess.run(
        "sh", ["-c", "cd '\(folder.path("."))' && " + local("\(entry.2)")],
        environment: environment)
      #expect(outcome.status == 0, "\(page.name): \(line)\n\(outcome.stdout)\(outcome.stderr)")
      ran += 1
    }
    #expect(ran > 0, "\(page.name):\(block.line): a crontab without a command")
  }

  /// A program that reads a saved report, with the packages that scripts/check-json has too.
  func runPython(_ block: Page.Block, in page: Page) throws {
    let packages = try ChildProcess.run(
      "\(Page.root)/scripts/fetch-jsonschema", timeout: .seconds(300))
    #expect(packages.status == 0, "\(packages.stderr)")
    var environment = environment
    environment["PYTHONPATH"] = packages.stdout.split(separator: "\n").last.map(String.init)
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    let program = "cd '\(folder.path("."))' && exec python3 -c \"$0\""
    let outcome = try ChildProcess.run(
      "sh", ["-c", program, block.text], environment: environment,
      input: folder.read("saved.json"))
    #expect(outcome.status == 0, "\(page.name):\(block.line): \(outcome.stderr)")
  }

  func runSQL(_ block: Page.Block, in page: Page) throws {
    let outcome = try ChildProcess.run(
      server.installation.realPsql,
      ["-v", "ON_ERROR_STOP=1", "-qX", "-h", "127.0.0.1", "-p", "\(server.port)", "-d", "shop"]
        + ["-U", "postgres"], input: block.text)
    #expect(outcome.status == 0, "\(page.name):\(block.line): \(block.text)\n\(outcome.stderr)")
  }

  /// A script in the page's folder, on a terminal.
  func shell(_ script: String) throws -> ProcessOutcome {
    try TerminalProcess(
      "/bin/bash",
      ["-e", "-o", "pipefail", "-c", "cd '\(folder.path("."))'\n\(exports)\(script)"],
      environment: environment
    ).wait()
  }

  private func fillToolbox() throws {
    let files = FileManager.default
    try files.createDirectory(
      atPath: folder.path("toolbox"), withIntermediateDirectories: true)
    for (name, path) in [
      ("pgsessions", try Build.executable("pgsessions")), ("psql", server.installation.realPsql),
      ("jq", try ChildProcess.find("jq")),
    ] {
      try files.createSymbolicLink(
        atPath: folder.path("toolbox/\(name)"), withDestinationPath: path)
    }
    try folder.write("#!/bin/sh\nexec cat > /dev/null\n", toProgram: "toolbox/curl")
    for (name, known, answer) in [
      ("heroku", "'ps --json' | 'ps --json -a shop' | 'ps --json -a shop-admin'", "dynos.json"),
      ("kubectl", "'get pods -o json' | 'get pods -A -o json'", "pods.json"),
    ] {
      let script = """
        #!/bin/sh
        case "$*" in
        \(known)) exec cat '\(folder.path(answer))' ;;
        *) echo "\(name): what is $*?" >&2; exit 2 ;;
        esac

        """
      try folder.write(script, toProgram: "toolbox/\(name)")
    }
  }
}

/// docs/too-many-connections.md: until its third step every slot for ordinary roles is taken.
final class CrowdedStage: PageStage {
  override func run(_ block: Page.Block, in page: Page) throws {
    let isFull = block.heading.hasPrefix("1.") || block.heading.hasPrefix("2.")
    guard isFull else {
      try setClients(6)
      return try super.run(block, in: page)
    }
    // Thirteen of the sixteen slots are for everybody.
    try waitForSlots { try setClients(13) }
    if block.text.contains("--wait-for-slot") {
      let leaver = Background { [server] in
        usleep(1_000_000)
        try server.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'web.%' "
            + "ORDER BY backend_start DESC LIMIT 1")
      }
      try super.run(block, in: page)
      try leaver.value()
      // Who was ended is the last that came; its place is taken again.
      try setClients(12)
    } else if block.text.contains("postgres@") {
      try super.run(block, in: page)
    } else {
      let outcome = try shell(local(block.text))
      #expect(outcome.status == 69, "\(page.name):\(block.line): \(block.text)\n\(outcome.stdout)")
      #expect(outcome.stdout.contains("superuser"), "\(outcome.stdout)")
    }
  }

  /// A slot is free a moment later than its session has gone from the view.
  private func waitForSlots(_ fill: () throws -> Void) throws {
    let deadline = Deadline(after: .seconds(20))
    while true {
      do {
        return try fill()
      } catch  where !deadline.hasPassed {
        usleep(50_000)
      }
    }
  }
}
