import PostgresClient
import TestSupport
import TestTraits
import Testing

extension Faults {
  /// Who may end whom, as the server has it.
  @Suite(.serialized, .sideBySide, .crowd)
  struct TerminateRightsTests {
    struct Actor: Sendable, CustomTestStringConvertible {
      let name: String
      let setUp: [String]
      /// Of the roles whose sessions are there: those whose are ended, and why the others are kept.
      let ends: Set<String>
      let keeps: [String: String]
      var minimumVersion = 14
      var testDescription: String { name }
    }

    static let actors = [
      Actor(
        name: "nothing", setUp: [], ends: ["nothing"],
        keeps: ["owner": "hidden", "stranger": "hidden", "chief": "hidden"]),
      Actor(
        name: "member", setUp: ["GRANT owner TO member"], ends: ["member", "owner"],
        keeps: ["stranger": "hidden", "chief": "hidden"]),
      // It may SET ROLE, but has no privilege of the other by itself.
      Actor(
        name: "heirless", setUp: ["ALTER ROLE heirless NOINHERIT", "GRANT owner TO heirless"],
        ends: ["heirless"],
        keeps: ["owner": "hidden", "stranger": "hidden", "chief": "hidden"]),
      Actor(
        name: "granted", setUp: ["GRANT owner TO granted WITH INHERIT FALSE"], ends: ["granted"],
        keeps: ["owner": "hidden", "stranger": "hidden", "chief": "hidden"], minimumVersion: 16),
      Actor(
        name: "reader", setUp: ["GRANT pg_read_all_stats TO reader"], ends: ["reader"],
        keeps: ["owner": "not_permitted", "stranger": "not_permitted", "chief": "superuser"]),
      // Who may signal all, but see none: what can't be told is left alone.
      Actor(
        name: "blind", setUp: ["GRANT pg_signal_backend TO blind"], ends: ["blind"],
        keeps: ["owner": "hidden", "stranger": "hidden", "chief": "hidden"]),
      Actor(
        name: "signaller",
        setUp: ["GRANT pg_read_all_stats, pg_signal_backend TO signaller"],
        ends: ["signaller", "owner", "stranger"], keeps: ["chief": "superuser"]),
      Actor(
        name: "chief", setUp: [], ends: ["owner", "stranger"], keeps: ["chief": "superuser"]),
    ]

    private static let roles = Result { () throws -> ThrowawayServer in
      let server = try Crowd.server.get()
      for sql in ["CREATE ROLE stranger LOGIN", "CREATE ROLE chief LOGIN SUPERUSER"] {
        try server.execute(sql)
      }
      return server
    }

    @Test(arguments: actors)
    func whoMayEndWhom(_ actor: Actor) throws {
      let server = try Self.roles.get()
      guard server.installation.majorVersion >= actor.minimumVersion else { return }
      if actor.name != "chief" { try server.execute("CREATE ROLE \(actor.name) LOGIN") }
      for sql in actor.setUp { try server.execute(sql) }
      let roles = Set(["owner", "stranger", "chief", actor.name])
      var clients: [String: Connection] = [:]
      for role in roles {
        clients[role] = try Crowd.client("\(actor.name)-of-\(role)", user: role)
      }
      let outcome = try Crowd.run(
        Crowd.ending("\(actor.name)-of-*", "--json"), at: Crowd.uri(user: actor.name))
      #expect(outcome.status == 0, "\(outcome.stderr)")
      let json = try Fixture.json(outcome)
      #expect(json.results == ["gone": actor.ends.count])
      for (role, client) in clients {
        #expect(Crowd.isAlive(client) == !actor.ends.contains(role), "\(role)'s")
        guard !actor.ends.contains(role) else { continue }
        #expect(json.kept("\(actor.name)-of-\(role)") == actor.keeps[role], "\(role)'s")
      }
      let text = try Crowd.run(
        Crowd.ending("\(actor.name)-of-*"), at: Crowd.uri(user: actor.name))
      // Now only what it may not end is there.
      let lacks = actor.keeps.values.contains { $0 != "superuser" }
      #expect(text.status == (lacks ? 77 : 0), "\(text.stderr)")
      #expect(text.stderr.contains("GRANT pg_") == lacks)
      let hides = actor.keeps.values.contains("hidden")
      #expect(text.stdout.contains("hidden from this role") == hides, "\(text.stdout)")
    }
  }
}
