import OperatingSystem
import PostgresClient
import Synchronization
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The morning after: hosts that vanished and left their sessions behind, and hosts at work.
final class Scene {
  /// What the applications ask all day.
  static let request = "SELECT count(*) FROM orders WHERE customer = 7"

  let leftBehind: Set<Identity>
  let live: Set<Identity>
  private let heartbeat: Heartbeat
  /// Live without a heartbeat: in a transaction.
  private let inTransaction: Connection

  /// Sets everything up, tells what it does, and returns when the sessions left behind have been
  /// idle for longer than `threshold` seconds.
  /// - Parameter working: how many seconds hosts are at work before they vanish.
  init(
    server: ThrowawayServer, relay: Relay, threshold: Int, working: Int = 0, census: Census
  ) throws {
    try Self.makeShop(server)
    say("Three hosts restart twice: web.1, web.2 and worker.1. The old ones vanish as hosts do")
    say("that die, without a word, so the server keeps their sessions.")
    var left: Set<Identity> = []
    for generation in 1...2 {
      var (hosts, connections): ([(host: Host, sessions: Int)], [Connection]) = ([], [])
      for (name, number, sessions) in [("web.1", 11, 4), ("web.2", 12, 4), ("worker.1", 21, 3)] {
        let host = try Host(server, relay, name: name, address: "127.0.\(generation).\(number)")
        for _ in 0..<sessions { connections.append(try host.connect()) }
        hosts.append((host, sessions))
      }
      for connection in connections { left.insert(try Census.identity(of: connection)) }
      if working > 0 {
        let heartbeat = Heartbeat(connections)
        sleep(UInt32(working))
        heartbeat.stop()
      }
      // Before their clients go, who would say goodbye.
      try withExtendedLifetime(connections) {
        for (host, sessions) in hosts {
          let vanished = try host.dyno.vanish()
          guard vanished == sessions else {
            throw SupportError("\(vanished) of \(sessions) sessions of a host were left behind")
          }
        }
      }
    }
    leftBehind = left

    say("Then all hosts are at work; a heartbeat uses each of their sessions every 300 ms.")
    var busy: [Connection] = []
    let sizes = [
      ("web.1", 11, 5), ("web.2", 12, 5), ("web.3", 13, 4), ("worker.1", 21, 4),
      ("worker.2", 22, 4), ("", 30, 3),
    ]
    var hosts: [String: Host] = [:]
    for (name, number, sessions) in sizes {
      let host = try Host(server, relay, name: name, address: "127.0.3.\(number)")
      hosts[name] = host
      for _ in 0..<sessions { busy.append(try host.connect()) }
    }
    var identities = Set(try busy.map { try Census.identity(of: $0) })
    heartbeat = Heartbeat(busy)
    inTransaction = try hosts["web.3"]!.connect()
    identities.insert(try Census.identity(of: inTransaction))
    try inTransaction.execute("BEGIN")
    try inTransaction.execute(Self.request)
    identities.insert(try Self.startLongQuery(hosts["worker.2"]!))
    live = identities
    say("One session of web.3 is idle in a transaction, one of worker.2 runs a long query, and")
    say("three come from an application without a name: \(live.count) live sessions in all.")
    say("(The audit lists two more: the demo's own, which counts, and pgsessions itself.)")
    say("")
    say("A session counts as stale here when idle for \(threshold) seconds, and a restart may take")
    say("two. That is so short only because the demo is: in production it would be an hour and")
    say("five minutes. Waiting for it.")
    try census.waitUntilIdle(leftBehind, seconds: threshold)
  }

  func end() { heartbeat.stop() }

  private static func makeShop(_ server: ThrowawayServer) throws {
    try server.execute("CREATE ROLE app LOGIN")
    // What a hosting provider's default role has.
    try server.execute("GRANT pg_monitor, pg_signal_backend TO app")
    try server.execute("CREATE DATABASE shop OWNER app")
    let owner = try server.connect(user: "app", database: "shop")
    try owner.execute("CREATE TABLE orders (id int PRIMARY KEY, customer int)")
    try owner.execute("INSERT INTO orders SELECT i, i % 20 FROM generate_series(1, 500) i")
  }

  /// A session that is active to the end of the demo.
  private static func startLongQuery(_ host: Host) throws -> Identity {
    let note = Note()
    startThread {
      do {
        let connection = try host.connect()
        let identity = try Census.identity(of: connection)
        note.identity.withLock { $0 = identity }
        try connection.execute("SELECT pg_sleep(600)", timeout: .seconds(700))
      } catch {}  // the server goes away at the end; the census tells if it went before
    }
    let deadline = Deadline(after: .seconds(20))
    while !deadline.hasPassed {
      if let identity = note.identity.withLock({ $0 }) { return identity }
      usleep(1_000)
    }
    throw SupportError("the long query did not start")
  }

  /// Where the thread of the long query says which session it has.
  private final class Note: Sendable {
    let identity = Mutex<Identity?>(nil)
  }
}

/// One simulated host with its application.
struct Host: Sendable {
  let dyno: Dyno
  private let parameters: ConnectionParameters

  init(_ server: ThrowawayServer, _ relay: Relay, name: String, address: String) throws {
    dyno = try relay.openDyno(address: address)
    parameters = dyno.parameters(of: server, user: "app", database: "shop", application: name)
  }

  /// A session that has answered a request.
  func connect() throws -> Connection {
    let connection = try Connection.open(parameters, deadline: Deadline(after: .seconds(20)))
    try connection.execute(Scene.request)
    return connection
  }
}
