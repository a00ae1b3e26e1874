import InputFiles
import OperatingSystem
import Rendering
import Runs
import ServerAccess
import SessionAudit

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
    let defaults = inOrder(PolicyFile.Defaults.keys).compactMap { key in
      key.said(file.defaults).map { Row(key.name, $0.value, line: $0.line) }
        ?? key.builtIn(file).map { Row(key.name, $0, "built in") }
    }
    var parts = [("\(PolicyFile.Key.defaults)", defaults)]
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
    parts.append(("\(PolicyFile.Key.network)", network))
    parts.append(("\(PolicyFile.Key.roster)", file.roster.map(roster) ?? []))
    parts.append(("\(PolicyFile.Key.hook)", file.hook.map(hook) ?? []))
    return parts.filter { !$0.1.isEmpty }.map { text($0, $1) }.joined(separator: "\n")
  }

  private static func inOrder<Table>(_ keys: [PolicyKey<Table>]) -> [PolicyKey<Table>] {
    keys.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
      .map(\.element)
  }

  private static func source(_ said: PolicyFile.Located<PolicyFile.Source>) -> Row {
    let (key, text): (PolicyFile.Target.Key, String) =
      switch said.value {
      case .conninfo(let text): (.conninfo, Redaction.redacted(text))
      case .service(let name): (.service, name)
      case .urlVariable(let name): (.urlVariable, name)
      }
    return Row(key.rawValue, text, line: said.line)
  }

  private static func roster(_ roster: PolicyFile.Roster) -> [Row] {
    PolicyFile.Roster.Key.allCases.flatMap { key in
      let said: [PolicyFile.Located<String>] =
        switch (key, roster.origin) {
        case (.file, .file(let path)): [.init(path, line: roster.line)]
        case (.command, .command(let command)): [.init(words(of: command), line: roster.line)]
        case (.file, _), (.command, _): []
        case (.covers, _): roster.covers
        case (.complete, _): roster.isComplete ? [.init("\(true)", line: roster.line)] : []
        }
      return said.map { Row("\(PolicyFile.Key.roster) \(key)", $0.value, line: $0.line) }
    }
  }

  private static func hook(_ hook: PolicyFile.Hook) -> [Row] {
    PolicyFile.Hook.Key.allCases.compactMap { key in
      switch key {
      case .command: Row("\(key)", words(of: hook.command), line: hook.line)
      case .timeout:
        hook.timeout.map { Row("\(key)", DurationText.exact($0.value), line: $0.line) }
      }
    }
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
    PolicyFile.Application.keys.compactMap { key in
      key.said(entry).map { Row(key.name, $0.value, line: $0.line) }
    }
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
    let applications = policy.applications(of: target)
    let rows = inOrder(PolicyFile.Application.keys).compactMap { key -> Row? in
      let found = policy.declarations(applications, key.said).declaration(
        for: sessions.name, user: sessions.user, database: sessions.database, isConnected: true)
      if let found, let pattern = found.application {
        let line = found.place?.split(separator: ":").last.map(String.init) ?? ""
        return Row(key.name, found.value, "line \(line), \"\(pattern.text)\"")
      }
      let general = PolicyFile.Defaults.keys.first { $0.name == key.name }
      if let said = general?.said(policy.file.defaults) {
        return Row(key.name, said.value, "line \(said.line), \(PolicyFile.Key.defaults)")
      }
      return (key.builtIn(policy.file) ?? general?.builtIn(policy.file))
        .map { Row(key.name, $0, "built in") }
    }
    return rows
      + [
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
    func said<Value>(_ key: (PolicyFile.Application) -> PolicyFile.Located<Value>?) -> Value? {
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
