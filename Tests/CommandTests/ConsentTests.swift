import TestJSON
import TestSupport
import TestTraits
import Testing

extension Faults {
  /// A policy file is consent to what it says, and no option may add to that unnoticed: each option
  /// that there is has its place here, and one that has none fails.
  @Suite(.serialized, .sideBySide, .crowd)
  struct ConsentTests {
    /// They end less, or say where the server, the report and the record are.
    private static let harmless: Set<String> = [
      "application", "user", "database", "client", "not-application", "not-user", "not-database",
      "not-client", "w", "connect-timeout", "timeout", "wait-for-slot", "execute", "yes", "log",
      "metrics", "hook", "hook-timeout", "cancel-first", "grace", "verify-within", "lock", "policy",
      "format", "json", "o", "color", "sql", "quiet", "version", "help",
    ]

    static let values = [
      "h": "127.0.0.1", "p": "1", "U": "app", "d": "ledger", "url-env": "X",
      "idle-longer-than": "1ms", "in-transaction-longer-than": "1ms",
      "active-longer-than": "1ms", "session-older-than": "1ms", "trust": "inferred", "max": "9",
      "max-share": "100", "keep": "0", "stale-after": "1ms", "restart-grace": "1ms",
      "max-age": "1ms", "max-age-slack": "0s", "pool-size": "1", "instances": "1",
      "restarted-at": "1m-ago", "live": "ROSTER", "roster-covers": "*", "clock-tolerance": "0s",
      "shared-address": "10.0.0.1", "pooler": "10.0.0.1", "one-instance": "yes", "family": "web*",
    ]

    @Test func everyOptionThatSaysMoreEndsIt() throws {
      let folder = TemporaryFolder()
      let client = try Crowd.client("options.1")
      try folder.write(#"[{"name":"options.2","state":"up"}]"#, to: "ps.json")
      let policy = """
        [defaults]
        trust = "roster"
        restart_grace = "50ms"
        [[target]]
        name = "shop"
        conninfo = "\(try Crowd.uri())"
        [roster]
        file = "ps.json"
        """
      try folder.write(policy, to: "policy.toml")
      let help = try JSON(
        text: Fixture.run(["terminate", "--experimental-dump-help"]).stdout)
      let options = help.value(at: "command.arguments")?.items.filter {
        $0["kind"]?.text != "positional"
      }
      var refused = 0
      for option in options ?? [] {
        let name = try #require(option["names"]?.items.first?["name"]?.text)
        guard !Self.harmless.contains(name) else { continue }
        var word = name.count == 1 ? "-\(name)" : "--\(name)"
        if option["kind"]?.text == "option" {
          let value = try #require(Self.values[name], "has --\(name) to end the consent?")
          let path = value == "ROSTER" ? folder.path("ps.json") : value
          word += (name.count == 1 ? "" : "=") + path
        }
        let outcome = try Fixture.run(
          ["terminate", "--policy", folder.path("policy.toml"), "--execute", word],
          environment: ["X": Crowd.uri()])
        #expect(
          outcome.status == 64 && outcome.stderr.contains("--yes"), "\(word): \(outcome.stderr)")
        refused += 1
      }
      print("options that end a policy's consent: \(refused)")
      #expect(refused > 30 && Crowd.isAlive(client))
    }
  }
}
