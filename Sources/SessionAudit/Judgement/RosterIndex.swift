/// A roster made ready to be asked about many sessions.
struct RosterIndex {
  /// What the roster says of one session's owner.
  enum Answer {
    /// It does not speak of it.
    case notCovered
    /// It covers it and lists no such owner.
    case gone(covers: String, missing: String, isByName: Bool)
    /// Every possible owner began at this time or later.
    case began(Owners)
    /// An owner may have been there all the time.
    case mayLive
  }

  struct Owners {
    /// A name, or an address.
    var label: String
    /// When the first of them began.
    var startedAt: Timestamp
    var isByName: Bool
    /// Whether it is the only one at that address, and in no list under another.
    var isAloneAtAddress: Bool
  }

  /// Names of one form and family.
  struct FamilyKey: Hashable {
    let form: InstanceName.Form
    let family: String

    init(_ reading: InstanceName) { (form, family) = (reading.form, reading.family) }
  }

  private let roster: Roster
  private let living: [Roster.Entry]
  private var livingByName: [String: [Int]] = [:]
  private var livingByAddress: [NetworkAddress: [Int]] = [:]
  /// Those that own a range of addresses.
  private var livingRanges: [Int] = []
  private var families: Set<FamilyKey> = []
  /// `name@host` of the living in small letters and without a domain: one host has many spellings.
  private var livingHosts: Set<String> = []
  let takenAt: Timestamp
  /// When the first of all that live began; nil where that of one is not known.
  let earliestStart: Timestamp?

  init(_ roster: Roster, at now: Timestamp) {
    self.roster = roster
    takenAt = min(roster.takenAt ?? now, now)
    // A start after the snapshot, or after the list itself, is a clock that is wrong.
    let latest = takenAt
    living = roster.entries.filter(\.isAlive).map { entry in
      var entry = entry
      if let startedAt = entry.startedAt, startedAt > latest { entry.startedAt = nil }
      return entry
    }
    let starts = living.compactMap(\.startedAt)
    earliestStart = starts.count == living.count ? starts.min() : nil
    for (index, entry) in living.enumerated() {
      if let name = entry.name {
        livingByName[name, default: []].append(index)
        if let host = InstanceName(name).shortHost { livingHosts.insert(host) }
      }
      for network in entry.networks {
        if let address = network.onlyAddress {
          livingByAddress[address, default: []].append(index)
        } else {
          livingRanges.append(index)
        }
      }
    }
    for name in roster.entries.compactMap(\.name) {
      families.insert(FamilyKey(InstanceName(name)))
    }
  }

  var isComplete: Bool { roster.isComplete }

  func listsName(_ name: String) -> Bool { livingByName[name] != nil }

  /// - Parameters:
  ///   - applicationIsListed: whether sessions of the same application come from an address that
  ///     lines list.
  func answer(
    for name: AddressBook.Name, from client: AddressBook.Client, applicationIsListed: Bool
  ) -> Answer {
    let byName = livingByName[name.text] ?? []
    let isNode = client.address.map { address in
      roster.nodeNetworks.contains { $0.contains(address) }
    }
    // An address that many share can spare, never accuse.
    let tellsInstance = client.address != nil && !client.isShared && isNode == false
    var byAddress: [Int] = []
    if let address = client.address, isNode == false { byAddress = owners(of: address) }
    if byName.isEmpty && byAddress.isEmpty {
      if let host = name.shortHost, livingHosts.contains(host) { return .mayLive }
      return coverage(of: name, client, tellsInstance, applicationIsListed)
    }
    // So can a name that many share: who else bears it is in no list.
    let isNamed = !byName.isEmpty && name.meaning != .shared
    guard isNamed || tellsInstance && !byAddress.isEmpty,
      let earliest = earliestStart(of: byName, and: byAddress)
    else { return .mayLive }
    return .began(
      Owners(
        label: isNamed ? name.text : (client.text ?? "?"), startedAt: earliest, isByName: isNamed,
        isAloneAtAddress: tellsInstance && byAddress.count == 1
          && byName.allSatisfy(byAddress.contains)))
  }

  /// When the first of these entries began; nil where that of one is not known.
  private func earliestStart(of byName: [Int], and byAddress: [Int]) -> Timestamp? {
    var earliest: Timestamp?
    for entries in [byName, byAddress] {
      for entry in entries {
        guard let start = living[entry].startedAt else { return nil }
        earliest = earliest.map { min($0, start) } ?? start
      }
    }
    return earliest
  }

  private func coverage(
    of name: AddressBook.Name, _ client: AddressBook.Client, _ tellsInstance: Bool,
    _ applicationIsListed: Bool
  ) -> Answer {
    if name.meaning != .shared, families.contains(FamilyKey(name.reading)) {
      return .gone(covers: name.reading.family, missing: name.text, isByName: true)
    }
    let glob = roster.coversNames.first { $0.matches(name.text) }
    if let glob, name.meaning != .shared {
      return .gone(covers: glob.pattern, missing: name.text, isByName: true)
    }
    // Of a name that many share only an address can tell who is gone.
    guard tellsInstance, let text = client.text, let address = client.address else {
      return .notCovered
    }
    if let network = roster.coversNetworks.first(where: { $0.contains(address) }) {
      return .gone(covers: network.text, missing: text, isByName: false)
    }
    if glob != nil || applicationIsListed, hasAddresses {
      let application = name.text.isEmpty ? "sessions without a name" : name.text
      return .gone(covers: application, missing: text, isByName: false)
    }
    return .notCovered
  }

  private var hasAddresses: Bool { !livingByAddress.isEmpty || !livingRanges.isEmpty }

  private func owners(of address: NetworkAddress) -> [Int] {
    (livingByAddress[address] ?? [])
      + livingRanges.filter { index in living[index].networks.contains { $0.contains(address) } }
  }

  /// Whether lines list this address: then they cover the application whose sessions come from
  /// it. What has no name, or that of a tool or driver, is covered only when the user says so: the
  /// name would tell which application it is.
  func lists(_ client: AddressBook.Client, of name: AddressBook.Name) -> Bool {
    guard roster.format == .lines, !name.text.isEmpty, !client.isShared,
      let address = client.address
    else { return false }
    return !owners(of: address).isEmpty && !name.reading.isATools
  }
}
