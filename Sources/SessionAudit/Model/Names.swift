extension String {
  /// Compares as the server compares names. Swift's == holds two spellings of one accented letter
  /// to be equal.
  package func hasSameBytes(as other: String) -> Bool {
    var (a, b) = (self, other)
    return a.withUTF8 { a in
      b.withUTF8 { b in
        a.count == b.count && UnsafeRawBufferPointer(a).equals(UnsafeRawBufferPointer(b))
      }
    }
  }
}

extension String {
  /// The text with some characters spelled otherwise: nil as they are. By scalars, as a quote with a
  /// combining mark behind it is one Character, and still a quote.
  package func spelling(_ spell: (Unicode.Scalar) -> String?) -> String {
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if let spelled = spell(scalar) {
        result.append(contentsOf: spelled.unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}

extension UnsafeRawBufferPointer {
  /// Eight bytes at a time: every name of every audit is compared more than once.
  /// - Parameter other: as long as this.
  fileprivate func equals(_ other: UnsafeRawBufferPointer) -> Bool {
    var place = 0
    while place + 8 <= count {
      let left = loadUnaligned(fromByteOffset: place, as: UInt64.self)
      guard left == other.loadUnaligned(fromByteOffset: place, as: UInt64.self) else {
        return false
      }
      place += 8
    }
    while place < count {
      guard self[place] == other[place] else { return false }
      place += 1
    }
    return true
  }
}

/// A name to look up by its bytes.
struct NameKey: Hashable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (a: NameKey, b: NameKey) -> Bool { a.text.hasSameBytes(as: b.text) }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
