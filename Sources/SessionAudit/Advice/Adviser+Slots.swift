/// Why the slots are used, and what keeps them free.
extension Adviser {
  private static let nearlyFull = 0.9
  /// Fewer new sessions than these are no storm, whatever the limit.
  private static let leastStorm = 20

  /// Which limits are used up, or nearly so.
  var fullLimits: [Advice] {
    let binding = report.slots.binding
    var advice: [Advice] = []
    if binding.usedRatio >= Self.nearlyFull {
      let least = binding.certainty == .exact ? "" : "\(binding.certainty.words) "
      advice.append(
        Advice(
          code: "slots_nearly_full", severity: urgency,
          summary: "\(Self.sentenceStart(least))\(binding.used) of \(binding.limit) connections"
            + "\(Self.owner(of: binding)) are used, \(binding.available) left for this role.",
          remedy: nil))
    }
    let others = report.slots.othersNearlyUsed.filter { $0.usedRatio >= Self.nearlyFull }
    for limit in others.prefix(3) {
      let left =
        limit.available == 0
        ? "none is" : "\(limit.available) \(limit.available == 1 ? "is" : "are")"
      advice.append(
        Advice(
          code: "limit_nearly_reached", severity: limit.available == 0 ? .critical : .warning,
          summary: "\(limit.used) of the \(limit.limit) connections\(Self.owner(of: limit)) are "
            + "used, \(left) left, whatever room this role has.", remedy: nil))
    }
    return advice
  }

  private static func owner(of limit: Slots.Limit) -> String {
    switch limit.kind {
    case .role, .database: " of \(limit.kind.rawValue) \(limit.name ?? "?")"
    case .server, .reserved, .superuserReserved: ""
    }
  }

  private static func sentenceStart(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }

  var invalidDatabases: [Advice] {
    report.slots.invalidDatabases.prefix(3).map { name in
      Advice(
        code: "invalid_database", severity: .warning,
        summary:
          "Database \(name) is invalid: its dropping was interrupted, and nobody can connect "
          + "to it any more. Its owner drops what is left of it:",
        remedy: "DROP DATABASE \(AuditAdvice.quotedIdentifier(name));")
    }
  }

  // MARK: - A storm

  /// Many sessions opened within a minute: a restart, or something that connects again and again.
  var storm: [Advice] {
    guard report.totals.openedLastMinute >= Self.leastStorm else { return [] }
    let new = report.sessions.filter { $0.wasOpened(within: .seconds(60)) && !$0.isOwn }
    guard new.count >= Self.leastStorm else { return [] }
    let all = count(report.sessions) { family(of: $0.session) }
    let byFamily = count(new) { family(of: $0.session) }
    let binding = report.slots.binding
    let isOfLimit = new.count * 2 >= binding.limit
    let isOfGroup =
      binding.usedRatio >= Slots.notableRatio
      && byFamily.contains { $0.value >= Self.leastStorm && $0.value * 2 >= (all[$0.key] ?? 0) }
    guard isOfLimit || isOfGroup else { return [] }
    let who = byFamily.sorted { ($1.value, $0.key.text) < ($0.value, $1.key.text) }
      .map { "\($0.value) of \(Self.label($0.key.text))" }
    var summary =
      "\(new.count) of \(report.totals.clientSessions) sessions were opened within the last minute: "
      + "\(Self.few(who)). After a restart that is normal; else something connects again and again."
    let remedy = limitOfRole(opening: new)
    if let remedy {
      summary +=
        " With this, \(remedy.role) can't take the last \(remedy.spared) connections, which others "
        + "need:"
    }
    return [
      Advice(
        code: "connection_storm",
        severity: binding.usedRatio >= Self.nearlyFull ? urgency : .info, summary: summary,
        remedy: remedy?.sql)
    ]
  }

  private func count(
    _ sessions: [JudgedSession], by name: (JudgedSession) -> String?
  ) -> [NameKey: Int] {
    // By index: a session is large.
    sessions.indices.reduce(into: [:]) { counts, index in
      if let name = name(sessions[index]) { counts[NameKey(name), default: 0] += 1 }
    }
  }

