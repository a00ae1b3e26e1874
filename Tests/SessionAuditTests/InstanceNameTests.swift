import TestRandom
import Testing

@testable import SessionAudit

struct InstanceNameTests {
  typealias Reading = (
    meaning: InstanceName.Meaning, form: InstanceName.Form, family: String
  )

  private static let forms: [(String, Reading)] = [
    ("web.1", (.instance, .dyno, "web.*")),
    ("web.0", (.instance, .dyno, "web.*")),
    ("web.99999", (.instance, .dyno, "web.*")),
    ("My_Worker-x.12", (.instance, .dyno, "My_Worker-x.*")),
    ("run.9157", (.neverRecurs, .dyno, "run.*")),
    ("scheduler.3540", (.neverRecurs, .dyno, "scheduler.*")),
    ("release.1", (.neverRecurs, .dyno, "release.*")),
    ("rerun.1", (.instance, .dyno, "rerun.*")),
    ("web-12a34b56d-e78f9", (.neverRecurs, .hashedDyno, "web-*")),
    ("my-web-12a34b56d-e78f9", (.neverRecurs, .hashedDyno, "my-web-*")),
    ("celery@host-a", (.instance, .atHost, "celery@*")),
    ("a@b@c", (.shared, .atHost, "a@*")),
    ("shop@2.3.12", (.shared, .atHost, "shop@*")), ("puma@v1.2", (.shared, .atHost, "puma@*")),
    ("shop@3f2a1c9", (.shared, .atHost, "shop@*")),
    ("shop@production", (.shared, .atHost, "shop@*")),
    ("celery@LOCALHOST", (.shared, .atHost, "celery@*")),
    ("celery@ip6-localhost", (.shared, .atHost, "celery@*")),
    ("celery@127.0.0.1", (.shared, .atHost, "celery@*")),
    ("celery@10.1.2.3", (.instance, .atHost, "celery@*")),
    // A container's name.
    ("celery@3f2a1c9b7d21", (.instance, .atHost, "celery@*")),
    ("ärger@höst", (.instance, .atHost, "ärger@*")),
    ("celery@localhost", (.shared, .atHost, "celery@*")),
    ("celery@localhost.localdomain", (.shared, .atHost, "celery@*")),
    ("celery@localhost2", (.shared, .atHost, "celery@*")),
    ("shop-0", (.numbered, .statefulPod, "shop-*")),
    ("shop-db-12", (.numbered, .statefulPod, "shop-db-*")),
    ("s3-999", (.numbered, .statefulPod, "s3-*")),
    ("x-2024", (.numbered, .statefulPod, "x-*")),
    ("odoo-19527", (.numbered, .statefulPod, "odoo-*")),
    ("shop-7d9f8b6c5d-x2vlq", (.neverRecurs, .hashed, "shop-*")),
    ("shop-front-7d9f8b-x2vlq", (.neverRecurs, .hashed, "shop-front-*")),
    ("backup-28394820-x2vlq", (.neverRecurs, .hashed, "backup-*")),
    ("agent-x2vlq", (.neverRecurs, .suffixed, "agent-*")),
    ("my.agent-x2vlq", (.neverRecurs, .suffixed, "my.agent-*")),
  ]

  @Test(arguments: forms)
  func reads(_ name: String, _ expected: Reading) {
    let reading = InstanceName(name)
    #expect(reading.meaning == expected.meaning)
    #expect(reading.form == expected.form)
    #expect(reading.family == expected.family)
    #expect(!reading.isPoolers)
  }

  /// On a name that says nothing, no orphan rests.
  @Test(arguments: [
    "", " ", ".", "-", "@", "psql", "web", "web.", ".1", "web.1 ", " web.1", "web 1", "web.1.",
    // Versions, zeros in front, too many digits.
    "python3.11", "app-1.2", "app 1.2", "pgAdmin 4.1", "web.01", "web.00", "web.-1",
    "web.1a", "a.b.1", "v1.2.3", "PostgreSQL JDBC Driver 42.7.1", "x-01", "x-",
    // Nothing in front, or behind.
    "-0", "--0", "a--0", "@host", "celery@", "@localhost", "celery worker@host",
    // No StatefulSet has capitals, underscores or dots in its name.
    "Shop-0", "my_shop-0", "shop.db-0",
    // Vowels, and digits that look like them, are in no pod's hash.
    "my-super", "my-x2vla", "my-x2vl0", "my-x2vl1", "my-x2vl3", "my-x2vlqq", "-x2vlq", "x2vlq",
    "Agent-x2vlq", "agent-X2VLQ", "shop-https", "shop-pgsql",
    // Versions and regions.
    "psql-1", "node-18", "node.20", "rails.7", "1-1", "us-east-1", "shop-eu-west-1",
    "shop-northeast-2",
    // As long as the server lets a name be: it may have been cut.
    String(repeating: "x", count: 61) + "-7", "celery@" + String(repeating: "h", count: 56),
    // Other scripts.
    "wéb.1", "web.١", "web.１", "wеb.1", "shop-٠", "web.1\u{301}", "web.\u{301}1", "web.1\u{0}",
    "日本語", "web.1\n",
  ])
  func isSharedWhereTheFormIsDoubtful(_ name: String) {
    let reading = InstanceName(name)
    #expect(reading.meaning == .shared && reading.form == .other && !reading.isPoolers)
    #expect(reading.family == name)
  }

