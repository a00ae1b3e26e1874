import PostgresClient

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Runs programs to their end.
public enum ChildProcess {
  /// This process's environment without what would steer libpq or the program under test.
  public static let plainEnvironment: [String: String] = {
    var environment = currentEnvironment()
    for name in environment.keys where steersTheProgram(name) { environment[name] = nil }
    environment["PGPASSFILE"] = noPasswordFile
    return environment
  }()

  /// Runs `executable` (a path, or a name that is looked up in PATH) and waits for its end.
  /// - Parameters:
  ///   - environment: the whole environment, nothing is added.
  ///   - input: what it reads from standard input, which is empty otherwise.
  ///   - timeout: after which it is killed, which is an error.
  public static func run(
    _ executable: String, _ arguments: [String] = [],
    environment: [String: String] = plainEnvironment, input: String? = nil,
    timeout: Duration = .seconds(60)
  ) throws -> ProcessOutcome {
    let process = try RunningProcess(executable, arguments, environment: environment)
    if let input { process.queue(input) }
    process.closeInput()
    return try process.wait(timeout: timeout)
  }

  /// The path of a program: itself where it has a slash, else the first found in PATH.
  public static func find(_ name: String) throws -> String {
    if name.contains("/") { return name }
    let folders = currentEnvironment()["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    for folder in folders.split(separator: ":") where access("\(folder)/\(name)", X_OK) == 0 {
      return "\(folder)/\(name)"
    }
    throw SupportError("there is no program \(name) in PATH")
  }

  private static func steersTheProgram(_ name: String) -> Bool {
    if name.hasPrefix("PGSESSIONS_") { return false }
    return name.hasPrefix("PG")
      || ["DATABASE_URL", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES"].contains(name)
  }

  /// Takes away the PG* variables of this process, which libpq would read in the tests too.
  static let forgetsPostgresVariables: Void = {
    for name in currentEnvironment().keys where steersTheProgram(name) { unsetenv(name) }
    setenv("PGPASSFILE", noPasswordFile, 1)
  }()

  /// In the place of the one at home, which is nobody's business here.
  private static let noPasswordFile = "/dev/null/none"
}

func currentEnvironment() -> [String: String] {
  var entries: [String: String] = [:]
  var entry = environ
  while let pointer = entry.pointee {
    let text = String(cString: pointer)
    if let equals = text.firstIndex(of: "=") {
      entries[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    entry += 1
  }
  return entries
}
