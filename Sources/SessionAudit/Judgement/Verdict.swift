/// What is thought of a client session, weakest first.
public enum Verdict: String, Sendable, CaseIterable {
  /// This role may not see the columns that would tell.
  case hidden
  case live
  /// Looks abandoned, and could be a quiet pool.
  case suspect
  /// There is evidence that its owner is gone.
  case orphan
}

/// What evidence rests on, weakest first.
public enum Basis: String, Sendable, CaseIterable, Comparable {
  /// pg_stat_activity alone.
  case inferred
  /// The user said so.
  case declared
  /// A list of who is alive.
  case roster

  public static func < (a: Basis, b: Basis) -> Bool {
    func rank(_ basis: Basis) -> Int { allCases.firstIndex(of: basis) ?? 0 }
    return rank(a) < rank(b)
  }
}
