#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A real browser without a window, driven over its DevTools protocol: NUL-separated JSON on two
/// pipes. One page at a time, used by one thread.
public final class Browser {
  private let process: RunningProcess
  private let profile: String
  private var lastID = 0
  private var session: String?
  private var sent: [String] = []
  private var complaints: [String] = []
  private var loads = 0

  private static let programs = [
    "chromium", "chromium-browser", "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ]

  /// Starts Chromium with an empty profile; it ends with this object, and when its pipe closes.
  public init() throws {
    let found = Self.programs.lazy.compactMap { try? ChildProcess.find($0) }
    guard let program = found.first(where: { FileManager.default.isExecutableFile(atPath: $0) })
    else {
      throw SupportError(
        "There is no Chromium in PATH, which looks at the HTML reports: run scripts/setup.")
    }
    profile =
      "\(currentEnvironment()["TMPDIR"] ?? "/tmp")/pgsessions-browser.\(UInt64.random(in: 0 ... .max))"
    let flags = [
      "--headless", "--remote-debugging-pipe", "--user-data-dir=\(profile)", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
      "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb",
      // What it would ask of a network goes nowhere.
      "--proxy-server=127.0.0.1:9", "--proxy-bypass-list=<-loopback>", "--no-pings",
      // As root there is no sandbox to be had.
      "--no-sandbox",
    ]
    // The protocol is on descriptors 3 and 4; what it says of itself goes to standard error.
    process = try RunningProcess(
      "sh", ["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 0</dev/null 1>&2", program] + flags)
    let target = try send("Target.createTarget", ["url": .string("about:blank")])
    let attached = try send(
      "Target.attachToTarget",
      ["targetId": target["targetId"] ?? .null, "flatten": .bool(true)])
    session = attached["sessionId"]?.text
    for domain in ["Page", "Runtime", "Log", "Network"] { _ = try send("\(domain).enable") }
  }

  deinit {
    // Asked, it takes its things along; by a signal it leaves folders behind.
    session = nil
    _ = try? send("Browser.close")
    if (try? process.wait(timeout: .seconds(10))) == nil {
      process.signal(15)
      _ = try? process.wait(timeout: .seconds(10))
    }
    try? FileManager.default.removeItem(atPath: profile)
  }

  /// What a page did that it should not have.
  public struct Conduct: Equatable, Sendable {
    /// Addresses that it asked for, its own aside.
    public var requests: [String]
    /// What it, or the browser about it, said on the console: errors, warnings, refused loads.
    public var complaints: [String]

    public static let flawless = Conduct(requests: [], complaints: [])
  }

  /// Opens a page from a file of its own.
  public func open(html page: String) throws {
    let path = "\(profile)/page.html"
    guard FileManager.default.createFile(atPath: path, contents: Data(page.utf8)) else {
      throw SupportError("\(path) can't be written")
    }
    try open(path)
  }

  /// Opens a file and waits until it is loaded.
  public func open(_ path: String) throws {
    (sent, complaints) = ([], [])
    let before = loads
    let whole =
      path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    _ = try send("Page.navigate", ["url": .string("file://\(whole)")])
    while loads == before { try receive() }
  }

  /// What the page has done since it was opened.
  public func conduct() throws -> Conduct {
    // Whatever it began has been told by the time that this is answered.
    _ = try evaluate("new Promise(done => setTimeout(() => done(0), 100))")
    return Conduct(requests: Array(sent.dropFirst()), complaints: complaints)
  }

  /// The value of an expression in the page, awaited where it is a promise.
  public func evaluate(_ expression: String) throws -> JSON {
    let answer = try send(
      "Runtime.evaluate",
      [
        "expression": .string(expression), "returnByValue": .bool(true),
        "awaitPromise": .bool(true),
      ])
    if let exception = answer["exceptionDetails"] {
      throw SupportError("\(expression): \(exception)")
    }
    return answer["result"]?["value"] ?? .null
  }

  public func resize(width: Int, height: Int, isPhone: Bool = false, scale: Double = 1) throws {
    _ = try send(
      "Emulation.setDeviceMetricsOverride",
      [
        "width": .number(Double(width)), "height": .number(Double(height)),
        "deviceScaleFactor": .number(scale), "mobile": .bool(isPhone),
      ])
  }

  /// Whether pages that are opened from now on may run scripts; what is asked of them runs always.
  public func allowScripts(_ allowed: Bool) throws {
    _ = try send("Emulation.setScriptExecutionDisabled", ["value": .bool(!allowed)])
  }

  /// - Parameter medium: `screen` or `print`.
  public func emulate(medium: String = "screen", isDark: Bool = false) throws {
    let scheme: JSON = .object([
      "name": .string("prefers-color-scheme"), "value": .string(isDark ? "dark" : "light"),
    ])
    _ = try send(
      "Emulation.setEmulatedMedia", ["media": .string(medium), "features": .array([scheme])])
  }

  /// A PNG of the page.
  /// - Parameters:
  ///   - top: where it begins, in pixels from the page's top.
  ///   - height: in pixels; nil for all of it.
  public func screenshot(from top: Int = 0, height: Int? = nil) throws -> [UInt8] {
    let metrics = try send("Page.getLayoutMetrics")
    let size = metrics["cssContentSize"]
    let whole = size?["height"]?.int ?? 0
    let clip: JSON = .object([
      "x": .number(0), "y": .number(Double(top)), "scale": .number(1),
      "width": size?["width"] ?? .null,
      "height": .number(Double(min(height ?? whole, whole - top))),
    ])
    let answer = try send(
      "Page.captureScreenshot",
      ["format": .string("png"), "captureBeyondViewport": .bool(true), "clip": clip])
    return try Self.bytes(answer)
  }

  public func pdf() throws -> [UInt8] {
    try Self.bytes(send("Page.printToPDF", ["printBackground": .bool(false)]))
  }

  private static func bytes(_ answer: JSON) throws -> [UInt8] {
    guard let data = answer["data"]?.text.flatMap({ Data(base64Encoded: $0) }) else {
      throw SupportError("the browser sent no picture")
    }
    return Array(data)
  }

  /// - Returns: the result of the command.
  /// - Throws: where the browser refuses it.
  private func send(_ method: String, _ parameters: [String: JSON] = [:]) throws -> JSON {
    lastID += 1
    let id = lastID
    var message: [String: JSON] = [
      "id": .number(Double(id)), "method": .string(method), "params": .object(parameters),
    ]
    if let session { message["sessionId"] = .string(session) }
    let data = try JSONEncoder().encode(JSON.object(message))
    try process.write(String(decoding: data, as: UTF8.self) + "\0")
    while true {
      let answer = try receive()
      guard answer["id"]?.int == id else { continue }
      if let error = answer["error"] { throw SupportError("\(method): \(error)") }
      return answer["result"] ?? .null
    }
  }

  /// The next message; what it tells of the page is kept.
  @discardableResult
  private func receive() throws -> JSON {
    guard let line = try process.readLine(endedBy: 0, timeout: .seconds(60)) else {
      throw SupportError("the browser has ended: \(process.stderrSoFar.suffix(2000))")
    }
    let message = try JSONDecoder().decode(JSON.self, from: Data(line.utf8))
    let parameters = message["params"]
    switch message["method"]?.text {
    case "Page.loadEventFired": loads += 1
    case "Network.requestWillBeSent":
      sent.append(parameters?["request"]?["url"]?.text ?? "?")
    case "Runtime.consoleAPICalled": complaints.append("console: \(parameters ?? .null)")
    case "Runtime.exceptionThrown": complaints.append("exception: \(parameters ?? .null)")
    case "Log.entryAdded":
      complaints.append("log: \(parameters?["entry"]?["text"]?.text ?? "?")")
    default: break
    }
    return message
  }
}
