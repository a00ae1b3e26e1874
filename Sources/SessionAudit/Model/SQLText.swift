/// Names as SQL takes them, for statements that people run.
public enum SQLText {
  /// Whether a statement means what it says. A name from a database in another encoding has been
  /// repaired on the way, and what it then reads may be somebody else's.
  static func isFaithful(_ statement: String) -> Bool {
    !statement.unicodeScalars.contains("\u{FFFD}")
  }

  /// A quoted identifier, on one line and without a character that a terminal would obey.
  public static func identifier(_ name: String) -> String {
    let scalars = name.unicodeScalars
    let isPlain = scalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: false
      default: true
      }
    }
    if isPlain { return "\"" + name.spelling { $0 == "\"" ? "\"\"" : nil } + "\"" }
    return "U&\""
      + scalars.map { scalar -> String in
        switch scalar {
        case "\"": return "\"\""
        case "\\": return "\\\\"
        case _ where 0x20..<0x7F ~= scalar.value: return "\(scalar)"
        default:
          let hex = String(scalar.value, radix: 16, uppercase: true)
          return "\\+" + String(repeating: "0", count: 6 - hex.count) + hex
        }
      }.joined() + "\""
  }
}
