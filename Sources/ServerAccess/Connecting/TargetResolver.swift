import PostgresClient
import SessionAudit

/// How the user named a server on the command line.
public struct TargetRequest: Sendable {
  /// A URI, key=value pairs, or the name of a database.
  public var target: String?
  public var host: String?
  public var port: String?
  public var user: String?
  /// `-d`: as in psql, what TARGET may be.
  public var database: String?
  /// The variable that holds a URI.
  public var urlVariable: String?

  public init(
    target: String? = nil, host: String? = nil, port: String? = nil, user: String? = nil,
    database: String? = nil, urlVariable: String? = nil
  ) {
    self.target = target
    self.host = host
    self.port = port
    self.user = user
    self.database = database
    self.urlVariable = urlVariable
  }
}

/// Where to connect, and how to say so.
public struct ResolvedTarget: Sendable {
  public var parameters: ConnectionParameters
  /// The words that name the same target on a command line: quoted for a shell, without a
  /// password; empty where the environment names it.
  public var commandWords: String
  /// What tells it from the others where several are asked; nil where it is the only one.
  public var name: String?
  /// The same where user, host, port and database would not tell it; for reports.
  public var reportName: String?
  /// How many of the targets are, as far as is known, on one server with it; itself included.
  public var neighbours = 1
  /// Its place in the policy file that names it.
  public var policyPlace: Int?
  /// Why the file's words for it can't be used, as a sentence; then it fails alone.
  public var problem: String?
  /// What the user should hear before anything happens.
  public var warnings: [String]
  /// Two sources name different servers, so that which one is meant is a guess.
  public var isAmbiguous: Bool

  /// One that can't be asked.
  public init(problem: String, parameters: ConnectionParameters = ConnectionParameters()) {
    (self.problem, self.parameters) = (problem, parameters)
    (commandWords, warnings, isAmbiguous) = ("", [], false)
  }

  init(
    parameters: ConnectionParameters, commandWords: String, warnings: [String], isAmbiguous: Bool
  ) {
    (self.parameters, self.commandWords) = (parameters, commandWords)
    (self.warnings, self.isAmbiguous) = (warnings, isAmbiguous)
  }

  /// The options that name the same server with another user or database.
  public func words(user: String? = nil, database: String? = nil) -> String {
    var parameters = parameters
    if let user { parameters["user"] = user }
    if let database { parameters["dbname"] = database }
    return TargetResolver.commandWords(for: parameters)
  }

  /// What to say where no server answers: none was named, or another source was passed over.
  public var hintWhereUnreachable: String?

  /// What a report says of the target where no session came about: what was asked for.
  public func described(environment: [String: String]) -> Target {
    func value(_ name: String, _ variable: String) -> String? {
      parameters[name] ?? environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }
    func shown(_ name: String, _ variable: String) -> String? {
      // Where a comma is typed for a blank, the password is part of a name.
      value(name, variable).map(Redaction.redacted)
    }
    var target = Target(name: reportName)
    target.host = shown("host", "PGHOST")
    target.port = value("port", "PGPORT")
    target.database = shown("dbname", "PGDATABASE")
    target.user = shown("user", "PGUSER")
    // As libpq fills it in; a service may say otherwise.
    if parameters["service"] == nil && environment["PGSERVICE"] == nil && target.host != nil {
      target.port = target.port ?? "5432"
      target.database = target.database ?? target.user
    }
    return target
  }
}

/// Why a target can't be used; always the user's input, never the server.
public enum TargetError: Error, Sendable {
  /// `what` names the source, such as `TARGET`, and never holds its text.
  case malformed(what: String, ConnectionStringError)
  case malformedPort
  case variableNotSet(String)
  case severalSources(String)
}

