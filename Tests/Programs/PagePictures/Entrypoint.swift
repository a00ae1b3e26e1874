import Rendering
import SessionAudit
import TestPages
import TestSupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Makes pictures of HTML reports, to be looked at: `page-pictures FOLDER [PAGE.html…]`. Without
/// pages it makes some of its own, of 100, 1,000 and 5,000 sessions.
@main
enum Entrypoint {
  static func main() {
    do {
      try run()
    } catch {
      print("page-pictures: \(error)")
      exit(1)
    }
  }

  private static func run() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let folder = arguments.first else {
      throw SupportError("usage: page-pictures FOLDER [PAGE.html…]")
    }
    let pages = arguments.dropFirst().map { String($0) }
    let browser = try Browser()
    for page in pages.isEmpty ? try samples(in: folder) : pages {
      try picture(page, browser, folder)
    }
  }

  private static func samples(in folder: String) throws -> [String] {
    try [100, 1000, 5000].map { count in
      let report = SampleReport.make(sessions: count)
      let path = "\(folder)/sample-\(count).html"
      try write(HTMLReport(version: "sample").bytes(of: .report(report)), path)
      let json = JSONReport<AuditReport>(version: "sample").bytes(of: .report(report))
      try write(json, "\(folder)/sample-\(count).json")
      return path
    }
  }

  private static func picture(_ page: String, _ browser: Browser, _ folder: String) throws {
    let name = String(page.split(separator: "/").last ?? "page").replacing(".html", with: "")
    func shot(_ form: String, height: Int? = 6000) throws {
      try write(browser.screenshot(height: height), "\(folder)/\(name)-\(form).png")
    }
    try browser.resize(width: 1280, height: 900)
    try browser.emulate()
    let clock = ContinuousClock()
    let time = try clock.measure { try browser.open(page) }
    print("\(name): loaded in \(time); \(try browser.conduct())")
    try shot("light")
    _ = try browser.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
    try shot("open", height: 12_000)
    try browser.emulate(isDark: true)
    try shot("dark")
    try browser.emulate()
    try browser.resize(width: 390, height: 844, isPhone: true, scale: 2)
    try shot("phone", height: 12_000)
    print("  \(try browser.evaluate(Self.overflowing))")
    try browser.resize(width: 1280, height: 900)
    try browser.emulate(medium: "print")
    try browser.open(page)
    try write(browser.pdf(), "\(folder)/\(name)-print.pdf")
  }

  /// What reaches beyond the right edge of the page.
  private static let overflowing = """
    [...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll > *")
      && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
      .slice(0, 5).map(e => e.outerHTML.slice(0, 120) + e.getBoundingClientRect().right)
    """

  private static func write(_ bytes: [UInt8], _ path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else {
      throw SupportError("\(path) can't be written")
    }
  }
}
