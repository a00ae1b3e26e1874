import ArgumentParser
import Runs
import ServerAccess
import SessionAudit

/// Which sessions are to be ended.
struct SelectionOptions: ParsableArguments {
  @Flag(help: "Sessions whose owner is gone, on evidence.")
  var orphans = false

  @Flag(help: "Sessions that look abandoned; quiet pools can look the same.")
  var suspects = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Idle sessions with a state age beyond this.", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var idleLongerThan: Duration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Sessions idle in transaction, aborted ones too, beyond this.", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var inTransactionLongerThan: Duration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Active sessions with a state age beyond this.", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var activeLongerThan: Duration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Sessions opened longer ago than this; alone it takes idle ones.", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var sessionOlderThan: Duration?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Only this application_name; a glob, repeatable, '' for none.", valueName: "glob"))
  var application: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Only sessions of this role; repeatable.", valueName: "glob"))
  var user: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Only sessions in this database; repeatable.", valueName: "glob"))
  var database: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Only sessions from these client addresses; repeatable.", valueName: "glob|cidr"))
  var client: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("None of this application_name; repeatable.", valueName: "glob"))
  var notApplication: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("None of this role; repeatable.", valueName: "glob"))
  var notUser: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("None in this database; repeatable.", valueName: "glob"))
  var notDatabase: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("None from these client addresses; repeatable.", valueName: "glob|cidr"))
  var notClient: [String] = []

  @Flag(help: "Sessions of other databases too.")
  var allDatabases = false

  @Flag(help: "Verdicts take active sessions too.")
  var includeActive = false

  @Flag(help: "Also what holds locks, temporary tables and the like; by a verdict, a transaction.")
  var includeStateful = false

  @Flag(help: "Also what a connection pooler keeps open.")
  var includePooled = false

  @Flag(help: "Also what makes or restores a backup, which may then be wrong without an error.")
  var includeBackups = false

  @Option(
    help: ArgumentHelp(
      "The weakest evidence on which an orphan is ended: roster, declared, inferred (inferred on a "
        + "terminal that is asked, else declared).", valueName: "basis"),
    completion: .list(["roster", "declared", "inferred"]))
  var trust: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "End at most this many of each target, those silent longest first (\(BuiltIn.selection.maximum)).",
      valueName: "n"))
  var max: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "End nothing where suspects and thresholds take 10 or more that are beyond this share of the "
        + "visible sessions (\(BuiltIn.selection.maximumShare)).", valueName: "percent"))
  var maxShare: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Keep so many newest of each application_name, orphans aside (\(BuiltIn.selection.keep)).",
      valueName: "n"))
  var keep: String?

  @Flag(help: "End orphans also where none of their application's sessions was heard of late.")
  var allowEmpty = false

  /// - Parameters:
  ///   - isAttended: somebody sees what happens, so that what is only inferred will do.
  ///   - isForOthers: somebody else may carry it out.
  /// - Throws: `ExitError` where nothing is selected, which never means everything.
  func selection(
    isAttended: Bool, isForOthers: Bool, _ loaded: LoadedPolicy?
  ) throws -> Selection {
    let defaults = loaded?.file.defaults
    var selection = Selection(
      idleLongerThan: idleLongerThan, sessionOlderThan: sessionOlderThan,
      allDatabases: allDatabases)
    Setting.decide(
      &selection.maximum, option: try number(max, "--max", in: 1...), file: defaults?.max)
    (selection.orphans, selection.suspects) = (orphans, suspects)
    selection.inTransactionLongerThan = inTransactionLongerThan
    selection.activeLongerThan = activeLongerThan
    selection.applications = VictimFilter(
      try Parsing.applications(application, "--application"),
      excluding: try Parsing.applications(notApplication, "--not-application"))
    selection.users = globs(user, notUser)
    selection.databases = globs(database, notDatabase)
    selection.clients = VictimFilter(
      try Parsing.clients(client, "--client"),
      excluding: try Parsing.clients(notClient, "--not-client"))
    selection.trust = isAttended ? .inferred : .declared
    Setting.decide(
      &selection.trust, option: try basis(), file: defaults?.trust?.map(\.basis))
    Setting.decide(
      &selection.maximumShare, option: try number(maxShare, "--max-share", in: 0...100),
      file: defaults?.maxShare)
    Setting.decide(
      &selection.keep, option: try number(keep, "--keep", in: 0...), file: defaults?.keep)
    selection.allowsEmpty = allowEmpty
    selection.includeActive = includeActive
    selection.includeStateful = includeStateful
    selection.includePooled = includePooled
    selection.includeBackups = includeBackups
    selection.isForOthers = isForOthers
    if let loaded, selection.selectsByNothing, loaded.file.saysWhatMayBeEnded {
      selection.orphans = true
      selection.suspects = loaded.file.trusts.contains(.suspects)
    }
    guard !selection.selectsByNothing else {
      throw ExitError.usage(
        "nothing is selected, and that never means everything"
          + (loaded == nil
            ? "" : "; the policy file says of nothing on what ground it may be ended"),
        next: "Say what is to be ended: --orphans, --idle-longer-than 1h, --session-older-than 1d "
          + "or another selection\(loaded == nil ? "" : ", or trust in the file").")
    }
    try refuseWhatHasNoMeaning(byPolicy: selectsByNothing)
    return selection
  }

  /// An option that does nothing where it stands would let its writer believe that it does.
  private func refuseWhatHasNoMeaning(byPolicy: Bool) throws {
    let verdict = orphans || suspects || byPolicy
    let needs: [(option: String, isGiven: Bool, hasMeaning: Bool, what: String)] = [
      ("--trust", trust != nil, orphans || byPolicy, "--orphans"),
      ("--allow-empty", allowEmpty, orphans || byPolicy, "--orphans"),
      (
        "--include-active", includeActive, verdict,
        "--orphans and --suspects; --active-longer-than "
          + "selects active sessions"
      ),
    ]
    for need in needs where need.isGiven && !need.hasMeaning {
      throw ExitError.usage("\(need.option) speaks of \(need.what)")
    }
  }

  /// Whether no option selects, so that a policy file may.
  var selectsByNothing: Bool {
    !orphans && !suspects && idleLongerThan == nil && inTransactionLongerThan == nil
      && activeLongerThan == nil && sessionOlderThan == nil
  }

  /// What a policy file says of a target's applications.
  /// - Parameter target: its place in the file; nil: one that the file does not name.
  func selection(
    _ selection: Selection, _ loaded: LoadedPolicy?, of target: Int?
  ) -> Selection {
    guard let loaded else { return selection }
    var selection = selection
    let applications = loaded.applications(of: target)
    // An option speaks of all, and wins; what is never to be ended stays so.
    if keep == nil { selection.keeps = loaded.declarations(applications, \.keep) }
    if !allowEmpty { selection.allowsEmpties = loaded.declarations(applications, \.allowEmpty) }
    selection.trusts = loaded.declarations(applications, \.trust) { $0 == .never }
    if trust != nil { selection.trusts.removeAll { $0.value != .never } }
    let said = loaded.file.defaults.trust
    if said?.value == .never || selectsByNothing {
      // What the file itself selects has the file's grounds alone, or the option's.
      let asked = said?.value == .never ? nil : trust.flatMap(Trust.init(rawValue:))
      let ground = Declaration<Trust>(
        nil, asked ?? said?.value ?? .never,
        place: said.map { loaded.place($0.line) } ?? loaded.path)
      selection.trusts.insert(ground, at: 0)
    }
    if allDatabases { selection.trusts += loaded.protections(besides: target) }
    return selection
  }

  private func basis() throws -> Basis? {
    guard let trust else { return nil }
    guard let basis = Basis(rawValue: trust) else {
      throw ExitError.usage("--trust \(trust): write roster, declared or inferred")
    }
    return basis
  }

  private func number(
    _ text: String?, _ option: String, in range: some RangeExpression<Int>
  ) throws -> Int? {
    guard let text else { return nil }
    guard let number = Int(text), range.contains(number) else {
      let words =
        option == "--max-share"
        ? "a percentage from 0 to 100" : "a number from \(option == "--max" ? 1 : 0) up"
      throw ExitError.usage("\(option) \(text): it is \(words)")
    }
    return number
  }

  private func globs(_ values: [String], _ excluded: [String]) -> VictimFilter<Glob> {
    VictimFilter(values.map(Glob.init), excluding: excluded.map(Glob.init))
  }

  /// What was given; what is not here would be no addition to a policy file.
  /// - Parameter selection: what these options have come to.
  func given(_ selection: Selection) -> [GivenOption] {
    [
      .flag("orphans", orphans), .flag("suspects", suspects),
      .time("idle-longer-than", idleLongerThan),
      .time("in-transaction-longer-than", inTransactionLongerThan),
      .time("active-longer-than", activeLongerThan), .time("session-older-than", sessionOlderThan),
      .texts("application", application, .less), .texts("user", user, .less),
      .texts("database", database, .less), .texts("client", client, .less),
      .texts("not-application", notApplication, .less), .texts("not-user", notUser, .less),
      .texts("not-database", notDatabase, .less), .texts("not-client", notClient, .less),
      .flag("all-databases", allDatabases), .flag("include-active", includeActive),
      .flag("include-stateful", includeStateful), .flag("include-pooled", includePooled),
      .flag("include-backups", includeBackups),
      // What it is by itself depends on where it runs.
      .word("trust", orphans ? selection.trust.rawValue : trust),
      .word("max", max), .word("max-share", maxShare), .word("keep", keep),
      .flag("allow-empty", allowEmpty),
    ]
  }
}
