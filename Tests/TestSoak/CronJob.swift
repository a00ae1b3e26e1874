import Synchronization
import TestOracle
import TestStress
import TestSupport

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

/// The job: the program as cron starts it, three lines of a crontab, one after the other and over
/// and over, with a list of who is alive that was fetched right before.
final class CronJob: Sendable {
  /// One run of the program.
  struct Run: Sendable {
    /// What it might end by the look right before it, those aside whose family's list had grown old
    /// before the run was over.
    let endable: Set<SessionKey>
    /// The same with them.
    let spared: Set<SessionKey>
    let outcome: ProcessOutcome
  }

  /// One line of the crontab.
  private enum Line: CaseIterable {
    /// What `heroku ps --json` tells.
    case dynos
    /// What names tell.
    case names
    /// What `kubectl get pods -o json` tells, and how many may run.
    case pods

    var applications: Set<Application> {
      switch self {
      case .dynos: [.web, .worker]
      case .names: [.celery]
      case .pods: [.api, .django]
      }
    }

    var database: String { self == .pods ? "ledger" : "shop" }
  }

  let log: String
  private let folder: String
  private let executable: String
  private let server: ThrowawayServer
  private let form: SoakForm
  private let platform: Platform
  private let witness: Witness
  private let state = Mutex<[Run]>([])

  init(
    _ executable: String, on server: ThrowawayServer, _ form: SoakForm, _ platform: Platform,
    _ witness: Witness
  ) throws {
    (self.executable, self.server, self.form) = (executable, server, form)
    (self.platform, self.witness) = (platform, witness)
    folder = FileManager.default.temporaryDirectory.path + "/pgsessions-soak-\(UUID().uuidString)"
    log = folder + "/terminate.log"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  var runs: [Run] { state.withLock { $0 } }

  /// Runs at every full interval until told to stop.
  func start(until isOver: @escaping @Sendable () -> Bool) -> Background<Void> {
    Background { [self] in
      while !isOver() {
        let next = ContinuousClock.now + form.interval
        for line in Line.allCases { try run(line) }
        while ContinuousClock.now < next && !isOver() { usleep(5_000) }
      }
    }
  }

  private func run(_ line: Line) throws {
    let listed = Moment.now
    let roster = "\(folder)/roster.json"
    let text = line == .dynos ? platform.dynos() : platform.pods()
    try Data(text.utf8).write(to: URL(filePath: roster))
    let look = try witness.look()
    let known = witness.sessions(of: look.endable)
      .filter { line.applications.contains($0.value.application) }
    let outcome = try ChildProcess.run(executable, arguments(line, roster))
    // A list that lacks one that was heard is not believed of its family.
    let newcomers = platform.families(begunSince: listed.serverTime)
    let isSpared = { (session: TrueSession) in
      newcomers.contains(TestName.family(of: session.name))
    }
    let run = Run(
      endable: Set(known.filter { !isSpared($0.value) }.keys),
      spared: Set(known.filter { isSpared($0.value) }.keys), outcome: outcome)
    state.withLock { $0.append(run) }
  }

  private func arguments(_ line: Line, _ roster: String) -> [String] {
    func milliseconds(_ duration: Duration) -> String { "\(Int(duration / .milliseconds(1)))ms" }
    let told =
      switch line {
      case .dynos: ["--live", roster]
      case .names: ["--trust", "inferred", "--application", "celery@*"]
      case .pods: ["--live", roster, "--instances", "=\(Application.django.instances)"]
      }
    return ["terminate", "--orphans"] + told + [
      "--restart-grace", milliseconds(form.grace), "--stale-after", milliseconds(form.stale),
      "--clock-tolerance", milliseconds(form.tolerance), "--execute", "--yes", "--quiet",
      "--log=\(log)", server.uri(user: "janitor", database: line.database),
    ]
  }
}
