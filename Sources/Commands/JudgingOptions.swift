import ArgumentParser
import InputFiles
import ServerAccess
import SessionAudit

/// What the judge is told. Values that may be given several times are read in `judging()`, which
/// has the same words for all of them.
struct JudgingOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "An idle session silent for this long is suspect (1h).", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var staleAfter: Duration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How long old and new may overlap when something restarts (5m).", valueName: "duration"),
    transform: Parsing.duration)
  var restartGrace: Duration?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "An application closes its connections at this age (CONN_MAX_AGE); repeatable.",
      valueName: "[app=]duration"))
  var maxAge: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How far beyond it a request may last (30s).", valueName: "duration"),
    transform: Parsing.duration)
  var maxAgeSlack: Duration?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The most instances that may run at once, one-offs and workers included; repeatable.",
      valueName: "[app=]n"))
  var instances: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A restart was completed: 2026-11-22T09:41Z, or 10m-ago; repeatable.", valueName: "[app=]time"
    ))
  var restartedAt: [String] = []

  @Option(
    help: ArgumentHelp(
      "Who is alive: heroku ps --json, kubectl get pods -o json, or lines; - is stdin.",
      valueName: "file"), completion: .file())
  var live: String?

  @Option(
    help: ArgumentHelp(
      "The roster covers these names or addresses too; repeatable.", valueName: "glob|cidr"))
  var rosterCovers: [String] = []

  @Flag(help: "The roster has everything that uses this user and database.")
  var rosterComplete = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How far clocks may differ from the server's (30s).", valueName: "duration"),
    transform: Parsing.duration)
  var clockTolerance: Duration?

  @Option(
    help: ArgumentHelp(
      "Many instances share these addresses (NAT, proxies); repeatable.", valueName: "cidr"))
  var sharedAddress: [String] = []

  @Option(
    help: ArgumentHelp("A connection pooler has these addresses; repeatable.", valueName: "cidr"))
  var pooler: [String] = []

  @Option(
    help: ArgumentHelp(
      "Whether a name means one instance at a time; repeatable.", valueName: "[app=]yes|no"),
    completion: .list(["yes", "no"]))
  var oneInstance: [String] = []

  @Option(
    help: ArgumentHelp(
      "Names that match are one family, whatever their form; repeatable.", valueName: "glob"))
  var family: [String] = []

  /// The command line that says the same. What is taken from stdin has to be handed in again.
  var words: [String] {
    var words: [String] = []
    for (option, value) in [
      ("stale-after", staleAfter), ("restart-grace", restartGrace),
      ("max-age-slack", maxAgeSlack), ("clock-tolerance", clockTolerance),
    ] {
      if let value { words.append("--\(option) \(DurationText.exact(value))") }
    }
    // With '=', or a value that begins with '-' would be taken for an option.
    for (option, values) in [
      ("max-age", maxAge), ("instances", instances),
      ("restarted-at", restartedAt.map(Self.absolute)),
      ("one-instance", oneInstance), ("shared-address", sharedAddress), ("pooler", pooler),
      ("family", family), ("live", [live].compactMap { $0 }), ("roster-covers", rosterCovers),
    ] {
      words += values.map { "--\(option)=\(ShellWord.quoted($0))" }
    }
    if rosterComplete { words.append("--roster-complete") }
    return words
  }

  /// A roster, a number of instances and a restart are those of one database's applications: of two
  /// databases that both have a `web.1` they would make orphans of the other's sessions.
  func refuseWhatSpeaksOfOneDatabase() throws {
    let said = [
      ("--live", live != nil), ("--instances", !instances.isEmpty),
      ("--restarted-at", !restartedAt.isEmpty),
    ]
    guard let option = said.first(where: \.1)?.0 else { return }
    throw CommandFailure.usage(
      "\(option) speaks of the applications of one database, and several targets are given",
      next: "Run once for each target.")
  }

  /// A restart was when it was, however much later the words are used.
  private static func absolute(_ declaration: String) -> String {
    let at = declaration.lastIndex(of: "=").map { declaration.index(after: $0) }
    let (application, time) = (
      declaration[..<(at ?? declaration.startIndex)],
      String(declaration[(at ?? declaration.startIndex)...])
    )
    guard case .ago(let age)? = try? Parsing.restartTime(time) else { return declaration }
    return application + (LocalClock.now - age).iso8601
  }

  /// Reads all of it, the roster's file too.
  /// - Throws: `CommandFailure` with status 64, 65 or 66.
  func judging() throws -> Judging {
    var policy = Policy()
    if let staleAfter { policy.staleAfter = staleAfter }
    if let restartGrace { policy.restartGrace = restartGrace }
    if let clockTolerance { policy.clockTolerance = clockTolerance }
    if let maxAgeSlack { policy.maxAgeSlack = maxAgeSlack }
    policy.maxAges = try Parsing.declarations(maxAge, "--max-age") { try Parsing.duration($0) }
    policy.instances = try Parsing.declarations(instances, "--instances", Parsing.count)
    policy.restarts = try Parsing.declarations(restartedAt, "--restarted-at", Parsing.restartTime)
    policy.oneInstance = try Parsing.declarations(oneInstance, "--one-instance", Parsing.yesOrNo)
    policy.families = family.map(Glob.init)
    policy.sharedAddresses = try Parsing.networks(sharedAddress, "--shared-address")
    policy.poolers = try Parsing.networks(pooler, "--pooler")
    guard let live else {
      guard rosterCovers.isEmpty, !rosterComplete else {
        throw CommandFailure.usage(
          "\(rosterComplete ? "--roster-complete" : "--roster-covers") speaks of a roster, and "
            + "there is none", next: "Name one with --live FILE.")
      }
      return Judging(policy: policy, rosterTakenAt: nil)
    }
    let file = try InputFile.read(live)
    var roster = try file.roster()
    guard file.writtenAt - LocalClock.now <= policy.clockTolerance else {
      throw file.wrong("was written at \(file.writtenAt.readable), which is in the future")
    }
    guard !roster.tellsNobody(by: policy) else {
      throw file.wrong("names no address, and nothing that means one instance")
    }
    for words in rosterCovers {
      if let network = Network(words) {
        roster.coversNetworks.append(network)
      } else if NetworkAddress(words.prefix { $0 != "/" }) != nil {
        // An address that is none is a typing error, and no name.
        roster.coversNetworks += try Parsing.networks([words], "--roster-covers")
      } else {
        roster.coversNames.append(Glob(words))
      }
    }
    roster.isComplete = rosterComplete
    policy.roster = roster
    return Judging(policy: policy, rosterTakenAt: file.writtenAt)
  }
}

