/// What is thought of a client session, weakest first.
public enum Verdict: String, Sendable, CaseIterable {
  /// This role may not see the columns that would tell.
  case hidden
  case live
  /// Looks abandoned, and could be a quiet pool.
  case suspect
}

/// One reason for a verdict.
public struct Evidence: Sendable, Equatable {
  public enum Kind: String, Sendable {
    case idleBeyondThreshold = "idle_beyond_threshold"

    /// The verdict that evidence of this kind gives.
    public var verdict: Verdict {
      switch self {
      case .idleBeyondThreshold: .suspect
      }
    }
  }

  /// What the evidence rests on.
  public enum Basis: String, Sendable {
    /// pg_stat_activity alone.
    case inferred
  }

  public var kind: Kind
  public var basis: Basis
  /// A sentence with the figures, for people.
  public var detail: String

  public init(kind: Kind, basis: Basis, detail: String) {
    self.kind = kind
    self.basis = basis
    self.detail = detail
  }
}

/// Why a session is not to be terminated.
public struct Protection: Sendable, Equatable {
  public enum Kind: String, Sendable {
    case ownSession = "own_session"
    case superuser
    case inUse = "in_use"
    case otherDatabase = "other_database"
    case notPermitted = "not_permitted"
    case hidden
    case overMax = "over_max"
  }

  public var kind: Kind
  public var detail: String

  public init(_ kind: Kind, _ detail: String) {
    self.kind = kind
    self.detail = detail
  }
}
