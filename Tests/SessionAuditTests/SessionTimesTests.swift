import SessionAudit
import Testing

struct SessionTimesTests {
  private func times(
    _ session: Session, staleAfter: Duration = .hours(1)
  ) -> SessionTimes {
    SessionTimes(of: session, at: .now, staleAfter: staleAfter)
  }

  @Test func knowsTheAgesOfAnIdleSession() {
    let found = times(.idle(pid: 2, silent: .minutes(30), open: .hours(5)))
    #expect(found.stateAge == .minutes(30))
    #expect(found.sessionAge == .hours(5))
    #expect(found.lastHeard == .ago(.minutes(30)))
    #expect(found.silent == .minutes(30))
    #expect(found.usedAtAge == .hours(5) - .minutes(30))
  }

  @Test func hearsTheLaterOfBackendStartAndQueryStart() {
    var session = Session.idle(pid: 2, silent: .zero, open: .hours(5))
    session.queryStart = nil
    #expect(times(session).lastHeard == .ago(.hours(5)), "connected and never used")
    session.queryStart = .ago(.hours(6))
    #expect(times(session).lastHeard == .ago(.hours(5)))
    #expect(times(session).usedAtAge == .zero)
    session.queryStart = .ago(.hours(4))
    #expect(times(session).lastHeard == .ago(.hours(4)))
  }

  /// A dead client's query ends, and its session turns idle just now, by the server's doing.
  @Test func doesNotTakeAFreshStateChangeForALifeSign() {
    let session = Session.idle(pid: 2, silent: .hours(3)) { $0.stateChange = .ago(.seconds(1)) }
    #expect(times(session).stateAge == .seconds(1))
    #expect(times(session).silent == .hours(3))
  }

  @Test(arguments: [SessionState.active, .fastpathFunctionCall])
  func hearsAnActiveSessionNow(_ state: SessionState) {
    let found = times(.client(pid: 2, state, open: .hours(5), silent: .hours(3)))
    #expect(found.lastHeard == .now && found.silent == .zero)
    #expect(found.stateAge == .hours(3))
    #expect(found.usedAtAge == .hours(5))
  }

  private static let waits: [(type: String?, event: String?, isOnClient: Bool)] = [
    ("Client", "ClientRead", true), ("Client", "ClientWrite", true),
    ("Client", "WalSenderWaitForWAL", false), ("Lock", "relation", false),
    ("IPC", "ClientRead", false), (nil, nil, false),
  ]

  @Test(arguments: waits)
  func doesNotHearAnActiveSessionThatWaitsForItsClient(
    _ type: String?, _ event: String?, _ isOnClient: Bool
  ) {
    func silence(_ age: Duration) -> Duration? {
      times(
        .client(pid: 2, .active, silent: age) {
          ($0.waitEventType, $0.waitEvent) = (type, event)
        }
      ).silent
    }
    #expect(silence(.hours(1) - .microseconds(1)) == .zero, "not stale yet")
    #expect(silence(.hours(1)) == (isOnClient ? .hours(1) : .zero))
    #expect(silence(.hours(7)) == (isOnClient ? .hours(7) : .zero))
  }

  @Test func knowsNothingOfHiddenSessions() {
    #expect(
      times(.hidden(pid: 2))
        == SessionTimes(
          of: Session(pid: 2, applicationName: ""), at: .now, staleAfter: .hours(1)))
    let found = times(.hidden(pid: 2))
    #expect(found.stateAge == nil && found.sessionAge == nil && found.lastHeard == nil)
    #expect(found.silent == nil && found.usedAtAge == nil)
  }

  @Test func knowsOnlyTheStartWithTrackActivitiesOff() {
    let found = times(
      .client(pid: 2, .disabled, open: .hours(5)) {
        $0.queryStart = nil
        $0.stateChange = nil
      })
    #expect(found.sessionAge == .hours(5))
    #expect(found.stateAge == nil && found.lastHeard == nil && found.silent == nil)
    #expect(found.usedAtAge == nil)
  }

  /// 18: at the password prompt. It was last heard as it connected.
  @Test func hearsAStartingSessionAsItConnected() {
    let found = times(
      .client(pid: 2, .starting, open: .seconds(20)) {
        $0.queryStart = nil
        $0.stateChange = nil
      })
    #expect(found.stateAge == nil)
    #expect(found.silent == .seconds(20) && found.usedAtAge == .zero)
  }

  @Test func hasNoNegativeAge() {
    let found = times(
      .client(pid: 2, .idle, open: .seconds(-9)) {
        $0.queryStart = .ago(.seconds(-7))
        $0.stateChange = .ago(.seconds(-8))
      })
    #expect(found.stateAge == .zero && found.sessionAge == .zero && found.silent == .zero)
    #expect(found.usedAtAge == .zero)
  }
}
