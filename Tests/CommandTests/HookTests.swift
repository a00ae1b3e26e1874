import TestJSON
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

extension Faults {
  /// `terminate --hook COMMAND`: it hears of what is worth it, and can neither hang nor fail a run.
  @Suite(.serialized, .sideBySide, .crowd)
  struct HookTests {
    private let folder = TemporaryFolder()

    /// A command that keeps what it was told.
    private var keeping: String {
      "cat > '\(folder.path("json"))'; echo $PGSESSIONS_EXIT_STATUS > '\(folder.path("status"))'"
    }

    /// What the hook was told, with the status; nil where it was not called.
    private func told() throws -> (json: JSON, status: String)? {
      guard let bytes = try? folder.bytes("json") else { return nil }
      ProducedJSON.keep(bytes, from: #fileID)
      let status = try folder.read("status").filter { $0 != "\n" }
      for name in ["json", "status"] {
        try FileManager.default.removeItem(atPath: folder.path(name))
      }
      return (try JSON(text: String(decoding: bytes, as: UTF8.self)), status)
    }

    private func ending(_ name: String, _ more: String...) -> [String] {
      Crowd.ending(name, "--quiet", "--hook", keeping) + more
    }

    @Test func hearsOfSessionsThatWereEnded() throws {
      let victims = try Crowd.clients("hooked", 2)
      let outcome = try Crowd.run(ending("hooked"))
      #expect(outcome.status == 0 && outcome.stderr.isEmpty && victims.count == 2)
      let (json, status) = try #require(try told())
      #expect(json["schema"]?.text == "pgsessions/termination/1" && status == "0")
      #expect(json.results == ["gone": 2] && json["executed"] == .bool(true))
      #expect(json["plan"]?["selected"]?.items.count == 2)
    }

    @Test func hearsNothingWhereThereIsNothingToSay() throws {
      let outcome = try Crowd.run(ending("nobody-of-that-name"))
      #expect(outcome.status == 0 && outcome.stdout.isEmpty && outcome.stderr.isEmpty)
      #expect(try told() == nil)
    }

    @Test func hearsOfFailures() throws {
      let victims = try Crowd.clients("spared-by", 12)
      let breaker = ending("spared-by").filter { $0 != "--max-share" && $0 != "100" }
      #expect(try Crowd.run(breaker + ["--max-share", "1"]).status == 3)
      var said = try #require(try told())
      #expect(said.status == "3" && said.json["breaker"]?.text == "max_share")

      #expect(try Crowd.run(ending("spared-by"), at: "postgresql://a@127.0.0.1:1/b").status == 69)
      said = try #require(try told())
      #expect(said.status == "69" && said.json["failure"]?["kind"]?.text == "unreachable")

      #expect(try Crowd.run(ending("spared-by", "--live", folder.path("none"))).status == 66)
      said = try #require(try told())
      #expect(said.status == "66")
      #expect(said.json["failure"]?["message"]?.text?.contains("No such file") == true)

      let holder = try Crowd.client("lock-holder")
      try holder.execute("SELECT pg_advisory_lock(1885827941, 1936943471)")
      #expect(try Crowd.run(ending("spared-by")).status == 75)
      said = try #require(try told())
      #expect(said.status == "75" && said.json.results == ["not_attempted": 12])
      #expect(victims.allSatisfy(Crowd.isAlive))
    }

    @Test func hearsOfSeveralTargetsAtOnce() throws {
      let victim = try Crowd.client("hooked-of-two")
      let others = ["postgresql://boss@127.0.0.1:1/shop"]
      #expect(try Crowd.run(ending("hooked-of-two") + others).status == 2)
      let (json, status) = try #require(try told())
      #expect(json["schema"]?.text == "pgsessions/fleet/1" && status == "2")
      #expect(json["reports"]?.items.map(\.results) == [[:], ["gone": 1]])
      #expect(!Crowd.isAlive(victim))
    }

    /// A policy file says it once; paths in it are beside it.
    @Test func aPolicyFileNamesItAndTheMetrics() throws {
      let victim = try Crowd.client("by-policy")
      try folder.write(
        """
        [defaults]
        metrics = "run.prom"
        [hook]
        command = ["sh", "-c", 'cat > "$0"; echo $PGSESSIONS_EXIT_STATUS > "$1"; exit 5',
                   "\(folder.path("json"))", "\(folder.path("status"))"]
        timeout = "20s"
        """, to: "policy.toml")
      let arguments = Crowd.ending("by-policy", "--quiet", "--policy", folder.path("policy.toml"))
      #expect(try Crowd.run(arguments.filter { $0 != "--execute" }).status == 0)
      #expect(try told() == nil && (try? folder.bytes("run.prom")) == nil)
      let outcome = try Crowd.run(arguments)
      #expect(outcome.status == 0 && !Crowd.isAlive(victim))
      #expect(outcome.stderr == "pgsessions: warning: the hook ended with status 5\n")
      let (json, status) = try #require(try told())
      #expect(status == "0" && json.results == ["gone": 1])
      #expect(try folder.read("run.prom").contains("result=\"gone\"} 1\n"))
      // An option goes before it.
      #expect(try Crowd.run(ending("nobody", "--live", "/none") + arguments.suffix(2)).status == 66)
      #expect(try #require(try told()).status == "66")
    }

    /// Cron mails what is printed: nothing of one that went well, the end of one that did not.
    @Test func whatItPrintsIsSaidWhereItFails() throws {
      let victims = try Crowd.clients("printing", 2)
      let good = try Crowd.run(
        Crowd.ending("printing", "--quiet", "--max", "1", "--hook", "echo sent; echo well >&2"))
      #expect(good.status == 0 && good.stderr.isEmpty)
      #expect(good.stdout.hasPrefix("gone ") && good.stdout.split(separator: "\n").count == 1)
      let bad = try Crowd.run(
        Crowd.ending(
          "printing", "--quiet", "--hook",
          "seq 90 99; printf '\\033[31mpostgresql://u:geheim@h/d\\n'; exit 7"))
      #expect(bad.status == 0 && bad.stdout.hasPrefix("gone ") && victims.count == 2)
      #expect(
        bad.stderr == """
          pgsessions: warning: the hook ended with status 7
            96
            97
            98
            99
            \\x1B[31mpostgresql://u:***@h/d

          """)
    }

