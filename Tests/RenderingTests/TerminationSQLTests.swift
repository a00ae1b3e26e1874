import SessionAudit
import Testing

@testable import Rendering

struct TerminationSQLTests {
  /// Whoever is heard from the address once the picture was asked for speaks for it, though the report
  /// is dated later.
  @Test func anAddressIsHeardFromWhenThePictureWasAskedFor() throws {
    var sessions: [Session] = [
      .client(pid: 11, .idle, silent: .hours(2), open: .hours(9)) { $0.clientAddress = "10.0.0.8" },
      .client(pid: 12, .idle, silent: .seconds(1), open: .hours(1)),
      .client(pid: 108, .active, silent: .seconds(3), application: "pgsessions"),
    ]
    for isKnown in [true, false] {
      if !isKnown { sessions[2].queryStart = nil }
      let audit = Judge.judge(SmallServer.snapshot(sessions), by: Policy())
      var selection = Selection()
      selection.orphans = true
      selection.allowsEmpty = true
      let plan = Planner.plan(audit, selection: selection)
      #expect(plan.selected.map(\.identity.pid) == [11])
      let sql = TerminationSQL.statements(
        for: TerminationReport(audit: audit, plan: plan, executed: false))
      let asked = Timestamp.now - .seconds(3)
      #expect(
        sql.contains(isKnown ? "> timestamptz '\(asked.iso8601)'" : "> '-infinity'"), "\(sql)")
      #expect(sql.contains("OR other.state = 'starting'"))
    }
  }
}
