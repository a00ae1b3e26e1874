import SessionAudit

extension PolicyFile {
  /// - Parameter conninfoProblem: what is wrong with a connection string, as a clause that never
  ///   holds its text; nil: nothing.
  /// - Throws: every error that was found.
  public static func read(
    _ bytes: [UInt8], conninfoProblem: @escaping (String) -> String?
  ) throws(PolicyFileErrors) -> PolicyFile {
    let root: TOMLNode
    do throws(InputFileError) {
      root = try TOMLText.parse(Array(bytes[bytes.placeAfterByteOrderMark...]))
    } catch {
      throw PolicyFileErrors(errors: [error])
    }
    var file = PolicyFile()
    let reader = PolicyReader()
    reader.table(
      root, "",
      [
        ("defaults", { file.defaults = reader.defaults($0, $1) }),
        (
          "target",
          { node, path in
            file.targets = reader.tables(node, path).compactMap {
              reader.target($0, path, conninfoProblem)
            }
          }
        ),
        (
          "application",
          { node, path in
            file.applications = reader.tables(node, path).compactMap {
              reader.application($0, path)
            }
          }
        ),
        (
          "network",
          {
            reader.table(
              $0, $1,
              [
                ("poolers", { file.poolers = reader.networks($0, $1) }),
                ("shared_addresses", { file.sharedAddresses = reader.networks($0, $1) }),
              ])
          }
        ),
        ("roster", { file.roster = reader.roster($0, $1) }),
        ("hook", { file.hook = reader.hook($0, $1) }),
      ])
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
    table(
      node, path,
      [
        ("stale_after", { defaults.staleAfter = self.duration($0, $1) }),
        ("restart_grace", { defaults.restartGrace = self.duration($0, $1, mayBeZero: true) }),
        ("clock_tolerance", { defaults.clockTolerance = self.duration($0, $1, mayBeZero: true) }),
        ("max_age_slack", { defaults.maxAgeSlack = self.duration($0, $1, mayBeZero: true) }),
        ("max", { defaults.max = self.number($0, $1, in: 1...Int.max) }),
        ("max_share", { defaults.maxShare = self.number($0, $1, in: 0...100) }),
        ("keep", { defaults.keep = self.number($0, $1, in: 0...Int.max) }),
        ("trust", { defaults.trust = self.trust($0, $1) }),
        ("log", { defaults.log = self.words($0, $1) }),
        (
          "metrics",
          {
            defaults.metrics = self.words($0, $1)
            if defaults.metrics?.value == "-" {
              self.wrong($0.line, $1, "needs the name of a file")
            }
          }
        ),
        ("timeout", { defaults.timeout = self.duration($0, $1) }),
        ("connect_timeout", { defaults.connectTimeout = self.duration($0, $1) }),
      ])
    return defaults
  }

  fileprivate func target(
    _ node: TOMLNode, _ path: String, _ conninfoProblem: @escaping (String) -> String?
  ) -> PolicyFile.Target? {
    var name: PolicyFile.Located<String>?
    var source: PolicyFile.Located<PolicyFile.Source>?
    var firstSource: Int?
    var hasName = false
    var applications: [PolicyFile.Application] = []
    var roster: PolicyFile.Roster?
    func reader(
      _ make: @escaping (String) -> PolicyFile.Source, _ problem: @escaping (String) -> String?
    ) -> (TOMLNode, String) -> Void {
      { node, path in
        if let firstSource {
          self.wrong(
            node.line, path,
            "names the server once more (line \(firstSource)): one of conninfo, service and url_env"
          )
        }
        firstSource = firstSource ?? node.line
        guard let said = self.words(node, path) else { return }
        if let problem = problem(said.value) { return self.wrong(said.line, path, problem) }
        source = .init(make(said.value), line: said.line)
      }
    }
    table(
      node, path,
      [
        (
          "name",
          {
            hasName = true
            name = self.words($0, $1)
            // It stands in reports and metrics.
            if name?.value.contains("://") == true {
              self.wrong($0.line, $1, "must be a name, not where the server is")
            }
          }
        ),
        ("conninfo", reader({ .conninfo($0) }, conninfoProblem)),
        ("service", reader({ .service($0) }, Self.serviceProblem)),
        ("url_env", reader({ .urlVariable($0) }, Self.variableProblem)),
        (
          "application",
          { node, path in
            applications = self.tables(node, path).compactMap { self.application($0, path) }
          }
        ),
        ("roster", { roster = self.roster($0, $1) }),
      ])
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
    var entry = PolicyFile.Application(match: "", line: node.line)
    table(
      node, path,
      [
        // Empty: sessions without a name.
        ("match", { match = self.string($0, $1) }),
        ("user", { entry.user = self.words($0, $1)?.value }),
        ("database", { entry.database = self.words($0, $1)?.value }),
        ("max_age", { entry.maxAge = self.duration($0, $1, mayBeZero: true) }),
        ("closes_itself", { entry.closesItself = self.boolean($0, $1) }),
        ("pool_size", { entry.poolSize = self.number($0, $1, in: 1...Int.max) }),
        ("pooled", { entry.pooled = self.boolean($0, $1) }),
        ("instances", { entry.instances = self.number($0, $1, in: 1...Int.max) }),
        ("one_instance", { entry.oneInstance = self.boolean($0, $1) }),
        ("stale_after", { entry.staleAfter = self.duration($0, $1) }),
        ("keep", { entry.keep = self.number($0, $1, in: 0...Int.max) }),
        ("protect", { entry.protect = self.boolean($0, $1) }),
        ("trust", { entry.trust = self.trust($0, $1) }),
        ("allow_empty", { entry.allowEmpty = self.boolean($0, $1) }),
      ])
    guard case .table(let entries) = node.value else { return nil }
    guard let match else {
      if !entries.contains(where: { $0.key == "match" }) {
        wrong(node.line, path, "has no match: the application_name that it speaks of, or a glob")
      }
      return nil
    }
    (entry.match, entry.line) = (match.value, match.line)
    if let problem = Glob(match.value).tooLong { wrong(match.line, path + ".match", problem) }
    if !entries.contains(where: { !["match", "user", "database"].contains($0.key) }) {
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
    table(
      node, path,
      [
        (
          "file",
          { node, path in
            hasOrigin = true
            guard let said = self.words(node, path) else { return }
            guard said.value != "-" else {
              return self.wrong(said.line, path, "can't be stdin: name a file, or a command")
            }
            take(.init(.file(said.value), line: said.line), path)
          }
        ),
        (
          "command",
          { node, path in
            hasOrigin = true
            guard let command = self.command(node, path) else { return }
            take(.init(.command(command), line: node.line), path)
          }
        ),
        ("covers", { covers = self.covers($0, $1) }),
        ("complete", { complete = self.boolean($0, $1) }),
      ])
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
    table(
      node, path,
      [
        (
          "command",
          {
            line = $0.line
            command = self.command($0, $1)
          }
        ),
        ("timeout", { timeout = self.duration($0, $1) }),
      ])
    if line == nil, case .table = node.value { wrong(node.line, path, "has no command") }
    return command.map { PolicyFile.Hook(command: $0, timeout: timeout, line: line ?? node.line) }
  }
}
