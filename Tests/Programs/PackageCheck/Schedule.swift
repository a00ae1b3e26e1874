import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The service and its timer, as systemd runs them.
extension Delivery {
  private static let dropIn = "/etc/systemd/system/pgsessions.service.d/check.conf"
  private static let log = "/var/log/pgsessions/terminate.log"
  private static let metrics = "/var/lib/pgsessions/pgsessions.prom"
  /// Ends whatever looks abandoned, after a moment.
  private static let hasty = """
    [defaults]
    trust = "suspects"
    stale_after = "300ms"
    log = "\(log)"
    metrics = "\(metrics)"
    [[target]]
    name = "shop"
    url_env = "DATABASE_URL"

    """

  private static let home = "/var/lib/pgsessions"
  /// Ends what a list of its own does not have, and tells somebody.
  private static let listed = """
    [defaults]
    trust = "roster"
    restart_grace = "100ms"
    clock_tolerance = "10ms"
    [[target]]
    name = "shop"
    url_env = "DATABASE_URL"
    [target.roster]
    command = ["sh", "/etc/pgsessions/alive.sh"]
    [hook]
    command = 'echo "$PGSESSIONS_EXIT_STATUS" >"$HOME/status"; cat >"$HOME/told.json"'

    """
  private static let alive = """
    echo >"$HOME/cache"
    echo '[{"name":"worker.2","state":"up","created_at":"2020-01-01T00:00:00Z"}]'

    """

  mutating func checkSchedule() throws {
    checks.expect(
      try root.run("systemctl", ["start", "pgsessions.service"]).status == 1,
      "without a policy a run fails")
    try follow(try manual.next(Self.schedule), "the policy is put in its place")
    try server.execute("CREATE ROLE app LOGIN")
    try root.write("DATABASE_URL=\(server.uri(user: "app"))\n", to: "/etc/pgsessions/environment")
    try follow(try manual.next(Self.schedule), "the timer can be enabled")
    checks.expect(
      try root.run("systemctl", ["list-timers", "--no-pager"]), "the timer waits",
      says: ["pgsessions.timer", "left"])
    checks.expect(
      try root.run("pgsessions", ["policy", "check", Self.policy]), "the example is a policy")
    try checkRun()
    try checkCommands()
    for (status, isFine) in [(75, true), (143, true), (2, false), (3, false), (64, false)] {
      try replaceCommand(by: "/bin/sh -c 'exit \(status)'")
      checks.expect(
        try root.run("systemctl", ["start", "pgsessions.service"]).status == (isFine ? 0 : 1),
        "status \(status) is \(isFine ? "no" : "a") failure")
    }
    _ = try root.run("rm", ["-r", String(Self.dropIn.dropLast("/check.conf".count))])
    checks.expect(
      try root.run("systemctl", ["daemon-reload"]), "systemd forgets the tests' command")
  }

  /// With all that the service may not do, it reaches the server, ends a session and writes that down.
  private mutating func checkRun() throws {
    let client = try server.connect(application: "web.7", user: "app", viaTCP: true)
    let pid = try client.text("pg_backend_pid()") ?? ""
    usleep(800_000)
    checks.expect(
      try root.run("systemctl", ["start", "pgsessions.service"]), "the service runs by the example")
    checks.expect(try count(pid) == "1", "by the example nothing is ended on looks alone")
    try root.write(Self.hasty, to: Self.policy)
    checks.expect(try root.run("systemctl", ["start", "pgsessions.service"]), "the service runs")
    checks.expect(try count(pid) == "0", "the service has ended the session")
    checks.expect(
      try root.run("cat", [Self.log]), "the service writes its log", says: ["web.7", "gone"])
    checks.expect(
      try root.run("cat", [Self.metrics]), "the service writes its metrics", says: ["# HELP"])
    checks.expect(
      try root.run("journalctl", ["-u", "pgsessions", "--no-pager"]), "the journal tells",
      says: ["web.7"])
    checks.expect(
      try root.run("stat", ["-c", "%a", "/var/log/pgsessions/"]), "others may not look at the log",
      says: ["750"])
  }

  /// With all that the service may not do, a list is asked for by a command, and a hook is told.
  private mutating func checkCommands() throws {
    let clients = try ["worker.1", "worker.2"].map {
      try server.connect(application: $0, user: "app", viaTCP: true)
    }
    let pids = try clients.map { try $0.text("pg_backend_pid()") ?? "" }
    usleep(500_000)
    try root.write(Self.listed, to: Self.policy)
    checks.expect(
      try root.run("systemctl", ["start", "pgsessions.service"]).status == 1
        && root.run("systemctl", ["show", "-P", "ExecMainStatus", "pgsessions"]).stdout == "65\n",
      "a list that nobody can make fails the service")
    checks.expect(try pids.map(count) == ["1", "1"], "without the list nobody is ended")
    checks.expect(
      try root.run("cat", ["\(Self.home)/status"]), "the hook is told of a failure", says: ["65"])
    try root.write(Self.alive, to: "/etc/pgsessions/alive.sh")
    checks.expect(
      try root.run("systemctl", ["start", "pgsessions.service"]), "the service asks who is alive")
    checks.expect(
      try pids.map(count) == ["0", "1"], "whom the list does not have is ended, nobody else")
    checks.expect(
      try root.run("cat", ["\(Self.home)/told.json"]), "the hook is told whom",
      says: ["pgsessions/termination/1", "worker.1"])
    checks.expect(
      try root.run("rm", ["\(Self.home)/cache", "/etc/pgsessions/alive.sh"]),
      "commands may write at home")
  }

  private func count(_ pid: String) throws -> String? {
    try server.connect().text("SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid)")
  }

  private func replaceCommand(by command: String) throws {
    try root.write("[Service]\nExecStart=\nExecStart=\(command)\n", to: Self.dropIn)
    _ = try root.run("systemctl", ["daemon-reload"])
  }
}
