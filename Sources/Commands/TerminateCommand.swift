import ArgumentParser
import PostgresClient
import Rendering
import ServerAccess
import SessionAudit

struct TerminateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "terminate",
    _superCommandName: "pgsessions",
    abstract: "End the sessions that you select, each checked again as it is ended.",
    discussion: """
      Without --execute nothing is ended: it shows what would be. The two verdicts
      are alternatives, and so are the three state ages; the rest narrows.

      Never ended: sessions of superusers, our own, and whatever was used after it
      was judged. docs/safety.md has every promise.

      EXAMPLES
        pgsessions terminate --orphans -d shop
        pgsessions terminate --idle-longer-than 1h --application 'web.*' -d shop

      EXIT STATUS
        0   done; also where a session changed or left before it was ended
        2   some sessions survived, were refused or not attempted
        3   a breaker stopped the plan: nothing was ended
        64  the command line is wrong, or selects by nothing
        65  a roster is wrong
        66  a file is not there or not readable
        69  no server, or none that takes us
        73  the log or the report's file can't be created
        74  the report or the log could not be written
        75  another run holds the lock
        77  not permitted
        130 interrupted (143: by SIGTERM); what was done is reported
      """,
    version: programTitle, helpNames: [.long])

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Selection") var selecting: SelectionOptions
  @OptionGroup(title: "Ending") var ending: EndingOptions
  @OptionGroup(title: "Judging") var judging: JudgingOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "Print the plan as SQL for somebody who may carry it out, and end nothing.")
  var sql = false

  @Flag(help: "Say nothing where nothing is to be said, else a line for each session.")
  var quiet = false

  func validate() throws {
    try output.refuseForms()
    guard !(sql && (ending.execute || output.isJSON || quiet)) else {
      throw ValidationError("--sql prints statements alone, and ends nothing")
    }
    guard !(quiet && output.isJSON) else {
      throw ValidationError("--quiet is about text; JSON is always whole")
    }
    guard !ending.cancelFirst || selecting.activeLongerThan != nil || selecting.includeActive else {
      throw ValidationError("--cancel-first speaks of active sessions, and none are selected")
    }
  }

  func run() throws {
    let environment = Environment.variables(and: connection.urlVariable)
    // Where nobody is asked, nobody is there who could see that an inference is wrong: a container
    // or a build has a terminal too.
    var selection = try selecting.selection(isAttended: Terminal.isTerminal(2) && !ending.yes)
    selection.isForOthers = sql
    let target = try connection.resolve(environment: environment)
    if ending.execute { try refuseGuesses(about: target) }
    for warning in target.warnings { Diagnostics.warn(warning) }
    let judging = try judging.judging()
    // Before anything else that can fail: without a record nothing is to be ended.
    let file = try output.opened()
    let log = try ending.execute ? ending.log.map { try LogFile($0) } : nil
    let interrupts = ending.execute ? Interrupts.install() : nil
    let recorder = LogRecorder(log)
    let run = TerminationRun(
      selection: selection, judging: judging, execute: ending.execute,
      timeout: connection.wholeTime, ending: ending.options(interrupts), takesLock: ending.lock,
      interrupts: interrupts,
      confirm: ending.yes ? nil : { try confirm($0, interrupts, environment) },
      record: recorder.record)
    let outcome = try run.outcome(
      connecting: { deadline throws(PostgresError) in
        try connection.connect(
          target, environment: environment, deadline: deadline, interruption: interrupts?.first)
      }, to: target, described: target.described(environment: environment))
    recorder.finish(outcome.answer)
    try finish(
      with: outcome, interrupts, recorder.failure, next: next(selection, target), file,
      environment)
  }

  /// What must be clear before a single session is ended.
  private func refuseGuesses(about target: ResolvedTarget) throws {
    if target.isAmbiguous, let warning = target.warnings.first {
      throw CommandFailure.usage(
        "which server is meant? \(warning)", next: "Name the target, or unset one of them.")
    }
    if !ending.yes && !Terminal.isTerminal(2) {
      throw CommandFailure.usage(
        "--execute asks before it ends anything, and there is no terminal to ask on",
        next: "Add --yes to end sessions without a question.")
    }
  }

  private func confirm(
    _ report: TerminationReport, _ interrupts: Interrupts?, _ environment: [String: String]
  ) throws -> Bool {
    let count = report.plan.selected.count
    let text = TextReport(style: output.style(environment: environment)).question(report)
    let question = "\(text)\nEnd \(count == 1 ? "this session" : "these \(count) sessions")? [y/N] "
    guard let answer = Terminal.ask(question, interruption: interrupts?.first) else {
      // As everywhere else: the report says it, in JSON too.
      if interrupts?.status != nil { throw PostgresError.interrupted }
      throw CommandFailure.usage(
        "--execute asks before it ends anything, and /dev/tty gives no answer",
        next: "Add --yes to end sessions without a question.")
    }
    return ["y", "yes"].contains(answer.lowercased())
  }

  /// The command that ends what a dry run has shown.
  private func next(_ selection: Selection, _ target: ResolvedTarget) -> String {
    let words =
      ["pgsessions terminate"] + selecting.words(selection) + judging.words + ending.words
      + ["--execute", target.commandWords]
    return words.filter { !$0.isEmpty }.joined(separator: " ")
  }

  private func finish(
    with outcome: TerminationRun.Outcome, _ interrupts: Interrupts?, _ logFailure: CommandFailure?,
    next: String, _ file: OutputFile?, _ environment: [String: String]
  ) throws {
    let ofAnswer = say(outcome.answer)
    let written = write(outcome.answer, next: next, file, environment)
    if let logFailure { Diagnostics.report(logFailure) }
    let status =
      interrupts?.status ?? (written != .done ? written : nil) ?? logFailure?.status
      ?? outcome.status ?? ofAnswer
    if status != .done { throw ExitCode(status.rawValue) }
  }

  /// Errors, to stderr.
  private func say(_ answer: TerminationAnswer) -> ExitStatus {
    switch answer {
    case .refused(let failure, _, _):
      Diagnostics.report(failure)
      return ExitStatus(failure.kind)
    case .report(let report):
      if let failure = report.failure { Diagnostics.report(failure) }
      if let breaker = report.plan.breaker {
        Diagnostics.report(CommandFailure(breaker, report.plan))
      }
      let status = ExitStatus(report)
      if status == .notPermitted, let lack = AuditAdvice.rights(for: report) {
        Diagnostics.report(
          CommandFailure(
            status: status, sentence: "nothing could be ended: \(lack.summary)",
            nextStep: lack.remedy))
      }
      return status
    }
  }

  /// The report, to its file or stdout, or to stderr where the log has stdout.
  private func write(
    _ answer: TerminationAnswer, next: String, _ file: OutputFile?, _ environment: [String: String]
  ) -> ExitStatus {
    let descriptor = file?.descriptor ?? (ending.execute && ending.log == "-" ? 2 : 1)
    var isThere = true
    let written = emit(answer, next: next, to: descriptor, environment, isThere: &isThere)
    return isThere && written == .done ? OutputOptions.finish(file) : written
  }

  private func emit(
    _ answer: TerminationAnswer, next: String, to descriptor: Int32,
    _ environment: [String: String], isThere: inout Bool
  ) -> ExitStatus {
    // Who has ended sessions must be heard.
    let readerMayLeave = !ending.execute
    if output.isJSON {
      return OutputOptions.emit(to: descriptor, readerMayLeave: readerMayLeave) { handOn in
        JSONReport.termination(
          answer, version: programVersion,
          indents: output.form == .json && Terminal.isTerminal(descriptor),
          handOn: handOn)
      }
    }
    guard case .report(let report) = answer else {
      isThere = false
      return .done
    }
    let text = TextReport(style: output.style(environment: environment, on: descriptor))
    return OutputOptions.emit(
      sql
        ? TerminationSQL.statements(for: report)
        : quiet ? text.briefTermination(report) : text.termination(report, next: next),
      to: descriptor, readerMayLeave: readerMayLeave)
  }
}

extension CommandFailure {
  /// What stopped a plan, and what to do about it.
  fileprivate init(_ breaker: Breaker, _ plan: TerminationPlan) {
    switch breaker {
    case .maximumShare(let victims, let visible, let percent):
      self.init(
        status: .stoppedByBreaker,
        sentence: "\(victims) of \(visible) visible sessions would be ended, more than --max-share "
          + "\(percent) allows: nothing was ended",
        nextStep: "Narrow the selection, or raise --max-share where that many are meant.")
    case .lastOfApplication:
      let count = plan.kept.count { $0.reasons.first?.kind == breaker.kind }
      self.init(
        status: .stoppedByBreaker,
        sentence: "\(count) \(count == 1 ? "orphan" : "orphans") would leave their applications "
          + "without a session that was heard within --stale-after: nothing was ended",
        nextStep: "Check the roster and what was declared; where that is right, add --allow-empty.")
    }
  }
}
