/// The last net under every text: nobody prints what they typed as a password.
public enum Redaction {
  /// Characters of a server's text that a person is shown.
  public static let shownInText = 2_000
  /// Characters of it that go into JSON.
  public static let shownInJSON = 20_000

  /// The text with `…://user:password@` and `password=…` masked, in time by its length alone: what
  /// a server says must not keep us busy.
  public static func redacted(_ text: String) -> String {
    let bytes = Array(text.utf8)
    return String(decoding: withoutValues(withoutUserInfo(bytes)), as: UTF8.self)
  }

  /// At most so many characters; what is cut off is told.
  public static func cut(_ text: String, to limit: Int) -> String {
    let scalars = text.unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
      end < scalars.endIndex
    else { return text }
    return String(scalars[..<end]) + "…"
  }

  /// What of a text goes into a report: masked, and bounded.
  public static func reported(_ text: String) -> String {
    // Masked with room to spare, so that no password is cut from what ends it.
    cut(redacted(cut(text, to: 2 * shownInJSON)), to: shownInJSON)
  }

  /// Masks the password of each `://user:password@`.
  private static func withoutUserInfo(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    // The last run without a blank or quote that was read: its end, and its last '@'.
    var run = (end: 0, lastAt: -1)
    var place = 0
    while place < bytes.count {
      guard bytes[place] == UInt8(ascii: ":"), bytes[place...].starts(with: "://".utf8) else {
        result.append(bytes[place])
        place += 1
        continue
      }
      var colon = place + 3
      while colon < bytes.count, !endsRun(bytes[colon]), !":/@".utf8.contains(bytes[colon]) {
        colon += 1
      }
      guard colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else {
        result += bytes[place..<colon]
        place = colon
        continue
      }
      if run.end <= colon {
        run = (colon, -1)
        while run.end < bytes.count, !endsRun(bytes[run.end]) {
          if bytes[run.end] == UInt8(ascii: "@") { run.lastAt = run.end }
          run.end += 1
        }
      }
      result += bytes[place..<colon]
      place = colon
      // A password may hold an '@' itself: the last one before a blank or quote ends it.
      if run.lastAt > colon {
        result += ":***@".utf8
        place = run.lastAt + 1
      }
    }
    return result
  }

  /// Masks the value of each `password=value` and `password='value'`.
  private static func withoutValues(_ bytes: [UInt8]) -> [UInt8] {
    let name = Array("password".utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var place = 0
    while place < bytes.count {
      guard bytes[place] | 0x20 == name[0],
        bytes[place...].prefix(name.count).elementsEqual(name, by: { $0 | 0x20 == $1 })
      else {
        result.append(bytes[place])
        place += 1
        continue
      }
      let start = place
      place = afterBlanks(bytes, place + name.count)
      if place < bytes.count, bytes[place] == UInt8(ascii: "=") {
        place = afterBlanks(bytes, place + 1)
        let end = endOfValue(bytes, place)
        result += bytes[start..<place]
        if end > place { result += "***".utf8 }
        place = end
      } else {
        result += bytes[start..<place]
      }
    }
    return result
  }

  private static func afterBlanks(_ bytes: [UInt8], _ start: Int) -> Int {
    bytes[start...].firstIndex { !isBlank($0) } ?? bytes.count
  }

  /// Where a value ends that begins here; one whose quote never closes ends with the text.
  private static func endOfValue(_ bytes: [UInt8], _ start: Int) -> Int {
    guard start < bytes.count, bytes[start] == UInt8(ascii: "'") else {
      return bytes[start...].firstIndex { endsRun($0) || $0 == UInt8(ascii: "&") } ?? bytes.count
    }
    var place = start + 1
    while place < bytes.count, bytes[place] != UInt8(ascii: "'") {
      place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(place + 1, bytes.count)
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  private static func endsRun(_ byte: UInt8) -> Bool {
    isBlank(byte) || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
  }
}
