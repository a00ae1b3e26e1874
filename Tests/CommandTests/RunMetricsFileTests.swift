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
  /// `terminate --metrics FILE`: whatever comes of a run is told, and read by Prometheus's own parser.
  @Suite(.serialized, .sideBySide, .crowd)
  struct RunMetricsFileTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.path("run.prom") }

    /// The samples of the file: `NAME{labels but target}` of each target.
    private func read() throws -> [String: [String: Double]] {
      var found: [String: [String: Double]] = [:]
      let families = try PythonReader.metrics.read(folder.bytes("run.prom"))["families"]?.items
      for sample in (families ?? []).flatMap({ $0["samples"]?.items ?? [] }) {
        guard case .object(let labels)? = sample["labels"],
          case .number(let value)? = sample["value"], let name = sample["name"]?.text
        else { throw SupportError("no sample: \(sample)") }
        let others = labels.filter { $0.key != "target" && $0.value.text?.isEmpty == false }
          .map { $0.value.text ?? "" }.sorted().joined(separator: ",")
        found[labels["target"]?.text ?? "", default: [:]][
          name.replacing("pgsessions_terminate_", with: "") + (others.isEmpty ? "" : " " + others)] =
          value
      }
      return found
    }

    private func ending(_ name: String, _ more: String...) -> [String] {
      Crowd.ending(name, "--metrics", path) + more
    }

    private func files() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder.path("."))
    }

    private var target: String {
      get throws { "boss@127.0.0.1:\(try Crowd.server.get().port)/shop" }
    }

    @Test func aRunIsTold() throws {
      let victims = try Crowd.clients("told", 3)
      let before = Date().timeIntervalSince1970
      let outcome = try Crowd.run(ending("told", "--max", "2", "--json"))
      #expect(outcome.status == 0 && victims.count == 3, "\(outcome.stderr)")
      let run = try #require(try read()[try target])
      let results = run.filter { $0.key.hasPrefix("sessions ") }
      #expect(
        results == [
          "sessions gone": 2, "sessions survived": 0, "sessions changed": 0,
          "sessions already_gone": 0, "sessions refused": 0, "sessions not_attempted": 0,
          "sessions over_max": 1,
        ])
      #expect(run["run_success"] == 1 && run["exit_status"] == 0 && run["selected"] == 2)
      #expect(run["orphans"] == 0 && run["hidden_sessions"] == 0)
      let moment = try #require(run["run_timestamp_seconds"])
      #expect(moment >= before - 1 && moment <= Date().timeIntervalSince1970 + 1)
      #expect(run["last_success_timestamp_seconds"] == moment)
      let took = try #require(run["run_duration_seconds"])
      #expect(took > 0 && took < outcome.wallSeconds)
      #expect(try files() == ["run.prom"])

      // A failure keeps when the last success was.
      let holder = try Crowd.client("lock-holder")
      try holder.execute("SELECT pg_advisory_lock(1885827941, 1936943471)")
      #expect(try Crowd.run(ending("told")).status == 75)
      let held = try #require(try read()[try target])
      #expect(held["run_success"] == 0 && held["exit_status"] == 75)
      #expect(held["last_success_timestamp_seconds"] == moment)
      #expect(held["sessions not_attempted"] == 1 && held["sessions gone"] == 0)
      #expect(held["run_failure unknown"] == 1)
      #expect(try #require(held["run_timestamp_seconds"]) > moment)
      try holder.execute("SELECT pg_advisory_unlock_all()")

      // And a run that has nothing to do is one.
      #expect(try Crowd.run(ending("nobody-of-that-name")).status == 0)
      let idle = try #require(try read()[try target])
      #expect(idle["run_success"] == 1 && idle["sessions gone"] == 0 && idle["selected"] == 0)
      #expect(try #require(idle["last_success_timestamp_seconds"]) > moment)
      #expect(idle["run_failure unknown"] == nil)
    }

    /// The one who collects them is another user, whatever our umask; and who has set another mode
    /// has a reason.
    @Test func othersMayReadIt() throws {
      let program = try Build.executable("pgsessions")
      let arguments = try ending("nobody-of-that-name") + [Crowd.uri()]
      let outcome = try ChildProcess.run(
        "sh", ["-c", "umask 077; exec \"$0\" \"$@\"", program] + arguments)
      #expect(outcome.status == 0, "\(outcome.stderr)")
      #expect(try mode() == 0o644)
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
      #expect(try Crowd.run(ending("nobody-of-that-name")).status == 0)
      #expect(try mode() == 0o640)
    }

    private func mode() throws -> Int? {
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      return attributes[.posixPermissions].flatMap { Int("\($0)") }
    }

    @Test func aBreakerAndARefusalAreTold() throws {
      let victims = try Crowd.clients("shared", 12)
      let breaker =
        ending("shared").filter { $0 != "--max-share" && $0 != "100" } + ["--max-share", "1"]
      #expect(try Crowd.run(breaker).status == 3)
      var run = try #require(try read()[try target])
      #expect(run["breaker max_share"] == 1 && run["exit_status"] == 3 && run["run_success"] == 0)
      #expect(run["last_success_timestamp_seconds"] == nil && victims.allSatisfy(Crowd.isAlive))

      let refused = "postgresql://boss@127.0.0.1:1/shop"
      #expect(try Crowd.run(ending("shared"), at: refused).status == 69)
      run = try #require(try read()["boss@127.0.0.1:1/shop"])
      #expect(run["run_failure unreachable"] == 1 && run["sessions gone"] == 0)
      // Of sessions that nobody has seen nothing is said.
      #expect(run["orphans"] == nil && run["selected"] == nil && run["hidden_sessions"] == nil)
    }

    /// A roster that is not there is the likeliest of all failures of a cron job.
    @Test func whatKeepsARunFromBeginningIsToldToo() throws {
      let target = try target
      let roster = ["--live", folder.path("none.json")]
      #expect(try Crowd.run(ending("anybody") + roster).status == 66)
      #expect(try read()[target]?["exit_status"] == 66)
      #expect(try Crowd.run(ending("anybody", "--log", folder.path("none/log"))).status == 73)
      #expect(try read()[target]?["exit_status"] == 73)
    }

    @Test func eachTargetIsTold() throws {
      let victim = try Crowd.client("one-of-two", database: "ledger")
      let others = ["postgresql://boss@127.0.0.1:1/shop", try Crowd.uri()]
      let outcome = try Crowd.run(
        ending("one-of-two", "--json") + others, at: Crowd.uri(database: "ledger"))
      #expect(outcome.status == 2, "\(outcome.stderr)")
      let runs = try read()
      let port = try Crowd.server.get().port
      #expect(runs["boss@127.0.0.1:1/shop"]?["exit_status"] == 69)
      let own = try #require(runs[try target])
      #expect(own["exit_status"] == 0 && own["sessions gone"] == 0)
      #expect(runs["boss@127.0.0.1:\(port)/ledger"]?["sessions gone"] == 1)
      #expect(runs.count == 3 && !Crowd.isAlive(victim))
    }

    @Test func anInterruptedRunIsTold() throws {
      let victims = try Crowd.clients("cut-short", 2)
      let gate = try Gate(
        port: Crowd.server.get().port, before: "terminate/signal", occurrence: 2)
      let process = try Crowd.start(ending("cut-short"), at: Crowd.uri(port: gate.port))
      try gate.waitUntilReached()
      try process.signalAndSeeTaken(SIGTERM)
      gate.open()
      #expect(try process.wait().status == 143)
      let run = try #require(try read()["boss@127.0.0.1:\(gate.port)/shop"])
      #expect(run["exit_status"] == 143 && run["sessions gone"] == 2 && victims.count == 2)
    }

    /// Found before anybody is signalled.
    @Test func whatCantBeCreatedEndsNobody() throws {
      let victim = try Crowd.client("unmeasured")
      try FileManager.default.createDirectory(
        atPath: folder.path("folder"), withIntermediateDirectories: true)
      let made = try ChildProcess.run("mkfifo", [folder.path("fifo")])
      #expect(made.status == 0)
      for path in ["missing/run.prom", "folder", "fifo"].map(folder.path) + ["/dev/full"] {
        let outcome = try Crowd.run(Crowd.ending("unmeasured", "--metrics", path))
        #expect(outcome.status == 73 && outcome.stderr.contains("--metrics \(path)"))
      }
      // By whatever name, and whether it is there or not.
      try FileManager.default.createSymbolicLink(
        atPath: folder.path("link"), withDestinationPath: "folder/..")
      for option in ["-o", "--log"] {
        for round in 1...3 {
          let outcome = try Crowd.run(ending("unmeasured", option, folder.path("link/run.prom")))
          #expect(outcome.status == 73, "\(outcome.stderr)")
          #expect(outcome.stderr.contains("\(option) and --metrics name the same file"))
          // The first time neither was there, and nothing was made.
          if round == 1 {
            #expect(try !files().contains("run.prom"))
            try folder.write("before\n", to: "run.prom")
          }
        }
        #expect(try folder.read("run.prom") == "before\n")
        try FileManager.default.removeItem(atPath: path)
      }
      for words in [["--metrics", ""], ["--metrics", "-"]] {
        #expect(try Crowd.run(Crowd.ending("unmeasured") + words).status == 64)
      }
      #expect(Crowd.isAlive(victim))
    }

    /// What was done is done; what was told before stays as it was.
    @Test func aFullDiskIsSaid() throws {
      let victim = try Crowd.client("unwritable")
      usleep(30_000)
      try folder.write("before\n", to: "run.prom")
      let program = try Build.executable("pgsessions")
      let arguments = try ending("unwritable") + [Crowd.uri()]
      let outcome = try ChildProcess.run(
        "sh", ["-c", "ulimit -f 0; exec \"$0\" \"$@\"", program] + arguments)
      #expect(outcome.status == 74 && !Crowd.isAlive(victim))
      #expect(outcome.stderr.contains("run.prom could not be written: File too large"))
      #expect(outcome.stdout.contains("1 ended and seen to be gone"))
      #expect(try folder.read("run.prom") == "before\n" && files() == ["run.prom"])
    }

    /// It says what would be done, and alerts are about what was.
    @Test func aDryRunTellsNobody() throws {
      let dry = ending("nobody", "--hook", "touch \(folder.path("called"))")
        .filter { $0 != "--execute" }
      #expect(try Crowd.run(dry).status == 0)
      #expect(try files().isEmpty)
    }
  }
}
