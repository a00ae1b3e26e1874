import Synchronization
import TestOracle

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the platforms would say of who is alive, as they know it: a host that is lost stays in the
/// list until they notice. Each list is a file that is always whole, and up to date before a host
/// does anything.
final class Platform: Sendable {
  enum State: String {
    case starting, up, crashed
    /// Of pods.
    case failed
  }

  private struct Entry {
    let application: Application
    let name: String
    let address: String
    /// The server's microseconds, which is this machine's clock.
    let startedAt: Int64
    var state: State
  }

  private struct Lists {
    var entries: [Entry] = []
    /// Of which families one has begun, and when.
    var beginnings: [(family: String, at: Int64)] = []
  }
  private let lists = Mutex(Lists())
  /// Where `heroku ps --json` and `kubectl get pods -o json` are to be had.
  let dynosFile: String
  let podsFile: String

  /// - Parameter folder: where the files are to be.
  init(in folder: String) {
    (dynosFile, podsFile) = ("\(folder)/dynos.json", "\(folder)/pods.json")
  }

  private func change(_ body: (inout Lists) -> Void) throws {
    try lists.withLock { lists in
      body(&lists)
      for (text, path) in [(Self.dynos(lists), dynosFile), (Self.pods(lists), podsFile)] {
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
      }
    }
  }

  /// Enters a host that is about to begin.
  func begin(_ application: Application, _ name: String, _ address: String, at now: Int64) throws {
    try change { lists in
      lists.entries.append(
        Entry(
          application: application, name: name, address: address, startedAt: now,
          state: .starting))
      lists.beginnings.append((TestName.family(of: name), now))
    }
  }

  func set(_ state: State, of address: String) throws {
    try change { lists in
      for index in lists.entries.indices where lists.entries[index].address == address {
        lists.entries[index].state = state
      }
    }
  }

  func remove(_ address: String) throws {
    try change { $0.entries.removeAll { $0.address == address } }
  }

  /// Families of which a host began since a moment: a list that was taken before lacks it.
  func families(begunSince moment: Int64) -> Set<String> {
    lists.withLock { Set($0.beginnings.filter { $0.at >= moment }.map(\.family)) }
  }

  // MARK: - As the platforms write it

  private static func dynos(_ lists: Lists) -> String {
    let rows = lists.entries.filter { [.web, .worker].contains($0.application) }.map { entry in
      let (start, type) = (isoText(entry.startedAt), TestName.family(of: entry.name))
      return """
        {"attach_url": null, "command": "bin/start", "created_at": "\(start)",
         "id": "\(entry.address)", "name": "\(entry.name)", "app": {"id": "a", "name": "shop"},
         "release": {"id": "r", "version": 7}, "size": "Basic", "state": "\(entry.state.rawValue)",
         "type": "\(type)", "updated_at": "\(start)"}
        """
    }
    return "[\(rows.joined(separator: ",\n"))]\n"
  }

  private static func pods(_ lists: Lists) -> String {
    let rows = lists.entries.filter { $0.application == .api }.map { entry in
      let start = isoText(entry.startedAt)
      let isFailed = entry.state == .failed
      let state =
        isFailed
        ? "\"terminated\": {\"exitCode\": 1, \"startedAt\": \"\(start)\"}"
        : "\"running\": {\"startedAt\": \"\(start)\"}"
      let address = isFailed ? "" : "\"podIP\": \"\(entry.address)\", "
      return """
        {"kind": "Pod", "metadata": {"name": "\(entry.name)", "namespace": "default",
         "creationTimestamp": "\(start)"}, "spec": {"hostNetwork": false},
         "status": {"phase": "\(isFailed ? "Failed" : "Running")", \(address)"hostIP": "10.0.0.1",
         "startTime": "\(start)", "containerStatuses": [{"name": "app", "state": {\(state)}}]}}
        """
    }
    return
      "{\"kind\": \"List\", \"apiVersion\": \"v1\", \"items\": [\(rows.joined(separator: ",\n"))]}\n"
  }

  /// The same for the oracle, as of now.
  func roster(of database: String, at now: Int64) -> OracleRoster {
    let entries = lists.withLock { lists in
      lists.entries.filter { $0.application.database == database }
    }
    let families = Set(entries.map { TestName.family(of: $0.name) })
    return OracleRoster(
      entries: entries.map { entry in
        OracleRoster.Entry(
          name: entry.name, address: entry.application == .api ? entry.address : nil,
          isAlive: entry.state == .starting || entry.state == .up,
          // While a dyno starts the old one of its name may still serve.
          startedAt: entry.state == .starting && entry.application != .api ? nil : entry.startedAt)
      },
      takenAt: now
    ) { families.contains(TestName.family(of: $0.name)) ? .name : .nothing }
  }
}
