import Testing

@testable import SessionAudit

/// Names of which a part is new at each start, as real clients have them.
struct NameFoldingTests {
  @Test(arguments: [
    ("puma: cluster worker 0: 19527 [shop]", "puma: cluster worker *: * [shop]"),
    ("puma 5.6.5 (tcp://0.0.0.0:3000) [shop]", "puma 5.6.5 (tcp://0.0.0.0:*) [shop]"),
    ("sidekiq 6.4.1 shop [4 of 10 busy]", "sidekiq 6.4.1 shop [* of * busy]"),
    ("citus_internal gpid=10000001234", "citus_internal gpid=*"),
    ("citus_rebalancer gpid=7", "citus_rebalancer gpid=7"),
    ("odoo-19527", "odoo-*"),
    ("metabase-3f2a9b1c-7d5e-4f60-8a9b-0c1d2e3f4a5b", "metabase-*"),
    ("pgAdmin 4 - CONN:8427691", "pgAdmin * - CONN:*"),
    ("job_20261130_0007", "job_*_*"),
    ("app.3f2a9b1c7d5e", "app.*"),
  ])
  func foldsWhatIsNewAtEachStart(_ name: String, _ family: String) {
    #expect(InstanceName(name).family == family)
    #expect(InstanceName(name).isNewAtEachStart == (name != family))
  }

  @Test(arguments: [
    "", "gunicorn", "PostgreSQL JDBC Driver", "psql interactive", "python3.11", "pgAdmin 4",
    "DBeaver 23.1.0 - Main <shop>", "shop-eu-west-1", "ledger-0", "web.1", "node-18", "app@prod",
    "celery@worker-1", "celery@box.example", "Rails 7.1", "decade", "facade-app",
  ])
  func leavesOthersAlone(_ name: String) {
    #expect(!InstanceName(name).isNewAtEachStart, "\(InstanceName(name).family)")
  }

  @Test(arguments: [
    "run.9157", "shop-7d9f8b6c5d-x2vlq", "web-12a34b56d-e78f9", "celery@3f2a9b1c7d5e",
    "celery@shop-7d9f8b6c5d-x2vlq", "worker@i-0abc123def4567890",
  ])
  func knowsInstancesThatNeverComeBack(_ name: String) {
    #expect(InstanceName(name).isNewAtEachStart)
  }

  @Test(arguments: [("ledger-0", 0), ("odoo-42", 42), ("a-b-7", 7)])
  func readsTheNumber(_ name: String, _ number: Int) {
    #expect(InstanceName(name).ordinal == number)
    #expect(InstanceName(name).meaning == .numbered)
  }
}
