import TestSupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The README's pictures, drawn by a real browser from what the program says of the demo's server:
/// its report on a terminal, and parts of its HTML report in both schemes.
struct Pictures {
  let server: ThrowawayServer
  let program: String
  /// Where the pictures go.
  let folder: String

  func draw(with relay: Relay) throws {
    // Long enough at work that it shows, and the census has left when the picture is taken.
    let scene = try Scene(
      server: server, relay: relay, threshold: 10, working: 15, census: Census(server: server))
    defer { scene.end() }
    let arguments = [
      "audit", "--stale-after", "8s", "--restart-grace", "2s", "--buckets", "8s,24s,1m", "shop",
    ]
    let (report, page) = (
      try run(arguments + ["--color", "always"]), try run(arguments + ["--format", "html"])
    )
    let browser = try Browser()
    try browser.resize(width: Self.terminalWidth, height: 600, scale: Self.scale)
    try browser.open(
      html: Terminal.page(
        "$ pgsessions \(arguments.joined(separator: " "))", try Self.beginning(of: report)))
    try write(browser.screenshot(), "terminal.png")

    try browser.resize(width: Self.pageWidth, height: 900, scale: Self.scale)
    for (scheme, isDark) in [("light", false), ("dark", true)] {
      try browser.emulate(isDark: isDark)
      try browser.open(html: page)
      let advice = try top(of: "#advice", browser)
      try write(browser.screenshot(height: advice), "report-\(scheme).png")
      // What is neither web.* nor worker.* adds nothing.
      let (timeline, rest) = (
        try top(of: "#timeline", browser) - 24,
        try top(of: "#timeline details:nth-of-type(3)", browser)
      )
      try write(
        browser.screenshot(from: timeline, height: rest - timeline), "timeline-\(scheme).png")
    }
  }

  // In CSS pixels; README's column is about 830 of them wide.
  private static let terminalWidth = 800
  private static let pageWidth = 960
  private static let scale = 1.5
  private static let columns = 96

  /// The report up to the command that shows what could be ended.
  private static func beginning(of report: String) throws -> String {
    guard let last = report.firstRange(of: "This shows them, and ends nothing:"),
      let end = report[last.upperBound...].firstRange(of: "\n\n")
    else { throw SupportError("there are no orphans to be ended: \(report)") }
    return String(report[..<end.lowerBound])
  }

  /// Where an element begins, in CSS pixels from the page's top.
  private func top(of selector: String, _ browser: Browser) throws -> Int {
    let top = try browser.evaluate(
      "Math.round(document.querySelector('\(selector)').getBoundingClientRect().top + scrollY)")
    guard let top = top.int else { throw SupportError("the page has no \(selector)") }
    return top
  }

  private func run(_ arguments: [String]) throws -> String {
    var environment = ChildProcess.plainEnvironment
    environment["PGHOST"] = "127.0.0.1"
    environment["PGPORT"] = "\(server.port)"
    environment["PGUSER"] = "app"
    environment["LC_ALL"] = "C.UTF-8"
    environment["COLUMNS"] = "\(Self.columns)"
    let outcome = try ChildProcess.run(program, arguments, environment: environment)
    guard outcome.status == 0 else { throw SupportError("\(arguments): \(outcome.stderr)") }
    return outcome.stdout
  }

  private func write(_ bytes: [UInt8], _ name: String) throws {
    guard FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: Data(bytes)) else {
      throw SupportError("\(folder)/\(name) can't be written")
    }
    say("\(folder)/\(name): \(bytes.count / 1024) KiB")
  }
}

/// A terminal's window as a page.
enum Terminal {
  /// - Parameters:
  ///   - command: what was typed.
  ///   - output: with the escape sequences that the program uses: colours, faint and strong.
  static func page(_ command: String, _ output: String) -> String {
    """
    <!doctype html><meta charset="utf-8"><style>
    body { margin: 0; background: #1b1f27; color: #d5dae3; }
    pre { font: 13px/1.4 "DejaVu Sans Mono", monospace; margin: 0; padding: 18px 22px 20px;
      white-space: pre-wrap; word-break: break-all; width: 97ch; }
    .c1 { color: #fff; font-weight: bold; } .c2 { color: #8891a1; } .c31 { color: #ff7b72; }
    .c32 { color: #7ee787; } .c33 { color: #f2cc60; }
    </style><pre>\(escaped(command))

    \(spans(output))</pre>
    """
  }

  private static func spans(_ output: String) -> String {
    output.split(separator: "\u{1B}[", omittingEmptySubsequences: false).enumerated().map {
      index, part in
      guard index > 0, let end = part.firstIndex(of: "m") else { return escaped(String(part)) }
      let (code, text) = (part[..<end], escaped(String(part[part.index(after: end)...])))
      return code == "0" ? "</span>\(text)" : "<span class=\"c\(code)\">\(text)"
    }.joined()
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
  }
}
