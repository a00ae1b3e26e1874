/// Who was heard though the roster covers it and lists no such owner as alive. Such a list is of
/// another time, of a part, or of something else, and is not believed about what it lacks somebody
/// of: by name about that family, by address about the sessions of that application, user and
/// database among what it covers. (All that it covers would be too coarse: one administrator's psql
/// would stop every cleanup.)
struct RosterGaps {
  private struct Covered: Hashable {
    let application: Int
    /// As the roster's answers say it.
    let covers: String
  }

  private var families: [RosterIndex.FamilyKey: String] = [:]
  private var unlisted: [Covered: String] = [:]
  private var ofUsers: [String: String] = [:]

  /// Names and addresses, sorted.
  private(set) var witnesses: [String] = []

  init() {}

  /// - Parameter answer: what the roster says of an entry; nil where it says nothing.
  init(
    _ roster: RosterIndex, _ clientIndex: ClientIndex, at now: Timestamp, by policy: Policy,
    answer: (ClientIndex.Entry) -> RosterIndex.Answer?
  ) {
    var found: Set<String> = []
    var isDone: Set<Int> = []
    for case let entry? in clientIndex.entries where !entry.isPooled {
      let heard = clientIndex.sources[entry.source].lastHeard
      guard heard >= roster.takenAt || heard > now - policy.restartGrace,
        // A source by application: the same answer for all of its sessions.
        isDone.insert(entry.source &* clientIndex.applications.count &+ entry.application).inserted,
        case .gone(let covers, let missing, let isByName)? = answer(entry)
      else { continue }
      found.insert(missing)
      let application = clientIndex.applications[entry.application]
      // The first by name, so that the order of the rows shows nowhere.
      if isByName {
        Self.add(missing, to: &families[.init(clientIndex.names[application.name].reading)])
      } else {
        Self.add(missing, to: &unlisted[Covered(application: entry.application, covers: covers)])
      }
      if let user = application.user { Self.add(missing, to: &ofUsers[user]) }
    }
    witnesses = found.sorted()
  }

  private static func add(_ witness: String, to first: inout String?) {
    first = first.map { min($0, witness) } ?? witness
  }

  /// Who shows that the roster's lacking somebody of this name proves nothing.
  func witness(ofFamily name: InstanceName) -> String? {
    families.isEmpty ? nil : families[.init(name)]
  }

  func witness(ofApplication application: Int, coveredBy covers: String) -> String? {
    unlisted.isEmpty ? nil : unlisted[Covered(application: application, covers: covers)]
  }

  /// Who shows that the roster is not complete for a user.
  func witness(ofUser user: String) -> String? { ofUsers.isEmpty ? nil : ofUsers[user] }
}
