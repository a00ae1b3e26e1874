import ArgumentParser
import InputFiles
import PostgresClient
import Rendering
import Runs
import ServerAccess
import SessionAudit

/// Which server to connect to, as in psql, and how long to wait for it.
struct ConnectionOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "A database name, a URI (postgresql://user@host/db) or 'host=… dbname=…'; several at once.",
      discussion: "Without it and without -h -p -U -d: DATABASE_URL, or the PG* variables.",
      valueName: "target"))
  var targets: [String] = []

  @Option(
    name: .customShort("h", allowingJoined: true),
    help: ArgumentHelp("Server host, or folder of its socket.", valueName: "host"))
  var host: String?

  @Option(
    name: .customShort("p", allowingJoined: true),
    help: ArgumentHelp("Server port.", valueName: "port"))
  var port: String?

  @Option(
    name: .customShort("U", allowingJoined: true),
    help: ArgumentHelp("Role to connect as.", valueName: "user"))
  var user: String?

  @Option(
    name: .customShort("d", allowingJoined: true),
    help: ArgumentHelp(
      "Database name; as in psql also a URI or 'key=value …'.", valueName: "dbname"))
  var database: String?

  @Flag(name: .customShort("w"), help: "Never ask for a password.")
  var neverAskPassword = false

  @Option(
    name: .customLong("url-env"),
    help: ArgumentHelp("Read the URI from this variable.", valueName: "name"))
  var urlVariable: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Give up connecting to a host after this (\(BuiltIn.connectTimeout)).", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var connectTimeout: Duration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Give up altogether after this (\(BuiltIn.timeout)).", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var timeout: Duration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Where no connection slot is free, try again for so long.", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var waitForSlot: Duration?

  /// Whether any of these options says which server is meant.
  var namesServer: Bool {
    !targets.isEmpty || [host, port, user, database, urlVariable].contains { $0 != nil }
  }

  func connector(_ settings: Settings, isQuiet: Bool = false) -> Connector {
    let (defaults, variable) = (settings.loaded?.file.defaults, "PGCONNECT_TIMEOUT")
    return Connector(
      timeout: Setting(
        option: timeout, file: defaults?.timeout, builtIn: PolicyFile.Defaults.builtInTimeout
      ).value,
      connectTimeout: Setting(
        option: connectTimeout,
        environment: (variable, settings.environment[variable].flatMap(Connector.connectLimit)),
        file: defaults?.connectTimeout, builtIn: PolicyFile.Defaults.builtInConnectTimeout),
      waitForSlot: waitForSlot, asksPasswords: !neverAskPassword, isQuiet: isQuiet,
      environment: settings.environment)
  }

  /// Variables that hold URIs: the one that an option names, and the policy file's.
  func urlVariables(_ loaded: LoadedPolicy?) -> [String] {
    [urlVariable].compactMap { $0 } + (loaded?.file.urlVariables ?? [])
  }

  /// The targets in the order given; where there is none, those of the policy file, and without one
  /// that the environment names.
  /// - Parameter isQuiet: nothing is said of what is left out of a URI that others read as well.
  /// - Throws: `ExitError` for input that names no server; then none is asked.
  func resolve(_ settings: Settings, isQuiet: Bool = false) throws -> [ResolvedTarget] {
    let environment = settings.environment
    let resolved =
      if let loaded = settings.loaded, !namesServer, !loaded.file.targets.isEmpty {
        try loaded.targets(environment: environment)
      } else {
        try resolve(environment: environment)
      }
    for target in resolved where !isQuiet || target.isAmbiguous {
      for warning in target.warnings { Diagnostics.warn(warning, of: target.name) }
    }
    return resolved
  }

  private func resolve(environment: [String: String]) throws -> [ResolvedTarget] {
    let words = targets.isEmpty ? [nil] : targets.map(Optional.some)
    var resolved: [ResolvedTarget] = []
    for (place, word) in words.enumerated() {
      let request = TargetRequest(
        target: word, host: host, port: port, user: user, database: database,
        urlVariable: urlVariable)
      do throws(TargetError) {
        resolved.append(try TargetResolver.resolve(request, environment: environment))
      } catch .malformed("TARGET", let error) where words.count > 1 {
        throw Diagnostics.failure(.malformed(what: "TARGET \(place + 1)", error))
      } catch {
        throw Diagnostics.failure(error)
      }
    }
    if words.count > 1 { resolved.nameApart(environment: environment) }
    return resolved
  }
}
