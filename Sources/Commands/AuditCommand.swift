import ArgumentParser
import OperatingSystem
import Rendering
import Runs
import ServerAccess
import SessionAudit

struct AuditCommand: TargetCommand {
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
        2   some of several targets gave no report
        64  the command line is wrong
        65  a policy, roster or saved report is wrong
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
    help: ArgumentHelp(
      "Bounds of the state-age buckets (\(BuiltIn.buckets)).", valueName: "durations"))
  var buckets: String?

  @Option(
    help: ArgumentHelp(
      "Judge a saved JSON report anew, without a server; - is stdin.", valueName: "file"),
    completion: .file())
  var input: String?

  @Option(
    help: ArgumentHelp(
      "A JSON report of the same server, saved at least 2s and at most the max age before: shows which connections were closed since, and who pings; - is stdin.",
      valueName: "file"),
    completion: .file())
  var earlier: String?

  @Option(
    help: ArgumentHelp(
      "Exit with 1 where there are suspects, orphans, or slots=90 percent used; repeatable.",
      valueName: "condition"), completion: .list(["suspects", "orphans", "slots=90"]))
  var failOn: [String] = []

  @Flag(help: "List every session with what explains it.")
  var sessions = false

  @Flag(
    help:
      "Leave the list of sessions out of JSON and HTML; groups as CSV; of several targets the overview alone."
  )
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
    let others = [("--input", input), ("--live", judging.live), ("--policy", judging.policy)]
    if earlier == "-", let other = others.first(where: { $0.1 == "-" }) {
      throw ValidationError("--earlier and \(other.0) can't both be read from stdin")
    }
  }

  func operation(_ settings: Settings) throws -> Operation<AuditReport> {
    let conditions = try failOn.map(FailCondition.init)
    var judging = try judging.judging(settings.loaded)
    if let buckets { judging.policy.bucketBounds = try Parsing.buckets(buckets) }
    if !groupBy.isEmpty { judging.policy.groupBy = try groupBy.map(Parsing.dimension) }
    var run = AuditRun(
      connector: connection.connector(settings), judging: judging, keepsQueries: showQuery,
      words: { [judging = self.judging] in judging.given(seenFrom: $0).words })
    run.earlier = try earlier.map(EarlierReport.read)
    let source: Operation<AuditReport>.Source
    let delivery: Delivery
    if let input {
      delivery = try output.opened()
      source = .saved(try results(savedIn: input, run))
    } else {
      let targets = try connection.resolve(settings)
      if targets.count > 1 {
        try refuseEarlierOfSeveral()
        try self.judging.refuseWhatSpeaksOfOneDatabase(targets.named(by: settings.loaded))
      }
      delivery = try output.opened()
      source = .servers(run.fleet(of: targets))
    }
    return Operation(
      source: source, delivery: delivery, renderer: renderer(delivery, settings),
      status: { Self.say($0, conditions, of: $1) })
  }

  private func results(
    savedIn path: String, _ run: AuditRun
  ) throws -> [TargetResult<AuditReport>] {
    let parts = try InputFile.read(path).savedReports()
    if parts.count > 1 { try refuseEarlierOfSeveral() }
    let results = try run.results(of: parts)
    if results.count > 1 { try judging.refuseWhatSpeaksOfOneDatabase(run.judging.loaded) }
    return results
  }

  private func refuseEarlierOfSeveral() throws {
    guard earlier != nil else { return }
    throw ExitError.usage(
      "--earlier is the report of one server, and several targets are given",
      next: "Run once for each target.")
  }

  private func renderer(
    _ delivery: Delivery, _ settings: Settings
  ) -> any Renderer<AuditReport> {
    let options = FormOptions(
      indents: delivery.indents, summary: summary, showQuery: showQuery,
      now: input == nil ? LocalClock.now : nil)
    return AuditReport.renderer(delivery.format, options)
      ?? AuditText(
        TextReport(
          style: output.style(delivery, settings), lists: sessions || showQuery,
          showsQuery: showQuery), overviewAlone: summary)
  }

  /// Errors, to stderr.
  private static func say(
    _ result: TargetResult<AuditReport>, _ conditions: [FailCondition], of name: String?
  ) -> ExitStatus {
    guard let report = result.report else { return Diagnostics.refusal(result, of: name) }
    guard let failure = FailCondition.failure(of: report, conditions) else { return .done }
    Diagnostics.report(failure, of: name)
    return failure.status
  }
}
