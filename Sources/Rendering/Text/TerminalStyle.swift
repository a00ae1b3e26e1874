/// What a terminal can show.
public struct TerminalStyle: Sendable {
  public var width: Int
  public var colour: Bool
  /// Whether block characters come out (a UTF-8 locale).
  public var unicode: Bool

  public init(width: Int = 80, colour: Bool = false, unicode: Bool = true) {
    self.width = width
    self.colour = colour
    self.unicode = unicode
  }

  /// Colours by meaning, never for decoration.
  public enum Meaning: String {
    case good = "32"
    case warning = "33"
    case bad = "31"
    case faint = "2"
    case strong = "1"
  }

  func paint(_ text: String, _ meaning: Meaning?) -> String {
    guard colour, let meaning, !text.isEmpty else { return text }
    return "\u{1B}[\(meaning.rawValue)m\(text)\u{1B}[0m"
  }

  /// A bar of `width` cells filled to `ratio`.
  func gauge(_ ratio: Double, width: Int) -> String {
    let filled = min(width, max(ratio > 0 ? 1 : 0, Int((ratio * Double(width)).rounded())))
    return String(repeating: unicode ? "█" : "#", count: filled)
      + String(repeating: unicode ? "░" : ".", count: width - filled)
  }

  /// One character for each value, its height by the value's share of the largest one; a blank
  /// for none, so that one session among thousands still shows.
  func bars(_ values: [Int]) -> String {
    let glyphs = unicode ? Array("▁▂▃▄▅▆▇█") : Array("._-=+*%#")
    let largest = values.max() ?? 0
    return String(
      values.map { value in
        guard value > 0, largest > 0 else { return unicode ? "·" : " " }
        return glyphs[(value * glyphs.count - 1) / largest]
      })
  }
}

/// The width of text in terminal cells.
package enum CellWidth {
  package static func of(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + of($1) }
  }

  /// 2 for East Asian wide characters and emoji, 0 for marks that combine, else 1 (Unicode
  /// Standard Annex 11, in ranges).
  static func of(_ scalar: Unicode.Scalar) -> Int {
    if scalar.isASCII { return 1 }
    // Before the ranges: some of them hold marks that combine.
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: break
    }
    return switch scalar.value {
    // Vowels and finals of Hangul, which stand in the syllable before them.
    case 0x1160...0x11FF, 0xD7B0...0xD7FF: 0
    // The colours of skin of the emoji before them.
    case 0x1F3FB...0x1F3FF: 0
    case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x3247, 0x3250...0x4DBF,
      0x4E00...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19,
      0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x1B2FF, 0x1F200...0x1F265,
      0x20000...0x3FFFD:
      2
    // Two of these make one flag of two cells.
    case 0x1F1E6...0x1F1FF: 1
    // ⌚, ✅, ⭐ and their like, strewn over the symbols.
    default: scalar.properties.isEmojiPresentation ? 2 : 1
    }
  }

  /// The text in lines of at most `width` cells, broken at blanks; a longer word stays whole.
  static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, of(last) + 1 + of(String(word)) <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  /// The text cut to `width` cells, with a sign where something is missing.
  package static func fit(_ text: String, to width: Int, unicode: Bool) -> String {
    guard of(text) > width else { return text }
    let sign = unicode ? "…" : "~"
    var result = ""
    var used = 0
    for character in text {
      let cells = of(String(character))
      guard used + cells <= width - 1 else { break }
      used += cells
      result.append(character)
    }
    return result + sign
  }
}
