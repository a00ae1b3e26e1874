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
  private var tellsInstance: Bool { oracle.hasAddress(session) && !isFromNode }

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

  var isOwnedByName: Bool { !isSharedName && !ownersByName.isEmpty }

  /// Whether one owner has its address, and no other has its name.
  var isAloneAtAddress: Bool {
    let living = living
    let byAddress = living.indices.filter { contains(living[$0].networks, session) }
    let byName = living.indices.filter { living[$0].name == session.applicationName }
    return tellsInstance && byAddress.count == 1 && Set(byName).isSubset(of: byAddress)
  }

  private var takenAt: Timestamp { min(roster.takenAt ?? oracle.now, oracle.now) }

  /// What it lacks though it covers it; nil: it lists it, or does not speak of it.
  var gap: (covers: String, missing: String, isByName: Bool)? {
    guard ownersByName.isEmpty, ownersByAddress.isEmpty else { return nil }
    if coversName { return (oracle.name(session).family, session.applicationName, true) }
    guard coversAddress, let address = session.clientAddress else { return nil }
    let network = roster.coversNetworks.first { contains([$0], session) }
    return (network?.text ?? "its application", address, false)
  }

  var isOwnerGone: Bool {
    guard let gap, !oracle.isBusy(session) else { return false }
    var heard = oracle.lastHeard(session)
    if !gap.isByName || oracle.name(session).meaning == .numbered {
      guard !oracle.isClientBusy(session) else { return false }
      heard = max(heard, oracle.clientHeard(session))
    }
    return heard < takenAt && oracle.now - heard >= oracle.policy.restartGrace
  }

  // MARK: - Whether it is believed

  /// Those that were heard though it lacks them, each with its gap.
  private var heardThoughUnlisted:
    [(session: Session, gap: (covers: String, missing: String, isByName: Bool))]
  {
    oracle.visible.compactMap { other in
      let heard = oracle.lastHeard(other)
      guard oracle.isConnected(other), !oracle.isPooled(other),
        heard >= takenAt || oracle.now - heard < oracle.policy.restartGrace
      else { return nil }
      return RosterView(roster, oracle, other).gap.map { (other, $0) }
    }
  }

  /// The first by name of whoever shows that its lacking this session's owner proves nothing.
  var witness: String? {
    guard let gap else { return nil }
    return heardThoughUnlisted.filter { other in
      other.gap.isByName == gap.isByName && other.gap.covers == gap.covers
        && (gap.isByName || oracle.isSameApplication(other.session, session))
    }.map(\.gap.missing).min()
  }

  /// A name that the roster lists and that comes from the same host.
  var listedNeighbour: String? {
    guard gap?.isByName == true else { return nil }
    return oracle.visible.filter { other in
      other.clientAddress == session.clientAddress && oracle.isConnected(other)
        && oracle.life(other) != nil && living.contains { $0.name == other.applicationName }
    }.map(\.applicationName).min()
  }

  var witnessOfUser: String? {
    heardThoughUnlisted.filter { $0.session.user == session.user }.map(\.gap.missing).min()
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
          && oracle.hasAddress(other) && living.contains { contains($0.networks, other) }
      }
  }
}
