#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A folder that goes with the test.
public final class TemporaryFolder: Sendable {
  private let folder: String

  public init() {
    folder = FileManager.default.temporaryDirectory.path + "/pgsessions-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  public func path(_ name: String) -> String { "\(folder)/\(name)" }

  public func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path(name)))
  }

  /// A program that anybody may run. Another process writes it: what this one has open for writing, a
  /// child that another test is just starting has open too, and then nobody can run it.
  public func write(_ script: String, toProgram name: String) throws {
    try install(["-m", "755", "/dev/stdin", path(name)], input: script)
  }

  /// The same of a program that there is.
  public func copy(_ program: String, to name: String) throws {
    try install(["-m", "755", program, path(name)])
  }

  private func install(_ arguments: [String], input: String? = nil) throws {
    let outcome = try ChildProcess.run("install", arguments, input: input)
    guard outcome.status == 0 else { throw SupportError("install: \(outcome.stderr)") }
  }

  public func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path(name))))
  }

  public func read(_ name: String) throws -> String {
    String(decoding: try bytes(name), as: UTF8.self)
  }
}
