import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Measures on throw-away servers `pgsessions audit --json` against the real psql, at growing numbers
/// of sessions, and `pgsessions terminate` against a bare loop.
@main
enum Entrypoint {
  static func main() {
    do {
      try run(Options(CommandLine.arguments.dropFirst()))
    } catch {
      let line = Array("bench: \(error)\n".utf8)
      _ = write(2, line, line.count)
      exit(1)
    }
  }

  private static func run(_ options: Options) throws {
    if let sessions = options.judged {
      return JudgeBench(sessions: sessions, rounds: options.rounds).run()
    }
    if let sessions = options.written {
      return WritingBench(sessions: sessions, rounds: options.rounds).run()
    }
    let executable = try options.executable ?? Build.executable("pgsessions")
    if !options.sizes.isEmpty { try audit(executable, options) }
    if !options.ending.isEmpty {
      try EndingBench(sizes: options.ending, executable: executable)
        .run(options.ending, rounds: options.endingRounds)
    }
  }

  private static func audit(_ executable: String, _ options: Options) throws {
    let largest = options.sizes.max() ?? 0
    try Descriptors.allow(largest + 200)
    let server = try ThrowawayServer(settings: [
      "max_connections": "\(largest + 200)", "shared_buffers": "128MB",
    ])
    defer { server.remove() }
    try server.execute("CREATE DATABASE shop")
    let uri = server.uri(database: "shop", viaTCP: false)
    let psql = server.installation.realPsql
    let contenders = [
      Contender(name: "pgsessions audit --json", command: [executable, "audit", "--json", uri]),
      Contender(
        name: "psql, select *",
        command: [psql, "-XAtc", "select * from pg_stat_activity", "-d", uri]),
      Contender(
        name: "psql, json_agg",
        command: [psql, "-XAtc", "select json_agg(a) from pg_stat_activity a", "-d", uri]),
    ]

    print("Postgres \(server.installation.majorVersion), \(options.rounds) rounds a size")
    if let bytes = Table.fileSize(executable) {
      print("\(executable): \(Table.fixed(Double(bytes) / 1_048_576, 1)) MiB")
    }
    let launcher = try launcher(beside: executable)
    let floor = try Race.measure(
      Contender(name: "true", command: ["/usr/bin/true"]), launcher: launcher)
    print("peak memory below \(Table.fixed(floor.peakMiB, 1)) MiB can't be seen")
    var sessions = IdleSessions(server: server)
    var races: [(size: Int, race: Race)] = []
    for size in options.sizes.sorted() {
      try sessions.grow(to: size)
      let race = try Race(contenders, rounds: options.rounds, launcher: launcher)
      Table.show(race, size: size)
      races.append((size, race))
    }
    Table.showLinearity(races)
  }
}

extension Entrypoint {
  /// The `measure` that was built like the program, static and small, where there is one.
  fileprivate static func launcher(beside executable: String) throws -> String {
    let folder = executable.lastIndex(of: "/").map { executable[..<$0] } ?? "."
    let sibling = "\(folder)/measure"
    return access(sibling, X_OK) == 0 ? sibling : try Build.executable("measure")
  }
}

/// The command line.
struct Options {
  var sizes = [100, 1_000, 5_000]
  var rounds = 15
  /// How many orphans are ended: the first number in a race, each other once.
  var ending = [1_000, 5_000]
  var endingRounds = 5
  var executable: String?
  /// How many sessions to judge without a server, instead of all else.
  var judged: Int?
  /// How many sessions to write in each format without a server, instead of all else.
  var written: Int?

  init(_ arguments: ArraySlice<String>) throws {
    var rest = arguments
    while let option = rest.popFirst() {
      guard let value = rest.popFirst() else { throw Self.usage }
      switch option {
      case "--sizes": sizes = try Self.numbers(value)
      case "--rounds": rounds = try Self.number(value)
      case "--ending": ending = try Self.numbers(value)
      case "--ending-rounds": endingRounds = try Self.number(value)
      case "--executable": executable = value
      case "--judge": judged = try Self.number(value)
      case "--write": written = try Self.number(value)
      default: throw Self.usage
      }
    }
  }

  private static func number(_ text: some StringProtocol) throws -> Int {
    guard let number = Int(text), number > 0 else { throw usage }
    return number
  }

  /// - Returns: none for `none`.
  private static func numbers(_ text: String) throws -> [Int] {
    text == "none"
      ? [] : try text.split(separator: ",", omittingEmptySubsequences: false).map(number)
  }

  private static let usage = SupportError(
    "usage: bench [--sizes 100,1000,5000|none] [--rounds 15] [--ending 1000,5000|none] "
      + "[--ending-rounds 5] [--executable PATH] | --judge 10000 | --write 5000")
}
