/// One reason for a verdict: what was found, and what makes it less than sure.
public struct Evidence: Sendable, Equatable {
  /// What tells less comes first.
  public enum Kind: String, Sendable, CaseIterable {
    case idleBeyondThreshold = "idle_beyond_threshold"
    case pastMaxAge = "past_max_age"
    case beyondPoolSize = "beyond_pool_size"
    case silentClient = "silent_client"
    case superseded
    case replacedAddress = "replaced_address"
    case beyondInstances = "beyond_instances"
    case beforeRestart = "before_restart"
    case ownerGone = "owner_gone"
    case predatesOwner = "predates_owner"
    case predatesAll = "predates_all"
  }

  /// What was found, with the figures that the session itself does not have.
  public enum Finding: Sendable, Equatable {
    /// Idle and silent for longer than this.
    case idleBeyondThreshold(Duration)
    /// Open and silent for longer than the age at which its application closes connections.
    /// - Parameter closesItself: it needs no request for that, and closes none that is in use.
    case pastMaxAge(Duration, closesItself: Bool = false)
    /// Its address has more sessions of its application than one instance holds.
    case beyondPoolSize(limit: Int, sessions: Int)
    /// Waits for its client, or is idle in transaction, for longer than this.
    case silentClient(Duration)
    /// Another address began shortly after this session's fell silent.
    case replacedAddress(by: Newcomer)
    /// Another address of the same name began after this session's was last heard.
    case superseded(by: Newcomer)
    /// As many other addresses as may run at once were in use at a moment after this one's life.
    case beyondInstances(limit: Int, at: Timestamp)
    /// Not heard since a restart that was complete at this time; in place: at an address that is
    /// heard.
    case beforeRestart(Timestamp, isInPlace: Bool = false)
    /// The roster covers this, and has no owner for it.
    case ownerGone(covers: String, missing: String)
    /// The roster's owner began at this time; in place: at an address that is heard.
    case predatesOwner(owner: String, startedAt: Timestamp, isInPlace: Bool = false)
    /// Everything alive in the roster began at this time or later.
    case predatesAll(startedAt: Timestamp)
  }

  /// The address that came after this session's.
  public struct Newcomer: Sendable, Equatable {
    public var address: String
    public var began: Timestamp
  }

  /// What makes evidence of an orphan no more than a suspicion.
  public enum Doubt: Sendable, Equatable {
    /// Many instances share the name.
    case sharedName
    /// Two addresses of the name were in use side by side for longer than a restart takes.
    case heardSideBySide
    /// Hidden sessions bear the same name.
    case hiddenNamesakes(Int)
    /// Its address tells no instance.
    case noAddress
    /// Clocks may differ by this much, and the figures do by less.
    case withinTolerance(Duration)
    /// Its number may count something else than instances.
    case numberedName
    /// The roster lacks this name or address too, though it was heard just now.
    case rosterLacks(String)
    /// This name, which the roster lists, comes from its address too.
    case hostIsListed(String)
    /// A pooler may keep its address's sessions open.
    case mayBePooled
    /// So many instance names come from its address.
    case severalNames(Int)
    /// Its address is heard, and this keeps the restart from telling its sessions apart.
    case restartInPlace(InPlace)

    /// What was not seen of a restart at an address that is heard.
    public enum InPlace: Sendable, Equatable {
      /// The restart was declared of no application by name.
      case notNamed
      /// The roster has not exactly this owner at that address.
      case notAlone
      /// No session of the same name, user and database began there since.
      case nobodyNew
      /// One that began before was heard since.
      case olderHeard
    }
  }

  /// What makes it less than sure, as a word for scripts.
  public var doubtWord: String? {
    switch doubt {
    case nil: nil
    case .sharedName?: "shared_name"
    case .heardSideBySide?: "heard_side_by_side"
    case .hiddenNamesakes?: "hidden_namesakes"
    case .noAddress?: "no_address"
    case .withinTolerance?: "within_tolerance"
    case .numberedName?: "numbered_name"
    case .rosterLacks?: "roster_lacks_living"
    case .hostIsListed?: "host_is_listed"
    case .mayBePooled?: "may_be_pooled"
    case .severalNames?: "several_names"
    case .restartInPlace?: "restart_in_place"
    }
  }

  /// The start that tells it from the sessions that its address has had since; nil: whoever is heard
  /// there speaks for it.
  public var restartedInPlaceAt: Timestamp? {
    switch finding {
    case .beforeRestart(let moment, isInPlace: true): moment
    case .predatesOwner(_, let moment, isInPlace: true): moment
    default: nil
    }
  }

  public var finding: Finding
  public var doubt: Doubt?

  public init(_ finding: Finding, doubt: Doubt? = nil) {
    self.finding = finding
    self.doubt = doubt
  }

  public var kind: Kind {
    switch finding {
    case .idleBeyondThreshold: .idleBeyondThreshold
    case .pastMaxAge: .pastMaxAge
    case .beyondPoolSize: .beyondPoolSize
    case .silentClient: .silentClient
    case .replacedAddress: .replacedAddress
    case .superseded: .superseded
    case .beyondInstances: .beyondInstances
    case .beforeRestart: .beforeRestart
    case .ownerGone: .ownerGone
    case .predatesOwner: .predatesOwner
    case .predatesAll: .predatesAll
    }
  }

  /// The verdict that this evidence gives by itself.
  public var verdict: Verdict {
    switch kind {
    case .idleBeyondThreshold, .pastMaxAge, .beyondPoolSize, .silentClient, .replacedAddress:
      .suspect
    case .superseded, .beyondInstances, .beforeRestart, .ownerGone, .predatesOwner, .predatesAll:
      doubt == nil ? .orphan : .suspect
    }
  }

  public var basis: Basis {
    switch kind {
    case .idleBeyondThreshold, .silentClient, .replacedAddress, .superseded: .inferred
    case .pastMaxAge, .beyondPoolSize, .beyondInstances, .beforeRestart: .declared
    case .ownerGone, .predatesOwner, .predatesAll: .roster
    }
  }

  /// The strongest comes first: what makes an orphan, of that what rests on the most, and of that
  /// what tells the most.
  static func isStronger(_ a: Evidence, _ b: Evidence) -> Bool {
    if a.verdict != b.verdict { return a.verdict == .orphan }
    if a.basis != b.basis { return a.basis > b.basis }
    return a.kind.rank > b.kind.rank
  }
}

extension Evidence.Kind {
  fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