/// The policy, up to what only a snapshot can settle.
struct Judging: Sendable {
  /// As far as it is known before any server has been asked.
  var policy: Policy
  /// By the clock of this machine.
  var rosterTakenAt: Timestamp?

  /// What a saved report was judged with and would not be now, as options.
  func forgotten(of standards: SavedReport.Standards) -> [String] {
    var options: [String] = []
    for (option, then, now) in [
      ("stale-after", standards.staleAfter, policy.staleAfter),
      ("restart-grace", standards.restartGrace, policy.restartGrace),
      ("clock-tolerance", standards.clockTolerance, policy.clockTolerance),
      ("max-age-slack", standards.maxAgeSlack, policy.maxAgeSlack),
    ] {
      guard let then, then != now else { continue }
      options.append("--\(option) \(DurationText.exact(then))")
    }
    if standards.hasRoster && policy.roster == nil { options.append("a roster") }
    let isSilent =
      policy.maxAges.isEmpty && policy.instances.isEmpty && policy.restarts.isEmpty
      && policy.oneInstance.isEmpty && policy.sharedAddresses.isEmpty && policy.poolers.isEmpty
    if standards.hasDeclarations && isSilent {
      options.append("declarations (judged_with has them)")
    }
    return options
  }

  /// The policy for one snapshot.
  /// - Parameter isSaved: it comes from a file, perhaps of another day.
  /// - Throws: `CommandFailure` for a restart in the future.
  func policy(for snapshot: Snapshot, isSaved: Bool) throws -> Policy {
    let now = snapshot.capturedAt
    var policy = policy
    for restart in policy.restarts {
      guard case .at(let moment) = restart.value, moment > now else { continue }
      throw CommandFailure.usage(
        "--restarted-at \(moment.readable) is in the future: "
          + (isSaved ? "the report was made at " : "the server's clock says ") + now.readable,
        next: "Declare a restart when it is completed.")
    }
    if let rosterTakenAt {
      // A live roster's age is the same on both clocks, however far they are apart.
      policy.roster?.takenAt =
        isSaved ? min(rosterTakenAt, now) : now - max(.zero, LocalClock.now - rosterTakenAt)
    }
    return policy
  }
}
