import InputFiles
import OperatingSystem
import PostgresClient
import ServerAccess
import SessionAudit

/// A policy file that was read, and the path that names the places in it.
package struct LoadedPolicy: Sendable {
  package let path: String
  package let file: PolicyFile

  /// - Throws: `ExitError` with status 65, for the first of what is wrong, or 66.
  package static func load(_ path: String) throws -> LoadedPolicy {
    do {
      return try read(path)
    } catch let errors as PolicyFileErrors {
      let more = errors.errors.count - 1
      throw ExitError(
        status: .wrongFile, sentence: lines(of: errors, in: path)[0],
        nextStep: more == 0
          ? nil
          : "There \(more == 1 ? "is 1 error" : "are \(more) errors") more: "
            + "pgsessions policy check \(ShellWord.quoted(path))")
    }
  }

  /// - Throws: `PolicyFileErrors`, and `ExitError` with status 66.
  package static func read(_ path: String) throws -> LoadedPolicy {
    let input = try InputFile.read(path, atMost: 1 << 20)
    let file = try PolicyFile.read(input.bytes, conninfoProblem: conninfoProblem)
    let loaded = LoadedPolicy(path: path, file: file)
    if let problem = loaded.openToAnyone(input) {
      throw PolicyFileErrors(errors: [InputFileError(problem)])
    }
    for key in PolicyFile.Defaults.keys where key.isOutput {
      guard let said = key.said(file.defaults),
        FileIdentity(path: loaded.resolved(said.value)) == input.identity
      else { continue }
      throw PolicyFileErrors(errors: [
        InputFileError(
          line: said.line, field: "\(PolicyFile.Key.defaults).\(key.name)",
          "is the policy file itself")
      ])
    }
    return loaded
  }

  /// Whoever may change it could end what they like, and run what they like.
  private func openToAnyone(_ input: InputFile) -> String? {
    if input.isWritableByAnyone { return "may be changed by anyone: chmod o-w takes that away" }
    guard path != "-", !path.hasPrefix("/dev/") else { return nil }
    // Of the name that was given and, where that is a link, of what it leads to.
    let names = [
      FilePath.real(FilePath.folder(of: path) + "/").map { $0 + "/" }, FilePath.real(path),
    ]
    let folders = names.compactMap { $0 }.flatMap(Self.foldersAbove)
    return folders.first { folder in
      guard let status = FileStatus(path: folder), status.isWritableByAnyone, !status.isSticky
      else { return false }
      // A ConfigMap's folder is drwxrwxrwx, and mounted read-only.
      return !FilePath.isMountedReadOnly(folder)
    }.map { "is in a folder where anyone may put another in its place: chmod o-w \($0)" }
  }

  /// `/a/` and `/` of `/a/b`.
  private static func foldersAbove(_ path: String) -> [String] {
    path.indices.filter { path[$0] == "/" }.reversed().map { String(path[...$0]) }
  }

  /// A sentence for each error, with file, line and key.
  package static func lines(of errors: PolicyFileErrors, in path: String) -> [String] {
    errors.errors.map { $0.sentence(in: path) }
  }

  /// What is right and yet can't be meant: sentences.
  package var doubts: [String] {
    places.compactMap { place in
      guard let most = unmetBasis(of: place) else { return nil }
      let whose = place.map { " of target \(file.targets[$0].name)" } ?? ""
      return "nothing\(whose) can be ended by this file alone: its trust asks for a roster"
        + (most == .declared ? " or for instances" : "") + ", and there is none"
    }
  }

  /// The weakest ground on which a run by the file alone ends something; nil: it ends nothing.
  package var weakestTrust: Trust? {
    let trusts = Set(places.filter { unmetBasis(of: $0) == nil }.flatMap(trusts))
    return Trust.allCases.last { $0 != .never && trusts.contains($0) }
  }

  /// Its targets, or what it says of any other.
  private var places: [Int?] {
    file.targets.isEmpty ? [nil] : file.targets.indices.map(Optional.some)
  }

  private func trusts(of place: Int?) -> [Trust] {
    [file.defaults.trust].compactMap { $0?.value }
      + applications(of: place).compactMap { $0.trust?.value }
  }

  /// The weakest evidence that is enough where the file has no means to it; nil: it has, or lets
  /// nothing be ended.
  private func unmetBasis(of place: Int?) -> Basis? {
    guard let most = trusts(of: place).compactMap(\.basis).min(), roster(of: place) == nil else {
      return nil
    }
    let hasNumbers = applications(of: place).contains { $0.instances != nil }
    return most == .roster || most == .declared && !hasNumbers ? most : nil
  }

  /// A clause that never holds the string.
  private static func conninfoProblem(_ text: String) -> String? {
    do throws(ConnectionStringError) {
      let names = try ConnectionString.parse(text).parameters.names
      let typed =
        text.lowercased().filter { !$0.isWhitespace }.contains("password=") ? "password" : nil
      guard
        let secret = names.first(where: { $0.contains("password") || $0.contains("secret") })
          ?? typed
      else { return nil }
      return
        "holds a \(secret), which has no place in this file: let libpq find it in ~/.pgpass, a "
        + "service or PGPASSWORD, or name a variable that holds the whole URI with url_env"
    } catch {
      return "is no connection string: it \(error.clause)"
    }
  }

  package func place(_ line: Int) -> String { "\(path):\(line)" }

  /// A path in the file is relative to the file.
  package func resolved(_ path: String) -> String {
    guard !path.hasPrefix("/"), path != "-", let slash = self.path.lastIndex(of: "/") else {
      return path
    }
    return self.path[...slash] + path
  }

  // MARK: - Of one target

  /// What is said of applications, in the order in which the last that matches wins.
  /// - Parameter target: its place in the file; nil: one that the file does not name. It may be one of
  ///   the file's all the same, under another name, so that what protects holds of it too.
  package func applications(of target: Int?) -> [PolicyFile.Application] {
    if let target { return file.applications + file.targets[target].applications }
    return file.applications + protecting(besides: nil)
  }

  private func protecting(besides target: Int?) -> [PolicyFile.Application] {
    file.targets.indices.filter { $0 != target }
      .flatMap { file.targets[$0].applications.compactMap(\.asProtection) }
  }

  package func roster(of target: Int?) -> PolicyFile.Roster? {
    target.flatMap { file.targets[$0].roster } ?? file.roster
  }

  /// - Parameter protects: whether a value keeps sessions from being ended.
  package func declarations<Value>(
    _ applications: [PolicyFile.Application],
    _ said: (PolicyFile.Application) -> PolicyFile.Located<Value>?,
    protects: (Value) -> Bool = { _ in false }
  ) -> [Declaration<Value>] {
    applications.compactMap { entry in
      said(entry).map { said in
        Declaration(
          ApplicationPattern(
            match: entry.match, user: entry.user, database: entry.database,
            protects: protects(said.value)),
          said.value, place: place(said.line))
      }
    }
  }

  /// What other targets protect, for a run that reaches into their databases.
  package func protections(besides target: Int?) -> [Declaration<Trust>] {
    let entries = protecting(besides: target)
    return declarations(entries, \.trust) { _ in true }
      + declarations(entries, \.protect) { _ in true }
      .map { Declaration($0.application, .never, place: $0.place) }
  }

  /// The targets that it names; one of several that can't be used fails alone.
  /// - Throws: `ExitError` for a variable that is not set, or holds no URI.
  package func targets(environment: [String: String]) throws -> [ResolvedTarget] {
    var resolved = try file.targets.enumerated().map { place, target in
      var resolved: ResolvedTarget
      do throws(TargetError) {
        resolved = try TargetResolver.resolve(target.request, environment: environment)
      } catch {
        var failure = Diagnostics.failure(error)
        if case .variableNotSet(let name) = error {
          failure.sentence = "the variable \(name) is not set, or empty"
        }
        failure.sentence =
          "\(self.place(target.source.line)), target \(target.name): "
          + failure.sentence
        guard file.targets.count > 1 else { throw failure }
        resolved = ResolvedTarget(problem: failure.sentence)
      }
      (resolved.policyPlace, resolved.name, resolved.reportName) = (
        place, target.name, target.name
      )
      // Words for its server would name one that the file says nothing of.
      resolved.commandWords = ""
      return resolved
    }
    for place in resolved.indices {
      resolved[place].neighbours = resolved.count { $0.server == resolved[place].server }
    }
    return resolved
  }
}

extension PolicyFile.Target {
  fileprivate var request: TargetRequest {
    switch source.value {
    case .conninfo(let text): TargetRequest(target: text)
    case .service(let name): TargetRequest(target: TargetResolver.conninfo(service: name))
    case .urlVariable(let name): TargetRequest(urlVariable: name)
    }
  }
}

extension PolicyFile.Application {
  /// What of it keeps sessions from being ended.
  fileprivate var asProtection: Self? {
    var entry = PolicyFile.Application(match: match, user: user, database: database, line: line)
    if protect?.value == true { entry.protect = protect }
    if trust?.value == .never { entry.trust = trust }
    return entry.protect == nil && entry.trust == nil ? nil : entry
  }
}

extension PolicyFile {
  /// The variables that it reads.
  package var urlVariables: [String] {
    targets.compactMap {
      if case .urlVariable(let name) = $0.source.value { name } else { nil }
    }
  }
}

extension InputFileError {
  /// With file, line and key.
  package func sentence(in path: String) -> String {
    let place = [path, line.map { "line \($0)" }, field].compactMap { $0 }.joined(separator: ", ")
    return "\(place): \(problem)"
  }
}
