import SessionAudit
import Testing

struct RefusalTests {
  private static let all: [Refusal] =
    Failure.Limit.Kind.allCases.flatMap {
      [.noSlot($0, name: nil), .noSlot($0, name: "x"), .noSlot($0, name: "query_wait_timeout")]
    } + [
      .serverStartingOrStopping, .noPassword, .wrongPassword, .notAdmitted, .roleMayNotLogIn,
      .authentication, .noConnectPrivilege, .noSuchDatabase, .databaseTakesNoConnections,
      .databaseIsInvalid, .poolerDisabledDatabase, .poolerCannotLogIn, .parameterNotTaken,
      .nobodyListens, .noRoute, .unknownHost, .noSocket, .socketNotPermitted, .hungUp, .noPostgres,
      .unreachable, .timeout, .tlsNotOffered, .badCertificate, .tls, .standbyTakesNone,
      .notPermitted, .poolersConsole,
    ]

  /// Beside two lines of a wait and the refusal itself it stays within ten.
  @Test(arguments: all) func adviceIsShort(_ refusal: Refusal) {
    #expect((1...5).contains(refusal.hints.count))
    for hint in refusal.hints { #expect(hint.count <= 100, "\(hint)") }
  }

  /// Nobody is to end what others use without having read that.
  @Test(arguments: all) func whatEndsLiveSessionsSaysSo(_ refusal: Refusal) {
    for hint in refusal.hints where hint.contains("killall") || hint.contains("reboot") {
      #expect(hint.contains("live sessions"))
    }
  }

  @Test(arguments: Failure.Limit.Kind.allCases)
  func everyLimitNamesTheWayIn(_ kind: Failure.Limit.Kind) {
    let refusal = Refusal.noSlot(kind, name: nil)
    #expect(refusal.kind == .tooManyConnections && refusal.limit?.kind == kind)
    #expect(refusal.hints.contains { $0.contains("--wait-for-slot 30s") })
    #expect(refusal.limit?.clause.isEmpty == false)
  }

  @Test func ofSeveralTheOneThatMayTakeUsCountsAndTheOthersAreTold() {
    let (first, hints) = Refusal.weighed([
      .nobodyListens, .noSlot(.role, name: "app"), .timeout, .nobodyListens,
    ])
    #expect(first == 1)
    #expect(hints.count == 6)
    #expect(hints.prefix(4) == Refusal.noSlot(.role, name: "app").hints[...])
    #expect(hints[4] == Refusal.nobodyListens.hints[0] && hints[5] == Refusal.timeout.hints[0])
    #expect(Refusal.weighed([.notAdmitted, .wrongPassword]).first == 1)
    #expect(Refusal.weighed([.nobodyListens, .noRoute]).first == 0)
  }
}
