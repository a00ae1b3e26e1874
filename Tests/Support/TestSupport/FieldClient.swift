#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A genuine client of a server, in a process of its own: a program in Python/ or Ruby/ that says
/// a line when it is connected, and answers each command with a line. It ends with this object or
/// with its owner.
public final class FieldClient {
  public enum Program: String, Sendable {
    /// A pool of psycopg_pool: `CONNINFO SIZE`.
    case pool = "Python/field_pool.py"
    /// Pings with a bare Sync: `HOST PORT USER DATABASE APPLICATION`.
    case ping = "Python/field_ping.py"
    /// Connections of psycopg2 that are reset: `CONNINFO COUNT`.
    case reset = "Python/field_reset.py"
    /// Action Cable's adapter: `HOST PORT USER DATABASE`.
    case cable = "Ruby/field_cable.rb"

    var isRuby: Bool { rawValue.hasPrefix("Ruby/") }

    /// Pinned, so that what passes today passes tomorrow.
    var packages: [String] {
      switch self {
      case .pool:
        [
          "psycopg==3.3.9", "psycopg-binary==3.3.9", "psycopg-pool==3.3.3",
          "typing-extensions==4.16.0",
        ]
      case .reset: ["psycopg2-binary==2.9.13"]
      case .ping, .cable: []
      }
    }
  }

  private let program: Program
  private let process: RunningProcess
  /// What it said when it was connected: the pids of its sessions, where it knows them.
  public let pids: [Int]

  /// Starts it, and returns when it is connected.
  public init(_ program: Program, _ arguments: [String]) throws {
    self.program = program
    var environment = ChildProcess.plainEnvironment
    if !program.packages.isEmpty {
      environment["PYTHONPATH"] = try PythonPackages.folder("fetch-python", program.packages)
    }
    let script = "\(PythonPackages.root)/Tests/Support/TestSupport/\(program.rawValue)"
    process = try RunningProcess(
      try Self.interpreter(program), [script] + arguments, environment: environment,
      newSession: true)
    guard let line = try process.readLine(timeout: .seconds(30)) else {
      throw SupportError("\(program.rawValue) does not start: \(process.stderrSoFar.suffix(2000))")
    }
    pids = line.split(separator: " ").compactMap { Int($0) }
  }

  /// Gives it a command.
  /// - Returns: its answer.
  @discardableResult
  public func ask(_ command: String) throws -> String {
    try process.write(command + "\n")
    guard let line = try process.readLine(timeout: .seconds(20)) else {
      throw SupportError(
        "\(program.rawValue) does not answer \"\(command)\": \(process.stderrSoFar.suffix(2000))")
    }
    return line
  }

  /// Kills it: nothing that it might still say to a server is wanted.
  public func kill() throws {
    process.signal(9)
    _ = try process.wait(timeout: .seconds(10))
  }

  /// Of Ruby the system's own, to which its packages belong, whatever else is in PATH.
  private static func interpreter(_ program: Program) throws -> String {
    guard program.isRuby else { return "python3" }
    if access("/usr/bin/ruby", X_OK) == 0 { return "/usr/bin/ruby" }
    do { return try ChildProcess.find("ruby") } catch {
      throw SupportError("Ruby is not installed here: run scripts/setup.")
    }
  }
}
