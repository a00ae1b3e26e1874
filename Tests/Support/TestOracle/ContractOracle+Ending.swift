/// What the contract lets a run end of what it calls orphans.
extension ContractOracle {
  /// The evidence that rests on nothing but the server's picture.
  private static let inferred: Set = ["superseded"]

  /// Those that `terminate --orphans` may end: not those whose application would be left without a
  /// session that was heard within the threshold, nor transactions of late on inferred evidence.
  /// - Parameter trustsInferred: whether it is run with `--trust inferred` for sessions of a name.
  public func endable(trustsInferred: (_ name: String) -> Bool) -> Set<SessionKey> {
    let orphans = orphans()
    let heard = Set(
      facts.filter {
        orphans[$0.key] == nil && $0.database == database && now - lastHeard($0) < limits.stale
      }.map { TestName.family(of: $0.name) })
    var endable: Set<SessionKey> = []
    for fact in facts {
      guard let kinds = orphans[fact.key] else { continue }
      let family = TestName.family(of: fact.name)
      var trusted = kinds
      if !trustsInferred(fact.name) { trusted.subtract(Self.inferred) }
      guard !trusted.isEmpty, heard.contains(family) else { continue }
      let hasSettled = now - max(lastHeard(fact), fact.stateChange) >= limits.stale
      guard fact.state == "idle" || hasSettled || !kinds.isSubset(of: Self.inferred) else {
        continue
      }
      endable.insert(fact.key)
    }
    return endable
  }
}

extension TestName {
  /// `web` of `web.1`, `celery` of `celery@box-1`, `api` of `api-7d9f8b6c5d-x2vlq`, else itself.
  public static func family(of name: String) -> String {
    String(name.prefix { !".@-".contains($0) })
  }
}
