/// What a roster says of a session.
extension EvidenceFinder {
  /// nil: it says nothing of other databases.
  func rosterAnswer(_ entry: ClientIndex.Entry) -> RosterIndex.Answer? {
    guard let roster, clientIndex.applications[entry.application].isConnected else { return nil }
    return roster.answer(
      for: clientIndex.applications[entry.application].name, from: entry.client, in: clientIndex,
      applicationIsListed: isListed[entry.application])
  }

  func addByRoster(
    _ session: Session, _ heard: Timestamp, _ quiet: Duration, _ entry: ClientIndex.Entry,
    to found: inout [Evidence]
  ) {
    guard let roster, let start = session.backendStart, start < roster.takenAt,
      let answer = rosterAnswer(entry)
    else { return }
    switch answer {
    case .notCovered, .mayLive: break
    case .gone(let covers, let missing, let isByName):
      if let evidence = ownerGone(covers, missing, isByName, entry, roster) {
        found.append(evidence)
      }
    case .began(let owners):
      if let evidence = predatesOwner(owners, session, heard, quiet, entry) {
        found.append(evidence)
      }
    }
    guard roster.isComplete, !clientIndex.sources[entry.source].isBusy,
      let earliest = roster.earliestStart, heard < earliest,
      heard <= earliest - policy.clockTolerance, let user = session.user,
      connectedUser?.hasSameBytes(as: user) == true
    else { return }
    let hasAddress = entry.life != nil && !clientIndex.clients[entry.client].bearsSeveralNames
    let doubt: Evidence.Doubt? =
      hasAddress
      ? gaps.witness(ofUser: user).map(Evidence.Doubt.rosterLacks)
        ?? (clientIndex.clients[entry.client].mayBePooler ? .mayBePooled : nil) : .noAddress
    found.append(Evidence(.predatesAll(startedAt: earliest), doubt: doubt))
  }

  private func ownerGone(
    _ covers: String, _ missing: String, _ isByName: Bool, _ entry: ClientIndex.Entry,
    _ roster: RosterIndex
  ) -> Evidence? {
    let (source, client) = (clientIndex.sources[entry.source], clientIndex.clients[entry.client])
    let name = clientIndex.names[clientIndex.applications[entry.application].name]
    guard !source.isBusy else { return nil }
    var last = source.lastHeard
    // Of an address, and of a number that may count anything, whoever is heard there is a sign.
    if !isByName || name.meaning == .numbered {
      guard !client.isBusy else { return nil }
      last = max(last, client.lastHeard ?? last)
    }
    guard last < roster.takenAt, last <= now - policy.restartGrace else { return nil }
    let witness =
      isByName
      ? gaps.witness(ofFamily: name.reading)
      : gaps.witness(ofApplication: entry.application, coveredBy: covers)
    let neighbour = isByName ? listedNames[entry.client] : nil
    let doubt =
      witness.map(Evidence.Doubt.rosterLacks) ?? neighbour.map(Evidence.Doubt.hostIsListed)
      ?? (!isByName && client.mayBePooler ? .mayBePooled : nil)
    return Evidence(.ownerGone(covers: covers, missing: missing), doubt: doubt)
  }

  private func predatesOwner(
    _ owners: RosterIndex.Owners, _ session: Session, _ heard: Timestamp, _ quiet: Duration,
    _ entry: ClientIndex.Entry
  ) -> Evidence? {
    let startedAt = owners.startedAt
    guard startedAt > heard else { return nil }
    let (source, client) = (clientIndex.sources[entry.source], clientIndex.clients[entry.client])
    let isBusy = source.isBusy || !owners.isByName && client.isBusy
    let last = owners.isByName ? source.lastHeard : max(source.lastHeard, client.lastHeard ?? heard)
    let tolerance: Evidence.Doubt? =
      startedAt - heard < policy.clockTolerance ? .withinTolerance(policy.clockTolerance) : nil
    if !isBusy && last < startedAt {
      let pooled: Evidence.Doubt? =
        !owners.isByName && client.mayBePooler ? .mayBePooled : nil
      return Evidence(
        .predatesOwner(owner: owners.label, startedAt: startedAt), doubt: tolerance ?? pooled)
    }
    // A new process works at the address, or the old one does.
    guard quiet >= policy.restartGrace, session.state?.isActive != true else { return nil }
    let inPlace =
      owners.isAloneAtAddress
      ? inPlaceDoubt(
        entry, since: startedAt, older: clientIndex.before(startedAt, ofClient: entry.client))
      : .restartInPlace(.notAlone)
    return Evidence(
      .predatesOwner(owner: owners.label, startedAt: startedAt, isInPlace: true),
      doubt: tolerance ?? inPlace)
  }

  /// Whether there is a roster that has nothing to say of any session in the connected database,
  /// though there are some: another application's, most likely.
  func rosterCoversNothing() -> Bool {
    guard let roster, !roster.isComplete else { return false }
    var isAny = false
    for case let entry? in clientIndex.entries {
      guard let answer = rosterAnswer(entry) else { continue }
      isAny = true
      guard case .notCovered = answer else { return false }
    }
    return isAny
  }
}
