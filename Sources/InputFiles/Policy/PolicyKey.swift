import SessionAudit

/// A key of a table of the policy file: the reader, the nearest word, the check for what is said
/// twice and `policy show` all take it from the table's one list.
public struct PolicyKey<Table: Sendable>: Sendable {
  public let name: String
  /// `policy show` goes by it, and by the list where it is the same.
  public let rank: Int
  /// It names a file that is written to.
  public let isOutput: Bool
  /// What holds where nothing says it, as text; nil: nothing does.
  public let builtIn: @Sendable (PolicyFile) -> String?
  /// What a table says by it, as text.
  public let said: @Sendable (Table) -> PolicyFile.Located<String>?
  let line: @Sendable (Table) -> Int?
  let read: @Sendable (PolicyReader, TOMLNode, _ path: String, inout Table) -> Void

  typealias Property<Value: Sendable & Equatable> =
    WritableKeyPath<Table, PolicyFile.Located<Value>?> & Sendable

  private init<Value>(
    _ name: String, _ property: Property<Value>, rank: Int = 0, isOutput: Bool = false,
    builtIn: @escaping @Sendable (PolicyFile) -> String?,
    text: @escaping @Sendable (Value) -> String = { "\($0)" },
    read: @escaping @Sendable (PolicyReader, TOMLNode, String) -> PolicyFile.Located<Value>?
  ) {
    (self.name, self.rank, self.isOutput, self.builtIn) = (name, rank, isOutput, builtIn)
    said = { table in
      table[keyPath: property].map { .init(text($0.value), line: $0.line) }
    }
    line = { $0[keyPath: property]?.line }
    self.read = { $3[keyPath: property] = read($0, $1, $2) }
  }

  static func duration(
    _ name: String, _ property: Property<Duration>, mayBeZero: Bool = false, rank: Int = 0,
    builtIn: Duration? = nil
  ) -> Self {
    let builtIn = builtIn.map(DurationText.exact)
    return Self(
      name, property, rank: rank, builtIn: { _ in builtIn }, text: DurationText.exact,
      read: { $0.duration($1, $2, mayBeZero: mayBeZero) })
  }

  static func number(
    _ name: String, _ property: Property<Int>, in range: ClosedRange<Int>, rank: Int = 0,
    builtIn: Int? = nil
  ) -> Self {
    let builtIn = builtIn.map { "\($0)" }
    return Self(
      name, property, rank: rank, builtIn: { _ in builtIn },
      read: { $0.number($1, $2, in: range) })
  }

  static func boolean(
    _ name: String, _ property: Property<Bool>, rank: Int = 0, builtIn: String? = nil
  ) -> Self {
    Self(name, property, rank: rank, builtIn: { _ in builtIn }, read: { $0.boolean($1, $2) })
  }

  static func trust(
    _ name: String, _ property: Property<Trust>, rank: Int = 0,
    builtIn: @escaping @Sendable (PolicyFile) -> String?
  ) -> Self {
    Self(name, property, rank: rank, builtIn: builtIn, text: \.rawValue, read: { $0.trust($1, $2) })
  }

  static func output(
    _ name: String, _ property: Property<String>, mayBeStandardOutput: Bool, rank: Int = 0
  ) -> Self {
    Self(
      name, property, rank: rank, isOutput: true, builtIn: { _ in "none" },
      read: { reader, node, path in
        let said = reader.words(node, path)
        if said?.value == "-", !mayBeStandardOutput {
          reader.wrong(node.line, path, "needs the name of a file")
        }
        return said
      })
  }
}

extension PolicyFile {
  /// The tables of the file, and what else each may hold.
  package enum Key: String, CaseIterable {
    case defaults, target, application, network, roster, hook

    /// As it is written over its keys.
    var title: String {
      switch self {
      case .target, .application: "[[\(rawValue)]]"
      case .defaults, .network, .roster, .hook: "[\(rawValue)]"
      }
    }

    var names: [String] {
      switch self {
      case .defaults: Defaults.keys.map(\.name)
      case .target: Target.Key.names
      case .application: Application.Scope.names + Application.keys.map(\.name)
      case .network: NetworkKey.names
      case .roster: Roster.Key.names
      case .hook: Hook.Key.names
      }
    }
  }

  enum NetworkKey: String, CaseIterable {
    case poolers
    case sharedAddresses = "shared_addresses"
  }
}

extension PolicyFile.Target {
  package enum Key: String, CaseIterable {
    case name, conninfo, service
    case urlVariable = "url_env"
    case application, roster
  }
}

extension PolicyFile.Application {
  /// Of which applications an entry speaks.
  enum Scope: String, CaseIterable { case match, user, database }
}

extension PolicyFile.Roster {
  package enum Key: String, CaseIterable { case file, command, covers, complete }
}

extension PolicyFile.Hook {
  package enum Key: String, CaseIterable { case command, timeout }
}

extension CaseIterable where Self: RawRepresentable<String> {
  static var names: [String] { allCases.map(\.rawValue) }
}
