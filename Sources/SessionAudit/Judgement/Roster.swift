/// Who is alive, as a platform or the user says it. It speaks of the connected database only.
public struct Roster: Sendable, Equatable {
  public enum Format: String, Sendable, CaseIterable {
    /// `heroku ps --json`
    case heroku
    /// `kubectl get pods -o json`
    case kubernetes
    /// `name-or-address[,started-at]`
    case lines
  }

  /// One dyno, pod or line.
  public struct Entry: Sendable, Equatable {
    /// What its sessions bear as application_name; nil where the entry is an address alone.
    public var name: String?
    /// Where its sessions come from; empty where that is not said, or is no sign of it.
    public var networks: [Network]
    /// False for what is listed and has ended: it owns nothing.
    public var isAlive: Bool
    /// When it began; nil where that is not said, and then it may own whatever bears its name.
    public var startedAt: Timestamp?

    public init(name: String?, networks: [Network], isAlive: Bool, startedAt: Timestamp?) {
      self.name = name
      self.networks = networks
      self.isAlive = isAlive
      self.startedAt = startedAt
    }
  }

  public var format: Format
  public var entries: [Entry]
  /// Addresses of the machines that entries run on: behind NAT sessions of any of them come from
  /// there, so they say nothing.
  public var nodeNetworks: [Network]
  /// When the list was made.
  public var takenAt: Timestamp?
  /// Names that the list covers, beside the families that appear in it.
  public var coversNames: [Glob] = []
  public var coversNetworks: [Network] = []
  /// Whether everything that uses this user and database is in the list.
  public var isComplete = false

  public init(format: Format, entries: [Entry], nodeNetworks: [Network] = []) {
    self.format = format
    self.entries = entries
    self.nodeNetworks = nodeNetworks
  }

  /// Whether it names neither an address nor anything that is one instance: such lines are some
  /// other text.
  public func tellsNobody(by policy: Policy) -> Bool {
    entries.allSatisfy { entry in
      guard entry.networks.isEmpty, let name = entry.name else { return false }
      let isOne = policy.oneInstance.value(
        for: name, user: nil, database: nil, isConnected: true)
      return isOne.map { !$0 } ?? (InstanceName(name).meaning == .shared)
    }
  }

  /// The families that appear in it, by name.
  public var families: [String] {
    Set(entries.compactMap(\.name).map { InstanceName($0).family }).sorted()
  }
}
