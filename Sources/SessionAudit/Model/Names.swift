#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension String {
  /// Compares as the server compares names. Swift's == holds two spellings of one accented letter
  /// to be equal.
  package func hasSameBytes(as other: String) -> Bool {
    var (a, b) = (self, other)
    return a.withUTF8 { a in
      b.withUTF8 { b in
        guard a.count == b.count, let left = a.baseAddress, let right = b.baseAddress else {
          return a.count == b.count
        }
        return memcmp(left, right, a.count) == 0
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
