/// Whether an application really closes its connections at the age that was declared.
public struct Recycling: Sendable, Equatable {
  public enum Verdict: String, Sendable, CaseIterable {
    case notEnforced = "not_enforced"
    case enforced
    /// Too quiet or too young to tell.
    case noEvidence = "no_evidence"
  }

  public var maxAge: Duration
  public var verdict: Verdict
  /// Sessions that were used beyond the max age and its slack.
  public var usedBeyondMaxAge: Int
  /// The greatest age at which a session was used.
  public var worstUsedAtAge: Duration

  /// nil without signs, and where sessions of several max ages are mixed.
  init?(_ signs: [RecyclingSign]) {
    guard let maxAge = signs.first?.maxAge, signs.allSatisfy({ $0.maxAge == maxAge }) else {
      return nil
    }
    self.maxAge = maxAge
    usedBeyondMaxAge = signs.count { $0.isUsedBeyond }
    worstUsedAtAge = signs.map(\.usedAtAge).max() ?? .zero
    verdict =
      usedBeyondMaxAge > 0
      ? .notEnforced : signs.contains(where: \.isOutlived) ? .enforced : .noEvidence
  }
}

/// What one session says of recycling.
struct RecyclingSign {
  var maxAge: Duration
  /// From its begin to that of its last query.
  var usedAtAge: Duration
  var isUsedBeyond: Bool
  /// Its address was heard after the session had passed the max age.
  var isOutlived: Bool
}
