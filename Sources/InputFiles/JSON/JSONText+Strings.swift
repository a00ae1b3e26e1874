extension JSONText {
  /// Reads from the opening quote to behind the closing one. What is not UTF-8 is repaired.
  mutating func string() throws(InputFileError) -> String {
    place += 1
    let start = place
    try skipPlainText()
    if take("\"") { return String(decoding: bytes[start..<(place - 1)], as: UTF8.self) }

    // A backslash stopped it: from here on the text is put together.
    var text = Array(bytes[start..<place])
    while !take("\"") {
      if take("\\") {
        try appendEscape(to: &text)
      } else {
        let plain = place
        try skipPlainText()
        text += bytes[plain..<place]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// To the next quote or backslash.
  private mutating func skipPlainText() throws(InputFileError) {
    while let byte = next {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
      guard byte >= 0x20 else {
        throw error("is not JSON: a string holds an unescaped control character")
      }
      place += 1
    }
    throw error("ends in the middle of its JSON")
  }

  /// Reads what follows a backslash.
  private mutating func appendEscape(to text: inout [UInt8]) throws(InputFileError) {
    guard let byte = next else { throw unexpected("an escape") }
    place += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text += String(try escapedScalar()).utf8
    default: throw error("is not JSON: a string holds an unknown escape")
    }
  }

  /// Reads what follows `\u`, and the second half of a surrogate pair; a half that stands alone
  /// is no character and becomes U+FFFD.
  private mutating func escapedScalar() throws(InputFileError) -> Unicode.Scalar {
    let unit = try hexUnit()
    if UTF16.isLeadSurrogate(unit), bytes[place...].starts(with: "\\u".utf8) {
      let start = place
      place += 2
      let trail = try hexUnit()
      if UTF16.isTrailSurrogate(trail) {
        let offset = UInt32(unit & 0x3FF) << 10 | UInt32(trail & 0x3FF)
        return Unicode.Scalar(0x1_0000 + offset) ?? "\u{FFFD}"
      }
      // The other escape stands for itself.
      place = start
    }
    return Unicode.Scalar(unit) ?? "\u{FFFD}"
  }

  private mutating func hexUnit() throws(InputFileError) -> UInt16 {
    let digits = bytes[place...].prefix(4)
    var unit: UInt16 = 0
    for byte in digits {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw error("is not JSON: a string holds an unknown escape")
      }
      unit = unit << 4 | UInt16(digit)
    }
    guard digits.count == 4 else { throw error("ends in the middle of its JSON") }
    place += 4
    return unit
  }
}
