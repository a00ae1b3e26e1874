/// Narrows who may be ended by one column: any of its values will do, and what is excluded stays out
/// whatever else it matches. It never narrows who is judged.
public struct VictimFilter<Pattern: Sendable & Equatable>: Sendable, Equatable {
  /// Empty: all.
  public var values: [Pattern]
  public var excluded: [Pattern]

  public init(_ values: [Pattern] = [], excluding excluded: [Pattern] = []) {
    self.values = values
    self.excluded = excluded
  }

  enum Answer {
    case passes
    case notNamed
    case isExcluded
  }

  /// - Parameter matches: who is kept out is who may be meant, and who is named is who surely is.
  func answer(_ matches: (Pattern, Glob.Reading) -> Bool) -> Answer {
    if excluded.contains(where: { matches($0, .possible) }) { return .isExcluded }
    return values.isEmpty || values.contains { matches($0, .certain) } ? .passes : .notNamed
  }
}

/// A client address as users write it: a range in CIDR notation, an address, or a glob over its text.
/// The empty glob is a unix socket.
public enum ClientPattern: Sendable, Equatable {
  case network(Network)
  case glob(Glob)

  public init(_ text: String) {
    self = Network(text).map(ClientPattern.network) ?? .glob(Glob(text))
  }

  func matches(_ address: String?) -> Bool {
    switch self {
    case .network(let network):
      address.flatMap { NetworkAddress($0) }.map(network.contains) ?? false
    case .glob(let glob): glob.matches(address ?? "")
    }
  }
}
