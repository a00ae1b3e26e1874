import ArgumentParser
import InputFiles
import Runs
import ServerAccess
import SessionAudit

/// What the judge is told. Values that may be given several times are read in `judging()`, which
/// has the same words for all of them.
struct JudgingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What this place needs, said once: targets, thresholds, what may be ended; docs/policy.md.",
      valueName: "file"), completion: .file())
  var policy: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "An idle session silent for this long is suspect (\(BuiltIn.staleAfter)).",
      valueName: "duration"),
    transform: Parsing.positiveDuration)
  var staleAfter: Duration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How long old and new may overlap when something restarts (\(BuiltIn.restartGrace)).",
      valueName: "duration"),
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
    help: ArgumentHelp(
      "How far beyond it a request may last (\(BuiltIn.maxAgeSlack)).", valueName: "duration"),
    transform: Parsing.duration)
  var maxAgeSlack: Duration?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The most sessions of it from one address, all processes and pools counted; what is beyond is suspect; repeatable.",
      valueName: "[app=]n"))
  var poolSize: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The most instances that may run at once, one-offs and workers included: of each name, or with family:GLOB=N of all that match; repeatable.",
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
      "How far clocks may differ from the server's (\(BuiltIn.clockTolerance)).",
      valueName: "duration"),
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

  /// What was given. What is taken from stdin has to be handed in again. An option that is not here
  /// would be no addition to a policy file (ConsentTests holds that each is).
  /// - Parameter now: what `10m-ago` is before: a saved report's own time, or ours.
  func given(seenFrom now: Timestamp = LocalClock.now) -> [GivenOption] {
    [
      .text("policy", policy, .less),
      .time("stale-after", staleAfter), .time("restart-grace", restartGrace),
      .time("max-age-slack", maxAgeSlack), .time("clock-tolerance", clockTolerance),
      .texts("max-age", maxAge), .texts("pool-size", poolSize), .texts("instances", instances),
      .texts("restarted-at", restartedAt.map { Self.absolute($0, seenFrom: now) }),
      .texts("one-instance", oneInstance), .texts("shared-address", sharedAddress),
      .texts("pooler", pooler), .texts("family", family), .text("live", live),
      .texts("roster-covers", rosterCovers), .flag("roster-complete", rosterComplete),
    ]
  }

  /// A roster, a number of instances and a restart are those of one database's applications: of two
  /// databases that both have a `web.1` they would make orphans of the other's sessions.
  /// - Parameter loaded: the policy file, where the targets are not the ones that it names.
  func refuseWhatSpeaksOfOneDatabase(_ loaded: LoadedPolicy?) throws {
    let said = [
      ("--live", live != nil), ("--instances", !instances.isEmpty),
      ("--restarted-at", !restartedAt.isEmpty),
      ("the policy's [roster]", loaded?.file.roster != nil),
      (
        "instances in the policy's [[application]]",
        loaded?.file.applications.contains { $0.instances != nil } == true
      ),
    ]
    guard let option = said.first(where: \.1)?.0 else { return }
    throw ExitError.usage(
      "\(option) speaks of the applications of one database, and several targets are given",
      next: "Run once for each target.")
  }

  /// A restart was when it was, however much later the words are used.
  private static func absolute(_ declaration: String, seenFrom now: Timestamp) -> String {
    let at = declaration.lastIndex(of: "=").map { declaration.index(after: $0) }
    let (application, time) = (
      declaration[..<(at ?? declaration.startIndex)],
      String(declaration[(at ?? declaration.startIndex)...])
    )
    guard case .ago(let age)? = try? Parsing.restartTime(time) else { return declaration }
    return application + (now - age).iso8601
  }

  /// The policy file, where one is named.
  /// - Throws: `ExitError` with status 65 or 66.
  func loadedPolicy() throws -> LoadedPolicy? {
    guard policy != "-" || live != "-" else {
      throw ExitError.usage("--policy and --live can't both be read from stdin")
    }
    return try policy.map(LoadedPolicy.load)
  }

  /// Reads all of it, the roster's file too; a policy file's roster is read when its target is
  /// asked.
  /// - Throws: `ExitError` with status 64, 65 or 66.
  func judging(_ loaded: LoadedPolicy?) throws -> JudgeSettings {
    var declared = Policy()
    declared.maxAges = try Parsing.declarations(maxAge, "--max-age") { try Parsing.duration($0) }
    declared.poolSizes = try Parsing.declarations(poolSize, "--pool-size", Parsing.count)
    declared.instances = try Parsing.declarations(instances, "--instances", Parsing.count)
    declared.oneInstance = try Parsing.declarations(oneInstance, "--one-instance", Parsing.yesOrNo)
    let defaults = loaded?.file.defaults
    var policy = declared
    Setting.decide(&policy.staleAfter, option: staleAfter, file: defaults?.staleAfter)
    Setting.decide(&policy.restartGrace, option: restartGrace, file: defaults?.restartGrace)
    Setting.decide(&policy.clockTolerance, option: clockTolerance, file: defaults?.clockTolerance)
    Setting.decide(&policy.maxAgeSlack, option: maxAgeSlack, file: defaults?.maxAgeSlack)
    policy.restarts = try Parsing.declarations(restartedAt, "--restarted-at", Parsing.restartTime)
    policy.families = family.map(Glob.init)
    policy.sharedAddresses =
      (loaded?.file.sharedAddresses.map(\.value) ?? [])
      + (try Parsing.networks(sharedAddress, "--shared-address"))
    policy.poolers =
      (loaded?.file.poolers.map(\.value) ?? []) + (try Parsing.networks(pooler, "--pooler"))
    // An option speaks of all, and wins.
    if let staleAfter { declared.staleAfters = [Declaration(nil, staleAfter)] }
    if let loaded { policy.declare(of: loaded, target: nil, then: declared) }
    var judging = JudgeSettings(policy: policy, loaded: loaded, declared: declared)
    if let live {
      var input = try RosterInput.read(live, by: policy)
      try input.cover(rosterCovers)
      input.roster.isComplete = rosterComplete
      (judging.policy.roster, judging.rosterTakenAt) = (input.roster, input.takenAt)
    } else if loaded?.file.roster != nil
      || loaded?.file.targets.contains(where: { $0.roster != nil }) == true
    {
      (judging.rosterCovers, judging.rosterIsComplete) = (rosterCovers, rosterComplete)
    } else if !rosterCovers.isEmpty || rosterComplete {
      throw ExitError.usage(
        "\(rosterComplete ? "--roster-complete" : "--roster-covers") speaks of a roster, and "
          + "there is none", next: "Name one with --live FILE.")
    }
    return judging
  }
}
