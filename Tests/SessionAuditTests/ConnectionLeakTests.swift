import SessionAudit
import Testing

/// The signature of a leak: many of one living address, each used at first and never again.
struct ConnectionLeakTests {
  /// Opened one after the other, a minute apart, the last of them so long ago.
  private func opened(
    _ count: Int, every step: Duration = .seconds(60), last: Duration = .minutes(10),
    used: Duration = .seconds(2), change: (inout Session) -> Void = { _ in }
  ) -> [Session] {
    (0..<count).map { place in
      let open = last + step * (count - 1 - place)
      return .client(
        pid: Int32(100 + place), .idle, open: open, silent: open - used, application: "shop"
      ) {
        $0.lastCommand = "SELECT"
        change(&$0)
      }
    }
  }

  private let asking = Session.client(
    pid: 2, .idle, open: .hours(2), silent: .seconds(5), application: "shop")

  private func leaks(_ sessions: [Session], by policy: Policy = Policy()) -> [ConnectionLeak] {
    Snapshot.of(sessions).judged(by: policy).connectionLeaks
  }

  @Test func isSeen() throws {
    let found = try #require(leaks(opened(12) + [asking]).first)
    #expect(found.applicationName == "shop" && found.address == "10.0.0.7")
    #expect(found.sessions == 12 && found.usedAtAge == .seconds(2))
    #expect(found.firstOpened == .ago(.minutes(21)) && found.lastOpened == .ago(.minutes(10)))
    #expect(leaks(opened(10) + [asking]).count == 1)
  }

  @Test func isNotSaidWhereItCannotBeTold() throws {
    #expect(leaks(opened(9) + [asking]).isEmpty, "workers that have had one request yet")
    #expect(leaks(opened(12)).isEmpty, "nobody lives there")
    #expect(leaks(opened(12, used: .seconds(6)) + [asking]).isEmpty, "used later")
    #expect(leaks(opened(12, last: .minutes(1)) + [asking]).count == 0, "just used")
    #expect(leaks(opened(12) { $0.stateChange = .ago(.seconds(1)) } + [asking]).isEmpty, "it pings")
    #expect(leaks(opened(12) { $0.clientAddress = nil } + [asking]).isEmpty)
    #expect(leaks(opened(12) { $0.state = .active } + [asking]).isEmpty)
    // A name for each is an instance for each.
    let named = opened(12).enumerated().map { place, session in
      var session = session
      session.applicationName = "shop.\(place)"
      return session
    }
    #expect(leaks(named + [asking]).isEmpty)
  }

  /// A pool that is filled at its start, one that keeps a stock, listeners.
  @Test func isNoPool() throws {
    #expect(
      leaks(opened(30, every: .milliseconds(10)) + [asking]).isEmpty, "HikariCP, psycopg_pool")
    #expect(leaks(opened(20, every: .seconds(3)) + [asking]).isEmpty, "within a restart")
    let filled = opened(20, every: .milliseconds(10), last: .minutes(40))
    let late = opened(19, last: .minutes(10)).map { session in
      var session = session
      session.pid += 100
      return session
    }
    #expect(leaks(filled + late + [asking]).isEmpty, "half of them at once")
    // Replaced one by one at its maxLifetime, and never asked for.
    for command in ["SET", "LISTEN", "SHOW", nil] {
      #expect(leaks(opened(30) { $0.lastCommand = command } + [asking]).isEmpty)
    }
  }

  @Test func isAdvisedOn() throws {
    func codes(_ policy: Policy) -> [String] {
      var report = Snapshot.of(opened(12) + [asking]).judged(by: policy)
      report.advise(words: "")
      return report.advice.map(\.code).filter { $0.contains("leak") || $0.contains("closed") }
    }
    #expect(codes(Policy()) == ["connection_leak"])
    var declared = Policy()
    declared.maxAges = [Declaration(nil, .minutes(5))]
    // Used beyond it, too: the leak is another matter.
    #expect(codes(declared) == ["connection_leak"])
    declared.maxAges = [Declaration(nil, .hours(3))]
    #expect(codes(declared) == ["connection_leak"])
  }

  @Test func isSaidOnce() throws {
    var policy = Policy()
    policy.maxAges = [Declaration(nil, .minutes(5))]
    var young = asking
    young.backendStart = .ago(.minutes(1))
    var report = Snapshot.of(opened(12) + [young]).judged(by: policy)
    report.advise(words: "")
    let said = report.advice.filter { ["connection_leak", "max_age_not_closed"].contains($0.code) }
    #expect(said.map(\.code) == ["max_age_not_closed"])
    #expect(
      said[0].summary.hasPrefix("shop: max age 5m is not kept: 12 are open beyond it, each used"))
    #expect(said[0].summary.contains("CONN_MAX_AGE to 0"))
  }
}
