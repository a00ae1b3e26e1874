/// Which sessions the user wants ended. What is nil or empty does not narrow; a selection that
/// selects by nothing is refused before it comes here.
///
/// The two verdicts are alternatives, and so are the three state ages; the two kinds and the session
/// age add up.
public struct Selection: Sendable, Equatable {
  /// Sessions whose owner is gone, on evidence.
  public var orphans = false
  /// Sessions that look abandoned.
  public var suspects = false
  /// `idle`, with a state age beyond this.
  public var idleLongerThan: Duration?
  /// `idle in transaction`, aborted or not, with a state age beyond this.
  public var inTransactionLongerThan: Duration?
  /// `active`, with a state age beyond this: nothing else selects active sessions.
  public var activeLongerThan: Duration?
  /// Session age beyond this; alone it takes idle sessions only.
  public var sessionOlderThan: Duration?

  /// By application_name.
  public var applications: VictimFilter<Glob>
  public var users = VictimFilter<Glob>()
  public var databases = VictimFilter<Glob>()
  public var clients = VictimFilter<ClientPattern>()
  /// Sessions of other databases too.
  public var allDatabases: Bool

  /// The weakest basis on which an orphan is ended.
  public var trust = Basis.inferred
  /// Instead of it, on what grounds sessions of these applications are ended; whatever the database.
  public var trusts: [Declaration<Trust>] = []
  /// Of each application_name of a database so many newest sessions are kept, orphans aside.
  public var keep = 0
  /// Instead of it, for these applications.
  public var keeps: [Declaration<Int>] = []
  /// At most this many in one run, those silent longest first.
  public var maximum: Int
  /// Suspects and what is beyond a threshold: from 10 on, at most so many percent of the visible
  /// client sessions, or nothing is ended.
  public var maximumShare: Int
  /// An application may be left without any session that was heard within stale-after.
  public var allowsEmpty = false
  /// Instead of it, for these applications.
  public var allowsEmpties: [Declaration<Bool>] = []

  /// Verdicts also take active sessions.
  public var includeActive = false
  /// Also what holds locks, temporary tables and the like, or, by its verdict, a transaction.
  public var includeStateful = false
  /// Also what a pooler keeps open.
  public var includePooled = false
  /// Also what makes or restores a backup.
  public var includeBackups = false
  /// Also what this role may not signal: the plan is for somebody who may.
  public var isForOthers = false

  public init(
    idleLongerThan: Duration? = nil, sessionOlderThan: Duration? = nil, applications: [Glob] = [],
    allDatabases: Bool = false, maximum: Int = 100, maximumShare: Int = 50
  ) {
    self.idleLongerThan = idleLongerThan
    self.sessionOlderThan = sessionOlderThan
    self.applications = VictimFilter(applications)
    self.allDatabases = allDatabases
    self.maximum = maximum
    self.maximumShare = maximumShare
  }

  public var selectsByVerdict: Bool { orphans || suspects }

  var selectsByStateAge: Bool {
    idleLongerThan != nil || inTransactionLongerThan != nil || activeLongerThan != nil
  }

  public var selectsByNothing: Bool {
    !selectsByVerdict && !selectsByStateAge && sessionOlderThan == nil
  }
}
