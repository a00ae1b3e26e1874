/// Why a session is not to be terminated.
public struct Protection: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    case ownSession = "own_session"
    case superuser
    case parallelWorker = "parallel_worker"
    case pooled
    /// Nothing but the option of its own lifts it.
    case backup
    case inUse = "in_use"
    case holdsState = "holds_state"
    case untrusted
    case otherDatabase = "other_database"
    case lastOfApplication = "last_of_application"
    case notPermitted = "not_permitted"
    case hidden
    case byPolicy = "by_policy"
    case newestKept = "newest_kept"
    case overMax = "over_max"
    case maximumShare = "max_share"
  }

  public var kind: Kind
  public var detail: String

  public init(_ kind: Kind, _ detail: String) {
    self.kind = kind
    self.detail = detail
  }
}
