/// Why there are so many connections, and what keeps slots free.
extension Adviser {
  /// Fewer new sessions than these are no storm, whatever the limit.
  private static let leastStorm = 20

  /// Many sessions opened within a minute: a restart, or something that connects again and again.
  var storm: [Advice] {
    guard report.totals.openedLastMinute >= Self.leastStorm else { return [] }
    // Places rather than sessions, which are large.
    let new = report.sessions.indices.filter { place in
      report.sessions[place].wasOpened(within: .seconds(60)) && !report.sessions[place].isOwn
    }
    guard new.count >= Self.leastStorm else { return [] }
    let byFamily = countFamilies(of: new)
    let binding = report.slots.binding
    let isOfLimit = new.count * 2 >= binding.limit
    guard isOfLimit || binding.usedRatio >= Slots.notableRatio && isOfGroup(byFamily) else {
      return []
    }
    let who = byFamily.sorted { ($1.value, $0.key.text) < ($0.value, $1.key.text) }
      .map { "\($0.value) of \(Self.label($0.key.text))" }
    var summary =
      "\(new.count) of \(report.totals.clientSessions) sessions were opened within the last minute: "
      + "\(Wording.few(who)). After a restart that is normal; else something connects again and again."
    let remedy = limitOfRole(opening: new)
    if let remedy {
      summary +=
        " With this, which a superuser may set, \(remedy.role) can't take the last "
        + "\(remedy.spared) connections, which others need"
        + (remedy.held > remedy.limit
          ? "; it has \(remedy.held), and gets no new one until it has less:" : ":")
    }
    return [
      Advice(
        "connection_storm", binding.usedRatio >= Slots.nearlyFullRatio ? urgency : .info, summary,
        remedies: remedy.map { [.change($0.sql)] } ?? [])
    ]
  }

  /// Whether the new ones of a family are half of it or more.
  private func isOfGroup(_ new: [NameKey: Int]) -> Bool {
    let all = countFamilies(of: report.sessions.indices)
    return new.contains { $0.value >= Self.leastStorm && $0.value * 2 >= (all[$0.key] ?? 0) }
  }

  /// Names are read once each, however many sessions bear them.
  private func countFamilies(of places: some Sequence<Int>) -> [NameKey: Int] {
    count(places) { $0.session.applicationName }.reduce(into: [:]) { families, name in
      families[NameKey(report.judgedWith.family(of: name.key.text)), default: 0] += name.value
    }
  }

  private func count(
    _ places: some Sequence<Int>, by name: (JudgedSession) -> String?
  ) -> [NameKey: Int] {
    places.reduce(into: [:]) { counts, place in
      if let name = name(report.sessions[place]) { counts[NameKey(name), default: 0] += 1 }
    }
  }

  /// A limit for the role that opens most: what others don't use, less a tenth for whoever comes.
  /// nil where it is limited already, or where nothing would be left for it.
  private func limitOfRole(
    opening new: [Int]
  ) -> (role: String, held: Int, limit: Int, spared: Int, sql: String)? {
    let slots = report.slots
    // Limits don't bind superusers.
    let openers = new.filter { place in
      !report.sessions[place].protections.contains { $0.kind == .superuser }
    }
    let most = count(openers) { $0.session.user }
      .max { ($0.value, $1.key.text) < ($1.value, $0.key.text) }
    guard let role = most?.key else { return nil }
    let isLimited = slots.limits.contains { limit in
      limit.kind == .role && limit.name.map { $0.hasSameBytes(as: role.text) } == true
    }
    let own = report.sessions.count { $0.session.user?.hasSameBytes(as: role.text) == true }
    guard !isLimited, let limit = slots.suggestedLimit(forRoleWith: own) else { return nil }
    return (
      role.text, own, limit, slots.ordinary.limit - limit,
      "ALTER ROLE \(SQLText.identifier(role.text)) CONNECTION LIMIT \(limit);"
    )
  }

  // MARK: - Pools that are too large

  /// A family at an address.
  private struct Holder: Hashable {
    let family: NameKey
    /// nil: a unix socket, or hidden.
    let address: NameKey?
  }

