/// What is asked about a few sessions only, after all have been judged.
public struct Details: Sendable, Equatable {
  /// By pid: what each examined session holds. Of sessions that are missing here nothing is known.
  public var holdings: [Int32: Set<Holding>]
  /// By pid: of what nobody can tell whether an examined session holds it. What is in its holdings as
  /// well is taken to be held.
  public var unknown: [Int32: Set<Holding>] = [:]
  /// How many schemas have temporary objects of which nobody can tell whose they are; nil where
  /// there is no such doubt.
  public var doubtfulSchemas: Int?
  /// Those at the root of every lock queue, most waiters first; nil where nobody asked.
  public var blocking: [Blocker]?
  /// What sessions begin with; nil where nobody asked.
  public var settings: ServerSettings?

  public init(
    holdings: [Int32: Set<Holding>] = [:], blocking: [Blocker]? = nil,
    settings: ServerSettings? = nil
  ) {
    self.holdings = holdings
    self.blocking = blocking
    self.settings = settings
  }
}

/// What a session keeps that ending it would lose, or free for others.
public enum Holding: String, Sendable, CaseIterable {
  case advisoryLock = "advisory_lock"
  case temporaryTables = "temporary_tables"
  /// Its last query shows a LISTEN, or that it listens to something still.
  case listen
  case replicationSlot = "replication_slot"
  /// A base backup, begun by its last query.
  case backup
  /// It shows in one of the progress views: COPY, VACUUM, CREATE INDEX and the like.
  case progress
}

extension Session {
  /// What its last query alone shows that it holds: nothing else tells of these.
  public var heldByLastQuery: Set<Holding> {
    var held: Set<Holding> = []
    if mayListen { held.insert(.listen) }
    if beginsBackup { held.insert(.backup) }
    return held
  }

  /// Of what its last query can't tell, though it may have shown it a moment before: a transaction's
  /// end hides a LISTEN that was in it.
  public var unknownByLastQuery: Set<Holding> { endsTransaction && !mayListen ? [.listen] : [] }
}

/// A session that others wait for and that waits for nobody.
public struct Blocker: Sendable, Equatable {
  /// 0: a prepared transaction.
  public var pid: Int32
  /// Sessions that wait for it, directly or in line behind others.
  public var waiters: Int
  /// When its transaction began; nil where that is not to be seen.
  public var heldSince: Timestamp?
  public var applicationName: String?

  public init(pid: Int32, waiters: Int, heldSince: Timestamp?, applicationName: String?) {
    self.pid = pid
    self.waiters = waiters
    self.heldSince = heldSince
    self.applicationName = applicationName
  }
}
