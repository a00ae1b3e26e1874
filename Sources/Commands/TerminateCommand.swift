import ArgumentParser
import PostgresClient
import Rendering
import ServerAccess
import SessionAudit

struct TerminateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "terminate",
    _superCommandName: "pgsessions",
    abstract: "End the idle sessions that you select, each checked again as it is ended.",
    discussion: """
      Without --execute nothing is ended: it shows what would be.

      Never ended: sessions that are active or in a transaction, those of
      superusers, our own, and whatever was used after it was judged; what a
      pooler keeps or what holds state only with --include-pooled and
      --include-stateful; those of other databases only with --all-databases.

      EXAMPLES
        pgsessions terminate --idle-longer-than 1h -d shop
        pgsessions terminate --session-older-than 1d --application 'web.*' -d shop

      EXIT STATUS
        0   done; also where a session changed or left before it was ended
        2   some sessions survived, were refused or not attempted
        64  the command line is wrong, or selects by nothing
        65  a roster is wrong
        66  a file is not there or not readable
        69  no server, or none that takes us
        74  the report could not be written
        77  not permitted
      """,
    version: programTitle, helpNames: [.long])

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Selection") var selecting: SelectionOptions
  @OptionGroup(title: "Judging") var judging: JudgingOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "End the sessions; without it nothing is ended.")
  var execute = false

  @Flag(help: "Don't ask before ending them.")
  var yes = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How long an ended session may take to leave (5s).", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var verifyWithin: Duration?

  func run() throws {
    let environment = Environment.variables(and: connection.urlVariable)
    let selection = try selecting.selection()
    let target = try connection.resolve(environment: environment)
    if execute {
      try refuseGuesses(about: target)
    }
    for warning in target.warnings { Diagnostics.warn(warning) }
    let judging = try judging.judging()
    let run = TerminationRun(
      selection: selection, judging: judging, execute: execute, timeout: connection.wholeTime,
      verifyWithin: verifyWithin ?? .seconds(5),
      confirm: yes ? nil : { try confirm($0, environment) })
    let answer = try run.answer(
      connecting: { deadline throws(PostgresError) in
        try connection.connect(target, environment: environment, deadline: deadline)
      }, to: target, described: target.described(environment: environment))
    try finish(with: answer, target, environment)
  }

  /// What must be clear before a single session is ended.
  private func refuseGuesses(about target: ResolvedTarget) throws {
    if target.isAmbiguous, let warning = target.warnings.first {
      throw CommandFailure.usage(
        "which server is meant? \(warning)", next: "Name the target, or unset one of them.")
    }
    if !yes && !Terminal.isTerminal(2) {
      throw CommandFailure.usage(
        "--execute asks before it ends anything, and there is no terminal to ask on",
        next: "Add --yes to end sessions without a question.")
    }
  }

  private func confirm(
    _ report: TerminationReport, _ environment: [String: String]
  ) throws -> Bool {
    let count = report.plan.selected.count
    let text = TextReport(style: output.style(environment: environment)).question(report)
    let question = "\(text)\nEnd \(count == 1 ? "this session" : "these \(count) sessions")? [y/N] "
    guard let answer = Terminal.ask(question) else {
      throw CommandFailure.usage(
        "--execute asks before it ends anything, and /dev/tty gives no answer",
        next: "Add --yes to end sessions without a question.")
    }
    return ["y", "yes"].contains(answer.lowercased())
  }

  private func finish(
    with answer: TerminationAnswer, _ target: ResolvedTarget, _ environment: [String: String]
  ) throws {
    var status: ExitStatus
    switch answer {
    case .refused(let failure, _, _):
      Diagnostics.report(failure)
      status = ExitStatus(failure.kind)
    case .report(let report):
      if let failure = report.failure { Diagnostics.report(failure) }
      status = ExitStatus(report)
      if status == .notPermitted, let lack = AuditAdvice.rights(for: report) {
        Diagnostics.report(
          CommandFailure(
            status: status, sentence: "nothing could be ended: \(lack.summary)",
            nextStep: lack.remedy))
      }
    }
    var written = ExitStatus.done
    if output.isJSON {
      written = OutputOptions.emit { handOn in
        JSONReport.termination(
          answer, version: programVersion, indents: Terminal.isTerminal(1), handOn: handOn)
      }
    } else if case .report(let report) = answer {
      let text = TextReport(style: output.style(environment: environment)).termination(
        report, next: selecting.command(target: target.commandWords))
      written = OutputOptions.emit(text)
    }
    if written != .done { status = written }
    if status != .done { throw ExitCode(status.rawValue) }
  }
}