  @Test(arguments: ["web.123456"])
  func isSharedWhereTheNumberIsTooLong(_ name: String) {
    #expect(InstanceName(name).meaning == .shared && InstanceName(name).form == .other)
  }

  /// Hosts that are none, and what a number counts that is no process.
  @Test(arguments: [
    "celery@$(HOSTNAME)", "celery@${HOSTNAME}", "celery@%h", "worker@{hostname}",
    "celery@host-a:ForkPoolWorker-1", "celery@host-a/reader", "celery@host-a#2", "shop@blue",
    "shop@eu-west-1", "shop@replica", "shop@sha256:3f2a", "app@db.example:5432", "shop@unknown",
    "tenant.17", "shard.3", "pool.1", "thread.2", "shop.8080", "report.2026",
  ])
  func takesNothingElseForAnInstance(_ name: String) {
    #expect(InstanceName(name).meaning == .shared)
  }

  @Test func tellsDynosFromPods() {
    #expect(InstanceName("web-12a34b56d-e78f9").form != InstanceName("web-7d9f8b6c5d-x2vlq").form)
  }

  @Test(arguments: [
    ("psql", true), ("psql interactive", true), ("PostgreSQL JDBC Driver", true),
    ("DBeaver 23.1.0 - Main <shop>", true), ("python3.11", false), ("orders", false),
    ("node-orders", false), ("python_worker", false), ("gunicorn", false), ("javascript", false),
  ])
  func knowsToolsByTheirNames(_ name: String, _ isATools: Bool) {
    #expect(InstanceName(name).isATools == isATools)
  }

  private static let hosts = [
    "10.0.0.1:5432", "fd00::1:5432", "[fd00::1]:5432", "unix(12):6432", "unix:0", "::1:1",
  ]

  /// PgBouncer's application_name_add_host: the name is its client's, the session is its own.
  @Test(arguments: hosts)
  func knowsWhatAPoolerAppends(_ host: String) {
    for (name, family) in [("web", "web"), ("web.1", "web.*"), ("", ""), ("a - b", "a - b")] {
      let reading = InstanceName("\(name) - \(host)")
      #expect(reading.isPoolers && reading.meaning == .shared, "\(name) - \(host)")
      #expect(reading.family == family)
    }
    #expect(InstanceName("- \(host)").isPoolers)
  }

  @Test(arguments: [
    "web - 10.0.0.1", "web - 10.0.0.1:", "web - 10.0.0.1:123456", "web -10.0.0.1:5432",
    "web-10.0.0.1:5432", "web 10.0.0.1:5432", "web - 10.0.0.256:5432", "web - db.example:5432",
    "web - 10.0.0.1:05432", "web - 10.0.0.1:5432 ", "10.0.0.1:5432", ":5432", " - :5432",
    "web - 12:30", "web - 10.0.0.1:x",
  ])
  func takesNoOtherEndingForAPoolers(_ name: String) {
    #expect(!InstanceName(name).isPoolers)
  }

  /// A name is at most 63 bytes on the server, but a saved report can hold anything.
  @Test func readsAnyBytes() {
    var random = Seeded.printed("Names")
    let pieces = [
      "web", "-", "-", ".", "@", "1", "0", "x2vlq", "7d9f8b6c5d", " - ", ":", "[", "]", "unix(",
      "10.0.0.1", "fd00::1", "localhost", "run", "é", "\u{301}", "\r\n", "12a34b56d", "e78f9",
    ]
    var told = 0
    for _ in 0..<2000 {
      let name = (0..<Int.random(in: 0...7, using: &random))
        .map { _ in random.one(of: pieces) }.joined()
      let reading = InstanceName(name)
      if reading.form == .other && !reading.isPoolers {
        #expect(
          reading.meaning == .shared
            && (reading.family == name || reading.isNewAtEachStart && reading.family.contains("*")),
          "\(name)")
      } else if !reading.isPoolers {
        #expect(
          reading.family.hasSuffix("*")
            && name.utf8.starts(with: reading.family.utf8.dropLast()), "\(name)")
      }
      told += reading.meaning == .shared ? 0 : 1
    }
    print("Names: \(told) of 2000 mean one instance")
    #expect(told > 30)
  }
}
