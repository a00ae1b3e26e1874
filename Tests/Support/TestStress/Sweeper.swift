import PostgresClient
import TestSupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What came of one sweep.
struct Sweep {
  /// The pids of the sessions that it has ended.
  var ended: Set<Int32> = []
  /// Selected and then left alone, as they had been used.
  var changed = 0
  /// Selected, and then another session had the pid.
  var heirs = 0
  /// What should not have happened.
  var complaints: [String] = []
}

/// Who ends the idle sessions.
public enum Sweeper: Sendable {
  /// The built program at this path.
  case program(String)
  /// One statement for all, which acts on the picture of the moment in which it began: what the
  /// stress must find guilty, or it would find nobody.
  case firstPicture

  /// What the program is told beside the threshold and the server.
  private static let arguments = [
    "terminate", "--max", "100000", "--max-share", "100", "--verify-within", "30s", "--execute",
    "--yes", "--json",
  ]

  func sweep(_ server: ThrowawayServer, idleLongerThan threshold: Duration) throws -> Sweep {
    let milliseconds = Int((threshold / .milliseconds(1)).rounded())
    let user = "app"
    switch self {
    case .program(let path):
      let outcome = try ChildProcess.run(
        path,
        Self.arguments + [
          "--idle-longer-than", "\(milliseconds)ms", server.uri(user: user, database: "shop"),
        ], timeout: .seconds(90))
      return try Self.read(outcome)
    case .firstPicture:
      let result = try server.connect(user: user, database: "shop").execute(
        """
        SELECT pid, pg_terminate_backend(pid)
        FROM (
          SELECT pid FROM pg_stat_activity
          WHERE state = 'idle' AND usename = '\(user)' AND pid <> pg_backend_pid()
            AND clock_timestamp() - state_change > interval '\(milliseconds) ms'
          ORDER BY state_change OFFSET 0
        ) AS picture
        """, timeout: .seconds(60))
      let pid: Column<Int32> = try result.column("pid")
      return Sweep(ended: Set(result.rows.compactMap { $0[pid] }))
    }
  }

  private struct Report: Decodable {
    struct Outcome: Decodable {
      var pid: Int32
      var result: String
      var detail: String?
    }
    var outcomes: [Outcome]
  }

  private static func read(_ outcome: ProcessOutcome) throws -> Sweep {
    var sweep = Sweep()
    if outcome.status != 0 {
      sweep.complaints.append(
        "a sweep ended with status \(outcome.status): \(outcome.stderr.prefix(500))")
    }
    let report: Report
    do {
      report = try JSONDecoder().decode(Report.self, from: Data(outcome.stdoutBytes))
    } catch {
      throw SupportError("a sweep's report can't be read: \(error); \(outcome.stderr.prefix(500))")
    }
    for one in report.outcomes {
      switch one.result {
      case "gone": sweep.ended.insert(one.pid)
      case "changed": sweep.changed += 1
      case "already_gone":
        if one.detail == "another session has its pid now" { sweep.heirs += 1 }
      default:
        sweep.complaints.append("session \(one.pid): \(one.result), \(one.detail ?? "no detail")")
      }
    }
    return sweep
  }
}
