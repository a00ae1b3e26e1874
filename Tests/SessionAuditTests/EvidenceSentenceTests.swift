import Testing

@testable import SessionAudit

struct EvidenceSentenceTests {
  private func say(
    _ finding: Evidence.Finding, doubt: Evidence.Doubt? = nil,
    about session: Session = .idle(pid: 2, silent: .hours(2))
  ) -> String {
    let times = SessionTimes(of: session, at: .now, staleAfter: .hours(1))
    return Evidence(finding, doubt: doubt).sentence(about: session, times, at: .now)
  }

  private let newcomer = Evidence.Newcomer(address: "10.0.0.8", began: .ago(.minutes(30)))

  @Test func saysWhatWasFound() {
    #expect(
      say(.idleBeyondThreshold(.minutes(90)))
        == "Idle, and silent for 2h: last heard at 10:00:00 UTC, beyond the threshold of 1h30m.")
    #expect(
      say(.pastMaxAge(.minutes(10)))
        == "Open for 10h and silent for 2h, though its application closes connections after 10m: "
        + "a quiet thread, a leak, or nobody is there.")
    #expect(
      say(.pastMaxAge(.minutes(10), closesItself: true))
        == "Open for 10h and silent for 2h, though its pool closes by itself what is older than 10m "
        + "and not in use: leaked, checked out, or dead.")
    #expect(
      say(.beyondPoolSize(limit: 1, sessions: 2))
        == "2 sessions of it come from 10.0.0.7, where at most 1 belongs; this one, last heard at "
        + "10:00:00 UTC, is not the one heard last.")
    #expect(
      say(.replacedAddress(by: newcomer))
        == "10.0.0.8 began at 11:30:00 UTC, soon after 10.0.0.7 fell silent: it may have taken its "
        + "place. This session was last heard at 10:00:00 UTC.")
    #expect(
      say(.superseded(by: newcomer))
        == "web.1 runs from 10.0.0.8, where its oldest session began at 11:30:00 UTC; this one is "
        + "from 10.0.0.7, last heard at 10:00:00 UTC. Its owner is gone, unless two applications "
        + "here have a web.1 each.")
    #expect(
      say(.beforeRestart(.ago(.hours(1))))
        == "Opened at 02:00:00 UTC and last heard at 10:00:00 UTC, before the restart that was "
        + "complete at 11:00:00 UTC.")
    #expect(
      say(.ownerGone(covers: "web.*", missing: "web.1"))
        == "The roster covers web.*, and has no web.1 that is alive; last heard at 10:00:00 UTC.")
    #expect(
      say(.predatesOwner(owner: "web.1", startedAt: .ago(.minutes(5))))
        == "The roster's web.1 began at 11:55:00 UTC; this session was last heard at 10:00:00 UTC.")
    #expect(
      say(.predatesAll(startedAt: .ago(.minutes(5))))
        == "Everything alive in the roster began at 11:55:00 UTC or later; this session was last "
        + "heard at 10:00:00 UTC.")
  }

  @Test func countsInstances() {
    #expect(
      say(.beyondInstances(limit: 1, at: .ago(.minutes(30))))
        == "At 11:30:00 UTC another address was in use, and at most 1 instance may run; this one is "
        + "from 10.0.0.7, last heard at 10:00:00 UTC.")
    #expect(
      say(.beyondInstances(limit: 2, at: .ago(.minutes(30))))
        == "At 11:30:00 UTC 2 other addresses were in use, and at most 2 instances may run; this one "
        + "is from 10.0.0.7, last heard at 10:00:00 UTC.")
  }

  @Test func saysWhatASilentClientIsWaitedFor() {
    let reading = Session.client(pid: 2, .active, silent: .hours(3)) {
      ($0.waitEventType, $0.waitEvent) = ("Client", "ClientRead")
    }
    #expect(
      say(.silentClient(.hours(1)), about: reading)
        == "Its command began 3h ago, beyond the threshold of 1h, and waits for its client "
        + "(ClientRead).")
    let open = Session.client(pid: 2, .idleInTransaction, silent: .hours(3)) {
      $0.stateChange = .ago(.minutes(61))
    }
    #expect(
      say(.silentClient(.hours(1)), about: open)
        == "Idle in a transaction for 1h 1m, beyond the threshold of 1h; last heard at 09:00:00 "
        + "UTC.")
  }

  /// The clock alone where it is today's.
  @Test func addsTheDateOfAnotherDay() {
    let session = Session.idle(pid: 2, silent: .hours(13))
    #expect(
      say(.beforeRestart(.ago(.hours(12))), about: session)
        == "Opened at 2026-02-28 23:00:00 UTC and last heard at 2026-02-28 23:00:00 UTC, before the "
        + "restart that was complete at 00:00:00 UTC.")
    #expect(Timestamp.ago(.hours(-12)).clock(seenFrom: .now) == "2026-03-02 00:00:00 UTC")
    #expect(Timestamp.ago(.seconds(-43_199)).clock(seenFrom: .now) == "23:59:59 UTC")
    #expect(
      say(.beyondInstances(limit: 1, at: .ago(.days(2))), about: session).hasPrefix(
        "At 2026-02-27 12:00:00 UTC another"))
  }

  @Test func addsWhatMakesItUncertain() {
    func doubt(_ doubt: Evidence.Doubt) -> String {
      let sentence = say(.superseded(by: newcomer), doubt: doubt)
      #expect(!sentence.contains("Its owner is gone"))
      return String(sentence.split(separator: "UTC. ").last ?? "")
    }
    #expect(doubt(.sharedName) == "Many instances may share its name, so it could be a quiet one.")
    #expect(
      doubt(.heardSideBySide)
        == "Two addresses of that name were in use side by side for longer than a restart takes, so "
        + "it may not mean one instance.")
    #expect(
      doubt(.hiddenNamesakes(1))
        == "A hidden session bears the same name, and may be from its address.")
    #expect(
      doubt(.hiddenNamesakes(2))
        == "2 hidden sessions bear the same name, and may be from its address.")
    #expect(doubt(.noAddress) == "No address tells its instance, so this is not certain.")
    #expect(
      doubt(.withinTolerance(.seconds(30)))
        == "Clocks may differ by 30s, so this is not certain.")
    #expect(
      say(.superseded(by: newcomer), doubt: .sharedName).hasPrefix(
        "10.0.0.8 began at 11:30:00 UTC, after 10.0.0.7 fell silent; this session was last heard"))
  }

  @Test func saysWhatIsUnknown() {
    let unknown = Session.client(pid: 2, .disabled) {
      ($0.clientAddress, $0.backendStart, $0.stateChange) = (nil, nil, nil)
    }
    #expect(
      say(.idleBeyondThreshold(.hours(1)), about: unknown)
        == "Idle, and silent for an unknown time: last heard at an unknown time, beyond the "
        + "threshold of 1h.")
    #expect(say(.superseded(by: newcomer), about: unknown).contains("this one is from its socket,"))
    #expect(
      say(.pastMaxAge(.minutes(10)), about: unknown).hasPrefix("Open for an unknown time and"))
  }

  /// What makes an orphan comes first, then what rests on the most, then what tells the most.
  @Test func isOrderedByStrength() {
    let strongest: [Evidence] = [
      Evidence(.predatesAll(startedAt: .now)), Evidence(.predatesOwner(owner: "", startedAt: .now)),
      Evidence(.ownerGone(covers: "", missing: "")), Evidence(.beforeRestart(.now)),
      Evidence(.beyondInstances(limit: 1, at: .now)), Evidence(.superseded(by: newcomer)),
      Evidence(.predatesAll(startedAt: .now), doubt: .noAddress),
      Evidence(.beforeRestart(.now), doubt: .noAddress),
      Evidence(.beyondPoolSize(limit: 1, sessions: 2)), Evidence(.pastMaxAge(.zero)),
      Evidence(.replacedAddress(by: newcomer)),
      Evidence(.superseded(by: newcomer), doubt: .sharedName), Evidence(.silentClient(.zero)),
      Evidence(.idleBeyondThreshold(.zero)),
    ]
    #expect(strongest.shuffled().sorted(by: Evidence.isStronger) == strongest)
    #expect(strongest.map(\.verdict).prefix(6).allSatisfy { $0 == .orphan })
    #expect(strongest.map(\.verdict).dropFirst(6).allSatisfy { $0 == .suspect })
    #expect(Set(strongest.map(\.kind)) == Set(Evidence.Kind.allCases))
  }

  /// A clause that begins with a name leaves it as it is.
  @Test func aDoubtIsAClauseAndASentence() {
    let listed =
      "Shop-0, which the roster lists, comes from its address too, so this is not certain"
    #expect(Evidence.clause(for: .hostIsListed("Shop-0")) == listed)
    #expect(say(.silentClient(.zero), doubt: .hostIsListed("Shop-0")).hasSuffix(" But \(listed)."))
    let nowhere = "o address tells its instance, so this is not certain"
    #expect(Evidence.clause(for: .noAddress) == "n" + nowhere)
    #expect(say(.silentClient(.zero), doubt: .noAddress).hasSuffix(" N\(nowhere)."))
  }
}
