import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The systemd service and its timer, as systemd itself judges them.
#if os(Linux)
  struct ServiceTests {
    private static func unit(_ name: String) throws -> String {
      try Page.text(of: "share/systemd/\(name)")
    }

    /// systemd knows all that they say, and runs the program with a command line that it takes.
    @Test func systemdKnowsEveryWord() throws {
      let folder = TemporaryFolder()
      let program = try Build.executable("pgsessions")
      for name in ["pgsessions.service", "pgsessions.timer"] {
        try folder.write(
          try Self.unit(name).replacing("/usr/bin/pgsessions", with: program), to: name)
      }
      // It would read the machine's units too, say what it thinks of them, and fail for their sake:
      // ours stand apart, with the one that they can't do without.
      try folder.write("[Unit]\nDefaultDependencies=no\n", to: "sysinit.target")
      var environment = ChildProcess.plainEnvironment
      environment["SYSTEMD_UNIT_PATH"] = folder.path("")
      let outcome = try ChildProcess.run(
        "systemd-analyze",
        ["verify", "--man=no", folder.path("pgsessions.service"), folder.path("pgsessions.timer")],
        environment: environment)
      #expect(outcome.status == 0 && outcome.stdout + outcome.stderr == "", "\(outcome)")
    }

    /// From 0, exposed to nothing, to 100; systemd calls less than 20 OK.
    @Test func littleIsExposed() throws {
      let outcome = try ChildProcess.run(
        "systemd-analyze",
        [
          "security", "--offline=true", "--no-pager", "--threshold=15",
          "\(Page.root)/share/systemd/pgsessions.service",
        ])
      #expect(outcome.status == 0, "\(outcome.stdout.suffix(500))\(outcome.stderr)")
      #expect(outcome.stdout.contains("Overall exposure level for pgsessions.service: 1."))
    }
  }
#endif
