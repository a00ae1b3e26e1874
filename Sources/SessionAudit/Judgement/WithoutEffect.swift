/// Something that was declared, and why it changed no verdict.
public struct DeclarationWithoutEffect: Sendable, Equatable {
  public enum Subject: Sendable, Equatable {
    /// In the order of the policy's.
    case instances(Declaration<Int>)
    case restart(Declaration<RestartTime>)
    case poolSize(Declaration<Int>)
    case roster
    /// A glob or a network that the roster was said to cover.
    case rosterCovers(String)
  }

  public enum Reason: Sendable, Equatable {
    /// A later declaration holds for all that it names.
    case overridden
    /// A pooler keeps open all that it speaks of.
    case pooled
    /// Everything that it speaks of was heard within the grace, or is at work.
    case nobodyQuiet
    /// What is quiet comes from a socket, loopback or a shared address.
    case noAddress(String?)
    /// So many names come from an address at which one is heard.
    case hostIsHeard(String, names: Int)
    /// What is quiet has but one address, and nothing else of its name was seen.
    case oneAddress
    /// Each of so many names was seen at one address, and never comes back.
    case namesSeenOnce(Int)
    /// Since this address fell silent at most so many others were in use at one moment.
    case neverAtOnce(after: String, most: Int)
    /// No address has more sessions; the most of one, where all are counted.
    case withinSize(most: Int, address: String?)
    /// What speaks for it is doubtful.
    case doubt(Evidence.Doubt)
    /// It was complete less than a grace ago.
    case tooRecent
    /// Nothing was opened before it.
    case nothingFromBefore
    /// What was opened before it was heard since.
    case heardSince
    /// Everything that the roster covers is listed as alive, was heard, or can't be told by it.
    case allListedOrHeard
    /// No session has such a name or address.
    case matchesNobody
  }

  public var subject: Subject
  public var reason: Reason
}

extension EvidenceFinder {
  /// Whatever was declared and changed no verdict, but for what is said of nobody.
  /// - Parameters:
  ///   - sessions: what was found of each.
  ///   - rows: of each in the snapshot.
  func withoutEffect(
    _ sessions: [JudgedSession], _ rows: [Int]
  ) -> [DeclarationWithoutEffect] {
    let judged = rows.indices.compactMap { index in
      clientIndex.entries[rows[index]].map { Member(all: sessions, index: index, entry: $0) }
    }
    let counted = policy.instances.indices.compactMap { place -> DeclarationWithoutEffect? in
      let members = judged.filter { instanceRules[$0.entry.application] == place }
      return reason(members, .beyondInstances, or: { instancesReason(members) }) {
        isNamed(policy.instances[place].application, judged)
      }.map { DeclarationWithoutEffect(subject: .instances(policy.instances[place]), reason: $0) }
    }
    let restarted = policy.restarts.indices.compactMap { place -> DeclarationWithoutEffect? in
      let members = judged.filter { restarts[$0.entry.application]?.place == place }
      let moment = policy.restarts[place].value.moment(at: now)
      return reason(members, .beforeRestart, or: { restartReason(members, moment) }) {
        isNamed(policy.restarts[place].application, judged)
      }.map { DeclarationWithoutEffect(subject: .restart(policy.restarts[place]), reason: $0) }
    }
    return counted + restarted + poolSizesWithoutEffect(judged) + rosterWithoutEffect(judged)
  }

  /// By its index: a session is large.
  private struct Member {
    let all: [JudgedSession]
    let index: Int
    let entry: ClientIndex.Entry

    var evidence: [Evidence] { all[index].evidence }
    var silent: Duration { all[index].times.silent ?? .zero }
    var backendStart: Timestamp? { all[index].session.backendStart }
  }

  /// nil: it had an effect, or speaks of nobody, which is said elsewhere.
  private func reason(
    _ members: [Member], _ kind: Evidence.Kind, or why: () -> DeclarationWithoutEffect.Reason,
    isNamed: () -> Bool
  ) -> DeclarationWithoutEffect.Reason? {
    guard !members.isEmpty else { return isNamed() ? .overridden : nil }
    let found = effect(on: members) { $0.kind == kind }
    if found.isSure { return nil }
    if let doubt = found.doubt { return .doubt(doubt) }
    return members.allSatisfy(\.entry.isPooled) ? .pooled : why()
  }

  /// Whether some evidence of a sort is beyond doubt, or else the first doubt of it.
  private func effect(
    on members: [Member], by isMeant: (Evidence) -> Bool
  ) -> (isSure: Bool, doubt: Evidence.Doubt?) {
    var first: Evidence.Doubt?
    for member in members {
      for evidence in member.evidence where isMeant(evidence) {
        guard let doubt = evidence.doubt else { return (true, nil) }
        first = first ?? doubt
      }
    }
    return (false, first)
  }

