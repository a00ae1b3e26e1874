import TestRandom
import TestStress
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Lets the week happen: begins hosts, lets them go, and tells the platform what it would know.
final class Director {
  private let server: ThrowawayServer
  private let relay: Relay
  private let clock: SoakClock
  private let platform: Platform
  private let ledger: SoakLedger
  private var random: Seeded
  private var hosts: [Slot: SoakHost] = [:]
  /// Listed though it is lost or crashed: the address that the platform has of it.
  private var listed: [Slot: String] = [:]
  private var releases: [Application: Int] = [:]
  private var begun = 0
  private(set) var changes = 0

  init(
    _ server: ThrowawayServer, _ relay: Relay, _ clock: SoakClock, _ platform: Platform,
    _ ledger: SoakLedger, random: Seeded
  ) {
    (self.server, self.relay, self.clock) = (server, relay, clock)
    (self.platform, self.ledger, self.random) = (platform, ledger, random)
  }

  func beginAll() throws { for slot in Slot.all { try begin(slot) } }

  /// - Parameter isOver: asked before each event.
  func play(_ week: Week, isOver: () -> Bool) throws {
    for event in week.events {
      while clock.elapsed < clock.form.hour * event.at {
        guard !isOver() else { return }
        usleep(5_000)
      }
      guard !isOver() else { return }
      try carryOut(event.what)
    }
  }

  /// Whoever does not run begins, and every living session is used once more.
  func endTheWeek() throws {
    for slot in Slot.all where hosts[slot] == nil { try begin(slot) }
    try askAll()
  }

  func askAll() throws { for host in hosts.values { try host.askAll() } }

  func closeAll() throws {
    for host in hosts.values { try host.leave(.inOrder) }
    hosts = [:]
  }

  // MARK: - What happens

  private func carryOut(_ happening: Week.Happening) throws {
    switch happening {
    case .replace(let slot, let leaving, let overlaps):
      try replace(slot, leaving, overlaps: overlaps)
    case .deploy(let application, let leavings, let overlaps):
      releases[application, default: 0] += 1
      for (index, leaving) in leavings.enumerated() {
        let slot = Slot(application: application, number: index + 1)
        // What is scaled down stays so.
        if hosts[slot] != nil { try replace(slot, leaving, overlaps: overlaps) }
      }
    case .lose(let slot):
      try hosts.removeValue(forKey: slot)?.leave(.idle)
    case .crash(let slot, let leaving):
      try hosts.removeValue(forKey: slot)?.leave(leaving)
      if let address = listed[slot] { try platform.set(.crashed, of: address) }
    case .scaleDown(let slot, let leaving):
      try hosts.removeValue(forKey: slot)?.leave(leaving)
      try forget(slot)
    case .begin(let slot):
      if hosts[slot] == nil { try begin(slot) }
    }
  }

  private func replace(_ slot: Slot, _ leaving: Leaving, overlaps: Bool) throws {
    let (old, address) = (hosts[slot], listed[slot])
    if overlaps && slot.application.mayOverlap {
      listed[slot] = nil
      try begin(slot)
      usleep(UInt32.random(in: 10_000...150_000, using: &random))
      try old?.leave(leaving)
      if let address { try delist(slot, address) }
    } else {
      try old?.leave(leaving)
      try begin(slot)
    }
  }

  private func begin(_ slot: Slot) throws {
    try forget(slot)
    begun += 1
    changes += 1
    let application = slot.application
    let name = application.name(
      slot.number, release: releases[application, default: 0], mark: begun)
    // 127.0.0.1 counts as no address.
    let address = "127.1.\(begun / 200).\(begun % 200 + 2)"
    if application.isListed {
      try platform.begin(application, name, address, at: Moment.now.serverTime)
      listed[slot] = address
    }
    let host = SoakHost(
      application, name: name, try relay.openDyno(address: address), on: server, clock, ledger,
      random: Seeded(seed: random.next()))
    try host.waitUntilUp()
    if application.isListed { try platform.set(.up, of: address) }
    hosts[slot] = host
  }

  private func forget(_ slot: Slot) throws {
    if let address = listed.removeValue(forKey: slot) { try delist(slot, address) }
  }

  /// Pods that failed stay in the list for a while.
  private func delist(_ slot: Slot, _ address: String) throws {
    if slot.application == .api && random.chance(30) {
      try platform.set(.failed, of: address)
    } else {
      try platform.remove(address)
    }
  }
}
