import ArgumentParser
import PostgresClient
import Rendering
import Runs
import ServerAccess
import SessionAudit

struct DoctorCommand: TargetCommand {
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
    try output.refuseForms(besides: DoctorReport.self)
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

  func operation(_ settings: Settings) throws -> Operation<DoctorReport> {
    let judging = try judging.judging(settings.loaded)
    let targets = try connection.resolve(settings)
    if targets.count > 1 { try refuseWhatIsOfOneServer(targets, settings.loaded) }
    let delivery = try output.opened()
    let run = DoctorRun(
      connector: connection.connector(settings), judging: judging, plannedRole: role)
    return Operation(
      source: .servers(run.fleet(of: targets)),
      delivery: delivery, renderer: renderer(delivery, settings),
      status: { $0.report == nil ? Diagnostics.refusal($0, of: $1) : .done })
  }

  private func refuseWhatIsOfOneServer(
    _ targets: [ResolvedTarget], _ loaded: LoadedPolicy?
  ) throws {
    try judging.refuseWhatSpeaksOfOneDatabase(targets.named(by: loaded))
    if sql || role != nil {
      throw ExitError.usage(
        "\(sql ? "--sql" : "--role") prints the SQL for one server, and several targets are given",
        next: "Run once for each target.")
    }
  }

  private func renderer(
    _ delivery: Delivery, _ settings: Settings
  ) -> any Renderer<DoctorReport> {
    if let form = DoctorReport.renderer(delivery.format, FormOptions(indents: delivery.indents)) {
      return form
    }
    if sql || role != nil { return DoctorSQL() }
    return DoctorText(TextReport(style: output.style(delivery, settings)))
  }
}
