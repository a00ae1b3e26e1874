/// Connections that were closed at their max age between two looks. A closed connection leaves no
/// row, so that only an earlier look shows that there was one.
struct Replacements {
  /// By life.
  private(set) var counts: [Int: Int] = [:]

  /// What both looks have of one address.
  private struct Address {
    /// nil: two lives look alike.
    var life: Int?
    var hasNewcomer = false
    /// A process that restarts closes all of its connections, and proves nothing by that.
    var livedOn = false
    /// Closed since the earlier look.
    var closed = 0
    var isUsedLate = false
  }

  init(
    since earlier: EarlierLook, _ snapshot: Snapshot, _ clientIndex: ClientIndex, slack: Duration,
    maxAge: (_ application: Int) -> Duration?
  ) {
    let (now, past) = (snapshot.capturedAt, earlier.capturedAt)
    guard now > past else { return }
    let before = Set(earlier.sessions.map(Identity.init))
    let after = Set(snapshot.sessions.map(Identity.init))
    var addresses: [Key: Address] = [:]
    for (session, entry) in zip(snapshot.sessions, clientIndex.entries) {
      guard let entry, let life = entry.life, let start = session.backendStart else { continue }
      var address = addresses[Key(session)] ?? Address(life: life)
      if address.life != life { address.life = nil }
      if start > past { address.hasNewcomer = true }
      if before.contains(Identity(session)) { address.livedOn = true }
      addresses[Key(session)] = address
    }
    for session in earlier.sessions where session.kind == .client {
      guard var address = addresses[Key(session)], let life = address.life,
        let start = session.backendStart, start <= past,
        let maxAge = maxAge(clientIndex.lives[life].application), now - past <= maxAge
      else { continue }
      if (session.queryStart ?? start) - start > maxAge { address.isUsedLate = true }
      // What had been quiet for long may have been closed for that, by a pool or by the server's
      // idle_session_timeout.
      let isInUse = past - max(start, session.queryStart ?? start) <= maxAge / 4
      if isInUse, !after.contains(Identity(session)), past - start <= maxAge + slack,
        now - start > maxAge, clientIndex.lives[life].lastAsked - start > maxAge
      {
        address.closed += 1
      }
      addresses[Key(session)] = address
    }
    for address in addresses.values {
      guard let life = address.life, address.hasNewcomer, address.livedOn, !address.isUsedLate
      else { continue }
      counts[life] = address.closed > 0 ? address.closed : nil
    }
  }
}

/// A pid alone is reused.
private struct Identity: Hashable {
  let pid: Int32
  let backendStart: Timestamp?

  init(_ session: Session) {
    (pid, backendStart) = (session.pid, session.backendStart)
  }
}

/// By names: a saved report has no numbers.
private struct Key: Hashable {
  let name: NameKey
  let user: NameKey?
  let database: NameKey?
  let address: NameKey?

  init(_ session: Session) {
    name = NameKey(session.applicationName)
    user = session.user.map { NameKey($0) }
    database = session.database.map { NameKey($0) }
    address = session.clientAddress.map { NameKey($0) }
  }
}
