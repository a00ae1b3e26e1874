import SessionAudit

extension PolicyFile {
  /// - Parameter conninfoProblem: what is wrong with a connection string, as a clause that never
  ///   holds its text; nil: nothing.
  /// - Throws: every error that was found.
  public static func read(
    _ bytes: [UInt8], conninfoProblem: (String) -> String?
  ) throws(PolicyFileErrors) -> PolicyFile {
    let root: TOMLNode
    do throws(InputFileError) {
      root = try TOMLText.parse(Array(bytes[bytes.placeAfterByteOrderMark...]))
    } catch {
      throw PolicyFileErrors(errors: [error])
    }
    var file = PolicyFile()
    let reader = PolicyReader()
    reader.table(root, "") { (key: Key, node, path) in
      switch key {
      case .defaults: file.defaults = reader.defaults(node, path)
      case .target:
        file.targets = reader.tables(node, path).compactMap {
          reader.target($0, path, conninfoProblem)
        }
      case .application:
        file.applications = reader.tables(node, path).compactMap { reader.application($0, path) }
      case .network:
        reader.table(node, path) { (key: NetworkKey, node, path) in
          switch key {
          case .poolers: file.poolers = reader.networks(node, path)
          case .sharedAddresses: file.sharedAddresses = reader.networks(node, path)
          }
        }
      case .roster: file.roster = reader.roster(node, path)
      case .hook: file.hook = reader.hook(node, path)
      }
    }
    file.check(reader)
    guard reader.errors.isEmpty else {
      throw PolicyFileErrors(errors: reader.errors.sorted { ($0.line ?? 0) < ($1.line ?? 0) })
    }
    return file
  }
}

extension PolicyReader {
  fileprivate func defaults(_ node: TOMLNode, _ path: String) -> PolicyFile.Defaults {
    var defaults = PolicyFile.Defaults()
    let keys = PolicyFile.Defaults.keys
    table(node, path, keys.map(\.name)) { keys[$0].read(self, $1, $2, &defaults) }
    return defaults
  }

  fileprivate func target(
    _ node: TOMLNode, _ path: String, _ conninfoProblem: (String) -> String?
  ) -> PolicyFile.Target? {
    var name: PolicyFile.Located<String>?
    var source: PolicyFile.Located<PolicyFile.Source>?
    var firstSource: Int?
    var hasName = false
    var applications: [PolicyFile.Application] = []
    var roster: PolicyFile.Roster?
    func read(
      _ node: TOMLNode, _ path: String, _ make: (String) -> PolicyFile.Source,
      _ problem: (String) -> String?
    ) {
      if let firstSource {
        wrong(
          node.line, path,
          "names the server once more (line \(firstSource)): one of conninfo, service and url_env")
      }
      firstSource = firstSource ?? node.line
      guard let said = words(node, path) else { return }
      if let problem = problem(said.value) { return wrong(said.line, path, problem) }
      source = .init(make(said.value), line: said.line)
    }
    table(node, path) { (key: PolicyFile.Target.Key, node, path) in
      switch key {
      case .name:
        hasName = true
        name = words(node, path)
        // It stands in reports and metrics.
        if name?.value.contains("://") == true {
          wrong(node.line, path, "must be a name, not where the server is")
        }
      case .conninfo: read(node, path, { .conninfo($0) }, conninfoProblem)
      case .service: read(node, path, { .service($0) }, Self.serviceProblem)
      case .urlVariable: read(node, path, { .urlVariable($0) }, Self.variableProblem)
      case .application:
        applications = tables(node, path).compactMap { application($0, path) }
      case .roster: roster = self.roster(node, path)
      }
    }
    guard case .table = node.value else { return nil }
    if !hasName { wrong(node.line, path, "has no name") }
    if firstSource == nil {
      wrong(node.line, path, "says no server: give it a conninfo, a service or a url_env")
    }
    // Where one is missing that is an error already, and the whole is still to be checked.
    return PolicyFile.Target(
      name: name?.value ?? "", source: source ?? .init(.service(""), line: node.line),
      applications: applications, roster: roster, line: name?.line ?? node.line)
  }

