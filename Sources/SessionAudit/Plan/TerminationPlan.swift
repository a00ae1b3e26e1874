/// What is to be ended and what is kept, each with its reasons.
public struct TerminationPlan: Sendable, Equatable {
  /// Those silent longest first.
  public var selected: [Victim]
  public var kept: [KeptSession]
  /// What stopped the whole plan; then nothing is selected.
  public var breaker: Breaker?

  public init(selected: [Victim], kept: [KeptSession]) {
    self.selected = selected
    self.kept = kept
  }

  /// Moves victims to the kept.
  /// - Parameter detail: why this one is kept; nil: it stays a victim.
  mutating func keep(_ kind: Protection.Kind, _ detail: (Victim) -> String?) {
    let victims = selected
    selected = []
    for victim in victims {
      if let detail = detail(victim) {
        kept.append(
          KeptSession(judged: victim.judged, reasons: [Reason(Protection(kind, detail))]))
      } else {
        selected.append(victim)
      }
    }
  }

  /// Kept only because of `--max`; the next run takes them.
  public var overMax: Int { kept.count { $0.isKept(for: .overMax) } }

  /// Kept only because of temporary tables of which nobody can tell whether they hold them.
  public var keptInDoubt: Int { kept.count(where: \.isKeptInDoubt) }

  /// To be ended, though their last command ends a transaction: whether a LISTEN was in it can't be
  /// seen.
  public var mayListen: Int {
    selected.count { $0.judged.holdsUnknown?.contains(.listen) == true }
  }

  /// Whether nothing can be ended only for want of rights: what matches may not be signalled, or
  /// what might match can't be seen.
  public var isBarred: Bool {
    selected.isEmpty
      && kept.contains { $0.isKept(for: .notPermitted) || $0.isKept(for: .hidden) }
  }
}

/// What keeps a mistake from ending too much: exit status 3.
public enum Breaker: Sendable, Equatable {
  /// Suspects and what is beyond a threshold are more than this share of the visible client
  /// sessions.
  case maximumShare(victims: Int, visible: Int, percent: Int)
  /// All that was left to end would have left its application without a session heard of late.
  case lastOfApplication

  public var kind: String {
    switch self {
    case .maximumShare: Protection.Kind.maximumShare.rawValue
    case .lastOfApplication: Protection.Kind.lastOfApplication.rawValue
    }
  }
}

/// Why a session was selected or kept.
public struct Reason: Sendable, Equatable {
  /// A word for scripts: the threshold or filter, or the protection.
  public var kind: String
  public var detail: String
  /// The option that would select it, as it matches otherwise.
  public var option: String?

  init(_ kind: String, _ detail: String, option: String? = nil) {
    (self.kind, self.option) = (kind, option)
    self.detail = detail + (option.map { "; see \($0)" } ?? "")
  }

  init(_ protection: Protection) {
    self.init(protection.kind.rawValue, protection.detail)
  }
}

/// A session that is to be ended. It has an identity: what can't be identified is kept.
public struct Victim: Sendable, Equatable {
  public var identity: SessionIdentity
  public var judged: JudgedSession
  public var reasons: [Reason]
  /// Selected on the evidence that its owner is gone, which is looked at again before it is ended.
  public var isOrphan: Bool
}

/// A session that is left alone.
public struct KeptSession: Sendable, Equatable {
  public var judged: JudgedSession
  public var reasons: [Reason]

  fileprivate var isKeptInDoubt: Bool {
    reasons.count == 1 && isKept(for: .holdsState) && judged.holds == [.temporaryTables]
      && judged.holdsUnknown?.contains(.temporaryTables) == true
  }

  func isKept(for protection: Protection.Kind) -> Bool {
    reasons.contains { $0.kind == protection.rawValue }
  }
}
