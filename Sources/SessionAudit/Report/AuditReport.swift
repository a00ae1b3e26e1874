/// What an audit found: the only thing that renderers and the planner read.
public struct AuditReport: Sendable {
  public var capturedAt: Timestamp
  public var target: Target
  public var judgedWith: Policy
  public var coverage: Coverage
  public var slots: Slots
  public var totals: Totals
  /// Most sessions first.
  public var groups: [SessionGroup]
  /// Client sessions, hidden ones and our own included, by backend_start and pid.
  public var sessions: [JudgedSession]
  /// All that wait for a lock, background processes included, by pid.
  public var lockWaiters: [Int32]
  /// Sessions at the root of a lock queue; nil where that is not known.
  public var blocking: [Blocker]?
  /// Whether a roster was given that speaks of no session that is seen.
  public var rosterCoversNothing = false
  /// How many schemas have temporary objects of which nobody can tell whose they are; nil where
  /// there is no such doubt, or where it is a saved report.
  public var doubtfulSchemas: Int?
  /// What sessions begin with; nil where nobody asked, or where it is a saved report.
  public var settings: ServerSettings?
  /// Names and addresses that the roster covers and does not list as alive, though they were heard
  /// just now.
  public var heardThoughUnlisted: [String] = []
  /// What was declared of sessions here and changed no verdict.
  public var withoutEffect: [DeclarationWithoutEffect] = []
  /// Addresses with many sessions that were used only in their first seconds.
  public var connectionLeaks: [ConnectionLeak] = []
  public var advice: [Advice] = []

  /// Sessions that would be orphans by the roster, if it did not lack who was heard just now.
  public var sparedByRosterGaps: Int {
    heardThoughUnlisted.isEmpty ? 0 : sessions.count { $0.rosterGap != nil }
  }

  /// Not after the moment at which the server took the picture that was judged: our own session began
  /// to ask for it then. `capturedAt` is after it. nil: not known.
  public var pictureAsked: Timestamp? {
    sessions.first { $0.protections.contains { $0.kind == .ownSession } }?.session.queryStart
  }
}

/// A client session with what is thought of it.
public struct JudgedSession: Sendable, Equatable {
  public var session: Session
  public var times: SessionTimes
  public var verdict: Verdict
  public var evidence: [Evidence]
  public var protections: [Protection]
  /// nil where nobody asked, or where it can't be known.
  public var holds: Set<Holding>?
  /// Of what nobody can tell whether it holds it, what is in `holds` all the same included; nil where
  /// `holds` is.
  public var holdsUnknown: Set<Holding>?

  /// Who was heard though the roster lacks them, where nothing but that keeps it from being an
  /// orphan by the roster.
  public var rosterGap: String? {
    guard verdict == .suspect else { return nil }
    return evidence.lazy.compactMap {
      if case .rosterLacks(let witness)? = $0.doubt { witness } else { nil }
    }.first
  }

  /// The start that tells it from the sessions that its address has had since; nil where some
  /// evidence rests on nobody being heard there.
  public var restartedInPlaceAt: Timestamp? {
    let starts = evidence.filter { $0.verdict == .orphan }.map(\.restartedInPlaceAt)
    guard starts.allSatisfy({ $0 != nil }) else { return nil }
    return starts.compactMap { $0 }.max()
  }

  /// The strongest basis on which it is an orphan; nil where it is none.
  public var orphanBasis: Basis? {
    evidence.filter { $0.verdict == .orphan }.map(\.basis).max()
  }
}

/// How much of the client sessions this role can see.
public struct Coverage: Sendable, Equatable {
  public var total: Int
  public var hidden: Int
  /// Why it is not complete, nil where it is.
  public var reason: String?

  public var visible: Int { total - hidden }
  public var isComplete: Bool { hidden == 0 }

  init(of totals: Totals, role: RoleFacts) {
    total = totals.clientSessions
    hidden = totals.hidden
    guard hidden > 0 else { return }
    let count = hidden == 1 ? "1 session" : "\(hidden) sessions"
    reason =
      role.canReadAllStats
      ? "the server hides columns of \(count)"
      : "\(role.name) lacks pg_read_all_stats: of \(count) it sees neither state nor age"
  }
}

/// Counts over all client sessions.
public struct Totals: Sendable, Equatable {
  public var clientSessions: Int
  public var background: Int
  public var live: Int
  public var suspect: Int
  public var orphan: Int
  public var hidden: Int
  public var openedLastMinute: Int
  public var openedLast5Minutes: Int

  init(of groups: [SessionGroup], background: Int) {
    func sum(_ count: (SessionGroup) -> Int) -> Int { groups.reduce(0) { $0 + count($1) } }
    clientSessions = sum(\.sessions)
    self.background = background
    live = sum(\.live)
    suspect = sum(\.suspect)
    orphan = sum(\.orphan)
    hidden = sum(\.hidden)
    openedLastMinute = sum(\.openedLastMinute)
    openedLast5Minutes = sum(\.openedLast5Minutes)
  }
}

extension JudgedSession {
  /// Whether it is pgsessions' own session.
  var isOwn: Bool { protections.contains { $0.kind == .ownSession } }

  func wasOpened(within duration: Duration) -> Bool {
    times.sessionAge.map { $0 < duration } ?? false
  }
}

/// Something to do, with the command or SQL that does it.
public struct Advice: Sendable, Equatable {
  public enum Severity: String, Sendable, CaseIterable {
    case info
    case warning
    case critical
  }

  public var code: String
  public var severity: Severity
  public var summary: String
  public var remedies: [Step]

  /// A line to type.
  public enum Step: Sendable, Equatable {
    /// A command of a shell, or a setting elsewhere.
    case command(String)
    case statement(String)
    /// A statement that changes roles or databases.
    case change(String)

    public var text: String {
      switch self {
      case .command(let text), .statement(let text), .change(let text): text
      }
    }

    var isChange: Bool { if case .change = self { true } else { false } }
    private var isCommand: Bool { if case .command = self { true } else { false } }

    /// Whether it means what it says.
    fileprivate var isFaithful: Bool { isCommand || SQLText.isFaithful(text) }
  }

  public var remedy: String? {
    remedies.isEmpty ? nil : remedies.map(\.text).joined(separator: "\n")
  }

  /// - Parameter remedies: those that name what can't be written faithfully are left out.
  public init(
    _ code: String, _ severity: Severity, _ summary: String, remedies: [Step] = []
  ) {
    (self.code, self.severity, self.summary) = (code, severity, summary)
    self.remedies = remedies.filter(\.isFaithful)
  }
}
