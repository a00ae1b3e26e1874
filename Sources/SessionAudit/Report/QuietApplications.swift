/// Many sessions of one application that are open, and that it has not used for long: a pool larger
/// than its traffic, or clients that are frozen and may thaw, as on a serverless platform.
struct QuietApplication: Sendable, Equatable {
  var roleID: UInt32
  var role: String
  var databaseID: UInt32?
  var database: String
  /// As it is shown.
  var family: String
  /// Idle ones that were not used within stale-after.
  var quiet = 0
  var sessions = 0
  var addresses: Set<String> = []
  /// Of the quiet ones.
  var longest = Duration.zero

  /// Fewer are nobody's trouble.
  static let leastQuiet = 5

  /// `10 of the 12 sessions of celery@*`
  var count: String {
    let whose = family.isEmpty ? "without a name" : "of \(family)"
    return "\(quiet) \(quiet == sessions ? "" : "of the \(sessions) ")sessions \(whose) "
      + "(\(role)@\(database))"
  }

  /// ` from 1 address`; empty where there is none.
  var place: String {
    addresses.isEmpty
      ? "" : " from \(addresses.count) address\(addresses.count == 1 ? "" : "es")"
  }
}

extension AuditReport {
  /// Those of which five or more are quiet, and half or more: the quietest first. Without what its
  /// owner left behind or what waits on purpose: orphans, poolers' sessions, what holds state.
  var quietApplications: [QuietApplication] {
    guard sessions.indices.count(where: { isQuiet(sessions[$0]) }) >= QuietApplication.leastQuiet
    else { return [] }
    struct Key: Hashable {
      var role: UInt32
      var database: UInt32?
      var family: NameKey
    }
    // Names are read once each, however many sessions bear them.
    var families: [NameKey: NameKey] = [:]
    var found: [Key: QuietApplication] = [:]
    for judged in sessions where judged.session.kind == .client && judged.verdict != .hidden {
      guard let id = judged.session.userID, let role = judged.session.user,
        let database = judged.session.database,
        !judged.protections.contains(where: { $0.kind == .superuser || $0.kind == .ownSession })
      else { continue }
      let name = NameKey(judged.session.applicationName)
      let family = families[name] ?? NameKey(judgedWith.family(of: name.text))
      families[name] = family
      let databaseID = judged.session.databaseID
      found[
        Key(role: id, database: databaseID, family: family),
        default: QuietApplication(
          roleID: id, role: role, databaseID: databaseID, database: database, family: family.text)
      ].add(judged, isQuiet: isQuiet(judged))
    }
    return found.values.filter {
      $0.quiet >= QuietApplication.leastQuiet && $0.quiet * 2 >= $0.sessions
    }.sorted {
      ($1.quiet, $0.family, $0.role, $0.database) < ($0.quiet, $1.family, $1.role, $1.database)
    }
  }

  private func isQuiet(_ judged: JudgedSession) -> Bool {
    guard judged.verdict == .suspect, judged.session.state == .idle,
      let quiet = judged.times.quiet, quiet >= judgedWith.staleAfter(of: judged.session)
    else { return false }
    return judged.session.heldByLastQuery.isEmpty
      && !judged.protections.contains { $0.kind == .pooled || $0.kind == .holdsState }
  }
}

extension QuietApplication {
  fileprivate mutating func add(_ judged: JudgedSession, isQuiet: Bool) {
    sessions += 1
    guard isQuiet else { return }
    quiet += 1
    longest = max(longest, judged.times.quiet ?? .zero)
    if let address = judged.session.clientAddress { addresses.insert(address) }
  }
}

extension SettingName {
  /// A value of time as it is written for the server: `1h`, `90s`.
  static func text(_ duration: Duration) -> String {
    let milliseconds = max(1, duration.wholeMicroseconds / 1000)
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000)]
      as [(String, Int64)]
    where milliseconds % size == 0 {
      return "\(milliseconds / size)\(unit)"
    }
    return "\(milliseconds)ms"
  }
}