    @Test(arguments: [
      "sleep 60", "trap '' TERM; sleep 60", "sleep 60 & wait", "(sleep 60) & exit 0", "yes",
      "cat /dev/tty",
    ])
    func cannotHangTheRun(_ command: String) throws {
      let victim = try Crowd.client("hanging-hook")
      let outcome = try Crowd.run(
        Crowd.ending("hanging-hook", "--hook", command, "--hook-timeout", "400ms"))
      #expect(outcome.status == 0 && !Crowd.isAlive(victim), "\(outcome.stderr)")
      #expect(outcome.wallSeconds < 15)
      if command != "cat /dev/tty" {
        #expect(
          outcome.stderr.hasPrefix(
            "pgsessions: warning: the hook was not done after 400ms, and was ended\n"))
      }
    }

    /// Whatever it does with its stdin, which holds more than a pipe does.
    @Test func needNotListen() throws {
      let clients = try Crowd.clients("crowd-of-hook", 150)
      for command in ["exit 0", "exec <&-; sleep 0.2", "head -c 20 > /dev/null; sleep 0.2"] {
        let victim = try Crowd.client("unheard")
        let outcome = try Crowd.run(Crowd.ending("unheard", "--quiet", "--hook", command))
        #expect(outcome.status == 0 && outcome.stderr.isEmpty && !Crowd.isAlive(victim))
      }
      #expect(clients.count == 150)
    }

