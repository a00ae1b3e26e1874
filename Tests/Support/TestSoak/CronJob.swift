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

/// The job: `terminate --policy FILE --execute --quiet` as cron starts it, over and over.
final class CronJob: Sendable {
  /// One run of the program.
  struct Run: Sendable {
    /// What it might end by the look right before it, and by the one right after it if it is still
    /// there; those aside whose family's list had grown old meanwhile.
    let endable: Set<SessionKey>
    /// Those.
    let spared: Set<SessionKey>
    let outcome: ProcessOutcome
  }

  let log: String
  private let policy: String
  private let executable: String
  private let form: SoakForm
  private let platform: Platform
  private let witness: Witness
  private let state = Mutex<[Run]>([])

  /// - Parameter folder: where its policy and its log are to be.
  init(
    _ executable: String, on server: ThrowawayServer, _ form: SoakForm, _ platform: Platform,
    _ witness: Witness, in folder: String
  ) throws {
    (self.executable, self.form) = (executable, form)
    (self.platform, self.witness) = (platform, witness)
    (log, policy) = ("\(folder)/terminate.log", "\(folder)/policy.toml")
    let text = Self.policy(server, form, platform, log)
    try Data(text.utf8).write(to: URL(filePath: policy))
  }

  var runs: [Run] { state.withLock { $0 } }

  /// Runs at every full interval until told to stop.
  func start(until isOver: @escaping @Sendable () -> Bool) -> Background<Void> {
    Background { [self] in
      while !isOver() {
        let next = ContinuousClock.now + form.interval
        try run()
        while ContinuousClock.now < next && !isOver() { usleep(5_000) }
      }
    }
  }

  private func run() throws {
    let began = Moment.now
    let before = try witness.look().endable
    let outcome = try ChildProcess.run(
      executable, ["terminate", "--policy", policy, "--execute", "--quiet"])
    let after = try witness.look()
    let endable = witness.sessions(
      of: before.filter { after.endable.contains($0) || !after.left.contains($0) })
    // A list that lacks one that was heard is not believed of its family.
    let newcomers = platform.families(begunSince: began.serverTime)
    let spared = endable.filter { newcomers.contains(TestName.family(of: $0.value.name)) }
    let run = Run(
      endable: Set(endable.keys).subtracting(spared.keys), spared: Set(spared.keys),
      outcome: outcome)
    state.withLock { $0.append(run) }
  }

  private static func policy(
    _ server: ThrowawayServer, _ form: SoakForm, _ platform: Platform, _ log: String
  ) -> String {
    func milliseconds(_ duration: Duration) -> String { "\(Int(duration / .milliseconds(1)))ms" }
    return """
      [defaults]
      trust = "declared"
      restart_grace = "\(milliseconds(form.grace))"
      stale_after = "\(milliseconds(form.stale))"
      clock_tolerance = "\(milliseconds(form.tolerance))"
      log = "\(log)"

      [[target]]
      name = "shop"
      conninfo = "\(server.uri(user: "janitor", database: "shop"))"
      [target.roster]
      command = ["cat", "\(platform.dynosFile)"]

      [[target]]
      name = "ledger"
      conninfo = "\(server.uri(user: "janitor", database: "ledger"))"
      [target.roster]
      command = ["cat", "\(platform.podsFile)"]
      [[target.application]]
      match = ""
      instances = \(form.toldInstances)

      [[application]]
      match = "celery@*"
      trust = "inferred"

      """
  }
}
