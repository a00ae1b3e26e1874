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

/// The job: for each database the program as cron starts it, over and over, with a list of who is
/// alive that was fetched right before.
final class CronJob: Sendable {
  /// One run of the program.
  struct Run: Sendable {
    let database: String
    /// What it might end by the look right before it, those aside whose family's list had grown old
    /// before the run was over.
    let endable: Set<SessionKey>
    /// The same with them.
    let spared: Set<SessionKey>
    /// Seconds since 1970.
    let began: Double
    let outcome: ProcessOutcome
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
        for database in ["shop", "ledger"] { try run(in: database) }
        while ContinuousClock.now < next && !isOver() { usleep(5_000) }
      }
    }
  }

  private func run(in database: String) throws {
    let listed = Moment.now
    let roster = "\(folder)/\(database).json"
    let text = database == "shop" ? platform.dynos() : platform.pods()
    try Data(text.utf8).write(to: URL(filePath: roster))
    let mine = Set(Application.allCases.filter { $0.database == database })
    let look = try witness.look()
    let known = witness.sessions(of: look.endable).filter { mine.contains($0.value.application) }
    let began = Moment.now.wall
    let outcome = try ChildProcess.run(executable, arguments(database, roster))
    let newcomers = platform.families(begunSince: listed.serverTime)
    let isSpared = { (session: TrueSession) in
      newcomers.contains(TestName.family(of: session.name))
    }
    let run = Run(
      database: database, endable: Set(known.filter { !isSpared($0.value) }.keys),
      spared: Set(known.filter { isSpared($0.value) }.keys), began: began, outcome: outcome)
    state.withLock { $0.append(run) }
  }

  private func arguments(_ database: String, _ roster: String) -> [String] {
    func milliseconds(_ duration: Duration) -> String { "\(Int(duration / .milliseconds(1)))ms" }
    return [
      "terminate", "--orphans", "--trust", "inferred", "--live", roster, "--restart-grace",
      milliseconds(form.grace), "--stale-after", milliseconds(form.stale), "--clock-tolerance",
      milliseconds(form.tolerance), "--execute", "--yes", "--quiet", "--log=\(log)",
    ] + (database == "ledger" ? ["--instances", "=\(Application.django.instances)"] : [])
      + [server.uri(user: "janitor", database: database)]
  }
}
