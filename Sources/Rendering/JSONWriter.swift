import SessionAudit

/// Writes JSON into a byte buffer: keys in the order of the calls, unknown values as null. The
/// caller opens and closes what it nests; commas come by themselves.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private var needsComma = false
  private let indents: Bool
  private var depth = 0

  /// - Parameter indents: a line for each value, for people; else all in one line.
  init(indents: Bool = false) {
    self.indents = indents
    bytes.reserveCapacity(1 << 16)
  }

  // MARK: - Structure

  mutating func object(_ key: StaticString? = nil, _ body: (inout JSONWriter) -> Void) {
    nest(key, UInt8(ascii: "{"), UInt8(ascii: "}"), body)
  }

  mutating func array(_ key: StaticString? = nil, _ body: (inout JSONWriter) -> Void) {
    nest(key, UInt8(ascii: "["), UInt8(ascii: "]"), body)
  }

  private mutating func nest(
    _ key: StaticString?, _ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) -> Void
  ) {
    begin(key)
    bytes.append(open)
    needsComma = false
    depth += 1
    body(&self)
    depth -= 1
    if indents && needsComma { newLine() }
    bytes.append(close)
    needsComma = true
  }

  private mutating func begin(_ key: StaticString?) {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    if indents && depth > 0 { newLine() }
    if let key {
      bytes.append(UInt8(ascii: "\""))
      key.withUTF8Buffer { bytes.append(contentsOf: $0) }
      bytes.append(UInt8(ascii: "\""))
      bytes.append(UInt8(ascii: ":"))
      if indents { bytes.append(UInt8(ascii: " ")) }
    }
    needsComma = true
  }

  private mutating func newLine() {
    bytes.append(UInt8(ascii: "\n"))
    for _ in 0..<depth { bytes.append(contentsOf: "  ".utf8) }
  }

  // MARK: - Values

  mutating func null(_ key: StaticString? = nil) {
    begin(key)
    bytes.append(contentsOf: "null".utf8)
  }

  mutating func value(_ key: StaticString? = nil, _ value: String?) {
    guard let value else { return null(key) }
    begin(key)
    append(quoted: value)
  }

  mutating func value(_ key: StaticString? = nil, _ value: Bool?) {
    guard let value else { return null(key) }
    begin(key)
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  mutating func value(_ key: StaticString? = nil, _ value: (some BinaryInteger)?) {
    guard let value else { return null(key) }
    begin(key)
    append(integer: Int64(value))
  }

  /// A ratio, to four decimals.
  mutating func ratio(_ key: StaticString? = nil, _ value: Double?) {
    guard let value else { return null(key) }
    begin(key)
    append(decimal: Int64((value * 10_000).rounded()), fractionDigits: 4)
  }

  /// Seconds, to the microsecond.
  mutating func value(_ key: StaticString? = nil, _ value: Duration?) {
    guard let value else { return null(key) }
    begin(key)
    append(decimal: value.wholeMicroseconds, fractionDigits: 6)
  }

  /// ISO 8601 UTC, with microseconds.
  mutating func value(_ key: StaticString? = nil, _ value: Timestamp?) {
    guard let value else { return null(key) }
    begin(key)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: value.iso8601.utf8)
    bytes.append(UInt8(ascii: "\""))
  }

  /// A string under a key that is not known beforehand.
  mutating func value(dynamicKey key: String, _ value: (some BinaryInteger)?) {
    begin(nil)
    append(quoted: key)
    bytes.append(UInt8(ascii: ":"))
    if indents { bytes.append(UInt8(ascii: " ")) }
    if let value { append(integer: Int64(value)) } else { bytes.append(contentsOf: "null".utf8) }
  }

  mutating func value(dynamicKey key: String, _ value: String?) {
    begin(nil)
    append(quoted: key)
    bytes.append(UInt8(ascii: ":"))
    if indents { bytes.append(UInt8(ascii: " ")) }
    if let value { append(quoted: value) } else { bytes.append(contentsOf: "null".utf8) }
  }

  // MARK: - Bytes

  private mutating func append(integer: Int64) {
    append(decimal: integer, fractionDigits: 0)
  }

  /// `value` / 10^fractionDigits, without trailing zeros behind the point.
  private mutating func append(decimal value: Int64, fractionDigits: Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { digits in
      var start = 24
      var rest = value.magnitude
      var fraction = fractionDigits
      var hasFraction = false
      repeat {
        let digit = UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
        if fraction > 0 {
          if hasFraction || digit != 0 {
            hasFraction = true
            start -= 1
            digits[start] = UInt8(ascii: "0") + digit
          }
          fraction -= 1
          if fraction == 0 && hasFraction {
            start -= 1
            digits[start] = UInt8(ascii: ".")
          }
          continue
        }
        start -= 1
        digits[start] = UInt8(ascii: "0") + digit
        if rest == 0 { break }
      } while true
      if value < 0 {
        start -= 1
        digits[start] = UInt8(ascii: "-")
      }
      bytes.append(contentsOf: digits[start..<24])
    }
  }

  /// Controls, escapes and bidirectional characters are written as \u…, so that printing the JSON
  /// on a terminal does no harm either.
  private mutating func append(quoted text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) {
        bytes.append(contentsOf: utf8)
      } else {
        appendEscaped(String(decoding: utf8, as: UTF8.self))
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func appendEscaped(_ text: String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": bytes.append(contentsOf: "\\\"".utf8)
      case "\\": bytes.append(contentsOf: "\\\\".utf8)
      case "\n": bytes.append(contentsOf: "\\n".utf8)
      case "\r": bytes.append(contentsOf: "\\r".utf8)
      case "\t": bytes.append(contentsOf: "\\t".utf8)
      case _ where HostileText.isHostile(scalar):
        for unit in String(scalar).utf16 {
          let hex = String(unit, radix: 16)
          bytes.append(
            contentsOf: ("\\u" + String(repeating: "0", count: 4 - hex.count) + hex).utf8)
        }
      default: bytes.append(contentsOf: String(scalar).utf8)
      }
    }
  }
}
