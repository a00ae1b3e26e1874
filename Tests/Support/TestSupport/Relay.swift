import PostgresClient
import Synchronization

/// Several simulated hosts between clients and one server, each with an address of its own: a
/// `dyno-relay` process, which ends with this object or with its owner.
public final class Relay: Sendable {
  private struct Process: @unchecked Sendable {
    let process: RunningProcess
  }
  private let state: Mutex<Process?>

  public init(upstreamHost: String = "127.0.0.1", upstreamPort: Int) throws {
    let process = try RunningProcess(
      Build.executable("dyno-relay"), ["--upstream", "\(upstreamHost):\(upstreamPort)"],
      newSession: true)
    state = Mutex(Process(process: process))
  }

  /// Makes a host; its clients connect to the dyno's port, and the server sees them come from
  /// the address.
  /// - Parameter address: one of 127.0.0.0/8.
  public func openDyno(address: String) throws -> Dyno {
    Dyno(relay: self, address: address, port: try ask("open \(address)", for: "port")[0])
  }

  /// Ends the relay, all of its hosts and all connections. May be called twice.
  public func stop() {
    state.withLock { state in
      state?.process.closeInput()
      _ = try? state?.process.wait(timeout: .seconds(5))
      state = nil
    }
  }

  /// - Returns: the numbers in the answer, at least one.
  fileprivate func ask(_ command: String, for answer: String) throws -> [Int] {
    try state.withLock { state in
      guard let process = state?.process else { throw SupportError("the relay has been stopped") }
      try process.write(command + "\n")
      let line = try process.readLine() ?? "nothing: \(process.stderrSoFar)"
      let words = line.split(separator: " ")
      let numbers = words.dropFirst().compactMap { Int($0) }
      guard words.first == Substring(answer), !numbers.isEmpty else {
        throw SupportError("the relay answers \"\(command)\" with \(line)")
      }
      return numbers
    }
  }
}

/// One simulated host of a `Relay`.
public struct Dyno: Sendable {
  private let relay: Relay
  /// The client address that the server sees.
  public let address: String
  /// Where on 127.0.0.1 its clients connect to.
  public let port: Int

  init(relay: Relay, address: String, port: Int) {
    (self.relay, self.address, self.port) = (relay, address, port)
  }

  /// How a client on this host reaches the server.
  public func parameters(
    of server: ThrowawayServer, user: String = "postgres", database: String = "postgres",
    application: String = ""
  ) -> ConnectionParameters {
    server.parameters(user: user, database: database, application: application, viaTCP: true)
      .overridden(by: ConnectionParameters(["port": "\(port)"]))
  }

  /// The host is lost without a word: clients read an end, the server keeps the sessions.
  /// - Returns: how many sessions are left behind.
  @discardableResult
  public func vanish() throws -> Int { try relay.ask("vanish \(port)", for: "vanished")[0] }

  /// Closes all connections in order.
  /// - Returns: how many there were.
  @discardableResult
  public func close() throws -> Int { try relay.ask("close \(port)", for: "closed")[0] }

  public func count() throws -> DynoCount {
    let numbers = try relay.ask("count \(port)", for: "count")
    return DynoCount(clients: numbers[0], serverSides: numbers[1])
  }
}

/// Open connections of a dyno: to its clients, and to the server.
public struct DynoCount: Equatable, Sendable {
  public let clients: Int
  public let serverSides: Int

  public init(clients: Int, serverSides: Int) {
    (self.clients, self.serverSides) = (clients, serverSides)
  }
}
