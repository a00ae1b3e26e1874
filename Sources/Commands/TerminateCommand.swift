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
    guard ending.hookTimeout == nil || ending.hook != nil || judging.policy != nil else {
      throw ValidationError("--hook-timeout speaks of --hook")
    }
    guard !ending.cancelFirst || selecting.activeLongerThan != nil || selecting.includeActive else {
      throw ValidationError("--cancel-first speaks of active sessions, and none are selected")
    }
  }

  mutating func run() throws {
    let loaded = try judging.loadedPolicy()
    if let loaded {
      let defaults = loaded.file.defaults
      ending.log = ending.log ?? defaults.log.map { loaded.resolved($0.value) }
      ending.metrics = ending.metrics ?? defaults.metrics.map { loaded.resolved($0.value) }
    }
    try run(loaded)
  }

  private func run(_ loaded: LoadedPolicy?) throws {
    let environment = Environment.variables(and: connection.urlVariables(loaded))
    // Where nobody is asked, nobody is there who could see that an inference is wrong: a container
    // or a build has a terminal too.
    let selection = try selecting.selection(
      isAttended: Terminal.isTerminal(2) && !ending.yes, isForOthers: sql, loaded)
    // A policy file that says what may be ended, and where, is the consent to that, and to nothing
    // else.
    let isPolicyAlone =
      selecting.takesNoMoreThanPolicy && judging.isPolicyAlone && !connection.namesServer
      && loaded?.file.targets.isEmpty == false && ending.lock
    let isGranted = ending.yes || isPolicyAlone && !Terminal.isTerminal(2)
    let targets = try connection.resolve(environment: environment, loaded, isQuiet: quiet)
    if targets.count > 1 { try refuseWhatIsOfOneServer(targets, loaded, isGranted) }
    if ending.execute {
      for target in targets { try refuseGuesses(about: target, isGranted) }
    }
    let notices = try ending.notices(
      report: output.file, secretVariables: connection.urlVariables(loaded), loaded)
    do {
      try run(targets, selection, loaded, isGranted, notices, environment)
    } catch let failure as CommandFailure {
      guard let notices else { throw failure }
      Diagnostics.report(failure)
      try OutputOptions.end(notices.tell(failure, targets, environment))
    }
  }

  private func run(
    _ targets: [ResolvedTarget], _ selection: Selection, _ loaded: LoadedPolicy?,
    _ isGranted: Bool, _ notices: Notices?, _ environment: [String: String]
  ) throws {
    let judging = try judging.judging(loaded)
    // Before anything else that can fail: without a record nothing is to be ended.
    let file = try output.opened()
    let log = try ending.execute ? ending.log.map { try LogFile($0) } : nil
    if let log, let file, file.replaces(log.descriptor) {
      throw CommandFailure(
        status: .cannotCreate, sentence: "-o and --log name the same file",
        nextStep: "The report would take the place of the log: name another file for one of them.")
    }
    let interrupts = ending.execute ? Interrupts.install() : nil
    var termination = Termination(
      connector: connection.connector(environment, loaded, isQuiet: quiet),
      selection: { [selecting] in selecting.selection(selection, loaded, of: $0) },
      judging: judging,
      execute: ending.execute, ending: ending.options(interrupts), takesLock: ending.lock,
      interrupts: interrupts, log: log)
    if targets.count > 1 {
      // Two of them may be databases of one server, each of which waits for the other's run.
      termination.lockPatience = termination.connector.wholeTime / 2
      return try end(targets, termination, selection, notices, file, environment)
    }
    let outcome = try termination.outcome(
      of: targets[0], confirm: isGranted ? nil : { try confirm($0, interrupts, environment) })
    try finish(
      with: outcome, interrupts, notices, next: next(selection, targets[0]), file, environment)
  }

  private func refuseWhatIsOfOneServer(
    _ targets: [ResolvedTarget], _ loaded: LoadedPolicy?, _ isGranted: Bool
  ) throws {
    try judging.refuseWhatSpeaksOfOneDatabase(targets.named(by: loaded))
    if sql {
      throw CommandFailure.usage(
        "--sql prints statements for one server, and several targets are given",
        next: "Run once for each target.")
    }
    if ending.execute && !isGranted {
      throw CommandFailure.usage(
        "--execute asks about one target at a time, and several are given",
        next: "Run once for each target, or add --yes to end sessions without a question.")
    }
  }

  /// What must be clear before a single session is ended.
  private func refuseGuesses(about target: ResolvedTarget, _ isGranted: Bool) throws {
    if target.isAmbiguous, let warning = target.warnings.first {
      throw CommandFailure.usage(
        "which server is meant? \(warning)", next: "Name the target, or unset one of them.")
    }
    if !isGranted && !Terminal.isTerminal(2) {
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
  /// - Parameter isForAll: it goes for several targets, where nobody can be asked.
  private func next(
    _ selection: Selection, _ target: ResolvedTarget, isForAll: Bool = false
  ) -> String {
    let words =
      ["pgsessions terminate"] + selecting.words(selection) + judging.words + ending.words
      + ["--execute", isForAll ? "--yes" : "", target.commandWords]
    return words.filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// Several targets side by side.
  private func end(
    _ targets: [ResolvedTarget], _ termination: Termination, _ selection: Selection,
    _ notices: Notices?,
    _ file: OutputFile?, _ environment: [String: String]
  ) throws {
    let fleet = Fleet(
      targets: targets, work: { try termination.outcome(of: $0) }, refused: termination.refused,
      wholeTime: termination.connector.wholeTime)
    try output.deliver(
      fleet, to: file, on: descriptor(file), readerMayLeave: !ending.execute,
      say: { outcome, name in
        let status = say(outcome, of: name)
        return termination.interrupts?.status ?? status
      },
      one: { JSONReport.termination($0.answer, version: programVersion, handOn: $1) },
      all: { outcomes, format, handOn in
        let answers = outcomes.map(\.answer)
        if format == .json {
          JSONReport.terminations(
            answers, version: programVersion, indents: output.indents(file), handOn: handOn)
        } else {
          OutputOptions.handOn(
            text(of: answers, targets, selection, descriptor(file), environment),
            handOn)
        }
        return true
      },
      tell: { outcomes, status in
        // What could not be written is so of all.
        let parts = outcomes.map {
          Notices.Part(
            answer: $0.answer, status: status == .writeFailed ? status : $1, duration: $0.duration)
        }
        return notices?.tell(parts, status: status) ?? status
      })
  }

  private func text(
    of answers: [TargetResult<TerminationReport>], _ targets: [ResolvedTarget],
    _ selection: Selection,
    _ descriptor: Int32, _ environment: [String: String]
  ) -> String {
    let text = TextReport(style: output.style(environment: environment, on: descriptor))
    let reports = zip(answers, targets).map { answer, target -> String in
      guard case .report(let report) = answer else {
        // Then the error says it.
        return quiet ? "" : text.refusal(answer)
      }
      if quiet { return text.briefTermination(report, of: target.name) }
      // Those that a policy file names have no words of their own.
      let isForAll = target.policyPlace != nil
      return text.termination(
        report, next: next(selection, target, isForAll: isForAll), isForAll: isForAll)
    }
    return quiet ? reports.joined() : text.parts(reports)
  }

  private func finish(
    with outcome: Termination.Outcome, _ interrupts: Interrupts?, _ notices: Notices?,
    next: String, _ file: OutputFile?, _ environment: [String: String]
  ) throws {
    let ofAnswer = say(outcome.answer)
    let written = write(outcome.answer, next: next, file, environment)
    if let failure = outcome.logFailure { Diagnostics.report(failure) }
    let status =
      interrupts?.status ?? (written != .done ? written : nil) ?? outcome.logFailure?.status
      ?? outcome.status ?? ofAnswer
    let part = Notices.Part(answer: outcome.answer, status: status, duration: outcome.duration)
    try OutputOptions.end(notices?.tell([part], status: status) ?? status)
  }

  /// Errors of one of several targets.
  private func say(_ outcome: Termination.Outcome, of name: String?) -> ExitStatus {
    let ofAnswer = say(outcome.answer, of: name)
    if let failure = outcome.logFailure { Diagnostics.report(failure, of: name) }
    return outcome.logFailure?.status ?? outcome.status ?? ofAnswer
  }

  /// Errors, to stderr.
  private func say(_ answer: TargetResult<TerminationReport>, of name: String? = nil) -> ExitStatus
  {
    switch answer {
    case .refused(let failure, _, _):
      Diagnostics.report(failure, of: name)
      return ExitStatus(failure.kind)
    case .report(let report):
      if let failure = report.failure { Diagnostics.report(failure, of: name) }
      if let breaker = report.plan.breaker {
        Diagnostics.report(CommandFailure(breaker, report.plan), of: name)
      }
      let status = ExitStatus(report)
      if status == .notPermitted, let lack = AuditAdvice.rights(for: report) {
        Diagnostics.report(
          CommandFailure(
            status: status, sentence: "nothing could be ended: \(lack.summary)",
            nextStep: lack.remedy), of: name)
      }
      return status
    }
  }

  /// Where the report goes: its file or stdout, or stderr where the log has stdout.
  private func descriptor(_ file: OutputFile?) -> Int32 {
    file?.descriptor ?? (ending.execute && ending.log == "-" ? 2 : 1)
  }

  private func write(
    _ answer: TargetResult<TerminationReport>, next: String, _ file: OutputFile?,
    _ environment: [String: String]
  ) -> ExitStatus {
    let descriptor = descriptor(file)
    var isThere = true
    let written = emit(answer, next: next, to: descriptor, environment, isThere: &isThere)
    return isThere && written == .done ? OutputOptions.finish(file) : written
  }

  private func emit(
    _ answer: TargetResult<TerminationReport>, next: String, to descriptor: Int32,
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
      let kept = plan.kept.filter { $0.reasons.first?.kind == breaker.kind }
      let names = Set(kept.map(\.judged.session.applicationName)).sorted()
      let count = kept.count
      self.init(
        status: .stoppedByBreaker,
        sentence:
          "\(count) \(count == 1 ? "orphan" : "orphans") (\(Wording.few(names))) would leave "
          + "\(count == 1 ? "its application" : "their applications") without a session that was "
          + "heard within --stale-after: nothing was ended",
        nextStep:
          "Check the roster and what was declared; where that is right, add --allow-empty, or "
          + "allow_empty = true to the application in the policy file.")
    }
  }
}
