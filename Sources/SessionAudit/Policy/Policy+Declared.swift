/// What was declared of some applications or addresses.
public struct Declared: Sendable {
  public enum Value: Sendable, Equatable {
    case duration(Duration)
    case count(Int)
    case flag(Bool)
    case restart(RestartTime)
    case network(Network)
    /// A family, which only says how names are shown.
    case shown
  }

  /// As JSON has it.
  public let kind: String
  /// nil: it speaks of all.
  public let application: ApplicationPattern?
  public let value: Value
}

extension Policy {
  /// All that was declared, in the order in which reports tell it.
  public var declared: [Declared] {
    var all: [Declared] = []
    func add<Value>(
      _ kind: String, _ declarations: [Declaration<Value>], _ value: (Value) -> Declared.Value
    ) {
      for one in declarations {
        all.append(Declared(kind: kind, application: one.application, value: value(one.value)))
      }
    }
    add("max_age", maxAges) { .duration($0) }
    add("closes_itself", closesItself) { .flag($0) }
    add("pool_size", poolSizes) { .count($0) }
    add("pooled", pooled) { .flag($0) }
    add("instances", instances) { .count($0) }
    add("restarted_at", restarts) { .restart($0) }
    add("one_instance", oneInstance) { .flag($0) }
    add("stale_after", staleAfters) { .duration($0) }
    add("protect", protected) { .flag($0) }
    add("family", families.map { Declaration(ApplicationPattern($0.pattern), true) }) { _ in .shown
    }
    add("shared_address", sharedAddresses.map { Declaration(nil, $0) }) { .network($0) }
    add("pooler", poolers.map { Declaration(nil, $0) }) { .network($0) }
    return all
  }

  /// Whether anything was declared that tells verdicts.
  public var hasDeclarations: Bool { declared.contains { $0.value != .shown } }
}
