import SessionAudit

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
  func paint(_ text: String, _ meaning: Wording.Meaning?) -> String {
    guard colour, let meaning, !text.isEmpty else { return text }
    let code =
      switch meaning {
      case .good: 32
      case .warning: 33
      case .bad: 31
      case .faint: 2
      case .strong: 1
      }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
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
