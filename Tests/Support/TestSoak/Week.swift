import TestRandom

/// How a host goes.
enum Leaving: Sendable {
  /// Closes its sessions as it should.
  case inOrder
  /// Is lost without a word: between queries, in a transaction, in a query.
  case idle, inTransaction, inQuery

  static func any(_ random: inout Seeded) -> Leaving {
    switch Int.random(in: 0..<10, using: &random) {
    case ..<4: .inOrder
    case ..<8: .idle
    case 8: .inTransaction
    default: .inQuery
    }
  }
}

/// What happens in the simulated week, and when.
struct Week: Sendable {
  enum Happening: Sendable {
    /// The platform replaces a host by another one, before or after that has begun.
    case replace(Slot, Leaving, overlaps: Bool)
    /// All of an application in turn.
    case deploy(Application, [Leaving], overlaps: Bool)
    /// A host is lost and the platform does not know yet; later it does, and begins another.
    case lose(Slot)
    /// A process crashes; the platform lists it as such and begins it anew later.
    case crash(Slot, Leaving)
    /// One less, as at night.
    case scaleDown(Slot, Leaving)
    /// Begins what does not run.
    case begin(Slot)
  }

  struct Event: Sendable {
    /// Hours since the week began.
    let at: Double
    let what: Happening
  }

  private(set) var events: [Event] = []

  init(_ form: SoakForm, random: inout Seeded) {
    for day in 0..<form.days { add(day, deploys: form.deploys, &random) }
    events.sort { $0.at < $1.at }
  }

  private mutating func add(_ day: Int, deploys: Int, _ random: inout Seeded) {
    func at(_ hours: ClosedRange<Double>) -> Double {
      Double(day * 24) + Double.random(in: hours, using: &random)
    }
    let restarting = Slot.all.filter { $0.application != .reporting }
    // Each host is replaced once a day, at night too.
    for slot in restarting {
      let overlaps = slot.application.mayOverlap && random.chance(30)
      add(at(0...24), .replace(slot, .any(&random), overlaps: overlaps))
    }
    // The week begins at six: these are the hours of work.
    for _ in 0..<deploys {
      for applications in [[Application.web, .worker], [.api]] {
        let (start, overlaps) = (at(2...14), random.chance(50))
        for application in applications { add(start, deploy(application, overlaps, &random)) }
      }
    }
    add(at(2...14), deploy(.django, false, &random))
    for _ in 1...2 {
      let (slot, start) = (random.one(of: restarting), at(1...22))
      add(start, .lose(slot))
      add(start + Double.random(in: 0.5...2, using: &random), .begin(slot))
    }
    let crashing = random.one(of: restarting.filter { [.web, .worker].contains($0.application) })
    let start = at(1...22)
    add(start, .crash(crashing, .any(&random)))
    add(start + 1, .begin(crashing))
    // From half past ten in the evening to half past six in the morning.
    let last = Slot(application: .web, number: 3)
    add(Double(day * 24) + 16.5, .scaleDown(last, .any(&random)))
    add(Double(day * 24) + 24.5, .begin(last))
  }

  private func deploy(
    _ application: Application, _ overlaps: Bool, _ random: inout Seeded
  ) -> Happening {
    .deploy(
      application, (0..<application.instances).map { _ in .any(&random) }, overlaps: overlaps)
  }

  private mutating func add(_ at: Double, _ what: Happening) {
    events.append(Event(at: at, what: what))
  }
}
