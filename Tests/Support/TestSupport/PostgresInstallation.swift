#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where a Postgres server's programs are. Without one the tests fail: a suite that skips what
/// needs a server would report success for nothing.
public struct PostgresInstallation: Sendable {
  /// The folder with initdb, postgres and psql.
  public let bin: String
  /// 15 for 15.18.
  public let majorVersion: Int

  /// psql itself, not a wrapper that a distribution puts into PATH.
  public var realPsql: String { "\(bin)/psql" }
  public var initdb: String { "\(bin)/initdb" }
  public var postgres: String { "\(bin)/postgres" }

  /// The installation that tests use: `PGSESSIONS_TEST_BINDIR` where that is set, else the newest
  /// of those that are found.
  public static let current: Result<PostgresInstallation, SupportError> = {
    do { return .success(try find()) } catch {
      return .failure(error as? SupportError ?? SupportError("\(error)"))
    }
  }()

  private static func find() throws -> PostgresInstallation {
    if let chosen = currentEnvironment()["PGSESSIONS_TEST_BINDIR"], !chosen.isEmpty {
      guard let found = try PostgresInstallation(bin: chosen) else {
        throw SupportError(
          "PGSESSIONS_TEST_BINDIR is \(chosen), where initdb and postgres are missing.")
      }
      return found
    }
    for bin in candidates() {
      if let found = try PostgresInstallation(bin: bin) { return found }
    }
    throw SupportError(
      "No Postgres server is installed here (initdb and postgres were not found): run "
        + "scripts/setup, or set PGSESSIONS_TEST_BINDIR to the folder that holds them.")
  }

  /// Nil where the server's programs are not in the folder.
  private init?(bin: String) throws {
    guard access("\(bin)/initdb", X_OK) == 0, access("\(bin)/postgres", X_OK) == 0 else {
      return nil
    }
    self.bin = bin
    // `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`
    let answer = try ChildProcess.run("\(bin)/postgres", ["--version"]).stdout
    guard let word = answer.split(separator: " ").first(where: { $0.first?.isNumber == true }),
      let major = Int(word.prefix { $0.isNumber })
    else { throw SupportError("\(bin)/postgres --version answers \"\(answer)\".") }
    majorVersion = major
  }

  /// Folders that may hold a server, the best first.
  private static func candidates() -> [String] {
    var folders = versioned("/usr/lib/postgresql", "")
    for brew in ["/opt/homebrew/opt", "/usr/local/opt"] {
      folders += versioned(brew, "postgresql@") + ["\(brew)/postgresql/bin"]
    }
    if let config = try? ChildProcess.run("pg_config", ["--bindir"]), config.status == 0 {
      folders.append(String(config.stdout.prefix { $0 != "\n" }))
    }
    let path = currentEnvironment()["PATH"] ?? ""
    return folders + path.split(separator: ":").map(String.init)
  }

  /// The bin folders of `parent`/`prefix`VERSION, newest version first.
  private static func versioned(_ parent: String, _ prefix: String) -> [String] {
    guard let directory = opendir(parent) else { return [] }
    defer { closedir(directory) }
    var versions: [(number: Double, name: String)] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasPrefix(prefix), let number = Double(name.dropFirst(prefix.count)) else {
        continue
      }
      versions.append((number, name))
    }
    return versions.sorted { $0.number > $1.number }.map { "\(parent)/\($0.name)/bin" }
  }
}
