import TestSupport

/// The archive and the package, one after the other in one root, which is as before when they are gone.
/// Installed, scheduled and removed as docs/install.md says.
struct Delivery {
  let version: String
  let root: CleanRoot
  let server: ThrowawayServer
  var manual: Manual
  var checks = Checks()

  private static let package = "The Debian package"
  private static let archive = "The archive"
  static let schedule = "Every five minutes, by systemd"
  private static let removal = "Removing it"
  static let policy = "/etc/pgsessions/policy.toml"
  private static let log = "/var/log/private/pgsessions/terminate.log"
  private static let enabled = "/etc/systemd/system/timers.target.wants/pgsessions.timer"

  /// - Parameter dist: the folder with the archive, the package and their sums.
  mutating func check(dist: String) throws {
    try root.copy(dist, to: "/root/dist")
    let before = try root.paths()
    let (packageGoes, archiveGoes) = (try manual.next(Self.removal), try manual.next(Self.removal))

    try follow(try manual.next(Self.archive), "the archive unpacks")
    try checkUse(of: "/usr/local/bin/pgsessions")
    try checkUnits(in: "/usr/local/lib/systemd/system")
    try root.write("{}\n", to: Self.log)
    try follow(archiveGoes, "the archive's files can be removed")
    try checkRest(before, [], "when the archive's files are removed")

    try follow(try manual.next(Self.package), "the package installs")
    try checkBooks()
    try checkUse(of: "/usr/bin/pgsessions")
    try checkDocumentation()
    try checkUnits(in: "/usr/lib/systemd/system")
    try checkSchedule()
    try follow(packageGoes, "the package can be removed")
    let removed = try root.paths()
    checks.expect(removed.contains(Self.log), "the log stays when the package is removed")
    checks.expect(!removed.contains(Self.enabled), "a timer that is gone is not enabled")
    let timer = try root.run("systemctl", ["is-active", "pgsessions.timer"])
    checks.expect(timer.stdout == "inactive\n", "a timer that is gone does not go on", timer.stdout)
    checks.expect(try root.run("apt", ["purge", "pgsessions"]), "the package can be purged")
    try checkRest(
      before, ["/etc/pgsessions", "/etc/pgsessions/environment", Self.policy],
      "when the package is purged")
    checks.expect(manual.rest.isEmpty, "all of docs/install.md is run", "\(manual.rest)")
  }

  mutating func follow(_ script: String, _ what: String) throws {
    checks.expect(try root.run("sh", ["-ec", "cd /root\n\(script)"]), what)
  }

  /// What dpkg knows of the package agrees with what is there.
  private mutating func checkBooks() throws {
    for words in [["--audit"], ["--verify", "pgsessions"]] {
      let complaints = try root.run("dpkg", words)
      checks.expect(
        complaints.status == 0 && complaints.stdout.isEmpty, "dpkg \(words[0]) finds nothing",
        complaints.stdout)
    }
    checks.expect(
      try root.run("dpkg-query", ["-W", "-f", "${Version}", "pgsessions"]),
      "the package has the program's version", says: ["\(version)-"])
  }

  private mutating func checkUse(of program: String) throws {
    let says = try root.run(program, ["--version"])
    checks.expect(
      says.stdout == "pgsessions \(version)\n", "\(program) says its version",
      says.stdout + says.stderr)
    checks.expect(
      try root.run(program, ["--help"]), "\(program) --help", says: ["OVERVIEW: ", "EXIT STATUS"])
    let client = try server.connect(application: "web.1")
    defer { withExtendedLifetime(client) {} }
    for (words, answer) in [
      (["audit"], ["web.1", "slots"]),
      (["audit", "--json"], [#""pgsessions/audit/1""#, #""version":"\#(version)""#, #""web.1""#]),
      (["terminate", "--orphans"], []),
      (["doctor"], ["WARNING"]),
    ] {
      checks.expect(
        try root.run(program, words + [server.uri()]), "\(program) \(words)", says: answer)
    }
    // Swift reads the command line there.
    let blind = try root.runWithoutProc(program, ["audit", server.uri()])
    checks.expect(
      blind.status == 64 && blind.stdout.isEmpty && blind.stderr.contains("/proc"),
      "\(program) says that it needs /proc", "\(blind)")
  }

  private mutating func checkDocumentation() throws {
    for page in ["", "-audit", "-terminate", "-doctor", "-policy"].map({ "pgsessions\($0)" }) {
      checks.expect(
        try root.run("man", ["-P", "cat", page]), "man \(page)",
        says: ["NAME", "EXIT STATUS", page, version])
    }
    let script = "source /usr/share/bash-completion/completions/pgsessions; complete -p pgsessions"
    checks.expect(try root.run("bash", ["-c", script]), "bash completes", says: ["_pgsessions"])
    for file in [
      "zsh/vendor-completions/_pgsessions", "fish/vendor_completions.d/pgsessions.fish",
      "doc/pgsessions/copyright", "doc/pgsessions/changelog.Debian.gz",
      "doc/pgsessions/docs/safety.md",
    ] {
      checks.expect(try root.run("test", ["-f", "/usr/share/\(file)"]), "the package has \(file)")
    }
  }

  /// They are as systemd wants them, what they name is there, and nothing has enabled them.
  private mutating func checkUnits(in folder: String) throws {
    let units = ["pgsessions.service", "pgsessions.timer"].map { "\(folder)/\($0)" }
    let verified = try root.run("systemd-analyze", ["verify", "--man=no"] + units)
    checks.expect(
      verified.status == 0 && verified.stderr.isEmpty && verified.stdout.isEmpty,
      "the units in \(folder) are right", verified.stderr + verified.stdout)
    let enabled = try root.run("systemctl", ["is-enabled", "pgsessions.timer"])
    checks.expect(
      enabled.stdout == "disabled\n", "the timer in \(folder) is there and not enabled",
      enabled.stdout + enabled.stderr)
  }

  /// Of ours nothing is left but this.
  private mutating func checkRest(_ before: Set<String>, _ stays: [String], _ when: String) throws {
    let left = try root.paths().subtracting(before).filter { $0.contains("pgsessions") }
    checks.expect(left == Set(stays), "nothing else stays \(when)", "\(left.sorted())")
  }
}
