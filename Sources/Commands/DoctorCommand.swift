import ArgumentParser
import PostgresClient
import Rendering
import ServerAccess
import SessionAudit

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    _superCommandName: "pgsessions",
    abstract: "Judge the settings, limits and rights that decide how long sessions live.",
    discussion: """
      Says for each what it means on this server in figures, and prints the SQL or
      setting that mends it, for its version and the rights of this role. It
      changes nothing.

      EXAMPLES
        pgsessions doctor postgresql://app@db.example/shop
        pgsessions doctor --role pgsessions -U postgres | psql -U postgres

      EXIT STATUS
        0   done, whatever was found
        2   some of several targets gave no report
        64  the command line is wrong
        65  a policy or roster is wrong
        66  a file is not there or not readable
        69  no server, or none that takes us
        73  the file for the report can't be created
        74  the report could not be written
        77  not permitted
      """,
    version: programTitle, helpNames: [.long])

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Judging") var judging: JudgingOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "Print just the SQL; what this role may not run, as comments.")
  var sql = false

  @Option(
    help: ArgumentHelp(
      "Print the SQL for a role with just the rights that pgsessions needs.", valueName: "name"))
  var role: String?

  func validate() throws {
    try output.refuseForms()
    guard !(sql && role != nil) else {
      throw ValidationError("--sql and --role print two different things")
    }
    guard !((sql || role != nil) && output.isJSON) else {
      throw ValidationError("--sql and --role print statements, which JSON has under remedies")
    }
    guard judging.family.isEmpty else {
      throw ValidationError("--family is about groups, which doctor does not show")
    }
    if let role { try Self.check(role) }
  }

  /// Refuses what CREATE ROLE would, or would cut off.
  private static func check(_ role: String) throws {
    if role.isEmpty || role.utf8.count > 63 {
      throw ValidationError("--role: a role's name has 1 to 63 bytes")
    }
    if role.hasPrefix("pg_") || role == "public" || role == "none" {
      throw ValidationError("--role \(role): the name is reserved by Postgres")
    }
  }

  func run() throws {
    let loaded = try judging.loadedPolicy()
    let environment = Environment.variables(and: connection.urlVariables(loaded))
    let judging = try judging.judging(loaded)
    let targets = try connection.resolve(environment: environment, loaded)
    if targets.count > 1 { try refuseWhatIsOfOneServer(targets, loaded) }
    let file = try output.opened()
    let run = DoctorRun(connector: connection.connector(environment, loaded), judging: judging)
    if targets.count > 1 { return try examine(targets, run, file, environment) }
    let (outcome, planned) = try run.outcome(of: targets[0], planning: role)
    try output.deliver(Self.say(outcome), to: file) { _, handOn in
      if output.isJSON {
        write(outcome, file, handOn)
        return true
      }
      guard case .report(let report) = outcome else { return false }
      OutputOptions.handOn(text(report, planned, file, environment), handOn)
      return true
    }
  }

  private func refuseWhatIsOfOneServer(
    _ targets: [ResolvedTarget], _ loaded: LoadedPolicy?
  ) throws {
    try judging.refuseWhatSpeaksOfOneDatabase(targets.named(by: loaded))
    if sql || role != nil {
      throw CommandFailure.usage(
        "\(sql ? "--sql" : "--role") prints the SQL for one server, and several targets are given",
        next: "Run once for each target.")
    }
  }

  /// Several targets side by side.
  private func examine(
    _ targets: [ResolvedTarget], _ run: DoctorRun, _ file: OutputFile?,
    _ environment: [String: String]
  ) throws {
    try output.deliver(
      Fleet(
        targets: targets, work: run.outcome(of:), refused: run.refused,
        wholeTime: run.connector.wholeTime), to: file,
      say: { Self.say($0, of: $1) }, one: { write($0, file, $1) },
      all: { outcomes, format, handOn in
        if format == .json {
          JSONReport.doctors(
            outcomes, version: programVersion, indents: output.indents(file), handOn: handOn)
        } else {
          let style = output.style(environment: environment, on: file?.descriptor ?? 1)
          OutputOptions.handOn(TextReport(style: style).doctors(outcomes), handOn)
        }
        return true
      })
  }

  /// Errors, to stderr.
  private static func say(_ outcome: TargetResult<DoctorReport>, of name: String? = nil)
    -> ExitStatus
  {
    guard case .refused(let failure, _, _) = outcome else { return .done }
    Diagnostics.report(failure, of: name)
    return ExitStatus(failure.kind)
  }

  private func write(
    _ outcome: TargetResult<DoctorReport>, _ file: OutputFile?,
    _ handOn: @escaping (UnsafeRawBufferPointer) -> Void
  ) {
    JSONReport.doctor(
      outcome, version: programVersion, indents: output.indents(file), handOn: handOn)
  }

  private func text(
    _ report: DoctorReport, _ planned: PlannedRole?, _ file: OutputFile?,
    _ environment: [String: String]
  ) -> String {
    if sql { return DoctorSQL.statements(for: report) }
    if let planned { return DoctorSQL.role(planned, for: report) }
    let style = output.style(environment: environment, on: file?.descriptor ?? 1)
    return TextReport(style: style).doctor(report)
  }
}
