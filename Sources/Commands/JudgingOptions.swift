import ArgumentParser
import InputFiles
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
  var words: [String] { words(seenFrom: LocalClock.now) }

  /// - Parameter now: what `10m-ago` is before: a saved report's own time, or ours.
  func words(seenFrom now: Timestamp) -> [String] {
    (policy.map { ["--policy=\(ShellWord.quoted($0))"] } ?? []) + wordsBesidePolicy(seenFrom: now)
  }

  /// All that is said but the policy file, which is consent to nothing of it: an option that is not
  /// here would be one (ConsentTests holds that each is).
  private func wordsBesidePolicy(seenFrom now: Timestamp) -> [String] {
    var words: [String] = []
    for (option, value) in [
      ("stale-after", staleAfter), ("restart-grace", restartGrace),
      ("max-age-slack", maxAgeSlack), ("clock-tolerance", clockTolerance),
    ] {
      if let value { words.append("--\(option) \(DurationText.exact(value))") }
    }
    // With '=', or a value that begins with '-' would be taken for an option.
    for (option, values) in [
      ("max-age", maxAge), ("pool-size", poolSize), ("instances", instances),
      ("restarted-at", restartedAt.map { Self.absolute($0, seenFrom: now) }),
      ("one-instance", oneInstance), ("shared-address", sharedAddress), ("pooler", pooler),
      ("family", family), ("live", [live].compactMap { $0 }), ("roster-covers", rosterCovers),
    ] {
      words += values.map { "--\(option)=\(ShellWord.quoted($0))" }
    }
    if rosterComplete { words.append("--roster-complete") }
    return words
  }

  /// Whether a policy file is all that the judge is told.
  var isPolicyAlone: Bool { policy != nil && wordsBesidePolicy(seenFrom: LocalClock.now).isEmpty }

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
    policy.staleAfter = staleAfter ?? defaults?.staleAfter?.value ?? policy.staleAfter
    policy.restartGrace = restartGrace ?? defaults?.restartGrace?.value ?? policy.restartGrace
    policy.clockTolerance =
      clockTolerance ?? defaults?.clockTolerance?.value ?? policy.clockTolerance
    policy.maxAgeSlack = maxAgeSlack ?? defaults?.maxAgeSlack?.value ?? policy.maxAgeSlack
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
