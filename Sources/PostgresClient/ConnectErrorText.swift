/// Reads what libpq says of a failed connection. libpq has no accessor for its SQLSTATE, but with
/// verbose errors the text carries it: `…failed: FATAL:  53300: sorry, too many…\nLOCATION:  …`.
/// Text of several hosts or of a TLS and a plain attempt stands in one string.
///
/// Names that we asked for stand in it too, and may look like any of this. So it is read by its
/// places: the state only behind the severity that begins what a server says, and names that could
/// begin a line of their own are hidden meanwhile.
enum ConnectErrorText {
  /// Whether libpq refused the parameters before it asked any server. Its texts are English as
  /// long as nobody calls setlocale (fe-connect.c: connectOptions2, parseServiceInfo).
  static func isAboutParameters(_ text: String) -> Bool {
    text.hasPrefix("definition of service") || text.hasPrefix("service file")
      || text.hasPrefix("syntax error in service file")
      || text.hasPrefix("could not match ")
      || (text.hasPrefix("invalid ") && text.contains(" value: "))
      || text.hasPrefix("invalid port number") || text.hasPrefix("invalid integer value")
  }

  /// One message for each attempt, in their order; one that says the same as another is left out,
  /// as where both with and without TLS the server is full. Never empty.
  /// - Parameter names: what we asked for: user, database, host, paths.
  static func parse(_ text: String, asking names: [String] = []) -> [ServerMessage] {
    let disguise = Disguise(names)
    var attempts: [[String]] = []
    for line in disguise.put(on: text).utf8.split(separator: UInt8(ascii: "\n")) {
      // fe-connect.c: emitHostIdentityInfo
      let line = String(Substring(line))
      let begins = line.hasPrefix(identity) || line.hasPrefix("could not translate host name ")
      if begins || attempts.isEmpty { attempts.append([]) }
      attempts[attempts.count - 1].append(line)
    }
    var messages: [ServerMessage] = []
    for attempt in attempts {
      var message = message(of: attempt)
      message.mapTexts(disguise.takeOff)
      message.asked = names
      if !messages.contains(message) { messages.append(message) }
    }
    return messages.isEmpty ? [message(of: [])] : messages
  }

  private static let identity = "connection to server "

  private static func message(of attempt: [String]) -> ServerMessage {
    var lines = attempt
    let first = lines.first.map(FirstLine.init)
    if let first { lines[0] = first.whole }
    guard let first, first.isServers else {
      var message = ServerMessage(sqlState: nil, message: lines.joined(separator: "\n"))
      message.words = ([first?.words ?? ""] + lines.dropFirst()).joined(separator: "\n")
      message.isLibpqs = true
      return message
    }
    // fe-protocol3.c: pqBuildErrorMessage3 ends with them, in this order.
    let location = take(&lines, prefix: "LOCATION:")
    let hint = take(&lines, prefix: "HINT:")
    let detail = take(&lines, prefix: "DETAIL:")
    var message = ServerMessage(
      sqlState: first.state, message: lines.joined(separator: "\n"), detail: detail, hint: hint,
      sourceFunction: location.map { String($0.prefix { $0 != "," }) })
    message.words = ([first.words] + lines.dropFirst()).joined(separator: "\n")
    return message
  }

  /// The last line that begins so, behind the first one of all.
  private static func take(_ lines: inout [String], prefix: String) -> String? {
    guard let index = lines.lastIndex(where: { $0.hasPrefix(prefix) }), index > 0 else {
      return nil
    }
    return String(lines.remove(at: index).dropFirst(prefix.count).drop { $0 == " " })
  }

  /// What an attempt begins with: whom libpq asked, the severity, the state, the words.
  private struct FirstLine {
    /// Without the state.
    var whole: String
    var words: String
    var state: SQLState?
    /// Whether it has a severity; libpq's own words have none.
    var isServers = false

    init(_ line: String) {
      whole = line
      words = line
      let failed = " failed: "
      if line.hasPrefix(identity), let end = line.firstRange(of: failed)?.upperBound {
        words = String(line[end...])
      }
      // Severities are translated; the two spaces behind them are not, and libpq has but one.
      let bytes = Array(words.utf8)
      guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon < 60,
        !bytes[..<colon].contains(UInt8(ascii: "\"")),
        bytes[(colon + 1)...].starts(with: "  ".utf8)
      else { return }
      isServers = true
      var said = bytes[(colon + 3)...]
      if said.dropFirst(5).starts(with: ": ".utf8) {
        state = SQLState(String(decoding: said.prefix(5), as: UTF8.self))
        if state != nil { said = said.dropFirst(7) }
      }
      let prefix = line.utf8.count - bytes.count
      whole =
        String(decoding: line.utf8.prefix(prefix + colon + 1), as: UTF8.self) + " "
        + String(decoding: said, as: UTF8.self)
      words = String(decoding: said, as: UTF8.self)
    }
  }
}

/// Hides names that could be taken for parts of libpq's text behind characters of their own.
private struct Disguise {
  private var pairs: [(seen: [UInt8], hidden: [UInt8])] = []
  private var signs: [(name: [UInt8], sign: [UInt8])] = []

  /// What ends a name in a text: a quote of any language, the socket's file in a folder. A name that
  /// begins a line would else take the end of another line for its own.
  private static let ends = ["\"", "'", "«", "»", " »", "\u{A0}»", "“", "”", "’", "/"]

  init(_ names: [String]) {
    var forms: Set<[UInt8]> = []
    for name in names where name.utf8.contains(UInt8(ascii: "\n")) || name.contains("failed: ") {
      forms.insert(Array(name.utf8))
      // A server cuts a name to NAMEDATALEN - 1 bytes, in the middle of a character too.
      forms.insert(Array(String(decoding: name.utf8.prefix(63), as: UTF8.self).utf8))
    }
    let longestFirst = forms.sorted { $0.count > $1.count }
    for (place, form) in longestFirst.prefix(64).enumerated() {
      // Plane 16 is for private use.
      let sign = Array(String(Unicode.Scalar(UInt32(0x10FF00 + place))!).utf8)
      signs.append((form, sign))
      for end in Self.ends + (form.first == UInt8(ascii: "\n") ? [] : ["\n"]) {
        pairs.append((form + Array(end.utf8), sign + Array(end.utf8)))
      }
    }
  }

  func put(on text: String) -> String {
    pairs.reduce(text) { $0.replacingBytes($1.seen, with: $1.hidden) }
  }

  func takeOff(_ text: String) -> String {
    signs.reduce(text) { $0.replacingBytes($1.sign, with: $1.name) }
  }
}

extension String {
  /// By bytes: a mark that combines with what stands before or behind it hides nothing.
  func replacingBytes(_ bytes: [UInt8], with others: [UInt8]) -> String {
    guard !bytes.isEmpty else { return self }
    return String(decoding: Array(utf8).replacing(bytes, with: others), as: UTF8.self)
  }
}