/// Turns what the user said into connection parameters, as psql would: a TARGET wins over options,
/// options over the environment, and libpq fills in the rest.
public enum TargetResolver {
  public static func resolve(
    _ request: TargetRequest, environment: [String: String]
  ) throws(TargetError) -> ResolvedTarget {
    // libpq would take a URI there for a name, and show it with its password in an error.
    for name in ["PGHOST", "PGDATABASE", "PGUSER"] where environment[name]?.contains("://") == true
    {
      throw .malformed(what: name, .uriAsName)
    }
    if let name = request.urlVariable {
      guard request.target == nil, !request.hasOptions else {
        throw .severalSources("--url-env stands alone: give no TARGET and none of -h -p -U -d")
      }
      guard let url = environment[name], !url.isEmpty else { throw .variableNotSet(name) }
      return try resolve(url: url, variable: name)
    }
    if request.target == nil, !request.hasOptions {
      let url = environment["DATABASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
      let named = ["PGHOST", "PGHOSTADDR", "PGSERVICE"].first { environment[$0]?.isEmpty == false }
      if let url, named == nil { return try resolve(url: url, variable: "DATABASE_URL") }
      var resolved = ResolvedTarget(
        parameters: forced, commandWords: "", warnings: [], isAmbiguous: false)
      if named == nil {
        resolved.hintWhereUnreachable =
          "No server was named: give a TARGET or -h, or set DATABASE_URL or PGHOST."
      }
      if url != nil, let named {
        resolved.isAmbiguous = true
        resolved.warnings = ["DATABASE_URL and \(named) are both set; \(named) is taken"]
      }
      return resolved
    }
    var resolved = try resolveOptions(request)
    if environment["DATABASE_URL"]?.isEmpty == false, resolved.parameters["host"] == nil {
      resolved.hintWhereUnreachable =
        "DATABASE_URL was not read, because a target or an option names the server."
    }
    return resolved
  }

  private static func resolve(
    url: String, variable: String
  ) throws(TargetError) -> ResolvedTarget {
    guard url.contains("://") else { throw .malformed(what: variable, .schemeMissing) }
    let parsed = try parse(url, what: variable, droppingUnknown: true)
    let dropped = parsed.droppedParameters.count
    return ResolvedTarget(
      parameters: parsed.parameters.overridden(by: forced),
      commandWords: variable == "DATABASE_URL" ? "" : "--url-env \(ShellWord.quoted(variable))",
      warnings: dropped == 0
        ? []
        : [
          "\(dropped) \(dropped == 1 ? "parameter" : "parameters") of \(variable) unknown to libpq "
            + "left out: \(parsed.droppedParameters.joined(separator: ", "))"
        ], isAmbiguous: false)
  }

  private static func resolveOptions(
    _ request: TargetRequest
  ) throws(TargetError) -> ResolvedTarget {
    var parameters = ConnectionParameters()
    parameters["host"] = request.host
    parameters["user"] = request.user
    if let port = request.port {
      guard !port.isEmpty, ConnectionString.isPortList(port) else { throw .malformedPort }
      parameters["port"] = port
    }
    if let host = request.host, host.contains("@") || host.contains("://") {
      throw .malformed(what: "-h", .malformedHost)
    }
    if let user = request.user, user.contains("://") { throw .malformed(what: "-U", .uriAsName) }
    var passedOver: [String] = []
    for (what, text) in [("-d", request.database), ("TARGET", request.target)] {
      guard let text else { continue }
      let parsed = try parse(text, what: what).parameters
      for (name, option) in options {
        guard let said = parameters[name], let other = parsed[name], said != other else { continue }
        passedOver.append("\(option) \(said) is passed over: \(what) says \(other)")
      }
      parameters = parameters.overridden(by: parsed)
    }
    return ResolvedTarget(
      parameters: parameters.overridden(by: forced), commandWords: commandWords(for: parameters),
      warnings: passedOver, isAmbiguous: !passedOver.isEmpty)
  }

  private static func parse(
    _ text: String, what: String, droppingUnknown: Bool = false
  ) throws(TargetError) -> ConnectionString.Parsed {
    do throws(ConnectionStringError) {
      return try ConnectionString.parse(text, droppingUnknown: droppingUnknown)
    } catch {
      throw .malformed(what: what, error)
    }
  }

  /// Whatever the target says: the name we show as, text exactly as the server holds it, and a
  /// client that notices when the server is gone.
  private static let forced = ConnectionParameters([
    "application_name": "pgsessions", "client_encoding": "SQL_ASCII", "keepalives": "1",
    "keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3",
  ])

  private static let options = [("host", "-h"), ("port", "-p"), ("user", "-U"), ("dbname", "-d")]

  /// What may be shown of a target. A list of what is secret would lack what libpq adds next.
  private static let showable: Set<String> = [
    "host", "hostaddr", "port", "dbname", "user", "service", "sslmode", "sslrootcert", "sslcert",
    "sslkey", "sslcrl", "sslcrldir", "sslsni", "sslnegotiation", "ssl_min_protocol_version",
    "ssl_max_protocol_version", "channel_binding", "require_auth", "gssencmode", "krbsrvname",
    "gsslib", "target_session_attrs", "load_balance_hosts", "connect_timeout", "passfile",
  ]

  /// The same target in words that can be typed again. Passwords are left out: whoever types it
  /// is asked.
  fileprivate static func commandWords(for parameters: ConnectionParameters) -> String {
    if parameters.names.intersection(showable).subtracting(options.map(\.0)).isEmpty {
      return options.compactMap { name, option in
        parameters[name].map { "\(option) \(ShellWord.quoted($0))" }
      }.joined(separator: " ")
    }
    let pairs = parameters.names.intersection(showable).sorted().compactMap {
      name in parameters[name].map { "\(name)=\(conninfoQuoted($0))" }
    }
    return ShellWord.quoted(pairs.joined(separator: " "))
  }

  /// The words that name the server of a saved report.
  public static func commandWords(for target: Target) -> String {
    [("-h", target.host), ("-p", target.port), ("-U", target.user), ("-d", target.database)]
      .compactMap { option, value in value.map { "\(option) \(ShellWord.quoted($0))" } }
      .joined(separator: " ")
  }

  /// A connection string for a service of pg_service.conf.
  public static func conninfo(service name: String) -> String { "service=\(conninfoQuoted(name))" }

  private static func conninfoQuoted(_ value: String) -> String {
    let isPlain =
      !value.isEmpty
      && !value.unicodeScalars.contains {
        $0.properties.isWhitespace || "'\\".unicodeScalars.contains($0)
      }
    if isPlain { return value }
    return "'"
      + value.unicodeScalars.map { "'\\".unicodeScalars.contains($0) ? "\\\($0)" : "\($0)" }
      .joined() + "'"
  }
}

extension TargetRequest {
  fileprivate var hasOptions: Bool {
    host != nil || port != nil || user != nil || database != nil
  }
}
