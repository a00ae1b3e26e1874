import CLibpq

/// Connection parameters by libpq's names (`host`, `port`, `dbname`, `user`, …). What is absent
/// libpq takes from the environment, service files, `.pgpass` and its defaults.
public struct ConnectionParameters: Sendable, Equatable {
  private var values: [String: String]

  public init(_ values: [String: String] = [:]) { self.values = values }

  public subscript(name: String) -> String? {
    get { values[name] }
    set { values[name] = newValue }
  }

  /// The names of the parameters that are set.
  public var names: Set<String> { Set(values.keys) }

  /// These parameters with those of `other` over them.
  public func overridden(by other: ConnectionParameters) -> ConnectionParameters {
    ConnectionParameters(values.merging(other.values) { _, theirs in theirs })
  }

  /// These parameters once for each of several hosts, with that host alone; once as they are where
  /// libpq has to see all hosts to choose.
  var hostByHost: [ConnectionParameters] {
    let choosesAmongAll =
      values["target_session_attrs"] == "prefer-standby" || values["load_balance_hosts"] == "random"
    func list(_ name: String) -> [Substring] {
      (values[name] ?? "").split(separator: ",", omittingEmptySubsequences: false)
    }
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
    let count = max(hosts.count, addresses.count)
    guard count > 1, !choosesAmongAll,
      values["host"] == nil || hosts.count == count,
      values["hostaddr"] == nil || addresses.count == count,
      ports.count == 1 || ports.count == count
    else { return [self] }
    return (0..<count).map { place in
      var single = self
      if values["host"] != nil { single["host"] = String(hosts[place]) }
      if values["hostaddr"] != nil { single["hostaddr"] = String(addresses[place]) }
      if ports.count > 1 { single["port"] = String(ports[place]) }
      return single
    }
  }

  /// Whether every host is a socket's folder or a numeric address, so that libpq has no name to
  /// resolve. Hosts that the environment or a service names are not known here.
  var nameNoHosts: Bool {
    guard let host = values["host"], !host.isEmpty else { return false }
    return host.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { host in
      host.hasPrefix("/") || Self.isIPv4Address(host)
    }
  }

  private static func isIPv4Address(_ host: Substring) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } && UInt8($0) != nil }
  }

  /// Name and value pairs, in a fixed order.
  var pairs: [(name: String, value: String)] {
    values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The parameter names that this libpq knows.
  public static let knownNames: Set<String> = {
    guard let options = PQconndefaults() else { return [] }
    defer { PQconninfoFree(options) }
    return Set(Self.entries(options).map { $0.name })
  }()

  static func entries(
    _ options: UnsafeMutablePointer<PQconninfoOption>
  ) -> [(name: String, value: String?)] {
    var entries: [(name: String, value: String?)] = []
    var option = options
    while let keyword = option.pointee.keyword {
      entries.append((String(cString: keyword), option.pointee.val.map { String(cString: $0) }))
      option += 1
    }
    return entries
  }
}
