import PostgresClient
import Testing

@testable import ServerAccess

/// TARGET wins over options, options over the environment.
struct TargetResolverTests {
  private func resolve(
    _ request: TargetRequest, _ environment: [String: String] = [:]
  ) throws -> ResolvedTarget {
    try TargetResolver.resolve(request, environment: environment)
  }

  @Test func aTargetWinsOverOptions() throws {
    let resolved = try resolve(
      TargetRequest(target: "postgresql://a@h1:1111/d1", host: "h2", port: "2222", user: "b"))
    #expect(resolved.parameters["host"] == "h1" && resolved.parameters["port"] == "1111")
    #expect(resolved.parameters["user"] == "a" && resolved.parameters["dbname"] == "d1")
  }

  @Test func optionsFillInWhatTheTargetLeavesOut() throws {
    let resolved = try resolve(TargetRequest(target: "shop", host: "h", port: "5433", user: "u"))
    #expect(resolved.parameters["host"] == "h" && resolved.parameters["dbname"] == "shop")
    #expect(resolved.commandWords == "-h h -p 5433 -U u -d shop")
  }

  @Test func ourNameAndEncodingCanNotBeChanged() throws {
    let resolved = try resolve(
      TargetRequest(target: "host=h application_name=x client_encoding=UTF8 keepalives=0"))
    #expect(resolved.parameters["application_name"] == "pgsessions")
    #expect(resolved.parameters["client_encoding"] == "SQL_ASCII")
    #expect(resolved.parameters["keepalives"] == "1")
  }

  @Test func theEnvironmentsURLIsReadWhenNothingElseIsSaid() throws {
    let url = ["DATABASE_URL": "postgis://u:p@h/d?pool=5&sslmode=require&schema=x"]
    let resolved = try resolve(TargetRequest(), url)
    #expect(resolved.parameters["host"] == "h" && resolved.parameters["sslmode"] == "require")
    #expect(resolved.warnings.count == 1 && resolved.warnings[0].contains("pool, schema"))
    #expect(resolved.commandWords.isEmpty)
    #expect(try resolve(TargetRequest(database: "x"), url).parameters["host"] == nil)
    #expect(try resolve(TargetRequest(), ["DATABASE_URL": ""]).parameters["host"] == nil)
  }

  @Test func twoSourcesInTheEnvironmentAreSaid() throws {
    for name in ["PGHOST", "PGSERVICE", "PGHOSTADDR"] {
      let resolved = try resolve(TargetRequest(), ["DATABASE_URL": "postgres://h/d", name: "x"])
      #expect(resolved.isAmbiguous && resolved.parameters["host"] == nil)
      #expect(resolved.warnings.first?.contains(name) == true)
    }
    let other = try resolve(TargetRequest(), ["DATABASE_URL": "postgres://h/d", "PGUSER": "x"])
    #expect(!other.isAmbiguous && other.parameters["host"] == "h")
  }

  @Test func anotherVariableCanBeNamed() throws {
    let resolved = try resolve(
      TargetRequest(urlVariable: "BLUE_URL"),
      ["BLUE_URL": "postgres://u@blue/d", "DATABASE_URL": "postgres://x/y", "PGHOST": "z"])
    #expect(resolved.parameters["host"] == "blue" && !resolved.isAmbiguous)
    #expect(resolved.commandWords == "--url-env BLUE_URL")
    for environment in [[:], ["BLUE_URL": ""]] {
      #expect(throws: TargetError.self) {
        try resolve(TargetRequest(urlVariable: "BLUE_URL"), environment)
      }
    }
    #expect(throws: TargetError.self) {
      try resolve(TargetRequest(target: "x", urlVariable: "BLUE_URL"), ["BLUE_URL": "postgres://h"])
    }
  }

  @Test func commandWordsLeadToTheSameTargetWithoutThePassword() throws {
    let words = try resolve(
      TargetRequest(target: "postgresql://a:geheim@h/d?sslmode=require&application_name=x")
    )
    .commandWords
    #expect(!words.contains("geheim"))
    #expect(words.contains("sslmode=require") && words.hasPrefix("'") && words.hasSuffix("'"))
    let quoted = try resolve(TargetRequest(host: "/tmp/a b", user: "o'brien")).commandWords
    #expect(quoted == "-h '/tmp/a b' -U 'o'\\''brien'")
  }

  @Test(arguments: ["70000", "0", "-1", "x", "", "54,x"])
  func aPortIsANumber(_ port: String) {
    #expect(throws: TargetError.self) { try resolve(TargetRequest(port: port)) }
  }
}
