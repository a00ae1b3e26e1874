import SessionAudit

/// What a roster says of one session's owner, read entry by entry.
struct RosterView {
  private let roster: Roster
  private let oracle: EvidenceOracle
  private let session: Session

  init(_ roster: Roster, _ oracle: EvidenceOracle, _ session: Session) {
    self.roster = roster
    self.oracle = oracle
    self.session = session
  }

  /// A start after the snapshot or the list is a clock that is wrong, and says nothing.
  private var living: [Roster.Entry] {
    roster.entries.filter(\.isAlive).map { entry in
      var entry = entry
      let latest = min(roster.takenAt ?? oracle.now, oracle.now)
      entry.startedAt = entry.startedAt.flatMap { $0 > latest ? nil : $0 }
      return entry
    }
  }

  /// When everything alive began; nil for what does not say so.
  var starts: [Timestamp?] { living.map(\.startedAt) }
  private var isSharedName: Bool { oracle.name(session).meaning == .shared }

  private func contains(_ networks: [Network], _ session: Session) -> Bool {
    guard let address = session.clientAddress.flatMap({ NetworkAddress($0) }) else { return false }
    return networks.contains { $0.contains(address) }
  }

  /// From a node's address come the sessions of whatever runs there.
  private var isFromNode: Bool { contains(roster.nodeNetworks, session) }
  private var tellsInstance: Bool { oracle.tellsInstance(session) && !isFromNode }

  private var ownersByName: [Roster.Entry] {
    living.filter { $0.name == session.applicationName }
  }
  private var ownersByAddress: [Roster.Entry] {
    isFromNode ? [] : living.filter { contains($0.networks, session) }
  }

  /// When the first of its possible owners began; nil: that is not known, or there is none.
  ///
  /// A name that many share and an address that many share accuse nobody.
  var ownersStart: Timestamp? {
    let accuses =
      !isSharedName && !ownersByName.isEmpty || tellsInstance && !ownersByAddress.isEmpty
    let starts = (ownersByName + ownersByAddress).map(\.startedAt)
    return accuses && !starts.contains(nil) ? starts.compactMap { $0 }.min() : nil
  }

  var isOwnerGone: Bool {
    guard ownersByName.isEmpty, ownersByAddress.isEmpty, coversName || coversAddress else {
      return false
    }
    let takenAt = min(roster.takenAt ?? oracle.now, oracle.now)
    let heard = oracle.lastHeard(session)
    return heard < takenAt && oracle.now - heard >= oracle.policy.restartGrace
  }

  private var isNamedByUser: Bool {
    roster.coversNames.contains { $0.matches(session.applicationName) }
  }

  private var coversName: Bool {
    let family = oracle.name(session).family
    let families = roster.entries.compactMap(\.name).map { KnownName.byText[$0]?.family }
    return !isSharedName && (families.contains(family) || isNamedByUser)
  }

  private var coversAddress: Bool {
    guard tellsInstance else { return false }
    if contains(roster.coversNetworks, session) { return true }
    let hasAddresses = living.contains { !$0.networks.isEmpty }
    return hasAddresses && (isNamedByUser || isListed)
  }

  /// Whether lines list an address of its application.
  private var isListed: Bool {
    roster.format == .lines && !session.applicationName.isEmpty
      && oracle.visible.contains { other in
        other.applicationName == session.applicationName && other.user == session.user
          && other.database == session.database
          // An address that many share makes nobody known.
          && oracle.tellsInstance(other) && living.contains { contains($0.networks, other) }
      }
  }
}
