import TestSupport

/// Shows on a throw-away server how restarted hosts leave sessions behind, and how pgsessions
/// finds and ends them while the sessions in use go on. Counts on the server what came of it.
/// `demo --pictures FOLDER` draws what it finds, for the README, and ends none.
@main
enum Entrypoint {
  static func main() {
    do {
      exit(try run() ? 0 : 1)
    } catch {
      say("demo: \(error)", to: 2)
      exit(1)
    }
  }

  /// - Returns: whether all that was left behind is gone, and nothing else.
  private static func run() throws -> Bool {
    let program = try Program(path: Build.executable("pgsessions"))
    say("Starting a throw-away Postgres server with 60 connections.")
    let server = try ThrowawayServer(settings: ["max_connections": "60"])
    defer { server.remove() }
    let relay = try Relay(upstreamPort: server.port)
    defer { relay.stop() }
    let arguments = CommandLine.arguments.dropFirst()
    if !arguments.isEmpty {
      guard arguments.count == 2, arguments.first == "--pictures", let folder = arguments.last
      else {
        throw SupportError("usage: demo [--pictures FOLDER]")
      }
      try Pictures(server: server, program: Build.executable("pgsessions"), folder: folder)
        .draw(with: relay)
      return true
    }
    let census = try Census(server: server)
    let scene = try Scene(server: server, relay: relay, threshold: threshold, census: census)
    defer { scene.end() }
    let uri = server.uri(user: "app", database: "shop")

    let limit = "\(threshold)s"
    let judging = ["--stale-after", limit, "--restart-grace", "2s", "--buckets", "2s,\(limit),1m"]
    try program.run(["audit"] + judging + [uri])
    say("Each of web.1, web.2 and worker.1 now runs from another address than before: that is the")
    say("evidence that whoever owned their old sessions is gone.")
    say("")
    say("The same for scripts; of its JSON only the group of web.1:")
    try program.runForJSON(["audit", "--json"] + judging + [uri], group: "web.1")
    say("What would be ended? Without --execute nothing is:")
    let orphans =
      ["terminate", "--orphans", "--trust", "inferred"] + Array(judging.prefix(4))
    try program.run(orphans + [uri])
    let before = try census.present()
    say("Still there: \(scene.leftBehind.intersection(before).count) sessions left behind.")
    say("Now in earnest; --yes, as nobody is asked here:")
    try program.run(orphans + ["--execute", "--yes", uri])
    let after = try census.waitUntilGone(scene.leftBehind)
    say("And afterwards:")
    try program.run(["audit"] + judging + [uri])

    let left = scene.leftBehind.count
    let ended = left - scene.leftBehind.intersection(after).count
    let lost = scene.live.subtracting(try census.present()).count
    say("demo: \(left) sessions left behind, \(ended) ended, \(lost) live sessions lost")
    return ended == left && lost == 0 && program.allWentWell
  }

  /// Seconds of idleness after which a session counts as left behind here.
  private static let threshold = 4
}
