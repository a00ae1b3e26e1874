import Testing

@testable import SessionAudit

/// Many sessions of an application that nobody uses: frozen clients, or a pool that is too large.
struct QuietApplicationsTests {
  private func sessions(
    quiet: Int, used: Int, application: String = "", change: (inout Session) -> Void = { _ in }
  ) -> [Session] {
    (0..<(quiet + used)).map { index in
      .idle(
        pid: Int32(index + 2), silent: index < quiet ? .minutes(70) : .seconds(9),
        application: application, change: change)
    }
  }

  private func report(_ sessions: [Session], timeout: String? = nil) -> AuditReport {
    var snapshot = Snapshot.of(sessions)
    if let timeout {
      snapshot.details = Details(blocking: [])
      snapshot.details?.settings = ServerSettings(
        settings: [
          "idle_session_timeout": .init(
            value: timeout, resetValue: timeout, source: "default", mayAlterSystem: false)
        ], overrides: [])
    }
    var report = snapshot.judged()
    report.advise(words: "")
    return report
  }

  private func said(_ report: AuditReport) -> Advice? {
    report.advice.first { $0.code == "quiet_applications" }
  }

  @Test func namesTheTimeoutThatLetsGoOfThem() throws {
    let found = try #require(said(report(sessions(quiet: 10, used: 2))))
    #expect(found.severity == .info)
    #expect(
      found.summary.hasPrefix(
        "10 of the 12 sessions without a name (app@shop) from 1 address have asked nothing for 1h or "
          + "longer. Frozen clients look like this too"))
    #expect(found.remedy == "ALTER ROLE \"app\" SET idle_session_timeout = '1h';")
    #expect(said(report(sessions(quiet: 10, used: 2), timeout: "0")) != nil)
    #expect(said(report(sessions(quiet: 10, used: 2), timeout: "600000")) == nil, "it has one")
  }

  @Test(arguments: [(4, 0), (5, 6), (0, 12)])
  func keepsQuietOfFewer(_ quiet: Int, _ used: Int) {
    #expect(report(sessions(quiet: quiet, used: used)).quietApplications.isEmpty)
  }

  /// What waits on purpose, and what a pooler keeps, is no trouble.
  @Test func leavesOutWhatIsMeantToBeQuiet() {
    #expect(report(sessions(quiet: 8, used: 0) { $0.mayListen = true }).quietApplications.isEmpty)
    #expect(
      report(sessions(quiet: 8, used: 0) { $0.endsWithDiscardAll = true }).quietApplications.isEmpty
    )
  }

  @Test func countsFamiliesOfNamesTogether() throws {
    let workers = (0..<6).flatMap { worker in
      sessions(quiet: 1, used: 0, application: "sidekiq 6.4.1 shop [\(worker) of 10 busy]") {
        $0.pid = Int32(worker + 2)
        $0.clientAddress = "10.0.0.\(worker % 2)"
      }
    }
    let found = report(workers).quietApplications
    #expect(found.map(\.count) == ["6 sessions of sidekiq 6.4.1 shop [* of * busy] (app@shop)"])
    #expect(found.map(\.place) == [" from 2 addresses"])
  }

  @Test(arguments: [
    (Duration.hours(1), "1h"), (.minutes(90), "90min"), (.seconds(45), "45s"), (.days(2), "2d"),
    (.milliseconds(1500), "1500ms"), (.zero, "1ms"),
  ])
  func writesTimesAsTheServerReadsThem(_ duration: Duration, _ text: String) {
    #expect(SettingName.text(duration) == text)
    if duration > .zero { #expect(SettingName.idleSessionTimeout.duration(text) == duration) }
  }
}
