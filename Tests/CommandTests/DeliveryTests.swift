import TestSupport
import TestTraits
import Testing

extension Faults {
  /// One target and many are written in one way, by whatever command.
  @Suite(.serialized, .sideBySide, .crowd)
  struct DeliveryTests {
    private static let commands = [
      ["audit"], ["doctor"], ["terminate", "--orphans"],
      ["terminate", "--orphans", "--execute", "--yes", "--log", "-"],
    ]

    /// Whoever looks at JSON gets it in lines, wherever it reaches him; a program gets one.
    @Test(arguments: commands, [1, 2])
    func jsonIsBrokenIntoLinesForATerminal(_ command: [String], _ targets: Int) throws {
      let uris = Array(repeating: try Crowd.uri(), count: targets)
      for more in [[], ["-o", "/dev/tty"]] {
        let process = try TerminalProcess(
          Build.executable("pgsessions"), command + ["--json"] + more + uris)
        let shown = try process.wait().stdout
        #expect(
          shown.contains("{\r\n  \"schema\": \"pgsessions/"), "\(command) \(more): \(shown)")
      }
      let folder = TemporaryFolder()
      let outcome = try Fixture.run(command + ["--json", "-o", folder.path("report")] + uris)
      #expect(outcome.status == 0, "\(outcome.stderr)")
      #expect(try folder.read("report").split(separator: "\n").count == 1)
    }
  }
}
