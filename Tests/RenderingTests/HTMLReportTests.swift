import SessionAudit
import TestPages
import Testing

@testable import Rendering

/// The page as text; `HTMLPageTests` looks at it in a browser.
struct HTMLReportTests {
  /// Without style and script, which have files of their own.
  private static func body(_ page: String) -> String {
    String(page[(page.firstRange(of: "<body>")?.lowerBound ?? page.startIndex)...])
      .replacing(/<script>(.|\n)*<\/script>/, with: "<script>…</script>")
  }

  @Test func matchesTheGoldenPages() {
    Golden.expect(
      Self.body(auditPage(.report(SmallServer.report()), showQuery: true)),
      is: "audit-body.html")
    Golden.expect(Self.body(auditPage(SmallServer.refusal)), is: "audit-refused-body.html")
  }

  @Test func leavesTheSessionsOut() {
    let page = auditPage(.report(SmallServer.report()), summary: true)
    #expect(!page.contains("Every session"))
    #expect(!page.contains("href=\"#sessions\""))
    #expect(page.contains("id=\"timeline\""))
  }

  @Test func showsQueriesOnlyWhereAsked() {
    #expect(!auditPage(.report(SmallServer.report())).contains("update orders"))
    #expect(
      auditPage(.report(SmallServer.report()), showQuery: true)
        .contains("Last query: update orders\\n  set paid = true"))
  }

  /// Nothing hidden is ever an all-clear.
  @Test func saysWhatIsNotSeen() {
    let page = auditPage(.report(SmallServer.report([.hidden(pid: 7)])))
    #expect(page.contains("This is not the whole picture"))
    #expect(page.contains("no visible session is suspect"))
    #expect(page.contains("1 session is not drawn"))
  }

  @Test(arguments: [100, 1000, 5000])
  func staysSmall(_ count: Int) {
    let size = auditPage(.report(SampleReport.make(sessions: count))).utf8.count
    #expect(size < 100_000 + count * 600, "\(size) bytes")
    #expect(size < 3_000_000)
  }

  /// Long names, an address and an instance for each, and each an orphan.
  @Test func staysSmallWhereNothingIsShared() {
    let sessions = (0..<5000).map { number in
      Session.client(
        pid: Int32(number + 1000), .idle, silent: .hours(2) + .seconds(number),
        application: String(repeating: "x", count: 40) + "\(["a", "b", "c"][number / 1800])"
          + ".\(number / 2 % 900)"
      ) { session in
        session.clientAddress = "10.\(number % 2).\(number / 500).\(number / 2 % 250)"
        if number % 2 == 1 {
          session.backendStart = .now - .minutes(30)
          session.queryStart = .now - .seconds(number % 60)
          session.stateChange = session.queryStart
        }
      }
    }
    let report = SmallServer.report(sessions)
    #expect(report.totals.orphan == 2500)
    let size = auditPage(.report(report)).utf8.count
    #expect(size < 3_000_000, "\(size) bytes")
  }

  /// Nor where every name and address is another, so that lanes and groups would be endless.
  @Test func staysSmallWhereAllNamesDiffer() {
    let sessions = (0..<5000).map { number in
      Session.client(
        pid: Int32(number + 1000), .idle, silent: .hours(number % 3),
        application: "tool \(Character(Unicode.Scalar(0x4E00 + number)!)) of somebody"
      ) { $0.clientAddress = "10.9.\(number / 250).\(number % 250)" }
    }
    let report = SmallServer.report(sessions)
    let size = auditPage(.report(report)).utf8.count
    #expect(size < 3_000_000, "\(size) bytes")
    let lanes = Timeline(of: report).blocks.flatMap(\.lanes)
    #expect(lanes.count <= 601)
    #expect(lanes.reduce(0) { $0 + $1.sessions.count } == 5000)
  }

  /// Every session has one solid line, in the colour of its verdict.
  @Test(arguments: [100, 5000])
  func drawsWhatItCounts(_ count: Int) {
    let report = SampleReport.make(sessions: count)
    let page = auditPage(.report(report))
    for (letter, expected) in [
      ("o", report.totals.orphan), ("s", report.totals.suspect), ("l", report.totals.live),
    ] {
      let lines = page.ranges(of: "<path class=\"\(letter)\" d=\"").reduce(0) { sum, range in
        sum
          + page[range.upperBound...].utf8.prefix { $0 != UInt8(ascii: ">") }
          .count { $0 == UInt8(ascii: "M") }
      }
      #expect(lines == expected, "\(letter)")
    }
  }

  @Test func letsNoHostileTextThrough() {
    var report = SmallServer.report(Hostile.sessions)
    for (place, bad) in Hostile.texts.prefix(20).enumerated() {
      report.target.host = bad
      report.target.serverVersion = bad
      report.advice.append(
        Advice(
          "x", .info, bad, remedies: [.command(bad), .command("\(place)")])
      )
    }
    let page = auditPage(.report(report), version: Hostile.texts[0], showQuery: true)
    let left = Set(page.unicodeScalars.filter { $0 != "\n" && HostileText.isHostile($0) })
    #expect(left.isEmpty, "\(left)")
    #expect(page.contains("\\x1B[2J"))
    for tag in ["<img", "<svg onload", "<meta http-equiv=refresh", "<!--", "<b>bold"] {
      #expect(!page.contains(tag), "\(tag)")
    }
    #expect(page.ranges(of: "<script").count == 1)
    #expect(page.ranges(of: "</style").count == 1)
  }

  @Test func escapesInOnePlace() {
    var bytes: [UInt8] = []
    let sink = ByteSink(capacity: 8) { bytes += $0 }
    let html = HTMLWriter(into: sink)
    html.text("a<b>&\"c\" 'd' \u{202E}é\n")
    html.number(-12)
    html.decimal(1.25)
    html.decimal(3)
    html.decimal(-0.5)
    sink.flush()
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "a&lt;b&gt;&amp;&quot;c&quot; &#39;d&#39; \\u{202E}é\\n-121.33-0.5")
  }
}
