import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Faults {
  /// Runs that go by a policy file.
  @Suite(.serialized, .sideBySide, .crowd)
  struct PolicyRunTests {
    private let folder = TemporaryFolder()

    private func written(_ text: String, to name: String) throws -> String {
      try folder.write(text, to: name)
      return folder.path(name)
    }

    /// A file with a target of its own, the server's database shop, and two thresholds that make
    /// what tests leave behind old enough.
    private func policy(_ text: String, target: String = "") throws -> String {
      try written(
        """
        [defaults]
        restart_grace = "50ms"
        clock_tolerance = "10ms"
        DEFAULTS
        [[target]]
        name = "shop"
        conninfo = "\(try Crowd.uri())"
        \(target)

        """.replacing("DEFAULTS", with: text.prefix { $0 != "[" }) + text.drop { $0 != "[" },
        to: "policy.toml")
    }

    /// A roster in which these run.
    private func roster(_ names: String...) throws -> String {
      // Files are dated by a clock that ticks some milliseconds behind the server's.
      usleep(20_000)
      let items = names.map {
        #"{"name":"\#($0)","state":"up","created_at":"2020-01-01T00:00:00Z"}"#
      }
      return try written("[\(items.joined(separator: ","))]", to: "ps.json")
    }

    private func run(_ arguments: String..., environment: [String: String] = [:]) throws
      -> ProcessOutcome
    {
      usleep(80_000)
      return try Fixture.run(arguments, environment: environment)
    }

    /// What cron runs: no selection, no --yes, nothing said where nothing is to be said.
    @Test func oneFileIsAllThatCronNeeds() throws {
      let gone = try Crowd.clients("cron.2", 2)
      let living = try Crowd.client("cron.1")
      _ = try roster("cron.1")
      let path = try policy(
        """
        trust = "roster"
        log = "run.log"
        metrics = "run.prom"
        [hook]
        command = ["cp", "/dev/stdin", "\(folder.path("told.json"))"]
        """, target: "[target.roster]\ncommand = \"cat '\(folder.path("ps.json"))'\"")
      let first = try run("terminate", "--policy", path, "--execute", "--quiet")
      #expect(first.status == 0 && first.stderr.isEmpty, "\(first.stderr)")
      #expect(first.stdout.split(separator: "\n").count == 2, "\(first.stdout)")
      #expect(gone.map(Crowd.isAlive) == [false, false] && Crowd.isAlive(living))
      // Paths are the file's neighbours.
      #expect(try folder.read("run.log").split(separator: "\n").count == 6)
      #expect(try folder.read("run.prom").contains("pgsessions_"))
      #expect(try JSON(text: folder.read("told.json")).results == ["gone": 2])
      let second = try run("terminate", "--policy", path, "--execute", "--quiet")
      #expect(second.status == 0 && second.stdout.isEmpty && second.stderr.isEmpty)
    }

    /// Who types on a terminal is asked all the same.
    @Test func whereSomebodySitsHeIsAsked() throws {
      let gone = try Crowd.client("sits.2")
      let living = try Crowd.client("sits.1")
      _ = try roster("sits.1")
      let path = try policy("trust = \"roster\"\n[roster]\nfile = \"ps.json\"")
      usleep(80_000)
      let process = try TerminalProcess(
        Build.executable("pgsessions"), ["terminate", "--policy", path, "--execute"],
        environment: ChildProcess.plainEnvironment.merging(["TERM": "dumb"]) { $1 }, columns: 160)
      try process.expect("End this session? [y/N]")
      try process.send("n\n")
      #expect(try process.wait().status == 0)
      #expect(Crowd.isAlive(gone) && Crowd.isAlive(living))
    }

    /// Consent is to what the file says, and to nothing that an option adds.
    @Test func aFileIsNoConsentToOptions() throws {
      let quiet = try Crowd.client("consent")
      let path = try policy("trust = \"roster\"")
      for more in [["--suspects"], ["--idle-longer-than", "1ms"], ["--orphans"]] {
        let outcome = try Fixture.run(["terminate", "--policy", path, "--execute"] + more)
        #expect(outcome.status == 64 && outcome.stderr.contains("--yes"), "\(outcome.stderr)")
      }
      let silent = try policy("[[application]]\nmatch = \"x\"\ntrust = \"never\"")
      let nothing = try run("terminate", "--policy", silent, "--execute", "--yes")
      #expect(nothing.status == 64, "\(nothing.stderr)")
      #expect(nothing.stderr.contains("says of nothing on what ground it may be ended"))
      #expect(Crowd.isAlive(quiet))
    }

    /// Not to more sessions, nor to other evidence, nor to servers that it does not name.
    @Test func aFileIsNoConsentToMoreThanItSays() throws {
      let client = try Crowd.client("no-more.1")
      _ = try roster("no-more.2")
      let path = try policy("trust = \"roster\"\n[roster]\nfile = \"ps.json\"")
      let wider = [
        ["--all-databases"], ["--include-active"], ["--include-stateful"], ["--include-pooled"],
        ["--include-backups"],
        ["--allow-empty"], ["--trust", "inferred"], ["--max", "9"], ["--max-share", "100"],
        ["--keep", "0"], ["--no-lock"], ["--stale-after", "1ms"], ["--instances", "1"],
        ["--restarted-at", "1m-ago"], ["--live", folder.path("ps.json")],
        ["--roster-covers", "*"], ["--one-instance", "yes"], [try Crowd.uri()],
        ["-d", "ledger"], ["--url-env", "X"],
      ]
      let environment = try ["X": Crowd.uri()]
      for more in wider {
        let outcome = try Fixture.run(
          ["terminate", "--policy", path, "--execute"] + more, environment: environment)
        #expect(
          outcome.status == 64 && outcome.stderr.contains("--yes"), "\(more) \(outcome.stderr)")
      }
      // It names no server.
      let nowhere = try written("[defaults]\ntrust = \"suspects\"", to: "nowhere.toml")
      let outcome = try Fixture.run(
        ["terminate", "--policy", nowhere, "--execute"],
        environment: ["DATABASE_URL": Crowd.uri()])
      #expect(outcome.status == 64 && outcome.stderr.contains("--yes"), "\(outcome.stderr)")
      let less = try run(
        "terminate", "--policy", path, "--execute", "--quiet", "--application", "nobody")
      #expect(less.status == 0, "\(less.stderr)")
      #expect(Crowd.isAlive(client))
    }

    /// What one target's entries protect stays protected under whatever name it is reached; and a name
    /// is what was meant, however the server spells it.
    @Test func protectionHoldsUnderOtherNames() throws {
      // The last are longer than the server shows them.
      let clients = try [
        "sheltered", "caf\u{E9}", "n\u{E9}ver", String(repeating: "\u{E9}", count: 20) + "-shelter",
        String(repeating: "s", count: 60) + "-shelter",
      ].map { try Crowd.client($0) }
      let path = try policy(
        """
        [[application]]
        match = "caf\u{E9}"
        protect = true
        [[application]]
        match = "*-shelter"
        protect = true
        """,
        target: """
          [[target.application]]
          match = "sheltered"
          protect = true
          [[target.application]]
          match = "n\u{E9}v*"
          trust = "never"
          """)
      for target in [[], [try Crowd.uri()]] {
        let json = try Fixture.json(
          Fixture.run(
            ["terminate", "--policy", path, "--json", "--idle-longer-than", "1ms"] + target))
        for client in clients {
          let kept = json["plan"]?["kept"]?.items.first {
            $0["pid"]?.int == Int(client.backendPID)
          }
          #expect(kept?["reasons"]?.items.first?["kind"]?.text == "by_policy", "\(target)")
        }
      }
    }

    /// A filter that keeps somebody out does so however the server spells the name, and one that no
    /// server could show is refused.
    @Test func whoIsKeptOutIsReadAsItIsMeant() throws {
      let clients = try ["kept-\u{E9}", String(repeating: "k", count: 62) + "\u{E9}"].map {
        try Crowd.client($0)
      }
      usleep(20_000)
      let outcome = try Crowd.run(
        [
          "terminate", "--idle-longer-than", "1ms", "--execute", "--yes", "--max-share", "100",
          "--application", "k*", "--not-application", "kept-\u{E9}",
          "--not-application", "*\u{E9}",
        ])
      #expect(outcome.status == 0, "\(outcome.stderr)")
      #expect(clients.allSatisfy(Crowd.isAlive))
      for name in [String(repeating: "k", count: 64), "отчёты-ночные"] {
        for option in ["--application", "--not-application"] {
          let refused = try Crowd.run(["terminate", "--idle-longer-than", "1ms", option, name])
          #expect(
            refused.status == 64 && refused.stderr.contains("63 bytes"), "\(refused.stderr)")
        }
      }
    }

    /// In another's database, what that target protects is protected.
    @Test func protectionHoldsFromTheNextDatabaseToo() throws {
      let clients = try ["next-a", "next-b"].map { try Crowd.client($0, database: "ledger") }
      usleep(20_000)
      let path = try written(
        """
        [[target]]
        name = "shop"
        url_env = "SHOP"
        [[target]]
        name = "ledger"
        url_env = "LEDGER"
        [[target.application]]
        match = "next-a"
        protect = true
        """, to: "policy.toml")
      let outcome = try Fixture.run(
        [
          "terminate", "--policy", path, "--idle-longer-than", "1ms", "--application", "next-*",
          "--all-databases", "--include-stateful", "--execute", "--yes", "--quiet",
        ],
        environment: ["SHOP": Crowd.uri(), "LEDGER": Crowd.uri(database: "ledger")])
      #expect(outcome.stdout.contains("next-b") && !outcome.stdout.contains("next-a"))
      #expect(clients.map(Crowd.isAlive) == [true, false], "\(outcome.stderr)")
    }

    /// It has the run's environment, and what it says is shown.
    @Test func whatARostersCommandSaysHasNoPassword() throws {
      let path = try policy(
        "trust = \"roster\"",
        target: "[target.roster]\ncommand = 'echo \"no way in: $PGPASSWORD, $OTHER\" >&2; exit 3'")
      let outcome = try run(
        "terminate", "--policy", path, "--json",
        environment: ["PGPASSWORD": "Zq9secretXX", "OTHER": "postgresql://u:Zq9other@h/d"])
      #expect(outcome.status == 65 && outcome.stderr.contains("It said: no way in: ***"))
      for text in [outcome.stdout, outcome.stderr] { #expect(!text.contains("Zq9")) }
    }

    /// Nobody writes to it: neither the run nor who wants to stop it waits for ever.
    @Test func aPipeThatSaysNothingIsLeft() throws {
      let client = try Crowd.client("piped.1")
      #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
      let path = try policy(
        "timeout = \"1s\"\ntrust = \"roster\"", target: "[target.roster]\nfile = \"pipe\"")
      let outcome = try run("terminate", "--policy", path, "--execute")
      #expect(
        outcome.status == 66 && outcome.stderr.contains("nothing came for 1s"), "\(outcome.stderr)")
      let patient = try policy("trust = \"roster\"", target: "[target.roster]\nfile = \"pipe\"")
      let process = try RunningProcess(
        Build.executable("pgsessions"), ["terminate", "--policy", patient, "--execute"])
      process.closeInput()
      usleep(700_000)
      process.signal(SIGTERM)
      #expect(try process.wait().status == 143)
      #expect(Crowd.isAlive(client))
    }

    private func kept(_ json: JSON, _ name: String) -> [String] {
      json["plan"]?["kept"]?.items.filter { $0["application_name"]?.text == name }.compactMap {
        $0["reasons"]?.items.first?["kind"]?.text
      } ?? []
    }

    private func selected(_ json: JSON) -> [String] {
      (json["plan"]?["selected"]?.items.compactMap { $0["application_name"]?.text } ?? [])
        .filter { $0.hasPrefix("rule") }.sorted()
    }

    /// The last entry that matches counts, and only its ground will do.
    @Test func eachApplicationHasItsGrounds() throws {
      let names = ["rule-free", "rule-kept", "rule-never", "rule-orphans", "rule-suspects"]
      let clients = try names.map { try Crowd.client($0) }
      let entries = """
        [[application]]
        match = "rule-*"
        stale_after = "20ms"
        [[application]]
        match = "rule-orphans"
        trust = "inferred"
        [[application]]
        match = "rule-suspects"
        trust = "suspects"
        [[application]]
        match = "rule-never"
        user = "own*"
        database = "sh?p"
        trust = "never"
        [[application]]
        match = "rule-kept"
        protect = true
        [[application]]
        match = "rule-*"
        user = "somebody"
        trust = "suspects"
        """
      let path = try policy(entries)
      // By the file alone: only what it names.
      let byFile = try Fixture.json(run("terminate", "--policy", path, "--json"))
      #expect(selected(byFile) == ["rule-suspects"])
      for name in ["rule-free", "rule-never", "rule-orphans", "rule-kept"] {
        #expect(
          kept(byFile, name) == ["by_policy"] || kept(byFile, name) == ["not_selected"], "\(name)")
      }
      // By options: what no entry forbids.
      for option in [["--suspects"], ["--idle-longer-than", "1ms"]] {
        let json = try Fixture.json(
          Fixture.run(
            ["terminate", "--policy", path, "--json", "--application", "rule-*"] + option))
        #expect(
          selected(json)
            == (option.count == 1 ? ["rule-free", "rule-suspects"] : ["rule-free"]), "\(option)")
        for name in ["rule-never", "rule-orphans", "rule-kept"] {
          #expect(kept(json, name) == ["by_policy"], "\(option) \(name)")
        }
      }
      let audit = try Fixture.json(run("audit", "--policy", path, "--json"))
      let protections = audit["sessions"]?.items.first {
        $0["application_name"]?.text == "rule-kept"
      }?["protections"]?.items.filter { $0["kind"]?.text == "by_policy" }
      #expect(protections?.first?["detail"]?.text == "\(path):25 protects it")
      #expect(clients.allSatisfy(Crowd.isAlive))
    }

    /// Option, then file, then what is built in.
    @Test func anOptionWinsOverTheFile() throws {
      let clients = try Crowd.clients("rule-order", 3)
      let path = try policy(
        """
        stale_after = "3h"
        max = 1
        keep = 1
        [[application]]
        match = "rule-order"
        stale_after = "10ms"
        max_age = "7h"
        keep = 2
        """)
      func thresholds(_ more: String...) throws -> JSON? {
        try Fixture.json(Fixture.run(["audit", "--policy", path, "--json"] + more))["judged_with"]
      }
      let file = try thresholds()
      #expect(file?.value(at: "thresholds.stale_after_seconds")?.number == 10_800)
      #expect(file?.value(at: "thresholds.restart_grace_seconds")?.number == 0.05)
      #expect(file?.value(at: "thresholds.max_age_slack_seconds")?.number == 30)
      #expect(file?["declarations"]?.items.map { $0["kind"]?.text } == ["max_age", "stale_after"])
      let option = try thresholds("--stale-after", "2h", "--max-age", "rule-order=1h")
      #expect(option?.value(at: "thresholds.stale_after_seconds")?.number == 7_200)
      #expect(
        option?["declarations"]?.items.map { $0["seconds"]?.number } == [25_200, 3_600])

      func count(_ more: String...) throws -> Int? {
        let json = try Fixture.json(
          Fixture.run(
            ["terminate", "--policy", path, "--json", "--suspects", "--application", "rule-order"]
              + more))
        return json["totals"]?["selected"]?.int
      }
      usleep(80_000)
      #expect(try count() == 1, "two are kept")
      #expect(try count("--keep", "0") == 1, "--max")
      #expect(try count("--keep", "0", "--max", "9") == 3)
      #expect(try count("--stale-after", "1h") == 0, "it speaks of all")
      #expect(clients.allSatisfy(Crowd.isAlive))
    }

    /// A list that can't be had is no list of nobody.
    @Test func aRosterThatCantBeHadEndsNobody() throws {
      let clients = try Crowd.clients("rule-roster.1", 2)
      _ = try written("#!/bin/sh\necho nope >&2; exit 7\n", to: "fails")
      let cases: [(command: String, says: String)] = [
        (#""echo 'no such app' >&2; exit 7""#, "ended with status 7"),
        (#""true""#, "wrote nothing"),
        (#""echo '[]'""#, "lists nobody"),
        (#"["pgsessions-no-such-program"]"#, "can't be run"),
        (#""kill -9 $$""#, "ended by signal 9"),
        (#""echo '{\"error\": \"not found\"}'""#, "is no roster"),
        (#""sleep 30""#, "not done after"),
        (#""yes | head -c 100000000""#, "wrote more than"),
      ]
      for (command, says) in cases {
        let path = try policy(
          "timeout = \"2s\"\ntrust = \"roster\"", target: "[target.roster]\ncommand = \(command)")
        let outcome = try run("terminate", "--policy", path, "--execute", "--quiet")
        #expect(
          outcome.status == 65 && outcome.stderr.contains(says), "\(command): \(outcome.stderr)")
        #expect(
          outcome.stderr.contains("policy.toml:10: the roster's command"), "\(outcome.stderr)")
      }
      #expect(clients.allSatisfy(Crowd.isAlive))
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func aRosterCanBeInterrupted(_ signal: Int32) throws {
      let client = try Crowd.client("rule-slow.1")
      let path = try policy(
        "trust = \"roster\"",
        target: "[target.roster]\ncommand = \"echo $$ > '\(folder.path("pid"))'; sleep 50; true\"")
      let process = try RunningProcess(
        Build.executable("pgsessions"), ["terminate", "--policy", path, "--execute"])
      process.closeInput()
      try Crowd.poll("the roster's command") { (try? folder.read("pid").hasSuffix("\n")) == true }
      let pid = try #require(pid_t(folder.read("pid").filter(\.isNumber)))
      process.signal(signal)
      let outcome = try process.wait()
      #expect(outcome.status == 128 + signal && outcome.wallSeconds < 30, "\(outcome.stderr)")
      #expect(outcome.stderr.contains("was interrupted"), "\(outcome.stderr)")
      #expect(kill(pid, 0) != 0, "it is left running")
      #expect(Crowd.isAlive(client))
    }

    /// Each target has its own list and its own numbers: of two databases that both have a web.1
    /// neither speaks for the other.
    @Test func targetsHaveTheirOwnRosters() throws {
      let gone = [
        try Crowd.client("twin.1"), try Crowd.client("twin.2", database: "ledger"),
      ]
      let living = [
        try Crowd.client("twin.2"), try Crowd.client("twin.1", database: "ledger"),
      ]
      let path = try written(
        """
        [defaults]
        restart_grace = "50ms"
        clock_tolerance = "10ms"
        trust = "roster"
        [[target]]
        name = "shop"
        url_env = "SHOP"
        roster.command = '''echo '[{"name":"twin.2","state":"up","created_at":"2020-01-01T00:00:00Z"}]' '''
        [[target]]
        name = "ledger"
        url_env = "LEDGER"
        roster.command = '''echo '[{"name":"twin.1","state":"up","created_at":"2020-01-01T00:00:00Z"}]' '''
        [[target]]
        name = "lost"
        conninfo = "host=127.0.0.1 port=1"
        roster.command = "false"
        """, to: "policy.toml")
      let environment = try ["SHOP": Crowd.uri(), "LEDGER": Crowd.uri(database: "ledger")]
      // What is printed goes by the file's targets, so that their rosters count.
      let dry = try run("terminate", "--policy", path, environment: environment)
      let printed = dry.stdout.split(separator: "\n").filter { $0.hasPrefix("  pgsessions ") }
      let command = "terminate --policy=\(path) --execute --yes"
      #expect(printed == ["  pgsessions \(command)", "  pgsessions \(command)"], "\(dry.stdout)")
      #expect(dry.stdout.contains("To end them, and those of the file's other targets:"))
      let audit = try run("audit", "--policy", path, environment: environment)
      let steps = audit.stdout.split(separator: "\n").filter { $0.contains("terminate --orphans") }
      #expect(
        steps.count == 2 && steps.allSatisfy { $0.hasSuffix("--policy=\(path)") }, "\(audit.stdout)"
      )
      let outcome = try Fixture.run(
        command.split(separator: " ").map(String.init) + ["--json"], environment: environment)
      #expect(outcome.status == 2, "\(outcome.stderr)")
      let reports = try Fixture.json(outcome)["reports"]?.items ?? []
      #expect(
        reports.map { $0.value(at: "target.name")?.text } == ["shop", "ledger", "lost"])
      #expect(reports.prefix(2).map(\.results) == [["gone": 1], ["gone": 1]])
      #expect(outcome.stderr.contains("lost: ") && outcome.stderr.contains("ended with status 1"))
      #expect(gone.map(Crowd.isAlive) == [false, false] && living.allSatisfy(Crowd.isAlive))

      // What is said of one target is no matter of two others.
      let roster = try policy("[roster]\nfile = \"x\"")
      let others = try run("audit", "--policy", roster, "dbname=a", "dbname=b")
      #expect(others.status == 64 && others.stderr.contains("[roster]"), "\(others.stderr)")
    }

    /// A variable that is not set is the failure of its target alone.
    @Test func oneTargetsVariableIsNoMatterOfTheOthers() throws {
      let path = try written(
        """
        [[target]]
        name = "shop"
        url_env = "SHOP"
        [[target]]
        name = "lost"
        url_env = "NOT_SET"
        """, to: "policy.toml")
      let environment = try ["SHOP": Crowd.uri()]
      for command in ["audit", "doctor", "terminate"] {
        let more = command == "terminate" ? ["--orphans"] : []
        let outcome = try Fixture.run(
          [command, "--policy", path, "--json"] + more, environment: environment)
        #expect(outcome.status == 2, "\(outcome.stderr)")
        #expect(outcome.stderr.contains("NOT_SET is not set"), "\(outcome.stderr)")
        let reports = try Fixture.json(outcome)["reports"]?.items ?? []
        #expect(reports.map { $0["failure"]?.keys.isEmpty } == [true, false])
      }
    }

    /// Nobody of theirs was heard: an application that is meant to be gone says so.
    @Test func anApplicationMayBeEmptied() throws {
      let clients = [try Crowd.client("vain.1"), try Crowd.client("gone.1")]
      _ = try roster("other.1")
      let path = try policy(
        """
        trust = "roster"
        [roster]
        file = "ps.json"
        covers = ["vain.*", "gone.*"]
        [[application]]
        match = "gone.*"
        allow_empty = true
        """)
      let outcome = try run("terminate", "--policy", path, "--execute", "--json")
      #expect(try Fixture.json(outcome).results == ["gone": 1], "\(outcome.stderr)")
      let again = try run("terminate", "--policy", path, "--execute", "--quiet")
      #expect(
        again.status == 3 && again.stderr.contains("1 orphan (vain.1) would leave its"),
        "\(again.status) \(again.stdout) \(again.stderr)")
      #expect(clients.map(Crowd.isAlive) == [true, false])
    }

    @Test func wrongFilesDoNothing() throws {
      let missing = try run("audit", "--policy", folder.path("none.toml"))
      #expect(missing.status == 66)
      let wrong = try policy("stale_aftr = \"1h\"\ntrust = \"rooster\"")
      for command in ["audit", "doctor", "terminate"] {
        let outcome = try run(command, "--policy", wrong)
        #expect(outcome.status == 65, "\(outcome.stderr)")
        #expect(
          outcome.stderr.contains("policy.toml, line 4, defaults.stale_aftr: is no known key"))
        #expect(outcome.stderr.contains("policy check"))
        #expect(outcome.stdout.isEmpty)
      }
      // The password is neither shown nor used.
      let secret = try written(
        "[[target]]\nname = \"a\"\nconninfo = \"postgres://u:geheim@h/d\"", to: "secret.toml")
      for command in [["audit", "--policy"], ["policy", "check"], ["policy", "show"]] {
        let outcome = try Fixture.run(command + [secret])
        #expect(outcome.status == 65 && outcome.stderr.contains("holds a password"))
        #expect(!(outcome.stderr + outcome.stdout).contains("geheim"))
      }
      // Whoever may change it could end what he likes.
      let open = try policy("trust = \"roster\"")
      for (file, folders) in [(0o666, 0o700), (0o644, 0o777)] {
        chmod(open, mode_t(file))
        chmod(folder.path("."), mode_t(folders))
        let anyones = try run("terminate", "--policy", open)
        #expect(anyones.status == 65 && anyones.stderr.contains("chmod o-w"), "\(anyones.stderr)")
      }
      // Also by a link from elsewhere, and in a folder below.
      let elsewhere = TemporaryFolder()
      #expect(symlink(open, elsewhere.path("link.toml")) == 0)
      #expect(mkdir(folder.path("below"), 0o755) == 0)
      for path in [elsewhere.path("link.toml"), try written("[defaults]", to: "below/policy.toml")]
      {
        let anyones = try run("terminate", "--policy", path)
        #expect(anyones.status == 65 && anyones.stderr.contains("chmod o-w"), "\(anyones.stderr)")
      }
      chmod(folder.path("."), 0o700)
      for key in ["log", "metrics"] {
        let itself = try policy("\(key) = \"./policy.toml\"")
        let outcome = try run("terminate", "--policy", itself, "--orphans")
        #expect(outcome.status == 65 && outcome.stderr.contains("is the policy file itself"))
      }
      let unset = try written("[[target]]\nname = \"a\"\nurl_env = \"NOT_SET\"", to: "unset.toml")
      let notSet = try run("audit", "--policy", unset)
      #expect(
        notSet.status == 64 && notSet.stderr.contains("NOT_SET is not set"), "\(notSet.stderr)")
    }
  }
}
