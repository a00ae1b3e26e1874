import SessionAudit
import TestPages
import TestSupport
import Testing

@testable import Rendering

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The page in a real browser: it is silent and alone, says what the JSON says, and can be used.
@Suite(.serialized) struct HTMLPageTests {
  private let browser: Browser

  init() throws {
    browser = try Browser()
    try browser.resize(width: 1280, height: 900)
    try browser.emulate()
  }

  private func open(_ outcome: TargetResult<AuditReport>, showQuery: Bool = false) throws {
    try open(auditPage(outcome, showQuery: showQuery))
  }

  private func open(_ page: String) throws { try browser.open(html: page) }

  private static func json(_ outcome: TargetResult<AuditReport>) throws -> JSON {
    try JSONDecoder().decode(JSON.self, from: Data(auditJSON(outcome)))
  }

  private static let pages: [(name: String, outcome: TargetResult<AuditReport>)] =
    [
      ("small", .report(SmallServer.report())),
      ("empty", .report(SmallServer.report([]))),
      ("hostile", .report(SmallServer.report(Hostile.sessions))),
      ("refused", SmallServer.refusal),
      ("by user and state", .report(SampleReport.make(sessions: 300, grouping: [.user, .state]))),
    ] + [100, 1000, 5000].map { ("\($0)", .report(SampleReport.make(sessions: $0))) }

  /// Or its silence would prove nothing.
  @Test func theBrowserTellsOfMisconduct() throws {
    try open(
      """
      <!DOCTYPE html><meta charset=utf-8><img src="http://127.0.0.1:9/x.png">
      <script>console.log("hello"); missing()</script>
      """)
    let conduct = try browser.conduct()
    #expect(conduct.requests == ["http://127.0.0.1:9/x.png"])
    #expect(conduct.complaints.contains { $0.hasPrefix("console:") && $0.contains("hello") })
    #expect(conduct.complaints.contains { $0.hasPrefix("exception:") })
  }

  /// And where something gets into a page, the page's own policy stops it.
  @Test func thePolicyStopsWhatSlipsIn() throws {
    try open(
      auditPage(SmallServer.refusal).replacing(
        "<body>",
        with: """
          <body><script>document.title = "taken"</script><b onclick="document.title = 'taken'">b</b>
          <img src="http://127.0.0.1:9/x.png">
          """))
    _ = try browser.evaluate("document.querySelector('b[onclick]').click()")
    #expect(try browser.evaluate("document.title").text?.hasPrefix("No report") == true)
    let complaints = try browser.conduct().complaints.joined(separator: "\n")
    #expect(complaints.contains("inline script"))
    #expect(complaints.contains("inline event handler"))
    #expect(complaints.contains("x.png"))
  }

  @Test func namesItsScriptByItsHash() throws {
    try open(SmallServer.refusal)
    let digest = try browser.evaluate(
      """
      (async () => {
        const text = new TextEncoder().encode(document.querySelector("body > script").textContent);
        const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
        return "sha256-" + btoa(String.fromCharCode(...bytes));
      })()
      """)
    #expect("\(PageScript.hash)" == digest.text, "PageScript.hash must follow Page/report.js")
  }

  @Test(arguments: pages.map(\.name))
  func isSilentAndAlone(_ name: String) throws {
    let outcome = try #require(Self.pages.first { $0.name == name }).outcome
    try open(outcome, showQuery: true)
    #expect(try browser.conduct() == .flawless)
    // What a screen reader needs.
    for (what, selector) in [
      ("pictures without a name", "svg:not([role=img]), svg:not(:has(> title))"),
      ("tables without a caption", "table:not(:has(> caption))"),
      ("heads without a scope", "th:not([scope])"),
    ] {
      let found = try browser.evaluate("document.querySelectorAll('\(selector)').length")
      #expect(found.int == 0, "\(what)")
    }
    let ids = try browser.evaluate(
      "[...document.querySelectorAll('nav a')].every(a => document.querySelector(a.hash))")
    #expect(ids == .bool(true))
  }

