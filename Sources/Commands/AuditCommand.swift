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
      Reads pg_stat_activity once, on one read-only connection, and changes nothing.

      EXAMPLES
        pgsessions audit postgresql://app@db.example/shop
        pgsessions audit -h db.example -U app -d shop --json

      EXIT STATUS
        0   done
        64  the command line is wrong
        69  no server, or none that takes us
        74  the report could not be written
        77  not permitted
      """,
    version: programTitle, helpNames: [.long])

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Judging") var judging: JudgingOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(
    help: ArgumentHelp(
      "What to group by instead of application; repeatable.",
      valueName: "dimension"))
  var groupBy: [GroupDimension] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Bounds of the state-age buckets (1m,10m,1h,1d).", valueName: "durations"),
    transform: Parsing.buckets)
  var buckets: [Duration]?

  @Flag(help: "List every session with what explains it.")
  var sessions = false

  @Flag(help: "Leave the sessions out of the JSON.")
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
  }

  func run() throws {
    let environment = Environment.variables(and: connection.urlVariable)
    var policy = judging.policy()
    if let buckets { policy.bucketBounds = buckets }
    if !groupBy.isEmpty { policy.groupBy = groupBy }
    let target = try connection.resolve(environment: environment)
    for warning in target.warnings { Diagnostics.warn(warning) }

    let outcome = try audit(target, policy, environment)
    // Never freed: the process ends next, and taking thousands of sessions apart would only
    // keep whoever waits for it.
    _ = Unmanaged.passRetained(Kept(outcome))
    try finish(with: outcome, environment)
  }

  private func audit(
    _ target: ResolvedTarget, _ policy: Policy, _ environment: [String: String]
  ) throws -> AuditOutcome {
    let deadline = Deadline(after: connection.timeout)
    do throws(PostgresError) {
      let (session, deadline) = try connection.connect(
        target, environment: environment, deadline: deadline)
      let snapshot = try SnapshotReader(session).read(
        keepingQueries: showQuery, deadline: deadline)
      var report = Judge.judge(snapshot, by: policy)
      report.advice = AuditAdvice.advice(for: report, target: target.commandWords)
      return .report(report)
    } catch {
      return .refused(
        try Diagnostics.failure(error, reaching: target),
        target: target.described(environment: environment),
        judgedWith: policy)
    }
  }

  private final class Kept {
    let outcome: AuditOutcome
    init(_ outcome: AuditOutcome) { self.outcome = outcome }
  }

  private func finish(with outcome: AuditOutcome, _ environment: [String: String]) throws {
    var status = ExitStatus.done
    if case .refused(let failure, _, _) = outcome {
      Diagnostics.report(failure)
      status = ExitStatus(failure.kind)
    }
    if output.isJSON {
      let written = OutputOptions.emit { handOn in
        JSONReport.audit(
          outcome, version: programVersion, summary: summary, showQuery: showQuery,
          indents: Terminal.isTerminal(1), handOn: handOn)
      }
      if written != .done { status = written }
    } else if case .report(let report) = outcome {
      let text = TextReport(
        style: output.style(environment: environment), lists: sessions || showQuery,
        showsQuery: showQuery
      ).audit(report)
      let written = OutputOptions.emit(text)
      if written != .done { status = written }
    }
    if status != .done { throw ExitCode(status.rawValue) }
  }
}
