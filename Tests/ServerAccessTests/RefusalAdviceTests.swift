import SessionAudit
import Testing

@testable import ServerAccess

struct RefusalAdviceTests {
  private static let all: [Refusal] =
    LimitKind.allCases.flatMap {
      [.noSlot($0, name: nil), .noSlot($0, name: "x"), .noSlot($0, name: "query_wait_timeout")]
    } + [
      .serverStartingOrStopping, .noPassword, .wrongPassword, .notAdmitted, .roleMayNotLogIn,
      .authentication, .noConnectPrivilege, .noSuchDatabase, .databaseTakesNoConnections,
      .databaseIsInvalid, .poolerDisabledDatabase, .poolerCannotLogIn, .parameterNotTaken,
      .nobodyListens, .noRoute, .unknownHost, .noSocket, .socketNotPermitted, .hungUp, .noPostgres,
      .unreachable, .timeout, .tlsNotOffered, .badCertificate, .tls, .standbyTakesNone,
      .notPermitted, .poolersConsole,
    ]

  private static func hints(_ refusal: Refusal) -> [String] {
    RefusalAdvice(refusal, reaching: nil).lines
  }

  /// Beside two lines of a wait and the refusal itself it stays within ten.
  @Test(arguments: all) func adviceIsShort(_ refusal: Refusal) {
    #expect((1...5).contains(Self.hints(refusal).count))
    for hint in Self.hints(refusal) { #expect(hint.count <= 100, "\(hint)") }
  }

  /// Nobody is to end what others use without having read that.
  @Test(arguments: all) func whatEndsLiveSessionsSaysSo(_ refusal: Refusal) {
    for hint in Self.hints(refusal) where hint.contains("killall") || hint.contains("reboot") {
      #expect(hint.contains("live sessions"))
    }
  }

  @Test(arguments: LimitKind.allCases)
  func everyLimitNamesTheWayIn(_ kind: LimitKind) {
    let refusal = Refusal.noSlot(kind, name: nil)
    #expect(refusal.kind == .tooManyConnections && refusal.limit?.kind == kind)
    #expect(Self.hints(refusal).contains { $0.contains("--wait-for-slot 30s") })
    #expect(refusal.limit?.clause.isEmpty == false)
  }

  @Test func ofSeveralTheOneThatMayTakeUsCountsAndTheOthersAreTold() {
    let refusals: [Refusal] = [
      .nobodyListens, .noSlot(.role, name: "app"), .timeout, .nobodyListens,
    ]
    let hints = RefusalAdvice.lines(for: refusals, reaching: nil)
    #expect(Refusal.first(of: refusals) == 1)
    #expect(hints.count == 6)
    #expect(hints.prefix(4) == Self.hints(refusals[1])[...])
    #expect(hints[4] == Self.hints(.nobodyListens)[0] && hints[5] == Self.hints(.timeout)[0])
    #expect(Refusal.first(of: [.notAdmitted, .wrongPassword]) == 1)
    #expect(Refusal.first(of: [.nobodyListens, .noRoute]) == 0)
  }

  /// A name in the sentence may read like the option that stands for the way in.
  @Test func theWayInIsSaidInTheTargetsWords() throws {
    let target = try TargetResolver.resolve(
      TargetRequest(target: "postgresql://app@db.example/postgres"), environment: [:])
    let role = Refusal.noSlot(.role, name: "a -U NAME -d postgres")
    #expect(
      RefusalAdvice(role, reaching: target).lines[0]
        == "Role \"a -U NAME -d postgres\" is at its own CONNECTION LIMIT: another role may get in "
        + "(-h db.example -U NAME -d postgres).")
    let full = Refusal.noSlot(.database, name: "postgres")
    #expect(
      RefusalAdvice(full, besides: "postgres", reaching: target).lines[0]
        .hasSuffix("connect to another (-h db.example -U app -d template1),"))
    #expect(full.wayIn() == .database("postgres") && Refusal.unknownHost.wayIn() == nil)
    #expect(Refusal.noSlot(.superuserReserved, name: nil).wayIn() == .role("postgres"))
  }
}
