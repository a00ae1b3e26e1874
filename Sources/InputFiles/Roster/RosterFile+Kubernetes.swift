import SessionAudit

extension RosterFile {
  /// Pods of a List, a PodList or one by itself.
  static func kubernetes(_ json: JSONField) throws(InputFileError) -> Roster {
    var pods: [JSONField] = []
    switch try json["kind"].string() {
    case "List", "PodList":
      guard try json["metadata"]["continue"].string() ?? "" == "" else {
        throw InputFileError("is only a part of the list: metadata.continue says that it goes on")
      }
      let items = try json["items"]
      guard items.isThere else { throw items.error("is missing") }
      for item in try items.elements() ?? [] {
        if try ["Pod", nil].contains(item["kind"].string()) { pods.append(item) }
      }
    case "Pod": pods = [json]
    default: throw json.error(notARoster)
    }

    var roster = Roster(format: .kubernetes, entries: [])
    var known: Set<Network> = []
    for pod in pods {
      let nodes = try addresses(of: pod["status"], "hostIP", "hostIPs")
      for node in nodes where known.insert(node.network).inserted {
        roster.nodeNetworks.append(node.network)
      }
      roster.entries.append(try entry(of: pod, nodes: nodes.map(\.address)))
    }
    return roster
  }

  private static func entry(
    of pod: JSONField, nodes: [NetworkAddress]
  ) throws(InputFileError) -> Roster.Entry {
    let status = try pod["status"]
    let phase = try status["phase"].string()
    let own = try addresses(of: status, "podIP", "podIPs")
    // From a node's address come the sessions of whatever runs there.
    let isOnHostNetwork = try pod["spec"]["hostNetwork"].bool() ?? false
    return Roster.Entry(
      name: try pod["metadata"]["name"].applicationName(),
      networks: isOnHostNetwork ? [] : own.filter { !nodes.contains($0.address) }.map(\.network),
      isAlive: phase != "Succeeded" && phase != "Failed", startedAt: try start(of: status))
  }

  /// The address under one key and those of the list under another, each once.
  private static func addresses(
    of status: JSONField, _ single: String, _ several: String
  ) throws(InputFileError) -> [(address: NetworkAddress, network: Network)] {
    var fields = [try status[single]]
    for element in try status[several].elements() ?? [] { fields.append(try element["ip"]) }
    var found: [(address: NetworkAddress, network: Network)] = []
    for field in fields {
      // A pod that is not yet scheduled has none, or an empty one.
      guard let text = try field.string(), !text.isEmpty else { continue }
      guard let address = NetworkAddress(text), let network = Network(text) else {
        throw field.error("is not an IP address")
      }
      if !found.contains(where: { $0.address == address }) { found.append((address, network)) }
    }
    return found
  }

  /// When the first of the running containers began; a pod that was restarted in place keeps its
  /// name and address. nil where none runs, or one does not say since when.
  private static func start(of status: JSONField) throws(InputFileError) -> Timestamp? {
    var starts: [Timestamp?] = []
    // A sidecar can be an init container that goes on running.
    for key in ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] {
      for container in try status[key].elements() ?? [] {
        let running = try container["state"]["running"]
        if !running.isNull { starts.append(try running["startedAt"].time()) }
      }
    }
    guard !starts.contains(nil) else { return nil }
    return starts.compactMap { $0 }.min()
  }
}
