/// On what ground sessions of an application may be ended; each takes in the ones before it.
public enum Trust: String, Sendable, CaseIterable {
  /// On none.
  case never
  /// Orphans by a roster.
  case roster
  /// Orphans by what the user declared, too.
  case declared
  /// Orphans by pg_stat_activity alone, too.
  case inferred
  /// Suspects, too.
  case suspects

  /// The weakest basis on which an orphan is ended; nil: none will do.
  public var basis: Basis? {
    switch self {
    case .never: nil
    case .roster: .roster
    case .declared: .declared
    case .inferred, .suspects: .inferred
    }
  }
}
