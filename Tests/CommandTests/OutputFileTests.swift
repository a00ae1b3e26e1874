import TestSupport
import TestTraits
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `-o FILE` and the forms of a report, at the command line.
@Suite(.serialized, .sideBySide)
struct OutputFileTests {
  private func folder() throws -> String {
    let folder = "\(try Fixture.server.get().folder)/out-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }

  @Test(arguments: ["text", "json", "ndjson", "csv", "html", "prometheus"])
  func everyFormGoesToAFile(_ format: String) throws {
    let path = "\(try folder())/report"
    let written = try Fixture.run(
      "audit", "--format", format, "-o", path, try Fixture.uri)
    #expect(written.status == 0 && written.stdout.isEmpty, "\(written.stderr)")
    let report = try text(path)
    #expect(report.utf8.last == 0x0A && report.count > 200)
    if format == "ndjson" { #expect(report.split(separator: "\n").count == 1) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder(of: path)) == ["report"])
  }

  private func folder(of path: String) -> String {
    path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
  }

  /// Whole or not at all: what was there stays where no report comes about.
  @Test func aFileIsReplacedOnlyByAWholeReport() throws {
    let path = "\(try folder())/report"
    try Data("before\n".utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    for arguments in [
      ["audit", "-o", path, "-h", "127.0.0.1", "-p", "1"],
      ["audit", "--format", "csv", "-o", path, "-h", "127.0.0.1", "-p", "1"],
    ] {
      #expect(try Fixture.run(arguments).status == 69)
      #expect(try text(path) == "before\n")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder(of: path)) == ["report"])
    // A refusal has a whole JSON object of its own.
    #expect(
      try Fixture.run("audit", "--json", "-o", path, "-h", "127.0.0.1", "-p", "1").status == 69)
    #expect(try text(path).contains("\"failure\":{\"kind\":\"unreachable\""))
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect("\(mode ?? 0)" == "\(0o640)")
  }

  @Test func aLinkIsFollowed() throws {
    let folder = try folder()
    try Data("before\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/target"))
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder)/link", withDestinationPath: "target")
    #expect(try Fixture.run("audit", "-o", "\(folder)/link", try Fixture.uri).status == 0)
    #expect(try text("\(folder)/target").contains("slots"))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/link") == "target")
  }

  @Test func whatCanNotBeWrittenIsSaidBeforeAnythingIsDone() throws {
    let folder = try folder()
    for path in ["\(folder)/none/report", folder] {
      let outcome = try Fixture.run("audit", "-o", path, "-h", "127.0.0.1", "-p", "1")
      #expect(outcome.status == 73 && outcome.stderr.contains("-o \(path)"), "\(outcome.stderr)")
    }
    let full = try Fixture.run("audit", "-o", "/dev/full", try Fixture.uri)
    #expect(full.status == 74)
    let device = try Fixture.run("audit", "-o", "/dev/stdout", try Fixture.uri)
    #expect(device.status == 0 && device.stdout.contains("slots"))
  }

  @Test(arguments: [
    ["audit", "--format", "xml"], ["audit", "--json", "--format", "csv"], ["audit", "-o", ""],
    ["terminate", "--orphans", "--format", "csv"], ["doctor", "--format", "prometheus"],
  ])
  func formsThatAreNoneAreRefused(_ arguments: [String]) throws {
    #expect(try Fixture.run(arguments).status == 64)
  }
}
