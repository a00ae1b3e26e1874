/// What a list of who is alive tells.
extension ContractOracle {
  func fromRoster(_ session: SessionFact) -> Set<String> {
    guard let roster, session.start < roster.takenAt else { return [] }
    var kinds: Set<String> = []
    if isOwnerGone(session, roster) { kinds.insert("owner_gone") }
    if predatesOwner(session, roster) { kinds.insert("predates_owner") }
    if predatesAll(session, roster) { kinds.insert("predates_all") }
    return kinds
  }

  private func owners(_ session: SessionFact, _ roster: OracleRoster) -> [OracleRoster.Entry] {
    roster.entries.filter {
      $0.isAlive && ($0.name == session.name || $0.address == session.address)
    }
  }

  // MARK: - Who is not in it

  private func isOwnerGone(_ session: SessionFact, _ roster: OracleRoster) -> Bool {
    let coverage = roster.covers(session)
    guard owners(session, roster).isEmpty, coverage != .nothing else { return false }
    // A host is heard by whatever name; and a number in a name may be that of anything.
    let isTold = coverage == .name && TestName.ordinal(of: session.name) == nil
    let signs = isTold ? namesakes(session) : host(session)
    return !namesakes(session).contains(where: isBusy) && !signs.contains(where: isBusy)
      && lastHeard(signs) < roster.takenAt && lastHeard(signs) <= now - limits.grace
      && !unlisted(roster).contains { isOneOfThose($0, as: session, coverage, roster) }
  }

  /// Those whom the list covers and lacks, though they were heard since it was made or just now.
  private func unlisted(_ roster: OracleRoster) -> [SessionFact] {
    facts.filter { other in
      guard other.database == database, owners(other, roster).isEmpty,
        roster.covers(other) != .nothing
      else { return false }
      let heard = lastHeard(namesakes(other))
      return heard >= roster.takenAt || heard > now - limits.grace
    }
  }

  /// Whether a list that lacks one of them is not believed when it lacks the other: by name of one
  /// family, by address of one application among what is covered.
  private func isOneOfThose(
    _ other: SessionFact, as session: SessionFact, _ coverage: OracleRoster.Coverage,
    _ roster: OracleRoster
  ) -> Bool {
    guard roster.covers(other) == coverage else { return false }
    return coverage == .name
      ? TestName.family(of: other.name) == TestName.family(of: session.name)
      : (other.name, other.user) == (session.name, session.user)
  }

  // MARK: - Who began later

  private func areAllLater(
    _ entries: [OracleRoster.Entry], than session: SessionFact, _ roster: OracleRoster
  ) -> Bool {
    !entries.isEmpty
      && entries.allSatisfy { entry in
        guard let start = entry.startedAt, start <= roster.takenAt else { return false }
        return start - lastHeard(session) >= limits.tolerance
      }
  }

  private func predatesOwner(_ session: SessionFact, _ roster: OracleRoster) -> Bool {
    let owners = owners(session, roster)
    guard areAllLater(owners, than: session, roster),
      let start = owners.compactMap(\.startedAt).min()
    else { return false }
    let isByName =
      !TestName.isShared(session.name) && owners.contains { $0.name == session.name }
    let signs = isByName ? namesakes(session) : host(session)
    if !signs.contains(where: isBusy), lastHeard(signs) < start { return true }
    // A start at an address that is heard.
    return owners.count == 1 && owners[0].address == session.address
      && wasReplacedInPlace(session, at: start, others: host(session))
  }

  private func predatesAll(_ session: SessionFact, _ roster: OracleRoster) -> Bool {
    roster.isComplete && session.user == user && !hasSeveralNames(session.address)
      && !namesakes(session).contains(where: isBusy)
      && areAllLater(roster.entries.filter(\.isAlive), than: session, roster)
      && !unlisted(roster).contains { $0.user == user }
  }
}
