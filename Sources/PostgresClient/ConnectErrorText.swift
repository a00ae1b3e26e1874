/// Reads what libpq says of a failed connection. libpq has no accessor for its SQLSTATE, but with
/// verbose errors the text carries it: `…failed: FATAL:  53300: sorry, too many…\nLOCATION:  …`.
/// Text of several hosts or of a TLS and a plain attempt stands in one string.
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
  static func parse(_ text: String) -> [ServerMessage] {
    var attempts: [[String]] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      // fe-connect.c: emitHostIdentityInfo
      let begins =
        line.hasPrefix("connection to server ") || line.hasPrefix("could not translate host name ")
      if begins || attempts.isEmpty { attempts.append([]) }
      attempts[attempts.count - 1].append(String(line))
    }
    var messages: [ServerMessage] = []
    for message in attempts.map(message) where !messages.contains(message) {
      messages.append(message)
    }
    return messages.isEmpty ? [message(of: [])] : messages
  }

  private static func message(of attempt: [String]) -> ServerMessage {
    var lines = attempt
    let location = lines.last { $0.hasPrefix("LOCATION:") }
    lines.removeAll { $0.hasPrefix("LOCATION:") }
    let detail = take(&lines, prefix: "DETAIL:")
    let hint = take(&lines, prefix: "HINT:")
    var state: SQLState?
    lines = lines.map { line in
      guard let found = sqlState(in: line) else { return line }
      state = found.state
      return found.lineWithout
    }
    return ServerMessage(
      sqlState: state, message: lines.joined(separator: "\n"), detail: detail, hint: hint,
      sourceFunction: location.map(sourceFunction))
  }

  /// Finds `:  XXXXX: ` in a line. Severity words are translated, the two spaces are not.
  private static func sqlState(in line: String) -> (state: SQLState, lineWithout: String)? {
    let bytes = Array(line.utf8)
    guard bytes.count >= 10 else { return nil }
    for i in stride(from: bytes.count - 10, through: 0, by: -1)
    where bytes[i] == UInt8(ascii: ":") && bytes[i + 1] == UInt8(ascii: " ")
      && bytes[i + 2] == UInt8(ascii: " ") && bytes[i + 8] == UInt8(ascii: ":")
      && bytes[i + 9] == UInt8(ascii: " ")
    {
      guard let state = SQLState(String(decoding: bytes[(i + 3)..<(i + 8)], as: UTF8.self)) else {
        continue
      }
      let before = String(decoding: bytes[...i], as: UTF8.self)
      let after = String(decoding: bytes[(i + 9)...], as: UTF8.self)
      return (state, before + after)
    }
    return nil
  }

  private static func take(_ lines: inout [String], prefix: String) -> String? {
    guard let index = lines.lastIndex(where: { $0.hasPrefix(prefix) }) else { return nil }
    let line = lines.remove(at: index)
    return String(line.dropFirst(prefix.count).drop { $0 == " " })
  }

  /// `LOCATION:  InitProcess, proc.c:351` → `InitProcess`.
  private static func sourceFunction(_ location: String) -> String {
    String(location.dropFirst("LOCATION:".count).drop { $0 == " " }.prefix { $0 != "," })
  }
}
