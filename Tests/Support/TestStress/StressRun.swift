import PostgresClient
import TestRandom
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Sessions that flip between idle and active at random, on a server of their own, while sweeps
/// end what has been idle for longer than a threshold, over and over. None may be ended that is
/// busy or was used of late.
public struct StressRun {
  private let name: String
  private let form: StressForm
  private let sweeper: Sweeper
  private let reconnecting: Bool
  private let endsAtFirstFailure: Bool

  /// - Parameters:
  ///   - reconnecting: clients also leave and come again, where possible on a server whose pids
  ///     are used again at once.
  ///   - endsAtFirstFailure: for a sweeper that is to be found guilty: it is enough once it is.
  public init(
    _ name: String, _ form: StressForm, _ sweeper: Sweeper, reconnecting: Bool = false,
    endsAtFirstFailure: Bool = false
  ) {
    (self.name, self.form, self.sweeper) = (name, form, sweeper)
    (self.reconnecting, self.endsAtFirstFailure) = (reconnecting, endsAtFirstFailure)
  }

  public func run() throws -> StressResult {
    try Descriptors.allow(form.flippers + form.stale * 2 + 200)
    let obstacle = reconnecting ? PidNamespace.obstacle : nil
    // Room for sessions that have been ended and not left yet, while others come.
    let connections = form.flippers + form.stale * 3 + 100
    let server = try ThrowawayServer(
      settings: ServerLog.settings.merging([
        "max_connections": "\(connections)", "shared_buffers": "64MB",
      ]) { $1 }, reusesPids: reconnecting && obstacle == nil)
    defer { server.remove() }
    for sql in [
      "CREATE ROLE app LOGIN", "GRANT pg_monitor, pg_signal_backend TO app",
      "CREATE DATABASE shop OWNER app",
    ] {
      try server.execute(sql)
    }
    var seeds = Seeded.printed(name)
    let ledger = Ledger()
    let stop = try StopSign()
    let herd = Herd(
      server.parameters(user: "app", database: "shop", application: "stale"), size: form.stale,
      ledger, stop)
    var result = StressResult(name: name, seed: seeds.seed, form: form)
    var threads = herd.start()
    let started = ContinuousClock.now
    threads += (0..<form.flippers).map { number in
      startFlipper(number, on: server, ledger, stop, seed: seeds.next())
    }
    let swept = Result {
      while !isEnough(result, ledger, since: started) {
        result.add(try sweepOnce(server, herd))
      }
    }
    result.elapsed = started.duration(to: .now)
    stop.give()
    for thread in threads { try thread.value() }
    try swept.get()
    // Before the server stops, which would end sessions too.
    result.judge(ledger.entries, try ServerLog(of: server))
    if reconnecting { result.notePids(ledger.entries, obstacle: obstacle) }
    return result
  }

  private func startFlipper(
    _ number: Int, on server: ThrowawayServer, _ ledger: Ledger, _ stop: StopSign, seed: UInt64
  ) -> Background<Void> {
    let flipper = Flipper(
      parameters: server.parameters(
        user: "app", database: "shop", application: "flipper-\(number)",
        viaTCP: number.isMultiple(of: 2)),
      ledger: ledger, stop: stop,
      habits: Habits(
        threshold: form.threshold, reconnects: reconnecting, random: Seeded(seed: seed)))
    return Background { [flipper] in
      var flipper = flipper
      flipper.run()
    }
  }

  private func isEnough(
    _ result: StressResult, _ ledger: Ledger, since started: ContinuousClock.Instant
  ) -> Bool {
    let elapsed = started.duration(to: .now)
    if elapsed > max(form.atLeast * 4, .seconds(60)) { return true }
    let entries = ledger.entries
    if endsAtFirstFailure {
      return entries.endings.contains { $0.idle < form.threshold }
    }
    return elapsed >= form.atLeast && entries.flips >= form.flips
      && result.sweeps >= form.sweeps
      && entries.endings.contains { $0.idle >= form.threshold }
  }

  private func sweepOnce(
    _ server: ThrowawayServer, _ herd: Herd
  ) throws -> (sweep: Sweep, stale: Int, took: Duration) {
    let stale = try herd.waitForStale(form.threshold)
    let began = ContinuousClock.now
    var sweep = try sweeper.sweep(server, idleLongerThan: form.threshold)
    let took = began.duration(to: .now)
    herd.forget(sweep.ended)
    let missed = stale.subtracting(sweep.ended).count
    if missed > 0 { sweep.complaints.append("\(missed) stale sessions were not ended") }
    return (sweep, stale.count - missed, took)
  }
}
