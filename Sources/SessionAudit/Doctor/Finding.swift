/// One thing that doctor looked at: what it is here, what follows from it, and what mends it.
public struct Finding: Sendable, Equatable {
  public enum Severity: String, Sendable, CaseIterable {
    case critical
    case warning
    case info
    /// As it should be.
    case ok
  }

  /// For scripts; stays the same.
  public var code: String
  public var severity: Severity
  /// What it is here, in figures.
  public var summary: String
  /// What follows from it.
  public var consequence: String?
  public var remedies: [Remedy]

  init(
    _ code: String, _ severity: Severity, _ summary: String, consequence: String? = nil,
    remedies: [Remedy] = []
  ) {
    self.code = code
    self.severity = severity
    self.summary = summary
    self.consequence = consequence
    self.remedies = remedies
  }
}

/// What mends a finding: SQL, or a setting outside the server.
public struct Remedy: Sendable, Equatable {
  /// What makes the server read what ALTER SYSTEM wrote.
  public static let reload = "SELECT pg_reload_conf();"

  /// Statements of one line, each with its semicolon.
  public var sql: [String]
  /// What is set elsewhere, one line each: by an application or a provider.
  public var settings: [String]
  /// Who may run the SQL, where this role may not.
  public var needs: String?
  /// What to think of before.
  public var caution: String?
  /// When it takes effect.
  public var effect: String?

  init(
    sql: [String] = [], settings: [String] = [], needs: String? = nil, caution: String? = nil,
    effect: String? = nil
  ) {
    self.sql = sql.filter(SQLText.isFaithful)
    self.settings =
      settings
      + (self.sql.count < sql.count
        ? ["a name that is no UTF-8 can't be written here: type it where it can"] : [])
    self.needs = needs
    self.caution = caution
    self.effect = effect
  }
}

/// What doctor found, beside the audit that it rests on.
public struct DoctorReport: Sendable {
  public var audit: AuditReport
  public var facts: DoctorFacts
  /// The gravest first.
  public var findings: [Finding]
  /// A role that is to be made, where one was named.
  public var plannedRole: PlannedRole?
}
