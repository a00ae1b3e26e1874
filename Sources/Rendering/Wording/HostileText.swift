/// What text from a server may hold and no terminal should get.
public enum HostileText {
  /// Control characters (C0, DEL, C1), line and paragraph separators, what changes the direction of
  /// text (Unicode's category Cf), and what is not to be seen (Default_Ignorable_Code_Point). Only
  /// the selectors that emoji need stay.
  public static func isHostile(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E: return false
    case 0x00...0x1F, 0x7F...0x9F: return true
    case 0xFE00...0xFE0F: return false
    default: break
    }
    switch scalar.properties.generalCategory {
    case .format, .lineSeparator, .paragraphSeparator: return true
    default: return scalar.properties.isDefaultIgnorableCodePoint
    }
  }

  /// The text with each such character shown as `\xHH` or `\u{HHHH}`, on one line.
  public static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isHostile) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      guard isHostile(scalar) else {
        result.unicodeScalars.append(scalar)
        continue
      }
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        let hex = String(scalar.value, radix: 16, uppercase: true)
        result +=
          scalar.value < 0x100
          ? "\\x" + (hex.count < 2 ? "0" : "") + hex : "\\u{\(hex)}"
      }
    }
    return result
  }
}
