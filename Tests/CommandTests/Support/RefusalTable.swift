import PostgresClient
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A refusal that was provoked, and what is to be said of it.
struct ExpectedRefusal {
  var name: String
  /// `failure.kind`.
  var kind: String
  /// `failure.limit`: its kind, and its name.
  var limit: (kind: String, name: String?)?
  /// On stderr: the way out.
  var says: String
  /// The words that name the server.
  var target: [String]
  var environment: [String: String] = [:]
  /// Stands before the program.
  var launcher: [String] = []
}

/// Runs the commands against servers that refuse them, and counts.
final class RefusalTable {
  private(set) var provoked = 0

  /// Each command says the same of a refusal: kind, limit, status, ten lines at most with the way
  /// out, and a whole JSON object.
  func expect(_ refusal: ExpectedRefusal) throws {
    for command in [["audit"], ["doctor"], ["terminate", "--idle-longer-than", "1h"]] {
      let name = "\(refusal.name), \(command[0])"
      let words =
        refusal.launcher + [try Build.executable("pgsessions")] + command
        + ["--json", "-w"] + refusal.target
      let outcome = try ChildProcess.run(
        words[0], Array(words.dropFirst()),
        environment: ChildProcess.plainEnvironment.merging(
          ["PGPASSFILE": "/tmp/pgs-no-such-file", "PGCONNECT_TIMEOUT": "8"]
        ) { $1 }.merging(refusal.environment) { $1 })
      let status: Int32 = ["authentication", "permission"].contains(refusal.kind) ? 77 : 69
      #expect(outcome.status == status, "\(name): \(outcome.stderr)")
      let lines = outcome.stderr.split(separator: "\n")
      #expect(lines.count <= 10 && lines.allSatisfy { $0.count <= 240 }, "\(name): \(lines)")
      #expect(outcome.stderr.contains(refusal.says), "\(name): \(outcome.stderr)")
      let json = try Fixture.json(outcome)
      let failure = json["failure"]
      #expect(failure?["kind"]?.text == refusal.kind, "\(name): \(outcome.stdout)")
      #expect(failure?.keys == ["kind", "sqlstate", "message", "limit", "hint"], "\(name)")
      #expect(failure?["message"]?.text?.isEmpty == false, "\(name)")
      #expect(failure?["hint"]?.text?.isEmpty == false, "\(name)")
      if let limit = refusal.limit {
        #expect(failure?["limit"]?["kind"]?.text == limit.kind, "\(name): \(outcome.stdout)")
        #expect(failure?["limit"]?["name"]?.text == limit.name, "\(name): \(outcome.stdout)")
        #expect(failure?["limit"]?.keys == ["kind", "name", "value"], "\(name)")
      } else {
        #expect(failure?["limit"] == .null, "\(name): \(outcome.stdout)")
      }
      switch command[0] {
      case "audit":
        #expect(json.keys == AuditCommandTests.topLevelKeys, "\(name)")
        #expect(json["groups"] == .array([]) && json["sessions"] == .array([]), "\(name)")
      case "doctor": #expect(json["findings"] == .array([]), "\(name)")
      default:
        #expect(json["executed"] == .bool(false) && json["outcomes"] == .array([]), "\(name)")
      }
    }
    provoked += 1
  }
}

extension Connection {
  /// How a server is filled: sessions of this role until it takes no more of it.
  static func fill(_ server: ThrowawayServer, as user: String) throws -> [Connection] {
    var held: [Connection] = []
    var refused = 0
    // What was refused holds its slot for a moment still.
    while refused < 3 {
      do {
        held.append(try server.connect(application: "crowd", user: user, patience: .zero))
        refused = 0
      } catch is PostgresError {
        refused += 1
        usleep(60_000)
      }
    }
    return held
  }
}
