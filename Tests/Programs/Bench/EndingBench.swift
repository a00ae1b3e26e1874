import OperatingSystem
import PostgresClient
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Measures `pgsessions terminate`, from start to exit and with all orphans seen to be gone, against
/// the least that can be done: a loop of pg_terminate_backend over their pids.
struct EndingBench {
  private let server: ThrowawayServer
  private let executable: String
  private let observer: Connection

  init(sizes: [Int], executable: String) throws {
    let largest = sizes.max() ?? 0
    try Descriptors.allow(largest + 200)
    server = try ThrowawayServer(settings: [
      "max_connections": "\(largest + 300)", "shared_buffers": "128MB",
    ])
    try server.execute("CREATE DATABASE shop")
    // Sessions of superusers are never ended.
    try server.execute("CREATE ROLE app LOGIN IN ROLE pg_monitor")
    observer = try server.connect(database: "shop")
    self.executable = executable
  }

  /// Races the first size in both shapes, and ends the others once.
  func run(_ sizes: [Int], rounds: Int) throws {
    defer { server.remove() }
    let dyno = try LivingDyno(on: server)
    guard let raced = sizes.first else { return }
    for perName in [8, 1] { try race(raced, perName: perName, rounds: rounds) }
    for size in sizes.dropFirst() {
      let milliseconds = try terminate(size, perName: 8)
      print(
        "\n\(size) orphans, 8 of a name, ended and seen to be gone: "
          + "\(Table.fixed(milliseconds / 1000, 1)) s")
    }
    try dyno.stop()
  }

  private func race(_ count: Int, perName: Int, rounds: Int) throws {
    _ = try terminate(count, perName: perName)  // a warm-up
    var ours: [Double] = []
    var loop: [Double] = []
    var loopUntilGone: [Double] = []
    for round in 0..<rounds {
      // Who is first changes from round to round.
      for turn in [0, 1] {
        if (turn + round) % 2 == 0 {
          ours.append(try terminate(count, perName: perName))
        } else {
          let times = try bareLoop(count, perName: perName)
          loop.append(times.sent)
          loopUntilGone.append(times.gone)
        }
      }
    }
    Table.showEnding(
      title: "\(count) orphans, \(perName) of a name",
      rows: [
        ("pgsessions terminate, seen to be gone", ours),
        ("a bare loop of pg_terminate_backend", loop),
        ("the loop, and until all are gone", loopUntilGone),
      ])
  }

  /// - Returns: the milliseconds from its start until it was reaped.
  private func terminate(_ count: Int, perName: Int) throws -> Double {
    let orphans = try Orphans.open(count, perName: perName, on: server)
    usleep(300_000)  // beyond the grace
    // The roster comes through a pipe: then it is as old as the report.
    let outcome = try ChildProcess.run(
      executable,
      [
        "terminate", "--orphans", "--live", "-", "--restart-grace", "100ms", "--stale-after", "1h",
        "--max", "100000", "--execute", "--yes", "--json",
        server.uri(user: "app", database: "shop", viaTCP: false),
      ], input: "\(LivingDyno.name)\n")
    let totals = "\"totals\":{\"selected\":\(count),\"gone\":\(count),"
    guard outcome.status == 0, outcome.stdout.contains(totals) else {
      let found = outcome.stdout.ranges(of: "\"result\":\"gone\"").count
      throw SupportError(
        "of \(count) orphans \(found) are gone, with status \(outcome.status): "
          + outcome.stderr.suffix(500))
    }
    try orphans.waitUntilGone(observer)
    return outcome.wallSeconds * 1000
  }

  /// One statement a pid on a connection that is already there; nothing is checked or awaited.
  private func bareLoop(
    _ count: Int, perName: Int
  ) throws -> (sent: Double, gone: Double) {
    let orphans = try Orphans.open(count, perName: perName, on: server)
    usleep(300_000)
    let connection = try server.connect(user: "app", database: "shop")
    let deadline = Deadline(after: .seconds(60))
    let start = ContinuousClock.now
    for pid in orphans.pids {
      _ = try connection.query(
        Statement(name: "loop", sql: "SELECT pg_terminate_backend($1)", parameters: [.int32(pid)]),
        deadline: deadline)
    }
    let sent = start.duration(to: .now)
    try orphans.waitUntilGone(observer)
    return (sent / .milliseconds(1), start.duration(to: .now) / .milliseconds(1))
  }
}
