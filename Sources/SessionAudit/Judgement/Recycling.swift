/// Whether an application really closes its connections at the age that was declared.
public struct Recycling: Sendable, Equatable {
  public enum Verdict: String, Sendable, CaseIterable {
    case notEnforced = "not_enforced"
    case notClosed = "not_closed"
    case enforced
    /// Too quiet or too young to tell; or one look, in which what was closed has left no row.
    case noEvidence = "no_evidence"
  }

  public var maxAge: Duration
  public var verdict: Verdict
  /// Sessions that were used beyond the max age and its slack.
  public var usedBeyondMaxAge: Int
  /// The greatest age at which a session was used.
  public var worstUsedAtAge: Duration
  /// Idle sessions older than the max age and its slack, whose address asked on in that time.
  public var openBeyondMaxAge: Int
  /// Of these: the greatest age at which one was used.
  public var openUsedAtAge: Duration
  /// Of these: for how long at most their address asked on since they were to be closed.
  public var askedOn: Duration
  /// Connections of an earlier look that passed the max age since and are closed, where their
  /// address lives on and asked for more.
  public var replacedAtMaxAge: Int
  /// Its pool closes connections without a request.
  public var closesItself: Bool

  /// nil without signs, and where sessions of several max ages are mixed.
  init?(_ signs: [RecyclingSign]) {
    guard let maxAge = signs.first?.maxAge, signs.allSatisfy({ $0.maxAge == maxAge }) else {
      return nil
    }
    self.maxAge = maxAge
    usedBeyondMaxAge = signs.count { $0.usedAtAge > maxAge + $0.slack }
    worstUsedAtAge = signs.map(\.usedAtAge).max() ?? .zero
    let open = signs.filter { $0.askedOn != nil }
    openBeyondMaxAge = open.count
    openUsedAtAge = open.map(\.usedAtAge).max() ?? .zero
    askedOn = open.compactMap(\.askedOn).max() ?? .zero
    replacedAtMaxAge = signs.reduce(0) { $0 + $1.replaced }
    closesItself = signs.allSatisfy(\.closesItself)
    verdict =
      usedBeyondMaxAge > 0
      ? .notEnforced
      : openBeyondMaxAge > 0
        ? .notClosed
        // A use within the slack speaks for neither.
        : replacedAtMaxAge > 0 && worstUsedAtAge <= maxAge ? .enforced : .noEvidence
  }
}

/// What one session says of recycling.
struct RecyclingSign {
  var maxAge: Duration
  var slack: Duration
  /// From its begin to that of its last query.
  var usedAtAge: Duration
  var closesItself: Bool
  /// Where it is open beyond the max age and its slack: for how long its address asked on.
  var askedOn: Duration?
  /// Connections that were seen to be replaced at its address; told by one session there.
  var replaced = 0
}