  @Test(arguments: ["small", "empty", "hostile", "by user and state", "1000"])
  func saysWhatTheJSONSays(_ name: String) throws {
    let outcome = try #require(Self.pages.first { $0.name == name }).outcome
    let json = try Self.json(outcome)
    try open(outcome)
    let figures = try browser.evaluate(
      "[...document.querySelectorAll('[data-figure]')].map(e => [e.dataset.figure, e.textContent])")
    for figure in figures.items {
      let path = try #require(figure[0]?.text)
      #expect(figure[1]?.text == json.value(at: path)?.int.map(String.init), "\(path)")
    }
    let (slots, lead) = (json["slots"], try browser.evaluate("document.body.innerText").text ?? "")
    let limit = slots?["binding_limit"]
    #expect(lead.contains("\(limit?["used"]?.int ?? -1) of \(limit?["limit"]?.int ?? -1) used"))
    let gauge = try browser.evaluate("document.querySelector('svg.slots title').textContent").text
    #expect(
      gauge
        == "\(slots?["used"]?.int ?? -1) of max_connections \(slots?["max_connections"]?.int ?? -1) used"
    )
    let groups = json["groups"]?.items ?? []
    #expect(figures.items.count >= 4 + min(groups.count, 300) * 4)
    let buckets = try browser.evaluate(
      """
      [...document.querySelectorAll("#groups table.groups")[0].querySelectorAll("[data-buckets]")]
        .map(e => e.dataset.buckets)
      """)
    for (shown, group) in zip(buckets.items, groups) {
      let counts = (group["state_age_buckets"]?.items ?? []).compactMap { $0["sessions"]?.int }
      let all = counts + [group["unknown_age"]?.int ?? -1]
      #expect(shown.text == all.map(String.init).joined(separator: " "))
    }
    try expectSessions(json["sessions"]?.items ?? [])
  }

  /// Of several targets: silent, each figure with its place in the JSON, each row with its report.
  @Test func showsSeveralTargets() throws {
    let outcomes = Self.pages.filter { ["small", "refused", "hostile", "100"].contains($0.name) }
      .map(\.outcome)
    let page = HTMLReport(version: "1.2.3").bytes(of: outcomes)
    let bytes = JSONReport<AuditReport>(version: "1.2.3").bytes(of: outcomes)
    let json = try JSONDecoder().decode(JSON.self, from: Data(bytes))
    try open(String(decoding: page, as: UTF8.self))
    #expect(try browser.conduct() == .flawless)
    let figures = try browser.evaluate(
      "[...document.querySelectorAll('[data-figure]')].map(e => [e.dataset.figure, e.textContent])")
    #expect(figures.items.count > 100)
    for figure in figures.items {
      let path = try #require(figure[0]?.text)
      #expect(figure[1]?.text == json.value(at: path)?.int.map(String.init), "\(path)")
    }
    for (what, expression) in [
      ("rows", "document.querySelectorAll('.fleet tbody tr').length == 4"),
      ("reports", "document.querySelectorAll('details.target').length == 4"),
      (
        "links",
        "[...document.querySelectorAll('a')].every(a => document.querySelector(a.hash) != null)"
      ),
      (
        "names that are one's alone",
        "new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size == document.querySelectorAll('[id]').length"
      ),
      (
        "a link that opens its report",
        "(document.querySelectorAll('.fleet a')[2].click(), document.querySelectorAll('details.target')[2].open)"
      ),
    ] {
      #expect(try browser.evaluate(expression) == .bool(true), "\(what)")
    }
  }

  /// Each session has its row, with its own text and figures, escaped as everywhere.
  private func expectSessions(_ sessions: [JSON]) throws {
    let rows = try browser.evaluate(
      """
      [...document.querySelectorAll(".sessions tbody tr")].map(r => [...r.cells].map(c =>
        c.dataset.s ?? c.textContent))
      """)
    #expect(rows.items.count == sessions.count)
    let byPID = Dictionary(
      sessions.map { ($0["pid"]?.int ?? 0, $0) }, uniquingKeysWith: { first, _ in first })
    for row in rows.items {
      let cells = row.items.compactMap(\.text)
      let session = try #require(cells.count > 8 ? byPID[Int(cells[1]) ?? -1] : nil)
      #expect(cells[0] == session["verdict"]?.text)
      let name = session["application_name"]?.text ?? ""
      #expect(cells[2] == (name.isEmpty ? "(no application_name)" : HostileText.escaped(name)))
      #expect(cells[3].hasPrefix(HostileText.escaped(session["user"]?.text ?? "?")))
      let ages = ["state_age_seconds", "silent_seconds", "session_age_seconds"]
      #expect(cells[6...8] == ages.map { "\(session[$0]?.int ?? -1)" }[...])
      if let evidence = session["evidence"]?[0]?["detail"]?.text {
        #expect(cells.count > 9 ? cells[9].contains(HostileText.escaped(evidence)) : false)
      }
    }
  }

  @Test func sortsItsTables() throws {
    try open(.report(SampleReport.make(sessions: 300)))
    func column(_ table: String, _ place: Int) throws -> [JSON] {
      try browser.evaluate(
        """
        [...document.querySelectorAll("table.\(table)")[0].tBodies[0].rows].map(r =>
          r.cells[\(place)].dataset.s ?? r.cells[\(place)].textContent)
        """
      ).items
    }
    func click(_ table: String, _ place: Int) throws {
      _ = try browser.evaluate(
        """
        document.querySelectorAll("table.\(table) thead")[0].rows[0].cells[\(place)]
          .querySelector("button").click()
        """)
    }
    for (table, place) in [("groups", 4), ("groups", 1), ("sessions", 1), ("sessions", 6)] {
      let before = try column(table, place).compactMap { $0.text.flatMap { Int($0) } }
      try click(table, place)
      #expect(
        try column(table, place).compactMap { $0.text.flatMap { Int($0) } }
          == before.sorted(by: >))
      try click(table, place)
      #expect(
        try column(table, place).compactMap { $0.text.flatMap { Int($0) } }
          == before.sorted())
    }
    try click("groups", 0)
    let names = try column("groups", 0).compactMap(\.text)
    let web = names.filter { $0.hasPrefix("web.") }.compactMap { Int($0.dropFirst(4)) }
    #expect(web == web.sorted() && web.count > 5)
    #expect(
      try browser.evaluate("document.querySelector('.groups th').ariaSort").text == "ascending")
    #expect(try browser.conduct().complaints.isEmpty)
  }

  @Test func filtersAndShowsInPortions() throws {
    let report = SampleReport.make(sessions: 1000)
    try open(.report(report))
    _ = try browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    func shown() throws -> Int? {
      try browser.evaluate(
        "[...document.querySelectorAll('.sessions tbody tr')].filter(r => r.offsetHeight > 0).length"
      ).int
    }
    func click(_ text: String) throws {
      _ = try browser.evaluate(
        """
        [...document.querySelectorAll("#sessions button")]
          .find(b => b.textContent.startsWith("\(text)") && b.offsetHeight > 0).click()
        """)
    }
    #expect(try shown() == 200)
    try click("Show 200 more of 1000")
    #expect(try shown() == 400)
    try click("\(report.totals.orphan) orphan")
    #expect(try shown() == report.totals.orphan)
    try click("all")
    _ = try browser.evaluate(
      """
      (() => {
        const input = document.querySelector("#sessions input");
        input.value = "REPORTING";
        input.dispatchEvent(new Event("input"));
      })()
      """)
    #expect(try shown() == report.totals.hidden)
  }

  /// As mail programs show it.
  @Test func needsNoScript() throws {
    try browser.allowScripts(false)
    defer { try? browser.allowScripts(true) }
    let report = SampleReport.make(sessions: 300)
    try open(.report(report))
    #expect(
      try browser.evaluate("document.querySelectorAll('tr[hidden]').length").int == 0)
    #expect(try browser.evaluate("document.querySelectorAll('button, input').length").int == 0)
    #expect(
      try browser.evaluate("document.querySelectorAll('.sessions tbody tr').length").int == 300)
  }

  @Test(arguments: ["small", "hostile", "refused", "by user and state", "1000"])
  func fitsAPhoneAndASheet(_ name: String) throws {
    let outcome = try #require(Self.pages.first { $0.name == name }).outcome
    // A4 less its margins, at 96 pixels an inch.
    for (width, medium) in [(390, "screen"), (320, "screen"), (700, "print")] {
      try browser.resize(width: width, height: 844, isPhone: medium == "screen")
      try browser.emulate(medium: medium)
      try open(outcome)
      _ = try browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
      let reach = try browser.evaluate("document.documentElement.scrollWidth")
      #expect(reach.int.map { $0 <= width } == true, "\(medium) of \(width): \(reach)")
    }
    #expect(try browser.evaluate("getComputedStyle(document.body).display").text == "block")
  }

  /// By the formula of WCAG 2.2: 4.5 is enough for text.
  @Test(arguments: [false, true])
  func canBeReadInBothSchemes(isDark: Bool) throws {
    try browser.emulate(isDark: isDark)
    try open(.report(SmallServer.report()))
    let contrasts = try browser.evaluate(
      """
      (() => {
        const value = (name) => {
          const probe = document.body.appendChild(document.createElement("p"));
          probe.style.color = `var(--${name})`;
          const parts = getComputedStyle(probe).color.match(/[0-9.]+/g).map(Number);
          probe.remove();
          const line = parts.map(c => c / 255).map(c =>
            c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
          return 0.2126 * line[0] + 0.7152 * line[1] + 0.0722 * line[2];
        };
        const paper = value("paper");
        const contrast = (name) => {
          const [low, high] = [value(name), paper].sort((a, b) => a - b);
          return (high + 0.05) / (low + 0.05);
        };
        return [paper, ...["ink", "soft", "orphan-ink", "suspect-ink"].map(contrast)];
      })()
      """)
    let values = contrasts.items.map { if case .number(let value) = $0 { value } else { 0.0 } }
    #expect(values.count == 5)
    #expect(isDark ? values[0] < 0.05 : values[0] > 0.95)
    for value in values.dropFirst() { #expect(value >= 4.5) }
  }
}
