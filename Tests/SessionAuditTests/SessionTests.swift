import SessionAudit
import Testing

struct SessionTests {
  private static let kinds: [(String?, Session.Kind)] = [
    ("client backend", .client), ("walsender", .background), ("parallel worker", .background),
    ("autovacuum worker", .background), ("logical replication worker", .background),
    ("io worker", .background), ("what 19 brings", .background), ("", .background),
  ]

  @Test(arguments: kinds)
  func isWhatItsBackendTypeSays(_ type: String?, _ kind: Session.Kind) {
    let session = Session.client(pid: 2, .idle) { $0.backendType = type }
    #expect(session.kind == kind)
  }

  /// The false all-clear of most tools: what may not be seen has no backend_type.
  @Test func isHiddenWhereARoleAndADatabaseShowAndNothingElse() {
    #expect(Session.hidden(pid: 2).kind == .hidden)
    #expect(Session.hidden(pid: 2) { $0.userID = nil }.kind == .background)
    #expect(Session.hidden(pid: 2) { $0.database = nil }.kind == .background)
    #expect(Session.background(pid: 2, type: nil).kind == .background)
    // The role was dropped while it was connected: its name is gone, its number is not.
    #expect(Session.hidden(pid: 2) { $0.user = nil }.kind == .hidden)
  }

  @Test func hasNoIdentityWithoutAStart() {
    #expect(Session.hidden(pid: 2).identity == nil)
    let session = Session.idle(pid: 2, silent: .zero, open: .hours(1))
    #expect(session.identity == SessionIdentity(pid: 2, backendStart: .ago(.hours(1))))
    #expect(session.identity != SessionIdentity(pid: 2, backendStart: .ago(.hours(2))))
  }

  @Test func knowsAUnixSocketFromAHiddenAddress() {
    var session = Session.idle(pid: 2, silent: .zero)
    #expect(!session.isOnUnixSocket)
    session.clientAddress = nil
    session.clientPort = -1
    #expect(session.isOnUnixSocket)
    #expect(!Session.hidden(pid: 2).isOnUnixSocket)
  }

  @Test(arguments: SessionState.readingOrder + [.other("napping"), .other("")])
  func keepsPostgressWordForAState(_ state: SessionState) {
    #expect(SessionState(state.name) == state)
    #expect(state.isActive == (state == .active || state == .fastpathFunctionCall))
    #expect(state.isInTransaction == state.name.hasPrefix("idle in transaction"))
  }
}

struct SignallingRightsTests {
  private static let roles: [(name: String, role: RoleFacts)] = [
    ("superuser", .app { $0.isSuperuser = true }),
    ("pg_signal_backend", .app { ($0.canSignalBackends, $0.usableRoles) = (true, []) }),
    ("member", .app()),
    ("nobody", .app { $0.usableRoles = [] }),
    // A grant that would make one a superuser by SET ROLE does not count for signals.
    ("member of the superuser", .app { $0.usableRoles = [RoleID.superuser] }),
  ]

  /// Whose sessions each of the roles above may signal: app's, another's, a superuser's, NULL's.
  private static let rights: [[Bool]] = [
    [true, true, true, true],
    [true, true, false, false],
    [true, false, false, false],
    [false, false, false, false],
    [false, false, false, false],
  ]

  @Test(arguments: zip(roles, rights))
  func followPostgress(_ role: (name: String, role: RoleFacts), _ rights: [Bool]) {
    let owners: [UInt32?] = [RoleID.app, RoleID.other, RoleID.superuser, nil]
    for (owner, expected) in zip(owners, rights) {
      let session = Session.idle(pid: 2, silent: .zero) { $0.userID = owner }
      #expect(
        role.role.maySignal(session, on: .hundred()) == expected,
        "\(role.name), session of \(owner.map(String.init) ?? "NULL")")
    }
  }
}