  /// Its text is not shown: it may be what should have been in the variable.
  private static func variableProblem(_ name: String) -> String? {
    let isName =
      name.utf8.allSatisfy {
        $0 == 0x5F || 0x30...0x39 ~= $0 || 0x41...0x5A ~= $0 || 0x61...0x7A ~= $0
      } && !(0x30...0x39 ~= (name.utf8.first ?? 0x30))
    return isName ? nil : "must be the name of an environment variable, not what is in it"
  }

  private static func serviceProblem(_ name: String) -> String? {
    name.contains("://") || name.contains("=")
      ? "must be the name of a service in pg_service.conf; a connection string is a conninfo" : nil
  }

  fileprivate func application(_ node: TOMLNode, _ path: String) -> PolicyFile.Application? {
    var match: PolicyFile.Located<String>?
    var hasMatch = false
    var entry = PolicyFile.Application(match: "", line: node.line)
    let (scopes, keys) = (PolicyFile.Application.Scope.allCases, PolicyFile.Application.keys)
    table(node, path, scopes.map(\.rawValue) + keys.map(\.name)) { place, node, path in
      guard place < scopes.count else {
        return keys[place - scopes.count].read(self, node, path, &entry)
      }
      switch scopes[place] {
      case .match:
        hasMatch = true
        // Empty: sessions without a name.
        match = string(node, path)
      case .user: entry.user = words(node, path)?.value
      case .database: entry.database = words(node, path)?.value
      }
    }
    guard case .table(let entries) = node.value else { return nil }
    guard let match else {
      if !hasMatch {
        wrong(node.line, path, "has no match: the application_name that it speaks of, or a glob")
      }
      return nil
    }
    (entry.match, entry.line) = (match.value, match.line)
    if let problem = Glob(match.value).tooLong { wrong(match.line, path + ".match", problem) }
    if entries.allSatisfy({ PolicyFile.Application.Scope(rawValue: $0.key) != nil }) {
      wrong(match.line, path, "says nothing of the applications that it matches")
    }
    return entry
  }

  fileprivate func roster(_ node: TOMLNode, _ path: String) -> PolicyFile.Roster? {
    var origin: PolicyFile.Located<PolicyFile.Roster.Origin>?
    var hasOrigin = false
    func take(_ said: PolicyFile.Located<PolicyFile.Roster.Origin>, _ path: String) {
      if let origin { wrong(said.line, path, "is a second origin (line \(origin.line)): keep one") }
      origin = said
    }
    var covers: [PolicyFile.Located<String>] = []
    var complete: PolicyFile.Located<Bool>?
    table(node, path) { (key: PolicyFile.Roster.Key, node, path) in
      switch key {
      case .file:
        hasOrigin = true
        guard let said = words(node, path) else { return }
        guard said.value != "-" else {
          return wrong(said.line, path, "can't be stdin: name a file, or a command")
        }
        take(.init(.file(said.value), line: said.line), path)
      case .command:
        hasOrigin = true
        guard let command = command(node, path) else { return }
        take(.init(.command(command), line: node.line), path)
      case .covers: covers = self.covers(node, path)
      case .complete: complete = boolean(node, path)
      }
    }
    if !hasOrigin {
      wrong(node.line, path, "says no file and no command that the roster comes from")
    }
    guard let origin else { return nil }
    return PolicyFile.Roster(
      origin: origin.value, covers: covers, isComplete: complete?.value ?? false, line: origin.line)
  }

  private func covers(_ node: TOMLNode, _ path: String) -> [PolicyFile.Located<String>] {
    strings(node, path).filter { said in
      // An address that is none is a typing error, and no name.
      guard NetworkAddress(said.value.prefix { $0 != "/" }) != nil, Network(said.value) == nil
      else { return true }
      wrong(
        said.line, path,
        "has \"\(said.value)\", which is no address or range; a range begins at its first address")
      return false
    }
  }

  fileprivate func hook(_ node: TOMLNode, _ path: String) -> PolicyFile.Hook? {
    var command: PolicyFile.Command?
    var timeout: PolicyFile.Located<Duration>?
    var line: Int?
    table(node, path) { (key: PolicyFile.Hook.Key, node, path) in
      switch key {
      case .command:
        line = node.line
        command = self.command(node, path)
      case .timeout: timeout = duration(node, path)
      }
    }
    if line == nil, case .table = node.value { wrong(node.line, path, "has no command") }
    return command.map { PolicyFile.Hook(command: $0, timeout: timeout, line: line ?? node.line) }
  }
}
