import ArgumentParser
import OperatingSystem
import PostgresClient
import Rendering
import Runs
import ServerAccess
import SessionAudit

struct TerminateCommand: TargetCommand {
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
        2   some sessions survived, were refused or not attempted, or some of
            several targets failed
        3   a breaker stopped the plan: nothing was ended
        64  the command line is wrong, or selects by nothing
        65  a policy or roster is wrong
        66  a file is not there or not readable
        69  no server, or none that takes us
        73  the log, or the file of the report or the metrics, can't be created
        74  the report, the log or the metrics could not be written
        75  another run holds the lock
        77  not permitted
        130 interrupted (143: by SIGTERM); what was done is reported
      """,
    version: programTitle, helpNames: [.long])

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Selection") var selecting: SelectionOptions
  @OptionGroup(title: "Ending") var ending: ExecutionOptions
  @OptionGroup(title: "Judging") var judging: JudgingOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "Print the plan as SQL for somebody who may carry it out, and end nothing.")
  var sql = false

  @Flag(help: "Say nothing where nothing is to be said, else a line for each session.")
  var quiet = false

  func validate() throws {
    try output.refuseForms(besides: TerminationReport.self)
    guard !(sql && (ending.execute || output.isJSON || quiet)) else {
      throw ValidationError("--sql prints statements alone, and ends nothing")
    }
    guard !(quiet && output.isJSON) else {
      throw ValidationError("--quiet is about text; JSON is always whole")
    }
    guard ending.hookTimeout == nil || ending.hook != nil || judging.policy != nil else {
      throw ValidationError("--hook-timeout speaks of --hook")
    }
    guard !ending.cancelFirst || selecting.activeLongerThan != nil || selecting.includeActive else {
      throw ValidationError("--cancel-first speaks of active sessions, and none are selected")
    }
  }

  func operation(_ settings: Settings) throws -> Operation<TerminationReport> {
    // Where nobody is asked, nobody is there who could see that an inference is wrong: a container
    // or a build has a terminal too.
    let selection = try selecting.selection(
      isAttended: Terminal.isTerminal(2) && !ending.yes, isForOthers: sql, settings.loaded)
    // A policy file that says what may be ended, and where, is the consent to that, and to nothing
    // else.
    let isPolicyAlone =
      settings.loaded?.file.targets.isEmpty == false && !connection.namesServer
      && !given(selection, ending).saysMore
    let isGranted = ending.yes || isPolicyAlone && !Terminal.isTerminal(2)
    let targets = try connection.resolve(settings, isQuiet: quiet)
    if targets.count > 1 { try refuseWhatIsOfOneServer(targets, settings.loaded, isGranted) }
    for target in targets where ending.execute { try refuseGuesses(about: target, isGranted) }
    let ending = ending.completed(by: settings.loaded)
    let notices = try ending.notices(
      report: output.file, secretVariables: connection.urlVariables(settings.loaded),
      settings.loaded)
    let failed: (ExitError) throws -> ExitStatus = { failure in
      guard let notices else { throw failure }
      return notices.tell(failure, targets, environment: settings.environment)
    }
    do {
      var operation = try operation(targets, selection, ending, isGranted, settings)
      operation.failed = failed
      operation.tell = { notices?.tell($0, status: $1) ?? $1 }
      return operation
    } catch let failure as ExitError {
      throw ExitCode(try failed(failure).rawValue)
    }
  }

  func given(_ selection: Selection, _ ending: ExecutionOptions) -> [GivenOption] {
    selecting.given(selection) + judging.given() + ending.given
  }

  private func operation(
    _ targets: [ResolvedTarget], _ selection: Selection, _ ending: ExecutionOptions,
    _ isGranted: Bool, _ settings: Settings
  ) throws -> Operation<TerminationReport> {
    let loaded = settings.loaded
    let judging = try judging.judging(loaded)
    // Before anything else that can fail: without a record nothing is to be ended. Who has ended
    // sessions must be heard, and where the log has stdout the report goes to stderr.
    let delivery = try output.opened(
      otherwise: ending.execute && ending.log == "-" ? 2 : 1, readerMayLeave: !ending.execute)
    let log = try ending.openedLog(beside: delivery)
    let interrupts = ending.execute ? Interrupts.install() : nil
    var termination = Termination(
      connector: connection.connector(settings, isQuiet: quiet),
      selection: { [selecting] in selecting.selection(selection, loaded, of: $0) },
      judging: judging,
      execute: ending.execute, ending: ending.options(interrupts), takesLock: ending.lock,
      interrupts: interrupts, log: log)
    if targets.count > 1 {
      // Two of them may be databases of one server, each of which waits for the other's run.
      termination.lockPatience = termination.connector.timeout / 2
    }
    let question = Question(style: output.style(on: 1, settings), interrupts: interrupts)
    let confirm = isGranted ? nil : question.confirm
    return Operation(
      source: .servers(termination.fleet(of: targets, confirm: confirm)),
      delivery: delivery,
      renderer: renderer(delivery, targets, selection, ending, settings),
      status: Diagnostics.termination,
      interrupts: interrupts)
  }

  private func refuseWhatIsOfOneServer(
    _ targets: [ResolvedTarget], _ loaded: LoadedPolicy?, _ isGranted: Bool
  ) throws {
    try judging.refuseWhatSpeaksOfOneDatabase(targets.named(by: loaded))
    if sql {
      throw ExitError.usage(
        "--sql prints statements for one server, and several targets are given",
        next: "Run once for each target.")
    }
    if ending.execute && !isGranted {
      throw ExitError.usage(
        "--execute asks about one target at a time, and several are given",
        next: "Run once for each target, or add --yes to end sessions without a question.")
    }
  }

  /// What must be clear before a single session is ended.
  private func refuseGuesses(about target: ResolvedTarget, _ isGranted: Bool) throws {
    if target.isAmbiguous, let warning = target.warnings.first {
      throw ExitError.usage(
        "which server is meant? \(warning)", next: "Name the target, or unset one of them.")
    }
    if !isGranted && !Terminal.isTerminal(2) {
      throw ExitError.usage(
        "--execute asks before it ends anything, and there is no terminal to ask on",
        next: "Add --yes to end sessions without a question.")
    }
  }

  /// The command that ends what a dry run has shown.
  /// - Parameter isForAll: it goes for several targets, where nobody can be asked.
  private func next(
    _ selection: Selection, _ ending: ExecutionOptions, _ target: ResolvedTarget, isForAll: Bool
  ) -> String {
    let words =
      ["pgsessions terminate"] + given(selection, ending).words
      + ["--execute", isForAll ? "--yes" : "", target.commandWords]
    return words.filter { !$0.isEmpty }.joined(separator: " ")
  }

  private func renderer(
    _ delivery: Delivery, _ targets: [ResolvedTarget], _ selection: Selection,
    _ ending: ExecutionOptions, _ settings: Settings
  ) -> any Renderer<TerminationReport> {
    let options = FormOptions(indents: delivery.indents)
    if let form = TerminationReport.renderer(delivery.format, options) { return form }
    if sql { return TerminationSQL() }
    let places = targets.map { target in
      // Those that a policy file names have no words of their own.
      let isForAll = targets.count > 1 && target.policyPlace != nil
      return TerminationText.Place(
        name: target.name, next: next(selection, ending, target, isForAll: isForAll),
        isForAll: isForAll)
    }
    return TerminationText(
      TextReport(style: output.style(delivery, settings)), places: places, isBrief: quiet)
  }
}
