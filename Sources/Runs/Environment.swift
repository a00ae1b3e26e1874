import OperatingSystem
import PostgresClient
import ServerAccess

/// Of the environment what the program looks at, and what it keeps from others.
extension Environment {
  /// Every variable that this program or libpq's rules about targets look at.
  private static let names = [
    "DATABASE_URL", "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE",
    "PGCONNECT_TIMEOUT", "NO_COLOR", "TERM", "LC_ALL", "LC_CTYPE", "LANG", "COLUMNS",
  ]

  /// - Parameter more: those that the user has named.
  package static func variables(and more: [String]) -> [String: String] {
    var variables: [String: String] = [:]
    for name in names + more {
      if let value = value(of: name) { variables[name] = value }
    }
    return variables
  }

  /// All of it without what may hold a password of Postgres: libpq's own variable, those that are
  /// named, whatever has PASS in its name, and whatever holds a URI of Postgres, one with a password,
  /// or a `password=`.
  static func entriesWithoutPasswords(_ names: [String]) -> [String] {
    let names = Set(names + ["PGPASSWORD", "DATABASE_URL"])
    return entries.filter { entry in
      let (name, value) = parts(of: entry)
      // JSON may write a slash as \/.
      let plain = value.lowercased().filter { $0 != "\\" }
      return !names.contains(name) && !isPasswords(name)
        && !(plain.contains("postg") && plain.contains("://")) && Redaction.redacted(plain) == plain
    }
  }

  /// The passwords in it that are known to be such, for whoever shows what another program says.
  static var passwords: [String] {
    entries.flatMap { entry -> [String] in
      let (name, value) = parts(of: entry)
      if isPasswords(name) { return [value] }
      guard value.contains("://"), let parsed = try? ConnectionString.parse(value) else {
        return []
      }
      return [parsed.parameters["password"]].compactMap { $0 }
    }.filter { $0.utf8.count > 2 }
  }

  /// PGPASSFILE has a path.
  private static func isPasswords(_ name: String) -> Bool {
    name.uppercased().contains("PASS") && name != "PGPASSFILE"
  }

  private static func parts(of entry: String) -> (name: String, value: String) {
    let name = entry.prefix { $0 != "=" }
    return (String(name), String(entry[name.endIndex...].dropFirst()))
  }
}
