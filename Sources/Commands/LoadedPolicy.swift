import InputFiles
import PostgresClient
import ServerAccess
import SessionAudit

/// A policy file that was read, and the path that names the places in it.
struct LoadedPolicy: Sendable {
  let path: String
  let file: PolicyFile

  /// - Throws: `CommandFailure` with status 65, for the first of what is wrong, or 66.
  static func load(_ path: String) throws -> LoadedPolicy {
    do {
      return try read(path)
    } catch let errors as PolicyFileErrors {
      let more = errors.errors.count - 1
      throw CommandFailure(
        status: .wrongFile, sentence: lines(of: errors, in: path)[0],
        nextStep: more == 0
          ? nil
          : "There \(more == 1 ? "is 1 error" : "are \(more) errors") more: "
            + "pgsessions policy check \(ShellWord.quoted(path))")
    }
  }

  /// - Throws: `PolicyFileErrors`, and `CommandFailure` with status 66.
  static func read(_ path: String) throws -> LoadedPolicy {
    let input = try InputFile.read(path)
    let file = try PolicyFile.read(input.bytes, conninfoProblem: conninfoProblem)
    if input.isWritableByAnyone && file.runsCommands {
      throw PolicyFileErrors(errors: [
        InputFileError(
          "names programs that are run, and anyone may change it: chmod o-w takes that away")
      ])
    }
    return LoadedPolicy(path: path, file: file)
  }

  /// A sentence for each error, with file, line and key.
  static func lines(of errors: PolicyFileErrors, in path: String) -> [String] {
    errors.errors.map { $0.sentence(in: path) }
  }

  /// What is right and yet can't be meant: sentences.
  var doubts: [String] {
    let places: [Int?] = file.targets.isEmpty ? [nil] : file.targets.indices.map(Optional.some)
    return places.compactMap { place in
      let applications = applications(of: place)
      let trusts =
        [file.defaults.trust].compactMap { $0?.value }
        + applications.compactMap { $0.trust?.value }
      guard let most = trusts.compactMap(\.basis).min(), roster(of: place) == nil else {
        return nil
      }
      let hasNumbers = applications.contains { $0.instances != nil }
      guard most == .roster || most == .declared && !hasNumbers else { return nil }
      let whose = place.map { " of target \(file.targets[$0].name)" } ?? ""
      return "nothing\(whose) can be ended by this file alone: its trust asks for a roster"
        + (most == .declared ? " or for instances" : "") + ", and there is none"
    }
  }

  /// A clause that never holds the string.
  private static func conninfoProblem(_ text: String) -> String? {
    do throws(ConnectionStringError) {
      let names = try ConnectionString.parse(text).parameters.names
      guard let secret = names.first(where: { $0.contains("password") || $0.contains("secret") })
      else { return nil }
      return
        "holds a \(secret), which has no place in this file: let libpq find it in ~/.pgpass, a "
        + "service or PGPASSWORD, or name a variable that holds the whole URI with url_env"
    } catch {
      return "is no connection string: it \(error.clause)"
    }
  }

  func place(_ line: Int) -> String { "\(path):\(line)" }

  /// A path in the file is relative to the file.
  func resolved(_ path: String) -> String {
    guard !path.hasPrefix("/"), path != "-", let slash = self.path.lastIndex(of: "/") else {
      return path
    }
    return self.path[...slash] + path
  }

  // MARK: - Of one target

  /// What is said of applications, in the order in which the last that matches wins.
  /// - Parameter target: its place in the file; nil: one that the file does not name.
  func applications(of target: Int?) -> [PolicyFile.Application] {
    file.applications + (target.map { file.targets[$0].applications } ?? [])
  }

  func roster(of target: Int?) -> PolicyFile.Roster? {
    target.flatMap { file.targets[$0].roster } ?? file.roster
  }

  func declarations<Value>(
    _ applications: [PolicyFile.Application],
    _ key: KeyPath<PolicyFile.Application, PolicyFile.Said<Value>?>
  ) -> [Declaration<Value>] {
    applications.compactMap { entry in
      entry[keyPath: key].map { said in
        Declaration(
          ApplicationPattern(match: entry.match, user: entry.user, database: entry.database),
          said.value, place: place(said.line))
      }
    }
  }

  /// The targets that it names; one of several that can't be used fails alone.
  /// - Throws: `CommandFailure` for a variable that is not set, or holds no URI.
  func targets(environment: [String: String]) throws -> [ResolvedTarget] {
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
      if file.targets.count == 1 { resolved.commandWords = "" }
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

extension PolicyFile {
  /// The variables that it reads.
  var urlVariables: [String] {
    targets.compactMap {
      if case .urlVariable(let name) = $0.source.value { name } else { nil }
    }
  }
}

extension InputFileError {
  /// With file, line and key.
  func sentence(in path: String) -> String {
    let place = [path, line.map { "line \($0)" }, field].compactMap { $0 }.joined(separator: ", ")
    return "\(place): \(problem)"
  }
}
