import SessionAudit

/// Writes JSON into a sink: keys in the order of the calls, unknown values as null. The caller
/// opens and closes what it nests; commas come by themselves.
package struct JSONWriter {
  private let sink: ByteSink
  private var needsComma = false
  private let indents: Bool
  private var depth = 0
  private var lastDay = Int64.min
  private var lastDate: [UInt8] = []

  /// - Parameter indents: a line for each value, for people; else all in one line.
  init(into sink: ByteSink, indents: Bool = false) {
    self.sink = sink
    self.indents = indents
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
    sink.append(open)
    needsComma = false
    depth += 1
    body(&self)
    depth -= 1
    if indents && needsComma { newLine() }
    sink.append(close)
    needsComma = true
  }

  @inline(__always)
  private mutating func begin(_ key: StaticString?) {
    if indents {
      beginLine(key)
    } else {
      // The comma, the key in quotes and the colon in one go: this happens for every value.
      let length = key?.utf8CodeUnitCount ?? 0
      let room = sink.room(for: length + 4)
      var end = 0
      if needsComma {
        room[0] = UInt8(ascii: ",")
        end = 1
      }
      if let key {
        room[end] = UInt8(ascii: "\"")
        (room + end + 1).update(from: key.utf8Start, count: length)
        room[end + length + 1] = UInt8(ascii: "\"")
        room[end + length + 2] = UInt8(ascii: ":")
        end += length + 3
      }
      sink.advance(end)
    }
    needsComma = true
  }

  private func beginLine(_ key: StaticString?) {
    if needsComma { sink.append(UInt8(ascii: ",")) }
    if depth > 0 { newLine() }
    guard let key else { return }
    sink.append(UInt8(ascii: "\""))
    sink.append(literal: key)
    sink.append(literal: "\": ")
  }

  private mutating func begin(dynamicKey key: String) {
    begin(nil)
    append(quoted: key)
    sink.append(UInt8(ascii: ":"))
    if indents { sink.append(UInt8(ascii: " ")) }
  }

  private func newLine() {
    sink.append(UInt8(ascii: "\n"))
    for _ in 0..<depth { sink.append(literal: "  ") }
  }

  // MARK: - Values

  mutating func strings(_ key: StaticString, _ values: [String]) {
    array(key) { json in
      for value in values { json.value(nil, value) }
    }
  }

  mutating func null(_ key: StaticString? = nil) {
    begin(key)
    sink.append(literal: "null")
  }

  mutating func value(_ key: StaticString? = nil, _ value: String?) {
    guard let value else { return null(key) }
    begin(key)
    append(quoted: value)
  }

  mutating func value(_ key: StaticString? = nil, _ value: Bool?) {
    guard let value else { return null(key) }
    begin(key)
    sink.append(literal: value ? "true" : "false")
  }

  mutating func value(_ key: StaticString? = nil, _ value: (some BinaryInteger)?) {
    guard let value else { return null(key) }
    begin(key)
    append(Int64(value))
  }

  /// A ratio, to four decimals.
  mutating func ratio(_ key: StaticString? = nil, _ value: Double?) {
    guard let value else { return null(key) }
    begin(key)
    append(decimal: Int64((value * 10_000).rounded()), per: 10_000, digits: 4)
  }

  /// Seconds, to the microsecond.
  mutating func value(_ key: StaticString? = nil, _ value: Duration?) {
    guard let value else { return null(key) }
    begin(key)
    append(decimal: value.wholeMicroseconds, per: 1_000_000, digits: 6)
  }

  /// ISO 8601 UTC, with microseconds.
  mutating func value(_ key: StaticString? = nil, _ value: Timestamp?) {
    guard let value else { return null(key) }
    begin(key)
    let (day, withinDay) = value.dayAndMicroseconds
    if day != lastDay {
      // Almost all moments of a report are of one day or a few.
      lastDay = day
      lastDate = Array(value.date.utf8)
    }
    sink.append(UInt8(ascii: "\""))
    lastDate.withUnsafeBufferPointer { sink.append($0) }
    let second = UInt64(withinDay / 1_000_000)
    let room = sink.room(for: 19)
    func put(_ value: UInt64, at place: Int, after separator: StaticString) {
      room[place] = separator.utf8Start.pointee
      room[place + 1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / 10)
      room[place + 2] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value % 10)
    }
    put(second / 3600, at: 0, after: "T")
    put(second / 60 % 60, at: 3, after: ":")
    put(second % 60, at: 6, after: ":")
    sink.advance(9)
    sink.append(UInt8(ascii: "."))
    sink.append(UInt64(withinDay % 1_000_000), width: 6)
    sink.append(literal: "Z\"")
  }

  /// A number or a string under a key that is not known beforehand.
  mutating func value(dynamicKey key: String, _ value: Int) {
    begin(dynamicKey: key)
    append(Int64(value))
  }

  mutating func value(dynamicKey key: String, _ value: String?) {
    begin(dynamicKey: key)
    if let value { append(quoted: value) } else { sink.append(literal: "null") }
  }

  // MARK: - Bytes

  private func append(_ value: Int64) {
    if value < 0 { sink.append(UInt8(ascii: "-")) }
    sink.append(value.magnitude)
  }

  /// `value` / `unit`, without trailing zeros behind the point. `unit` is 10 to the power of
  /// `digits`.
  private func append(decimal value: Int64, per unit: UInt64, digits: Int) {
    if value < 0 { sink.append(UInt8(ascii: "-")) }
    let (whole, fraction) = value.magnitude.quotientAndRemainder(dividingBy: unit)
    sink.append(whole)
    guard fraction > 0 else { return }
    var (shown, width) = (fraction, digits)
    while shown % 10 == 0 {
      shown /= 10
      width -= 1
    }
    sink.append(UInt8(ascii: "."))
    sink.append(shown, width: width)
  }

  /// Controls, escapes and bidirectional characters are written as \u…, so that printing the JSON
  /// on a terminal does no harm either.
  private func append(quoted text: String) {
    sink.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      if utf8.allSatisfy(Self.needsNoEscape) {
        sink.append(utf8)
      } else {
        appendEscaped(String(decoding: utf8, as: UTF8.self))
      }
    }
    sink.append(UInt8(ascii: "\""))
  }

  @inline(__always)
  private static func needsNoEscape(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  private func appendEscaped(_ text: String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": sink.append(literal: "\\\"")
      case "\\": sink.append(literal: "\\\\")
      case "\n": sink.append(literal: "\\n")
      case "\r": sink.append(literal: "\\r")
      case "\t": sink.append(literal: "\\t")
      case _ where HostileText.isHostile(scalar):
        for unit in String(scalar).utf16 {
          let hex = String(unit, radix: 16)
          sink.append("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
        }
      default: sink.append(String(scalar))
      }
    }
  }
}
