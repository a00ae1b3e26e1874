import Rendering
import SessionAudit
import TestSupport

@testable import Commands

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

func outcome(_ pid: Int32) -> TerminationOutcome {
  TerminationOutcome(
    identity: SessionIdentity(pid: pid, backendStart: Timestamp(microseconds: 0)),
    applicationName: "web.1", result: .gone)
}

/// A line of a log, known again by its pid.
func line(_ pid: Int32) -> [UInt8] {
  JSONLog.line(.outcome(outcome(pid)), run: "r/1", at: Timestamp(microseconds: 0), version: "1")
}

/// The pids of a log's lines, each of which must be whole.
func pids(_ path: String) throws -> [Int32] {
  try pids(Array(try Data(contentsOf: URL(filePath: path))))
}

func pids(_ log: [UInt8]) throws -> [Int32] {
  struct Line: Decodable {
    var schema: String
    var pid: Int32
    var result: String
  }
  guard log.isEmpty || log.last == UInt8(ascii: "\n") else {
    throw SupportError("its last line has no end")
  }
  return try log.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    .dropLast().map { try JSONDecoder().decode(Line.self, from: Data($0)).pid }
}
