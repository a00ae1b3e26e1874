import OperatingSystem
import PostgresClient
import Synchronization
import TestJSON
import TestRandom
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

/// A simulated week on a server of its own, with the job running between or without.
public struct SoakRun {
  private let form: SoakForm
  private let executable: String?
  private let seed: UInt64

  /// - Parameter executable: the built program; nil for the control, which ends when the server has
  ///   no slot left.
  public init(_ form: SoakForm, executable: String?, seed: UInt64) {
    (self.form, self.executable, self.seed) = (form, executable, seed)
  }

  public func run() throws -> SoakResult {
    let server = try ThrowawayServer(
      settings: ServerLog.settings.merging([
        "max_connections": "\(form.maxConnections)", "superuser_reserved_connections": "3",
      ]) { $1 })
    defer { server.remove() }
    for sql in [
      "CREATE ROLE app LOGIN", "CREATE ROLE janitor LOGIN",
      "GRANT pg_monitor, pg_signal_backend TO janitor", "CREATE DATABASE shop",
      "CREATE DATABASE ledger",
    ] {
      try server.execute(sql)
    }
    let relay = try Relay(upstreamPort: server.port)
    defer { relay.stop() }
    let folder = FileManager.default.temporaryDirectory.path + "/soak-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try Stage(form, executable, seed, server, relay, folder).play()
  }
}

/// All that takes part in one week.
private final class Stage: Sendable {
  private let form: SoakForm
  private let seed: UInt64
  private let server: ThrowawayServer
  private let relay: Relay
  private let clock: SoakClock
  private let platform: Platform
  private let ledger = SoakLedger()
  private let witness: Witness
  private let job: CronJob?
  private let isOver = Mutex(false)

  init(
    _ form: SoakForm, _ executable: String?, _ seed: UInt64, _ server: ThrowawayServer,
    _ relay: Relay, _ folder: String
  ) throws {
    (self.form, self.seed, self.server, self.relay) = (form, seed, server, relay)
    clock = SoakClock(form: form, started: .now)
    let platform = Platform(in: folder)
    self.platform = platform
    let witness = try Witness(server, form, platform, ledger)
    self.witness = witness
    job = try executable.map {
      try CronJob($0, on: server, form, platform, witness, in: folder)
    }
  }

  func play() throws -> SoakResult {
    var result = SoakResult(form, seed: seed, hasJob: job != nil)
    var random = Seeded(seed: seed)
    let week = Week(form, random: &random)
    let director = Director(
      server, relay, clock, platform, ledger, random: Seeded(seed: random.next()))
    try director.beginAll()
    let watching = Background { [self] in try watch() }
    let working = job?.start { self.isOver.withLock { $0 } }
    let played = Result {
      try director.play(week) { self.mustEnd }
      if job == nil, ledger.entries.refusals > 0 { result.ranOut = clock.text(clock.elapsed) }
      if job != nil {
        try director.endTheWeek()
        try waitForTheLastRuns()
        try director.askAll()
      }
    }
    isOver.withLock { $0 = true }
    try working?.value(timeout: .seconds(120))
    try watching.value()
    try played.get()
    let last = try witness.look()
    (result.elapsed, result.changes) = (clock.elapsed, director.changes)
    let log = JobLog(try logText())
    let runs = job?.runs ?? []
    result.judge(runs, log)
    // Before the server stops, which would end sessions too.
    result.judge(
      ledger.entries, witness.findings, runs, log, try ServerLog(of: server), last)
    try director.closeAll()
    return result
  }

  /// The control has shown what it is for once a client is refused.
  private var mustEnd: Bool { job == nil && ledger.entries.refusals > 0 }

  private func watch() throws {
    while !isOver.withLock({ $0 }) {
      try witness.look()
      usleep(UInt32(form.grace / .microseconds(1)) / 8)
    }
  }

  /// Until nothing that was left may be ended any more, which two more runs must bring about.
  private func waitForTheLastRuns() throws {
    let deadline = Deadline(after: form.stale + form.interval * 8)
    usleep(UInt32((form.grace + form.interval) / .microseconds(1)))
    while !deadline.hasPassed, try !witness.look().endable.isEmpty {
      usleep(UInt32(form.interval / .microseconds(1)))
    }
  }

  private func logText() throws -> String {
    guard let job, FileManager.default.fileExists(atPath: job.log) else { return "" }
    let bytes = try Data(contentsOf: URL(filePath: job.log))
    ProducedJSON.keep(Array(bytes), from: "the log of a simulated week")
    return String(decoding: bytes, as: UTF8.self)
  }
}
