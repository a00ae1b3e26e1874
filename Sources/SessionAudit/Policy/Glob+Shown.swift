/// An application_name as the server shows it: not longer than 63 bytes, and of what is not printable
/// ASCII up to Postgres 15 a `?` for each byte, from 16 on `\xd0` (pg_clean_ascii in common/string.c).
/// A role or database from an encoding other than UTF-8 has U+FFFD where it can't be read.
extension Glob {
  /// NAMEDATALEN - 1.
  public static let longestName = 63

  /// How much a name that is shown may be taken to mean.
  enum Reading {
    /// What it says: nobody else's name is shown so.
    case certain
    /// Also `?` for any character of so many bytes.
    case likely
    /// Also whatever may have been cut off, or can't be read: for what keeps somebody from being ended.
    case possible
  }

  /// Why it would match nobody, as a clause; nil where it may.
  public var tooLong: String? {
    guard leastBytes > Self.longestName else { return nil }
    let kept = "the \(Self.longestName) bytes that the server keeps of a name"
    return pattern.utf8.allSatisfy { $0 < 0x80 }
      ? "is longer than \(kept)"
      : "is longer than \(kept), as it writes what is not ASCII: \\xd0 for each byte. End it sooner, "
        + "with a *"
  }

  /// Whether it has a `[` that no `]` closes, which is a literal.
  public var opensNoClass: Bool {
    elements.contains { scalars[$0] == "[" && classEnd(at: $0) == nil }
  }

  /// The fewest bytes that a name has when it is shown from Postgres 16 on.
  private var leastBytes: Int {
    elements.reduce(0) { bytes, p in
      switch scalars[p] {
      case "*": bytes
      case "[": bytes + 1
      case "\\" where p + 1 < scalars.count: bytes + Self.shownBytes(scalars[p + 1])
      case let scalar: bytes + Self.shownBytes(scalar)
      }
    }
  }

  /// The places where its stars, classes and single characters begin.
  private var elements: [Int] {
    var places: [Int] = []
    var p = 0
    while p < scalars.count {
      places.append(p)
      switch scalars[p] {
      case "[": p = (classEnd(at: p) ?? p) + 1
      case "\\": p += 2
      default: p += 1
      }
    }
    return places
  }

  private static func shownBytes(_ scalar: Unicode.Scalar) -> Int {
    scalar.isASCII ? 1 : 4 * UTF8.width(scalar)
  }

  func matches(shown name: String, _ reading: Reading) -> Bool {
    if matches(name) { return true }
    let text = Array(name.unicodeScalars)
    // A character of up to four bytes is cut off as a whole.
    let isCut = reading == .possible && name.utf8.count >= Self.longestName - 3
    guard isCut || text.contains(where: { $0 == "\\" || $0 == "?" || $0 == "\u{FFFD}" }) else {
      return false
    }
    // The places in the pattern that some reading of the text before a place in it leads to.
    var reached = [Set<Int>](repeating: [], count: text.count + 1)
    reached[0] = [0]
    for t in text.indices {
      let places = behindStars(reached[t])
      guard !places.isEmpty else { continue }
      // Of its last character there may be only a part.
      if isCut && t + 16 > text.count && (text[t] == "\\" || text[t] == "?") { return true }
      for (character, length) in Self.originals(of: text, at: t, reading) {
        for p in places where p < scalars.count {
          if scalars[p] == "*" { reached[t + length].insert(p) }
          if let next = step(at: p, over: character) { reached[t + length].insert(next) }
        }
      }
    }
    let ends = behindStars(reached[text.count])
    return isCut ? !ends.isEmpty : ends.contains(scalars.count)
  }

  private func behindStars(_ places: Set<Int>) -> Set<Int> {
    var all = places
    for place in places {
      var p = place
      while p < scalars.count, scalars[p] == "*" {
        p += 1
        all.insert(p)
      }
    }
    return all
  }

  /// What one character of the name may have been.
  private enum Original {
    case scalar(Unicode.Scalar)
    /// None of ASCII; nil: of any width in UTF-8.
    case foreign(bytes: Int?)
  }

  private static func originals(
    of text: [Unicode.Scalar], at t: Int, _ reading: Reading
  ) -> [(Original, length: Int)] {
    var all: [(Original, Int)] = [(.scalar(text[t]), 1)]
    switch text[t] {
    case "?" where reading != .certain:
      let marks = text[t...].prefix(4).prefix { $0 == "?" }.count
      all += (1...marks).map { (.foreign(bytes: $0), $0) }
    case "\u{FFFD}" where reading == .possible:
      let marks = text[t...].prefix(3).prefix { $0 == "\u{FFFD}" }.count
      all += (1...marks).map { (.foreign(bytes: nil), $0) }
    case "\\":
      let bytes = escapedBytes(text, at: t)
      var decoder = UTF8()
      var rest = bytes.makeIterator()
      if case .scalarValue(let scalar) = decoder.decode(&rest) {
        all.append((.scalar(scalar), 4 * UTF8.width(scalar)))
      } else if let byte = bytes.first {
        // Of LATIN1, or of an encoding that is not known here.
        all.append((.scalar(Unicode.Scalar(byte)), 4))
        if reading == .possible {
          all += (1...min(3, bytes.count)).map { (.foreign(bytes: nil), 4 * $0) }
        }
      }
    default: break
    }
    return all
  }

  /// Those of `\xd0\xbe` and so on from a place, four at the most.
  private static func escapedBytes(_ text: [Unicode.Scalar], at start: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var t = start
    while bytes.count < 4, t + 3 < text.count, text[t] == "\\", text[t + 1] == "x",
      let byte = UInt8(String(String.UnicodeScalarView(text[t + 2...t + 3])), radix: 16)
    {
      bytes.append(byte)
      t += 4
    }
    return bytes
  }

  private func step(at p: Int, over character: Original) -> Int? {
    switch character {
    case .scalar(let scalar): return step(at: p, over: scalar)
    case .foreign(let bytes):
      switch scalars[p] {
      case "?": return p + 1
      case "[":
        guard let end = classEnd(at: p) else { return nil }
        let members = scalars[(p + 1)..<end]
        let mayHave =
          members.contains { !$0.isASCII } || "!^".unicodeScalars.contains(members[p + 1])
        return mayHave ? end + 1 : nil
      case let scalar:
        return !scalar.isASCII && (bytes ?? UTF8.width(scalar)) == UTF8.width(scalar) ? p + 1 : nil
      }
    }
  }
}
