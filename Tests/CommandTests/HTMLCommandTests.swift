import TestSupport
import Testing

/// `audit --format html` as a user has it: of a server, of a saved report, and where it is refused.
struct HTMLCommandTests {
  @Test func showsAServer() throws {
    let outcome = try Fixture.run("audit", "--format", "html", Fixture.uri)
    #expect(outcome.status == 0)
    #expect(outcome.stdout.hasPrefix("<!DOCTYPE html>"))
    #expect(outcome.stdout.hasSuffix("</html>\n"))
    #expect(outcome.stdout.contains("<h1><bdi>app@shop</bdi></h1>"))
    #expect(outcome.stdout.contains("<td>pgsessions<td>app@shop"))
    let summary = try Fixture.run("audit", "--format", "html", "--summary", Fixture.uri)
    #expect(!summary.stdout.contains("<td>pgsessions<td>"))
  }

  /// With the same options the page is the same but for the advice, which names the command.
  @Test func showsASavedReport() throws {
    let json = try Fixture.run("audit", "--json", Fixture.uri)
    let page = try Fixture.run(
      ["audit", "--format", "html", "--input", "-"], input: json.stdout)
    #expect(page.status == 0)
    let report = try Fixture.json(json)
    let captured = try #require(report["captured_at"]?.text)
    #expect(page.stdout.contains("<time datetime=\"\(captured)\">"))
    let count = try #require(report.value(at: "totals.client_sessions")?.int)
    #expect(page.stdout.contains("<span data-figure=\"totals.client_sessions\">\(count)</span>"))
  }

  @Test func saysWhyThereIsNone() throws {
    let uri = try Fixture.server.get().uri(user: "app", database: "nowhere")
    let outcome = try Fixture.run("audit", "--format", "html", uri)
    #expect(outcome.status == 69)
    #expect(outcome.stdout.contains("<h1>No report</h1>"))
    #expect(outcome.stdout.contains("Kind: unknown_database, SQLSTATE 3D000"))
    #expect(outcome.stderr.contains("nowhere"))
  }
}
