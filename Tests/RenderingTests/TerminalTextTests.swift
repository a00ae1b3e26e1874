import TestPages
import TestSupport
import Testing

@testable import Rendering

struct HostileTextTests {
  private static let escapes: [(String, String)] = [
    ("", ""), ("plain / é 日 😀", "plain / é 日 😀"), ("a\nb\r\tc", #"a\nb\r\tc"#),
    ("\u{1B}[31m", #"\x1B[31m"#), ("\u{0}\u{7}\u{7F}", #"\x00\x07\x7F"#), ("\u{9B}", #"\x9B"#),
    ("\u{202E}x\u{2069}", #"\u{202E}x\u{2069}"#), ("\u{AD}", #"\xAD"#),
    ("\u{2028}", #"\u{2028}"#), ("\u{E0041}", #"\u{E0041}"#), ("a\u{200D}b", #"a\u{200D}b"#),
    ("\u{3164}\u{115F}\u{34F}", #"\u{3164}\u{115F}\u{34F}"#), ("\u{E0101}", #"\u{E0101}"#),
    // A backslash is shown as it is: it harms nobody.
    (#"\x1B"#, #"\x1B"#),
  ]

  @Test(arguments: escapes)
  func isEscaped(_ text: String, _ escaped: String) {
    #expect(HostileText.escaped(text) == escaped)
  }

  @Test func leavesNothingHostile() {
    for scalar in Hostile.scalars {
      #expect(HostileText.isHostile(scalar), "U+\(String(scalar.value, radix: 16))")
      #expect(!HostileText.escaped("a\(scalar)").unicodeScalars.contains(scalar))
    }
  }

  @Test func isNotWhatPeopleWrite() {
    for scalar in "aZ0 ~\u{A0}é日本語한글עבריתالعربية😀€\u{301}\u{FE0F}".unicodeScalars {
      #expect(!HostileText.isHostile(scalar), "U+\(String(scalar.value, radix: 16))")
    }
  }
}

struct CellWidthTests {
  private static let widths: [(String, Int)] = [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("e\u{301}\u{302}\u{303}x", 2), ("日本語", 6),
    ("한글", 4), ("ｗｅｂ", 6), ("ﾊﾝｶｸ", 4), ("😀", 2), ("✅", 2), ("⭐⚡", 4), ("🇩🇪", 2), ("…", 1),
    ("█░▁", 3), ("か\u{3099}", 2), ("שלום", 4), ("\u{20DD}", 0), ("𠮷", 2), ("→", 1),
    ("❤\u{FE0F}", 1),
  ]

  @Test(arguments: widths)
  func countsCells(_ text: String, _ width: Int) {
    #expect(CellWidth.of(text) == width)
  }

  /// Every character that may come to a terminal, by the measure that terminals' own tests use.
  @Test func countsAsWcwidthDoes() throws {
    let scalars = (0x20...0x10FFFF).compactMap { Unicode.Scalar(UInt32($0)) }.filter { scalar in
      switch scalar.properties.generalCategory {
      case .unassigned, .privateUse, .surrogate: return false
      // Terminals differ: one cell or none.
      case .spacingMark: return false
      default:
        guard let age = scalar.properties.age, age < (16, 0) else { return false }
        return !HostileText.isHostile(scalar)
      }
    }
    let widths = try PythonReader.widths.read(String(String.UnicodeScalarView(scalars))).items
    #expect(widths.count == scalars.count)
    let unlike = zip(scalars, widths).filter { CellWidth.of($0) != $1.int }
      .map {
        "U+\(String($0.value, radix: 16, uppercase: true)) \(CellWidth.of($0)) not \($1.int ?? -9)"
      }
    #expect(unlike.isEmpty, "\(unlike.count): \(unlike.prefix(60))")
  }

  private static let cuts: [(String, Int, String)] = [
    ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("abcd", 1, "…"), ("日本語", 6, "日本語"),
    ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
    ("", 0, ""),
  ]

  @Test(arguments: cuts)
  func cutsToFit(_ text: String, _ width: Int, _ expected: String) {
    let fitted = CellWidth.fit(text, to: width, unicode: true)
    #expect(fitted == expected && CellWidth.of(fitted) <= width)
  }

  @Test func cutsWithATildeWhereThereIsNoEllipsis() {
    #expect(CellWidth.fit("abcd", to: 3, unicode: false) == "ab~")
  }
}

struct TerminalStyleTests {
  private let plain = TerminalStyle(unicode: false)

  private static let gauges: [(Double, String)] = [
    (0, "........"), (0.001, "#......."), (0.5, "####...."), (0.99, "########"), (1, "########"),
    (1.7, "########"),
  ]

  @Test(arguments: gauges)
  func fillsAGauge(_ ratio: Double, _ expected: String) {
    #expect(plain.gauge(ratio, width: 8) == expected)
    let blocks = TerminalStyle().gauge(ratio, width: 8)
    #expect(blocks == String(expected.map { $0 == "#" ? "█" : "░" }))
  }

  private static let bars: [([Int], String, String)] = [
    ([], "", ""), ([0, 0], "··", "  "), ([1], "█", "#"), ([8, 4, 2, 1, 0], "█▄▂▁·", "#=_. "),
    // One session among thousands still shows.
    ([5000, 1], "█▁", "#."), ([1, 2, 3, 4, 5, 6, 7, 8], "▁▂▃▄▅▆▇█", "._-=+*%#"),
  ]

  @Test(arguments: bars)
  func drawsBarsByTheLargest(_ values: [Int], _ blocks: String, _ ascii: String) {
    #expect(TerminalStyle().bars(values) == blocks)
    #expect(plain.bars(values) == ascii)
  }

  @Test func paintsOnlyWithColour() {
    #expect(TerminalStyle(colour: true).paint("x", .bad) == "\u{1B}[31mx\u{1B}[0m")
    #expect(TerminalStyle(colour: true).paint("x", nil) == "x")
    #expect(TerminalStyle(colour: true).paint("", .bad) == "")
    #expect(TerminalStyle().paint("x", .bad) == "x")
  }
}