  /// What the addresses of one family hold. How many processes are behind an address is not seen.
  private struct Pool {
    var family: String
    var sessions = 0
    var addresses = 0
    /// The most that one of them holds.
    var each = 0
    var hasAddresses = false
  }

  /// Where sessions that are in use or ready for it fill a limit, nothing is to be ended: there are
  /// more connections in the pools than there are slots.
  var pools: [Advice] {
    // What is kept for a superuser is no room for pools.
    let binding =
      report.slots.binding.limit > report.slots.ordinary.limit
      ? report.slots.ordinary : report.slots.binding
    guard binding.usedRatio >= Slots.nearlyFullRatio else { return [] }
    let kept = report.sessions.indices.filter { place in
      report.sessions[place].verdict != .orphan && isCounted(report.sessions[place], by: binding)
    }
    let pools = largePools(of: kept, in: binding)
    let pooled = pools.reduce(0) { $0 + $1.sessions }
    guard pooled * 2 > binding.used else { return [] }
    // A tenth stays free for deploys and people.
    let budget = binding.limit * 9 / 10 - (binding.used - pooled)
    let sentences = pools.compactMap { pool -> String? in
      let fits = max(0, budget) * pool.sessions / pooled / pool.addresses
      guard fits < pool.each, pool.each > 1 else { return nil }
      return "\(Self.label(pool.family)) has \(Self.holding(pool)), where "
        + (fits == 0
          ? "fewer fit"
          : "at most \(fits)\(pool.addresses == 1 ? "" : " each") \(fits == 1 ? "fits" : "fit")")
    }
    guard !sentences.isEmpty else { return [] }
    let idle = kept.count { report.sessions[$0].session.state == .idle }
    let hidden = kept.count { report.sessions[$0].verdict == .hidden }
    let states =
      hidden == 0 ? "\(idle) are idle" : "\(idle) are idle, the state of \(hidden) is hidden"
    return [
      Advice(
        "pools_too_large", urgency,
        "The pools hold nearly all of the \(binding.limit) connections (\(states)): "
          + sentences.joined(separator: "; ") + ".")
    ]
  }

  /// `97 from 8 addresses, up to 13 each`
  private static func holding(_ pool: Pool) -> String {
    guard pool.hasAddresses else { return "\(pool.sessions)" }
    let from = "\(pool.sessions) from \(pool.addresses) address\(pool.addresses == 1 ? "" : "es")"
    if pool.addresses == 1 { return from }
    return from
      + (pool.addresses * pool.each == pool.sessions
        ? ", \(pool.each) each" : ", up to \(pool.each) each")
  }

  private func isCounted(_ judged: JudgedSession, by limit: Slots.Limit) -> Bool {
    switch limit.kind {
    case .role: judged.session.user?.hasSameBytes(as: limit.name ?? "") == true
    case .database: judged.session.database?.hasSameBytes(as: limit.name ?? "") == true
    case .server, .reserved, .superuserReserved, .pooler: true
    }
  }

  /// The largest three, of those that hold a tenth or more.
  private func largePools(of places: [Int], in limit: Slots.Limit) -> [Pool] {
    // Names are read once each, however many sessions bear them.
    var families: [NameKey: NameKey] = [:]
    var held: [Holder: Int] = [:]
    for place in places where !report.sessions[place].isOwn {
      let session = report.sessions[place].session
      let name = NameKey(session.applicationName)
      let family = families[name] ?? NameKey(report.judgedWith.family(of: name.text))
      families[name] = family
      held[
        Holder(family: family, address: session.clientAddress.map { NameKey($0) }), default: 0] +=
        1
    }
    var pools: [NameKey: Pool] = [:]
    for (holder, count) in held {
      var pool = pools[holder.family] ?? Pool(family: holder.family.text)
      pool.sessions += count
      pool.addresses += 1
      pool.each = max(pool.each, count)
      if holder.address != nil { pool.hasAddresses = true }
      pools[holder.family] = pool
    }
    return Array(
      pools.values.filter { $0.sessions >= 2 && $0.sessions * 10 >= limit.used }
        .sorted { ($1.sessions, $0.family) < ($0.sessions, $1.family) }.prefix(3))
  }
}
