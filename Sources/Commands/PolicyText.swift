import InputFiles
import Rendering
import ServerAccess
import SessionAudit
import System

/// A policy file as text for people: each value with the line that says it.
enum PolicyText {
  /// What sessions are asked about.
  struct Sessions {
    var name: String
    var user: String?
    var database: String?
  }

  private struct Row {
    var name: String
    var value: String
    /// A line of the file, or where else it comes from.
    var origin: String

    init(_ name: String, _ value: String, line: Int) {
      self.init(name, value, "line \(line)")
    }

    init(_ name: String, _ value: String, _ origin: String) {
      (self.name, self.value, self.origin) = (name, value, origin)
    }
  }

  /// One line.
  static func summary(_ policy: LoadedPolicy) -> String {
    let file = policy.file
    let applications = file.applications.count + file.targets.map(\.applications.count).reduce(0, +)
    return HostileText.escaped(
      "\(InputFile.name(policy.path)): right; \(counted(file.targets.count, "target")), "
        + "\(counted(applications, "entry", "entries")) about applications; "
        + (policy.weakestTrust.map {
          "by itself it lets terminate end sessions, at most on \($0.rawValue)"
        }
          ?? "by itself it lets terminate end nothing")) + "\n"
  }

  private static func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count) \(count == 1 ? one : many ?? one + "s")"
  }

  // MARK: - The whole file

  static func whole(_ policy: LoadedPolicy) -> String {
    let file = policy.file
    var parts = [("defaults", defaults(file.defaults))]
    for target in file.targets {
      var rows = [source(target.source)]
      if let roster = target.roster { rows += self.roster(roster) }
      parts.append(("target \(target.name)", rows))
      parts += target.applications.map { (title(of: $0) + ", of \(target.name) alone", rowsOf($0)) }
    }
    parts += file.applications.map { (title(of: $0), rowsOf($0)) }
    let network =
      file.poolers.map { Row("pooler", $0.value.text, line: $0.line) }
      + file.sharedAddresses.map { Row("shared address", $0.value.text, line: $0.line) }
    parts.append(("network", network))
    parts.append(("roster", file.roster.map(roster) ?? []))
    parts.append(("hook", file.hook.map(hook) ?? []))
    return parts.filter { !$0.1.isEmpty }.map { text($0, $1) }.joined(separator: "\n")
  }

  private static func defaults(_ said: PolicyFile.Defaults) -> [Row] {
    let (policy, selection) = (Policy(), Selection())
    func row<Value>(
      _ name: String, _ said: PolicyFile.Located<Value>?, builtIn: String, _ text: (Value) -> String
    ) -> Row {
      said.map { Row(name, text($0.value), line: $0.line) } ?? Row(name, builtIn, "built in")
    }
    func time(_ name: String, _ said: PolicyFile.Located<Duration>?, _ builtIn: Duration) -> Row {
      row(name, said, builtIn: DurationText.exact(builtIn), DurationText.exact)
    }
    return [
      time("stale_after", said.staleAfter, policy.staleAfter),
      time("restart_grace", said.restartGrace, policy.restartGrace),
      time("clock_tolerance", said.clockTolerance, policy.clockTolerance),
      time("max_age_slack", said.maxAgeSlack, policy.maxAgeSlack),
      row("trust", said.trust, builtIn: "as the options say", \.rawValue),
      row("max", said.max, builtIn: "\(selection.maximum)") { "\($0)" },
      row("max_share", said.maxShare, builtIn: "50") { "\($0)" },
      row("keep", said.keep, builtIn: "\(selection.keep)") { "\($0)" },
      row("log", said.log, builtIn: "none") { $0 },
      row("metrics", said.metrics, builtIn: "none") { $0 },
      time("timeout", said.timeout, .seconds(60)),
      time("connect_timeout", said.connectTimeout, .seconds(10)),
    ]
  }

  private static func source(_ said: PolicyFile.Located<PolicyFile.Source>) -> Row {
    switch said.value {
    case .conninfo(let text): Row("conninfo", Redaction.redacted(text), line: said.line)
    case .service(let name): Row("service", name, line: said.line)
    case .urlVariable(let name): Row("url_env", name, line: said.line)
    }
  }

  private static func roster(_ roster: PolicyFile.Roster) -> [Row] {
    let origin =
      switch roster.origin {
      case .file(let path): Row("roster file", path, line: roster.line)
      case .command(let command): Row("roster command", words(of: command), line: roster.line)
      }
    return [origin] + roster.covers.map { Row("roster covers", $0.value, line: $0.line) }
      + (roster.isComplete ? [Row("roster complete", "true", line: roster.line)] : [])
  }

  private static func hook(_ hook: PolicyFile.Hook) -> [Row] {
    [Row("command", words(of: hook.command), line: hook.line)]
      + (hook.timeout.map {
        [Row("timeout", DurationText.exact($0.value), line: $0.line)]
      } ?? [])
  }

  private static func words(of command: PolicyFile.Command) -> String {
    switch command {
    case .words(let words): Redaction.redacted(words.map(ShellWord.quoted).joined(separator: " "))
    case .shell(let line): Redaction.redacted(line)
    }
  }

  private static func title(of entry: PolicyFile.Application) -> String {
    let scope = [
      entry.user.map { "role \($0)" }, entry.database.map { "database \($0)" },
    ].compactMap { $0 }
    return "application \"\(entry.match)\""
      + (scope.isEmpty ? "" : " (\(scope.joined(separator: ", ")))")
  }

  private static func rowsOf(_ entry: PolicyFile.Application) -> [Row] {
    func row<Value>(
      _ name: String, _ said: PolicyFile.Located<Value>?, _ text: (Value) -> String
    ) -> Row? {
      said.map { Row(name, text($0.value), line: $0.line) }
    }
    return [
      row("max_age", entry.maxAge, DurationText.exact),
      row("closes_itself", entry.closesItself) { "\($0)" },
      row("pool_size", entry.poolSize) { "\($0)" }, row("pooled", entry.pooled) { "\($0)" },
      row("instances", entry.instances) { "\($0)" },
      row("one_instance", entry.oneInstance) { "\($0)" },
      row("stale_after", entry.staleAfter, DurationText.exact),
      row("keep", entry.keep) { "\($0)" }, row("protect", entry.protect) { "\($0)" },
      row("trust", entry.trust, \.rawValue), row("allow_empty", entry.allowEmpty) { "\($0)" },
    ].compactMap { $0 }
  }

  // MARK: - What holds of some sessions

  /// For each target that the file names.
  static func holding(_ policy: LoadedPolicy, of sessions: Sessions) -> String {
    let title = "sessions \(sessions.name.isEmpty ? "without a name" : "of \(sessions.name)")"
    let places: [Int?] =
      policy.file.targets.isEmpty ? [nil] : policy.file.targets.indices.map(Optional.some)
    return places.map { place in
      let target = place.map { " of target \(policy.file.targets[$0].name)" } ?? ""
      return text(title + target, rows(policy, place, sessions))
    }.joined(separator: "\n")
  }

  private static func rows(
    _ policy: LoadedPolicy, _ target: Int?, _ sessions: Sessions
  ) -> [Row] {
    let defaults = policy.file.defaults
    let applications = policy.applications(of: target)
    /// - Parameter otherwise: what holds where no entry speaks of them; nil: nothing does.
    func row<Value>(
      _ name: String, _ key: KeyPath<PolicyFile.Application, PolicyFile.Located<Value>?>,
      _ text: (Value) -> String, otherwise: (value: String, line: Int?)?
    ) -> Row? {
      let declarations = policy.declarations(applications, key)
      let found = declarations.declaration(
        for: sessions.name, user: sessions.user, database: sessions.database,
        isConnected: true)
      if let found, let pattern = found.application {
        let line = found.place?.split(separator: ":").last.map(String.init) ?? ""
        return Row(name, text(found.value), "line \(line), \"\(pattern.text)\"")
      }
      return otherwise.map { value, line in
        Row(name, value, line.map { "line \($0), defaults" } ?? "built in")
      }
    }
    func time(_ said: PolicyFile.Located<Duration>?, _ builtIn: Duration) -> (String, Int?) {
      (DurationText.exact(said?.value ?? builtIn), said?.line)
    }
    return [
      row(
        "stale_after", \.staleAfter, DurationText.exact,
        otherwise: time(defaults.staleAfter, Policy().staleAfter)),
      row("max_age", \.maxAge, DurationText.exact, otherwise: nil),
      row("closes_itself", \.closesItself, { "\($0)" }, otherwise: nil),
      row("pool_size", \.poolSize, { "\($0)" }, otherwise: nil),
      row("pooled", \.pooled, { "\($0)" }, otherwise: nil),
      row("instances", \.instances, { "\($0)" }, otherwise: nil),
      row("one_instance", \.oneInstance, { "\($0)" }, otherwise: ("as the name tells", nil)),
      row(
        "trust", \.trust, \.rawValue,
        otherwise: defaults.trust.map { ($0.value.rawValue, $0.line) }
          ?? (policy.file.saysWhatMayBeEnded ? "never" : "as the options say", nil)),
      row("protect", \.protect, { "\($0)" }, otherwise: ("false", nil)),
      row(
        "keep", \.keep, { "\($0)" },
        otherwise: ("\(defaults.keep?.value ?? 0)", defaults.keep?.line)),
      row("allow_empty", \.allowEmpty, { "\($0)" }, otherwise: nil),
      leavesOut(applications, sessions)
        ? Row("not counted", "entries for some roles or databases: say --user and --database", "")
        : nil,
      Row("may be ended", conclusion(policy, target, sessions), ""),
    ].compactMap { $0 }
  }

  /// Whether an entry may speak of them that is narrowed to what was not said.
  private static func leavesOut(
    _ applications: [PolicyFile.Application], _ sessions: Sessions
  ) -> Bool {
    applications.contains { entry in
      (entry.user != nil && sessions.user == nil
        || entry.database != nil && sessions.database == nil)
        && [Declaration(ApplicationPattern(match: entry.match, user: nil, database: nil), true)]
          .declaration(for: sessions.name, user: nil, database: nil, isConnected: true) != nil
    }
  }

  /// On what grounds a run by the file alone ends such sessions.
  private static func conclusion(
    _ policy: LoadedPolicy, _ target: Int?, _ sessions: Sessions
  ) -> String {
    let applications = policy.applications(of: target)
    func said<Value>(
      _ key: KeyPath<PolicyFile.Application, PolicyFile.Located<Value>?>
    ) -> Value? {
      policy.declarations(applications, key).declaration(
        for: sessions.name, user: sessions.user, database: sessions.database, isConnected: true)?
        .value
    }
    if said(\.protect) == true { return "never: it is protected" }
    let trust = said(\.trust) ?? policy.file.defaults.trust?.value
    guard trust != .never else { return "never" }
    guard policy.file.saysWhatMayBeEnded else { return "never by the file alone: it says no trust" }
    guard let basis = trust?.basis else { return "never" }
    let roster = policy.roster(of: target)
    var names = Policy()
    names.oneInstance = policy.declarations(applications, \.oneInstance)
    let grounds: [String?] = [
      roster.map { "the roster (line \($0.line)) lacks its owner" },
      basis <= .declared && said(\.instances) != nil ? "more than its instances run" : nil,
      basis <= .inferred && names.mayMeanOneInstance(sessions.name)
        ? "another of its name has taken its place" : nil,
      trust == .suspects ? "it looks abandoned" : nil,
    ]
    let given = grounds.compactMap { $0 }
    return given.isEmpty
      ? "never by the file alone: nothing in it can tell that its owner is gone"
      : "where " + given.joined(separator: ", or ")
  }

  // MARK: - Layout

  private static func text(_ title: String, _ rows: [Row]) -> String {
    let shown = rows.map {
      ($0.name, HostileText.escaped($0.value), HostileText.escaped($0.origin))
    }
    // What is long has its line to itself, so that it widens nothing.
    let width = min(40, shown.filter { !$0.2.isEmpty }.map { CellWidth.of($0.1) }.max() ?? 0)
    return HostileText.escaped(title) + "\n"
      + shown.map { name, value, origin in
        "  " + padded(name, to: 16)
          + (origin.isEmpty ? value : padded(value, to: width) + "  " + origin) + "\n"
      }.joined()
  }

  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - CellWidth.of(text)))
  }
}
