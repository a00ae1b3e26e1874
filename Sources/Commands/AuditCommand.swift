import ArgumentParser
import PostgresClient
import Rendering
import ServerAccess
import SessionAudit

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    _superCommandName: "pgsessions",
    abstract: "Show who holds the server's sessions, how old they are, and which look abandoned.",
    discussion: """
      Reads pg_stat_activity on one read-only connection, and changes nothing.
      Each session is live, suspect (looks abandoned, could be a quiet pool) or
      orphan (there is evidence that its owner is gone). docs/evidence.md
      explains each kind of evidence.

      EXAMPLES
        pgsessions audit postgresql://app@db.example/shop
        heroku ps --json | pgsessions audit --live - --url-env DATABASE_URL

      EXIT STATUS
        0   done
        1   --fail-on found what it names
        64  the command line is wrong
        65  a roster or saved report is wrong
        66  a file is not there or not readable
        69  no server, or none that takes us
        73  the file for the report can't be created
        74  the report could not be written
        77  not permitted, or --fail-on can't tell for want of rights
      """,
    version: programTitle, helpNames: [.long])

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Judging") var judging: JudgingOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(
    help: ArgumentHelp(
      "What to group by: application (default), family, user, database, client, state; "
        + "repeatable.", valueName: "dimension"),
    completion: .list(GroupDimension.allCases.map(\.rawValue)))
  var groupBy: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Bounds of the state-age buckets (1m,10m,1h,1d).", valueName: "durations"))
  var buckets: String?

  @Option(
    help: ArgumentHelp(
      "Judge a saved JSON report anew, without a server; - is stdin.", valueName: "file"),
    completion: .file())
  var input: String?

  @Option(
    help: ArgumentHelp(
      "Exit with 1 where there are suspects, orphans, or slots=90 percent used; repeatable.",
      valueName: "condition"), completion: .list(["suspects", "orphans", "slots=90"]))
  var failOn: [String] = []

  @Flag(help: "List every session with what explains it.")
  var sessions = false

  @Flag(help: "Leave the list of sessions out of JSON and HTML; groups as CSV.")
  var summary = false

  @Flag(help: "List the sessions with the text of their last queries.")
  var showQuery = false

  func validate() throws {
    guard Set(groupBy).count == groupBy.count else {
      throw ValidationError("--group-by names one dimension twice")
    }
    guard !(sessions && summary) else {
      throw ValidationError("--sessions and --summary contradict each other")
    }
    guard judging.family.isEmpty || groupBy.contains("family") else {
      throw ValidationError("--family shows only with --group-by family")
    }
    guard input == nil || !connection.namesServer else {
      throw ValidationError("--input judges a saved report, so no server can be named beside it")
    }
    guard input != "-" || judging.live != "-" else {
      throw ValidationError("--input and --live can't both be read from stdin")
    }
  }

  func run() throws {
    let environment = Environment.variables(and: connection.urlVariable)
    let conditions = try failOn.map(FailCondition.init)
    var judging = try judging.judging()
    let file = try output.opened()
    if let buckets { judging.policy.bucketBounds = try Parsing.buckets(buckets) }
    if !groupBy.isEmpty { judging.policy.groupBy = try groupBy.map(Parsing.dimension) }
    let outcome: AuditOutcome
    if let input {
      outcome = try audit(savedIn: input, judging)
    } else {
      let target = try connection.resolve(environment: environment)
      for warning in target.warnings { Diagnostics.warn(warning) }
      outcome = try audit(target, judging, environment)
    }
    // Never freed: the process ends next, and taking thousands of sessions apart would only
    // keep whoever waits for it.
    _ = Unmanaged.passRetained(Kept(outcome))
    try finish(with: outcome, conditions, file, environment)
  }

  private func audit(savedIn path: String, _ judging: Judging) throws -> AuditOutcome {
    let snapshot = try InputFile.read(path).savedReport()
    var report = Judge.judge(snapshot, by: try judging.policy(for: snapshot, isSaved: true))
    report.advise(words: words(TargetResolver.commandWords(for: snapshot.target)))
    return .report(report)
  }

  private func audit(
    _ target: ResolvedTarget, _ judging: Judging, _ environment: [String: String]
  ) throws -> AuditOutcome {
    do {
      let (session, deadline) = try connection.connect(
        target, environment: environment, deadline: Deadline(after: connection.wholeTime))
      let snapshot = try SnapshotReader(session).read(
        keepingQueries: showQuery, deadline: deadline)
      var report = Judge.judge(snapshot, by: try judging.policy(for: snapshot, isSaved: false))
      report.add(
        try DetailsReader(session).read(
          candidates: report.candidates, lockWaiters: report.lockWaiters,
          among: snapshot.sessions,
          asksSettings: report.totals.orphan > 0 && snapshot.role.canReadSettings,
          deadline: deadline))
      report.advise(words: words(target.commandWords))
      return .report(report)
    } catch let error as PostgresError {
      return .refused(
        try Diagnostics.failure(error, reaching: target),
        target: target.described(environment: environment),
        judgedWith: judging.policy)
    }
  }

  /// What of this command line judges in the same way, and the target.
  private func words(_ target: String) -> String {
    (judging.words + [target]).filter { !$0.isEmpty }.joined(separator: " ")
  }

  private final class Kept {
    let outcome: AuditOutcome
    init(_ outcome: AuditOutcome) { self.outcome = outcome }
  }

  private func finish(
    with outcome: AuditOutcome, _ conditions: [FailCondition], _ file: OutputFile?,
    _ environment: [String: String]
  ) throws {
    var status = ExitStatus.done
    switch outcome {
    case .refused(let failure, _, _):
      Diagnostics.report(failure)
      status = ExitStatus(failure.kind)
    case .report(let report):
      if let failure = FailCondition.failure(of: report, conditions) {
        Diagnostics.report(failure)
        status = failure.status
      }
    }
    try output.deliver(status, to: file) { format, handOn in
      write(outcome, as: format, file, environment, handOn)
    }
  }

  /// - Returns: whether there was anything to write.
  private func write(
    _ outcome: AuditOutcome, as format: ReportFormat, _ file: OutputFile?,
    _ environment: [String: String], _ handOn: @escaping (UnsafeRawBufferPointer) -> Void
  ) -> Bool {
    switch (format, outcome) {
    case (.json, _), (.ndjson, _):
      JSONReport.audit(
        outcome, version: programVersion, summary: summary, showQuery: showQuery,
        indents: output.indents(file), handOn: handOn)
    case (.html, _):
      HTMLReport.audit(
        outcome, version: programVersion, summary: summary, showQuery: showQuery, handOn: handOn)
    case (.prometheus, _):
      PrometheusReport.audit(outcome, now: LocalClock.now, handOn: handOn)
    // A table without rows would say that there are no sessions.
    case (.text, .refused), (.csv, .refused): return false
    case (.csv, .report(let report)):
      if summary {
        CSVReport.groups(of: report, handOn: handOn)
      } else {
        CSVReport.sessions(of: report, showQuery: showQuery, handOn: handOn)
      }
    case (.text, .report(let report)):
      let style = output.style(environment: environment, on: file?.descriptor ?? 1)
      OutputOptions.handOn(
        TextReport(style: style, lists: sessions || showQuery, showsQuery: showQuery).audit(report),
        handOn)
    }
    return true
  }
}