  /// A limit for the role that opens most: what others don't use, less a tenth for whoever comes.
  /// nil where it is limited already, or where nothing would be left for it.
  private func limitOfRole(
    opening new: [JudgedSession]
  ) -> (role: String, spared: Int, sql: String)? {
    let slots = report.slots
    let ordinary = slots.maxConnections - slots.superuserReserved - slots.reserved
    // Limits don't bind superusers.
    let openers = new.filter { judged in !judged.protections.contains { $0.kind == .superuser } }
    let most = count(openers) { $0.session.user }
      .max { ($0.value, $1.key.text) < ($1.value, $0.key.text) }
    guard let role = most?.key else { return nil }
    let isLimited = slots.limits.contains { limit in
      limit.kind == .role && limit.name.map { $0.hasSameBytes(as: role.text) } == true
    }
    let own = report.sessions.count { $0.session.user?.hasSameBytes(as: role.text) == true }
    let spared = slots.used - own + max(3, ordinary / 10)
    let limit = ordinary - spared
    guard !isLimited, limit > 0 else { return nil }
    return (
      role.text, spared,
      "ALTER ROLE \(AuditAdvice.quotedIdentifier(role.text)) CONNECTION LIMIT \(limit);"
    )
  }

  // MARK: - Pools that are too large

  /// The instances of one application and what they hold.
  private struct Pool {
    var family: String
    var sessions: Int
    var instances: Int
    /// The most that one of them holds.
    var each: Int
  }

  /// Where sessions that are in use or ready for it fill a limit, nothing is to be ended: there are
  /// more connections in the pools than there are slots.
  var pools: [Advice] {
    let binding = report.slots.binding
    guard binding.usedRatio >= Self.nearlyFull else { return [] }
    let kept = report.sessions.filter { isCounted($0, by: binding) && $0.verdict != .orphan }
    let pools = largePools(of: kept, in: binding)
    let pooled = pools.reduce(0) { $0 + $1.sessions }
    guard pooled * 2 > binding.used else { return [] }
    // A tenth stays free for deploys and people.
    let budget = binding.limit * 9 / 10 - (binding.used - pooled)
    let sentences = pools.compactMap { pool -> String? in
      let fits = max(0, budget) * pool.sessions / pooled / pool.instances
      guard fits < pool.each else { return nil }
      let sum = "\(pool.instances * pool.each) of \(binding.limit)"
      return "\(Self.label(pool.family)): \(Self.plural(pool.instances, "instance")) × "
        + "\(Self.plural(pool.each, "connection")) = \(sum), where "
        + (fits == 0 ? "not even one each fits" : "a pool of at most \(fits) each fits")
    }
    guard !sentences.isEmpty else { return [] }
    let idle = kept.count { $0.session.state == .idle }
    return [
      Advice(
        code: "pools_too_large", severity: urgency,
        summary: "The pools hold more connections than there is room for (\(idle) are idle). "
          + sentences.joined(separator: "; ") + ".", remedy: nil)
    ]
  }

  private func isCounted(_ judged: JudgedSession, by limit: Slots.Limit) -> Bool {
    switch limit.kind {
    case .role: judged.session.user?.hasSameBytes(as: limit.name ?? "") == true
    case .database: judged.session.database?.hasSameBytes(as: limit.name ?? "") == true
    case .server, .reserved, .superuserReserved: true
    }
  }

  /// The largest three, of those that hold a tenth or more; an instance is a name at an address.
  private func largePools(of sessions: [JudgedSession], in limit: Slots.Limit) -> [Pool] {
    var held: [NameKey: [[NameKey]: Int]] = [:]
    for index in sessions.indices where !sessions[index].isOwn {
      let session = sessions[index].session
      let instance = [NameKey(session.applicationName), NameKey(session.clientAddress ?? "")]
      held[NameKey(family(of: session)), default: [:]][instance, default: 0] += 1
    }
    let pools = held.map { family, instances in
      Pool(
        family: family.text, sessions: instances.values.reduce(0, +), instances: instances.count,
        each: instances.values.max() ?? 0)
    }
    return Array(
      pools.filter { $0.sessions >= 2 && $0.sessions * 10 >= limit.used }
        .sorted { ($1.sessions, $0.family) < ($0.sessions, $1.family) }.prefix(3))
  }
}

extension Slots.Limit.Certainty {
  /// What stands before a count.
  fileprivate var words: String {
    switch self {
    case .exact: "exactly"
    case .atLeast: "at least"
    case .about: "about"
    }
  }
}
