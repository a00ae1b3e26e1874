/// A roster made ready to be asked about the many sessions of a clientIndex: what it has for each name and for
/// each client address is looked up once.
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

  /// What it has for a name.
  private struct OfName {
    /// Places in `living`.
    var owners: [Int]
    var hostIsListed: Bool
    /// The family or glob that covers it by name.
    var coveredBy: String?
    /// A glob that a name that many share fits.
    var isInGlob: Bool
  }

  /// What it has for a client address.
  private struct OfClient {
    /// Places in `living`; none at a node, which is many pods'.
    var owners: [Int] = []
    /// An address that many share can spare, never accuse.
    var tellsInstance = false
    var network: String?
  }

  private var ofNames: [OfName] = []
  private var ofClients: [OfClient] = []

  init(_ roster: Roster, _ clientIndex: ClientIndex, at now: Timestamp) {
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
      }
      for network in entry.networks {
        if let address = network.onlyAddress {
          livingByAddress[address, default: []].append(index)
        } else {
          livingRanges.append(index)
        }
      }
    }
    for entry in roster.entries {
      guard let reading = entry.name.map({ InstanceName($0) }) else { continue }
      families.insert(FamilyKey(reading))
      if entry.isAlive, let host = reading.shortHost { livingHosts.insert(host) }
    }
    ofNames = clientIndex.names.map(ofName)
    ofClients = clientIndex.clients.map(ofClient)
  }

  var isComplete: Bool { roster.isComplete }
  var isOfLines: Bool { roster.format == .lines }

  private func ofName(_ name: ClientIndex.Name) -> OfName {
    let glob = roster.coversNames.first { $0.matches(name.text) }
    var coveredBy: String?
    if name.meaning != .shared {
      coveredBy =
        families.contains(FamilyKey(name.reading)) ? name.reading.family : glob?.pattern
    }
    return OfName(
      owners: livingByName[name.text] ?? [],
      hostIsListed: name.shortHost.map(livingHosts.contains) ?? false, coveredBy: coveredBy,
      isInGlob: glob != nil)
  }

  private func ofClient(_ client: ClientIndex.Client) -> OfClient {
    guard let address = client.address,
      !roster.nodeNetworks.contains(where: { $0.contains(address) })
    else { return OfClient() }
    let ranges = livingRanges.filter { index in
      living[index].networks.contains { $0.contains(address) }
    }
    return OfClient(
      owners: (livingByAddress[address] ?? []) + ranges, tellsInstance: !client.isShared,
      network: roster.coversNetworks.first { $0.contains(address) }?.text)
  }

  /// - Parameter name: the clientIndex's number.
  func listsName(_ name: Int) -> Bool { !ofNames[name].owners.isEmpty }

  /// - Parameters:
  ///   - name: the number of an application's name in the clientIndex, and `client` that of the address.
  ///   - applicationIsListed: whether sessions of the same application come from an address that
  ///     lines list.
  func answer(
    for name: Int, from client: Int, in clientIndex: ClientIndex, applicationIsListed: Bool
  ) -> Answer {
    let (byName, byAddress) = (ofNames[name].owners, ofClients[client].owners)
    if byName.isEmpty && byAddress.isEmpty {
      return ofNames[name].hostIsListed
        ? .mayLive : coverage(of: name, client, in: clientIndex, applicationIsListed)
    }
    // So can a name that many share: who else bears it is in no list.
    let isNamed = !byName.isEmpty && clientIndex.names[name].meaning != .shared
    let tellsInstance = ofClients[client].tellsInstance
    guard isNamed || tellsInstance && !byAddress.isEmpty,
      let earliest = earliestStart(of: byName, and: byAddress)
    else { return .mayLive }
    return .began(
      Owners(
        label: isNamed ? clientIndex.names[name].text : (clientIndex.clients[client].text ?? "?"),
        startedAt: earliest, isByName: isNamed,
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
    of name: Int, _ client: Int, in clientIndex: ClientIndex, _ applicationIsListed: Bool
  ) -> Answer {
    if let covers = ofNames[name].coveredBy {
      return .gone(covers: covers, missing: clientIndex.names[name].text, isByName: true)
    }
    // Of a name that many share only an address can tell who is gone.
    guard ofClients[client].tellsInstance, let text = clientIndex.clients[client].text else {
      return .notCovered
    }
    if let network = ofClients[client].network {
      return .gone(covers: network, missing: text, isByName: false)
    }
    if ofNames[name].isInGlob || applicationIsListed, hasAddresses {
      let name = clientIndex.names[name].text
      let application = name.isEmpty ? "sessions without a name" : name
      return .gone(covers: application, missing: text, isByName: false)
    }
    return .notCovered
  }

  private var hasAddresses: Bool { !livingByAddress.isEmpty || !livingRanges.isEmpty }

  /// Whether lines list this address: then they cover the application whose sessions come from
  /// it. What has no name, or that of a tool or driver, is covered only when the user says so: the
  /// name would tell which application it is.
  func lists(_ client: Int, of name: Int, in clientIndex: ClientIndex) -> Bool {
    guard isOfLines, !clientIndex.names[name].text.isEmpty, !clientIndex.clients[client].isShared
    else {
      return false
    }
    return !ofClients[client].owners.isEmpty && !clientIndex.names[name].reading.isATools
  }
}
