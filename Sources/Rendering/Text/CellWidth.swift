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