    @Test func hasNoPasswordAndNothingOfOurs() throws {
      let victim = try Crowd.client("secretive")
      usleep(30_000)
      let port = try Crowd.server.get().port
      let uri = "postgresql://boss:geheim@127.0.0.1:\(port)/shop?sslmode=disable"
      let folder = folder
      let hook =
        "env | sort > '\(folder.path("env"))'; ls /proc/self/fd > '\(folder.path("fds"))'; "
        + "tr '\\0' ' ' < /proc/$PPID/environ > /dev/null"
      let program = try Build.executable("pgsessions")
      // As under flock(1), with a descriptor of its own.
      let outcome = try ChildProcess.run(
        "sh",
        ["-c", "exec 9> '\(folder.path("lock"))'; exec \"$0\" \"$@\"", program]
          + Crowd.ending(
            "secretive", "--url-env", "SHOP", "--hook", hook, "--log", folder.path("log")),
        environment: ChildProcess.plainEnvironment.merging([
          "SHOP": uri, "PGPASSWORD": "geheim-pw", "OTHER_URL": uri, "TOKEN": "for-the-hook",
          "CONNINFO": "host=h Password=geheim", "PGSESSIONS_EXIT_STATUS": "old",
          "DB_PASS": "geheim-pw", "SERVICES": #"{"db":"postgres:\/\/u:geheim@h"}"#,
        ]) { $1 })
      #expect(outcome.status == 0 && !Crowd.isAlive(victim), "\(outcome.stderr)")
      let environment = try folder.read("env")
      #expect(!environment.contains("geheim"), "\(environment)")
      #expect(environment.contains("\nTOKEN=for-the-hook\n") && environment.contains("PATH="))
      #expect(environment.contains("PGSESSIONS_EXIT_STATUS=0\n"))
      // The fourth is the folder that ls reads.
      #expect(try folder.read("fds") == "0\n1\n2\n3\n")
    }

    /// The run is over, reported and counted: what comes then ends the hook alone.
    @Test(arguments: [2, 15])
    func aSignalEndsIt(_ number: Int32) throws {
      let victim = try Crowd.client("signalled-hook")
      let process = try Crowd.start(
        Crowd.ending(
          "signalled-hook", "--quiet", "--hook-timeout", "50s", "--hook",
          "echo $$ > '\(folder.path("pid"))'; sleep 60"))
      try Crowd.poll("the hook to begin") { (try? folder.read("pid"))?.isEmpty == false }
      process.signal(number)
      let outcome = try process.wait()
      #expect(outcome.termination == .exited(0) && outcome.wallSeconds < 20)
      #expect(outcome.stderr == "pgsessions: warning: the hook was interrupted\n")
      #expect(outcome.stdout.hasPrefix("gone ") && !Crowd.isAlive(victim))
    }

    /// A run that was interrupted before it is told of like any other.
    @Test func hearsOfAnInterruptedRun() throws {
      let victims = try Crowd.clients("interrupted-hook", 3)
      let gate = try Gate(
        port: Crowd.server.get().port, before: "terminate/signal", occurrence: 2)
      let process = try Crowd.start(ending("interrupted-hook"), at: Crowd.uri(port: gate.port))
      try gate.waitUntilReached()
      try process.signalAndSeeTaken(SIGINT)
      gate.open()
      #expect(try process.wait().status == 130)
      let (json, status) = try #require(try told())
      #expect(status == "130" && json.results == ["gone": 2, "not_attempted": 1])
      #expect(victims.count == 3)
    }

    @Test(arguments: [
      ["--hook", " "], ["--hook-timeout", "5s"], ["--hook", "a", "--hook-timeout", "5"],
    ])
    func wrongOptionsAreRefused(_ options: [String]) throws {
      #expect(try Crowd.run(Crowd.ending("nobody") + options).status == 64)
    }
  }
}
