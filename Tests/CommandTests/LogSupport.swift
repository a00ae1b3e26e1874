import Rendering
import SessionAudit
import TestSupport

@testable import Commands

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A folder that goes with the test.
final class TemporaryFolder: Sendable {
  private let folder: String

  init() {
    folder = FileManager.default.temporaryDirectory.path + "/pgsessions-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path(name)))
  }

  /// A program that anybody may run. Another process writes it: what this one has open for writing, a
  /// child that another test is just starting has open too, and then nobody can run it.
  func write(_ script: String, toProgram name: String) throws {
    try install(["-m", "755", "/dev/stdin", path(name)], input: script)
  }

  /// The same of a program that there is.
  func copy(_ program: String, to name: String) throws {
    try install(["-m", "755", program, path(name)])
  }

  private func install(_ arguments: [String], input: String? = nil) throws {
    let outcome = try ChildProcess.run("install", arguments, input: input)
    guard outcome.status == 0 else { throw SupportError("install: \(outcome.stderr)") }
  }

  func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path(name))))
  }

  func read(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }
}

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
