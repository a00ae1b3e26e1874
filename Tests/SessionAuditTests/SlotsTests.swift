import SessionAudit
import Testing

struct SlotsTests {
  private func slots(
    _ sessions: Int = 10, role: RoleFacts = .app(), version: Int? = 180_006,
    server change: (inout ServerFacts) -> Void = { _ in }
  ) -> Slots {
    let clients = (0..<sessions).map { Session.idle(pid: Int32($0 + 2), silent: .zero) }
    return Slots(
      snapshot: .of(clients, role: role, server: .hundred(change: change), version: version))
  }

  @Test func leaveOrdinaryRolesWhatSuperusersDoNotReserve() {
    let binding = slots().binding
    #expect(binding.kind == .superuserReserved && binding.name == nil)
    #expect(binding.limit == 97 && binding.used == 10 && binding.available == 87)
    let unreserved = slots { $0.superuserReserved = 0 }.binding
    #expect(unreserved.kind == .server && unreserved.limit == 100)
  }

  @Test func leaveSuperusersEverything() {
    let superuser = RoleFacts.app { $0.isSuperuser = true }
    let found = slots(role: superuser) {
      $0.reserved = 5
      $0.roleLimits = [NamedLimit(name: "app", limit: 0)]
      $0.databaseLimits = [NamedLimit(name: "shop", limit: 0)]
    }
    #expect(found.binding.kind == .server && found.binding.limit == 100)
    #expect(found.limits.count == 2, "they bind others")
  }

  @Test func countReservedConnectionsForTheirPrivilegeOnly() {
    let without = slots { $0.reserved = 5 }.binding
    #expect(without.kind == .reserved && without.limit == 92)
    let with = slots(role: .app { $0.canUseReservedConnections = true }) { $0.reserved = 5 }.binding
    #expect(with.kind == .superuserReserved && with.limit == 97)
  }

  @Test func takeTheLimitThatIsNearest() {
    let role = slots { $0.roleLimits = [NamedLimit(name: "app", limit: 20)] }.binding
    #expect(role.kind == .role && role.name == "app")
    #expect(role.limit == 20 && role.used == 10 && role.available == 10 && role.usedRatio == 0.5)
    let database = slots {
      $0.roleLimits = [NamedLimit(name: "app", limit: 20)]
      $0.databaseLimits = [NamedLimit(name: "shop", limit: 15)]
    }.binding
    #expect(database.kind == .database && database.name == "shop" && database.available == 5)
    let server = slots { $0.roleLimits = [NamedLimit(name: "app", limit: 400)] }.binding
    #expect(server.kind == .superuserReserved)
  }

  /// In the order in which the server looks at them.
  @Test func nameTheFirstOfThoseThatAreEquallyNear() {
    func kind(_ role: Int, _ database: Int, _ change: (inout ServerFacts) -> Void = { _ in })
      -> LimitKind
    {
      slots {
        $0.roleLimits = [NamedLimit(name: "app", limit: role)]
        $0.databaseLimits = [NamedLimit(name: "shop", limit: database)]
        change(&$0)
      }.binding.kind
    }
    #expect(kind(20, 20) == .role)
    #expect(kind(97, 97) == .role)
    #expect(kind(98, 97) == .superuserReserved)
    #expect(kind(100, 100) { $0.superuserReserved = 0 } == .server)
  }

  @Test func countBoundsWithTheirCertainty() {
    func certainty(_ sessions: [Session], version: Int, _ role: RoleFacts = .app()) -> [Slots.Limit
      .Certainty]
    {
      let slots = Slots(
        snapshot: .of(
          sessions, role: role,
          server: .hundred {
            $0.roleLimits = [
              NamedLimit(name: "app", limit: 99), NamedLimit(name: "other", limit: 99),
            ]
          }, version: version))
      return [slots.binding.certainty] + slots.limits.map(\.certainty)
    }
    let seen = [Session.idle(pid: 2, silent: .zero)]
    #expect(certainty(seen, version: 180_000) == [.exact, .exact, .exact])
    // Whoever is at the prompt has no role yet.
    #expect(certainty(seen, version: 170_000) == [.atLeast, .exact, .exact])
    #expect(
      certainty(seen, version: 180_000, .app { $0.canReadAllStats = false }) == [
        .atLeast, .exact, .exact,
      ])
    #expect(certainty(seen + [.hidden(pid: 3)], version: 180_000) == [.about, .exact, .about])
  }

  @Test func listWhatIsNearlyUsed() {
    let found = slots(40) {
      $0.roleLimits = [
        NamedLimit(name: "app", limit: 40), NamedLimit(name: "locked", limit: 0),
        NamedLimit(name: "other", limit: 9),
      ]
      $0.databaseLimits = [NamedLimit(name: "shop", limit: 53)]
    }
    #expect(found.binding.name == "app")
    #expect(found.othersNearlyUsed.map(\.name) == ["shop"])
    #expect(
      slots(39) { $0.databaseLimits = [NamedLimit(name: "shop", limit: 53)] }.othersNearlyUsed
        .isEmpty)
  }

  @Test func passOverTheLimitsOfOthers() {
    let found = slots {
      $0.roleLimits = [NamedLimit(name: "other", limit: 1), NamedLimit(name: "app2", limit: 2)]
      $0.databaseLimits = [NamedLimit(name: "ledger", limit: 0)]
    }
    #expect(found.binding.kind == .superuserReserved)
    #expect(found.limits.map(\.name) == ["other", "app2", "ledger"])
    #expect(found.limits.map(\.used) == [0, 0, 0])
  }

  @Test func countALimitOfNoneAsReached() {
    let found = slots(0) { $0.roleLimits = [NamedLimit(name: "app", limit: 0)] }.binding
    #expect(found.kind == .role && found.available == 0 && found.usedRatio == 1)
  }

  /// A limit that was lowered, or passed by superusers, is used to the full and not beyond.
  @Test func neverExceedOne() {
    let binding = slots(30) { $0.roleLimits = [NamedLimit(name: "app", limit: 20)] }.binding
    #expect(binding.used == 30 && binding.available == 0 && binding.usedRatio == 1)
  }

  @Test func countClientsOnly() {
    let sessions = [
      Session.idle(pid: 2, silent: .zero), .hidden(pid: 3),
      .client(pid: 4, .active) { $0.backendType = "walsender" },
      .client(pid: 5, .active) { $0.backendType = "parallel worker" },
      .background(pid: 6, type: "checkpointer"), .background(pid: 7, type: nil),
    ]
    let found = Slots(
      snapshot: .of(
        sessions,
        server: .hundred {
          $0.roleLimits = [
            NamedLimit(name: "app", limit: 9), NamedLimit(name: "other", limit: 9),
          ]
        }))
    #expect(found.used == 2)
    #expect(found.limits.map(\.used) == [1, 1], "a hidden session still tells its role")
  }

  @Test func areExactWhereNothingHides() {
    #expect(slots(version: 180_000).usedExact)
    #expect(!slots(version: 170_011).usedExact, "the password prompt is invisible before 18")
    #expect(!slots(version: nil).usedExact)
    #expect(!slots(role: .app { $0.canReadAllStats = false }).usedExact, "nor to who sees no other")
    #expect(!Slots(snapshot: .of([.hidden(pid: 3)])).usedExact)
  }
}
