/// Which sessions the user wants ended. What is nil or empty does not narrow; a selection that
/// selects by nothing is refused before it comes here.
public struct Selection: Sendable, Equatable {
  /// `idle`, with a state age beyond this.
  public var idleLongerThan: Duration?
  /// Session age beyond this; alone it takes idle sessions only.
  public var sessionOlderThan: Duration?
  /// By application_name.
  public var applications: VictimFilter<Glob>
  public var users = VictimFilter<Glob>()
  public var databases = VictimFilter<Glob>()
  public var clients = VictimFilter<ClientPattern>()
  /// Sessions of other databases too.
  public var allDatabases: Bool
  /// Also what holds locks, temporary tables and the like.
  public var includeStateful = false
  /// Also what a pooler keeps open.
  public var includePooled = false
  /// At most this many in one run, those silent longest first.
  public var maximum: Int

  public init(
    idleLongerThan: Duration? = nil, sessionOlderThan: Duration? = nil, applications: [Glob] = [],
    allDatabases: Bool = false, maximum: Int = 100
  ) {
    self.idleLongerThan = idleLongerThan
    self.sessionOlderThan = sessionOlderThan
    self.applications = VictimFilter(applications)
    self.allDatabases = allDatabases
    self.maximum = maximum
  }

  public var selectsByNothing: Bool { idleLongerThan == nil && sessionOlderThan == nil }
}