  private func isNamed(_ pattern: ApplicationPattern?, _ judged: [Member]) -> Bool {
    judged.contains { member in
      let application = clientIndex.applications[member.entry.application]
      return pattern?.matches(
        clientIndex.names[application.name].text, user: application.user,
        database: application.database, isConnected: application.isConnected)
        ?? application.isConnected
    }
  }

  private func instancesReason(_ members: [Member]) -> DeclarationWithoutEffect.Reason {
    let quiet = members.filter { member in
      !member.entry.isPooled && !clientIndex.sources[member.entry.source].isBusy
        && now - clientIndex.sources[member.entry.source].lastHeard >= policy.restartGrace
    }
    .sorted { $0.silent > $1.silent }
    guard let first = quiet.first else {
      return members.contains(where: \.entry.isPooled) ? .pooled : .nobodyQuiet
    }
    guard let member = quiet.first(where: { $0.entry.life != nil }) else {
      return .noAddress(clientIndex.clients[first.entry.client].text)
    }
    let client = clientIndex.clients[member.entry.client]
    let address = client.text ?? "?"
    guard let count = counts.counts[member.entry.application],
      count.timeline.isOfSeveral
    else {
      let names = Set(members.map { clientIndex.applications[$0.entry.application].name }).count
      return names > 1 ? .namesSeenOnce(names) : .oneAddress
    }
    let silent = client.lastHeard.map { now - $0 } ?? .zero
    if client.isBusy || silent < policy.restartGrace {
      return .hostIsHeard(address, names: client.instanceNames)
    }
    let end = count.ends[member.entry.client] ?? now
    return .neverAtOnce(after: address, most: count.timeline.mostInUse(after: end))
  }

  private func poolSizesWithoutEffect(_ judged: [Member]) -> [DeclarationWithoutEffect] {
    policy.poolSizes.indices.compactMap { place in
      let rule = policy.poolSizes[place]
      let members = judged.filter { member in
        let application = clientIndex.applications[member.entry.application]
        return policy.poolSizes.place(
          for: clientIndex.names[application.name].text, user: application.user,
          database: application.database, isConnected: application.isConnected) == place
      }
      let why = { poolSizeReason(members, rule.value) }
      return reason(members, .beyondPoolSize, or: why) { isNamed(rule.application, judged) }
        .map { DeclarationWithoutEffect(subject: .poolSize(rule), reason: $0) }
    }
  }

  private func poolSizeReason(_ members: [Member], _ size: Int) -> DeclarationWithoutEffect.Reason {
    let lives = Dictionary(grouping: members.filter { $0.entry.life != nil }) { $0.entry.life }
    guard
      let most = lives.values.max(by: {
        ($0.count, $1[0].entry.client) < ($1.count, $0[0].entry.client)
      })
    else { return .noAddress(members.first.flatMap { clientIndex.clients[$0.entry.client].text }) }
    return most.count > size
      ? .nobodyQuiet
      : .withinSize(most: most.count, address: clientIndex.clients[most[0].entry.client].text)
  }

  private func restartReason(
    _ members: [Member], _ moment: Timestamp
  ) -> DeclarationWithoutEffect.Reason {
    if moment > now - policy.restartGrace { return .tooRecent }
    let isFromBefore = members.contains { member in
      member.backendStart.map { $0 < moment } ?? false
    }
    return isFromBefore ? .heardSince : .nothingFromBefore
  }

  private func rosterWithoutEffect(_ judged: [Member]) -> [DeclarationWithoutEffect] {
    guard let roster = policy.roster else { return [] }
    let addresses = clientIndex.clients.compactMap(\.address)
    let unmatched =
      roster.coversNames.filter { glob in
        !clientIndex.names.contains { glob.matches($0.text) }
      }.map(\.pattern)
      + roster.coversNetworks.filter { !addresses.contains(where: $0.contains) }.map(\.text)
    let nobody = unmatched.map {
      DeclarationWithoutEffect(subject: .rosterCovers($0), reason: .matchesNobody)
    }
    let found = effect(on: judged) { $0.basis == .roster }
    // That it covers nothing, or lacks whoever was heard, is said elsewhere.
    guard gaps.witnesses.isEmpty, !rosterCoversNothing(), !judged.isEmpty,
      !found.isSure
    else { return nobody }
    let reason = found.doubt.map(DeclarationWithoutEffect.Reason.doubt)
    return nobody
      + [DeclarationWithoutEffect(subject: .roster, reason: reason ?? .allListedOrHeard)]
  }
}
