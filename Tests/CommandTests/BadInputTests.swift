import TestSupport
import Testing

/// Bad input: one clear sentence, the contract's status, and nothing done.
struct BadInputTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let arguments: [String]
    let says: String
    var environment: [String: String] = [:]
    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test(arguments: [
    Case(arguments: ["audit", "--colour"], says: "--colour"),
    Case(arguments: ["frobnicate"], says: "frobnicate"),
    Case(arguments: ["audit", "-W"], says: "'-W'"),
    Case(arguments: ["audit", "--password"], says: "'--password'"),
    Case(
      arguments: ["terminate", "--orphans", "--not-client", "[::1]"], says: "no address, range"),
    Case(arguments: ["terminat", "-d", "x"], says: "The nearest command is pgsessions terminate."),
    Case(arguments: ["policy", "chek", "x"], says: "nearest command is pgsessions policy check."),
    Case(arguments: ["audit", "--stale-after", "5"], says: "write 5s, 5m or 5h"),
    Case(arguments: ["audit", "--stale-after", "-5m"], says: "can't be negative"),
    Case(arguments: ["audit", "--stale-after", "5x"], says: "is written like"),
    Case(arguments: ["audit", "--stale-after", "0s"], says: "longer than nothing"),
    Case(arguments: ["audit", "--stale-after"], says: "--stale-after"),
    Case(arguments: ["audit", "--buckets", "1m,1m"], says: "must rise"),
    Case(arguments: ["audit", "--group-by", "mood"], says: "mood"),
    Case(arguments: ["audit", "--timeout", "60"], says: "write 60s"),
    Case(arguments: ["audit", "--format", "xml"], says: "xml"),
    Case(arguments: ["audit", "--json", "--format", "html"], says: "contradict"),
    Case(arguments: ["terminate", "--orphans", "--format", "html"], says: "html is audit's"),
    Case(arguments: ["doctor", "--format", "html"], says: "html is audit's"),
    Case(arguments: ["audit", "-h"], says: "help is --help"),
    Case(arguments: ["audit", "-p", "70000"], says: "1 to 65535"),
    Case(arguments: ["audit", ""], says: "is empty"),
    Case(arguments: ["audit", "mysql://h/d"], says: "none of postgres"),
    Case(arguments: ["audit", "postgresql://h:port/d"], says: "1 to 65535"),
    Case(arguments: ["audit", "postgresql://[::1/d"], says: "malformed host"),
    Case(arguments: ["audit", "postgresql://h/d?sslmod=require"], says: "sslmod"),
    Case(arguments: ["audit", "host=h port"], says: "key=value"),
    Case(arguments: ["audit", "--url-env", "NOWHERE"], says: "NOWHERE is not set"),
    Case(
      arguments: ["audit", "service=nowhere"], says: "nowhere",
      environment: ["PGSERVICEFILE": "/dev/null"]),
    Case(arguments: ["audit", "host=127.0.0.1 sslmode=perhaps"], says: "sslmode"),
    Case(arguments: ["terminate", "shop"], says: "nothing is selected"),
    Case(arguments: ["terminate", "--application", "*"], says: "nothing is selected"),
    Case(arguments: ["terminate", "--idle-longer-than", "1h", "--max", "0"], says: "--max"),
    Case(arguments: ["terminate", "--idle-longer-than", "1h", "--max", "x"], says: "--max"),
    Case(arguments: ["terminate", "--idle-longer-than", "1h", "--execute"], says: "no terminal"),
    Case(arguments: ["terminate", "--orphans", "--max-share", "101"], says: "from 0 to 100"),
    Case(arguments: ["terminate", "--orphans", "--keep", "-1"], says: "--keep"),
    Case(arguments: ["terminate", "--orphans", "--trust", "guess"], says: "roster, declared"),
    Case(arguments: ["terminate", "--suspects", "--trust", "roster"], says: "--orphans"),
    Case(arguments: ["terminate", "--suspects", "--allow-empty"], says: "--orphans"),
    Case(
      arguments: ["terminate", "--idle-longer-than", "1h", "--include-active"],
      says: "--active-longer-than"),
    Case(arguments: ["terminate", "--orphans", "--cancel-first"], says: "none are selected"),
    Case(
      arguments: ["terminate", "--active-longer-than", "1h", "--grace", "5s"],
      says: "--cancel-first"),
    Case(arguments: ["terminate", "--orphans", "--sql", "--execute"], says: "statements alone"),
    Case(
      arguments: ["terminate", "--orphans", "--not-client", "127.0.1.0/40"], says: "no address"),
    Case(arguments: ["terminate", "--orphans", "--not-client=127.0.1.300"], says: "no address"),
    Case(arguments: ["terminate", "--orphans", "--client", "127.0.1"], says: "no address"),
    Case(arguments: ["terminate", "--orphans", "--client", "10.8.0.1/8"], says: "first address"),
    Case(
      arguments: ["terminate", "--orphans", "--application=", "--execute", "--yes"],
      says: "--application ''"),
    Case(arguments: ["terminate", "--orphans", "--dry-run"], says: "without --execute it is one"),
    Case(arguments: ["terminate", "--orphans", "--quiet", "--json"], says: "JSON is always whole"),
    Case(
      arguments: ["terminate", "--idle-longer-than", "1h", "--execute", "--yes"],
      says: "which server is meant",
      environment: ["DATABASE_URL": "postgres://h/d", "PGHOST": "other"]),
  ])
  func isRefused(_ bad: Case) throws {
    let outcome = try Fixture.run(bad.arguments, environment: bad.environment)
    #expect(outcome.status == 64)
    #expect(outcome.stdout.isEmpty)
    #expect(outcome.stderr.hasPrefix("pgsessions: "))
    #expect(outcome.stderr.contains(bad.says), "\(outcome.stderr)")
    #expect(outcome.stderr.split(separator: "\n").count <= 3, "\(outcome.stderr)")
  }

  /// Wherever a password stands, no output repeats it.
  @Test(arguments: [
    ["audit", "postgresql+psycopg2://u:geheim@127.0.0.1/d"],
    ["audit", "postgresql://u:geheim@[::1/d"],
    ["audit", "postgresql://u:geheim%zz@127.0.0.1/d"],
    ["audit", "postgresql://u:ge@geheim@127.0.0.1:1/d"],
    ["audit", "postgresql://u:12/geheim@127.0.0.1:1/d"],
    ["audit", "postgresql://u:12?geheim@127.0.0.1:1/d"],
    ["audit", "postgresql://u:geheim@127.0.0.1:x/d"],
    ["audit", "postgresql://u:x@127.0.0.1:1/d?password=x&geheim=1"],
    ["audit", "u:geheim@127.0.0.1/d"],
    ["audit", "host=127.0.0.1 port=1 password=a geheim"],
    ["audit", "host=127.0.0.1 port=1 password=geheim"],
    ["audit", "host=127.0.0.1 port=1 password='geheim"],
    ["audit", "postgresql://u:geheim@127.0.0.1:1/d"],
    ["audit", "-h", "postgresql://u:geheim@127.0.0.1:1/d"],
    ["audit", "-h", "u:geheim@127.0.0.1"],
    ["audit", "-p", "geheim"],
    ["audit", "-d", "u:geheim@127.0.0.1/d"],
    ["postgresql://u:geheim@127.0.0.1:1/d"],
    ["audit", "postgresql://u:geheim@127.0.0.1:1/d", "postgresql://u:geheim@127.0.0.1:1/e"],
    ["audit", "--stale-after", "postgresql://u:geheim@127.0.0.1:1/d"],
    ["audit", "--live", "postgresql://u:geheim@127.0.0.1:1/d"],
    ["audit", "--password=geheim"],
    ["audit", "--timeout", "postgresql://u:s'geheim@h/d"],
    ["audit", "--timeout=host=h password=x\\ geheim"],
    ["--url-env", "postgresql://u:a geheim@h/d"],
    ["audit", "-Wgeheim"],
    ["audit", "-W", "geheim"],
    ["audit", "--password", "geheim"],
    ["audit", "postgresql://user:12/geheim@\u{0301}h/d"],
    ["audit", "--json", "host=127.0.0.1 port=1 dbname=postgresql://u:geheim@h/d"],
    ["audit", "--json", "-h", "127.0.0.1", "-p", "1", "-U", "postgresql://u:geheim@h/d"],
    ["terminate", "--idle-longer-than", "1h", "postgresql://u:geheim@127.0.0.1:1/d"],
    ["terminate", "--idle-longer-than", "1h", "--json", "postgresql://u:geheim@127.0.0.1:1/d"],
    ["audit", "--json", "postgresql://u:geheim@127.0.0.1:1/d?sslmode=require"],
  ])
  func noPasswordIsRepeated(_ arguments: [String]) throws {
    let outcome = try Fixture.run(arguments)
    #expect(outcome.status != 0)
    #expect(!outcome.stderr.contains("geheim"), "\(outcome.stderr)")
    #expect(!outcome.stdout.contains("geheim"), "\(outcome.stdout)")
    let viaEnvironment = try Fixture.run(
      ["audit", "--json"], environment: ["DATABASE_URL": arguments.last ?? ""])
    #expect(!viaEnvironment.stderr.contains("geheim"), "\(viaEnvironment.stderr)")
    #expect(!viaEnvironment.stdout.contains("geheim"), "\(viaEnvironment.stdout)")
    for name in ["PGDATABASE", "PGHOST", "PGUSER"] {
      let asName = try Fixture.run(
        ["audit", "--json"], environment: [name: "postgresql://u:geheim@127.0.0.1:1/d"])
      #expect(asName.status == 64)
      #expect(!(asName.stdout + asName.stderr).contains("geheim"), "\(asName.stderr)")
    }
  }

  @Test(arguments: [["--help"], ["audit", "--help"], ["terminate", "--help"], ["--version"], []])
  func helpIsNoError(_ arguments: [String]) throws {
    let outcome = try Fixture.run(arguments)
    #expect(outcome.status == 0 && outcome.stderr.isEmpty && !outcome.stdout.isEmpty)
    if arguments != ["--version"] {
      #expect(outcome.stdout.contains("EXAMPLES"))
      let last = outcome.stdout.split(separator: "\n\n").last ?? ""
      #expect(last.hasPrefix("EXIT STATUS"), "\(last)")
    }
  }
}
