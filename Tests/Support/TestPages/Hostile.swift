/// Text as an attacker would put it into a name or a query.
public enum Hostile {
  /// Characters that no terminal should get from a server.
  public static let scalars: [Unicode.Scalar] =
    [
      0x00...0x1F, 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
      0xE0100...0xE0110,
    ].flatMap { range in
      range.map { Unicode.Scalar($0)! }
    } + [
      "\u{AD}", "\u{34F}", "\u{61C}", "\u{115F}", "\u{1160}", "\u{180E}", "\u{3164}", "\u{FEFF}",
      "\u{FFA0}", "\u{FFF9}", "\u{FFFB}", "\u{1D173}", "\u{E0001}", "\u{E007F}",
    ]

  /// What a person might type, or a program that attacks one; and each of the scalars.
  public static let texts: [String] = words + scalars.map { "a\($0)b" }

  public static let words: [String] =
    [
      "\u{1B}[2J\u{1B}[1;31mALL GOOD\u{1B}[0m", "\u{1B}]0;title\u{7}",
      "\u{1B}]52;c;ZXZpbA==\u{1B}\\",
      "\u{1B}]8;;https://evil.example\u{1B}\\click\u{1B}]8;;\u{1B}\\",
      "\u{1B}P+q544e\u{1B}\\", "\u{1B}c\u{E}shift", "\u{9D}52;c;ZXZpbA==\u{9C}",
      "\u{9B}31mred", "a\r\nb\nc\td\u{8}\u{8}", "web\u{202E}1.bew\u{2066}", "\u{200B}\u{FEFF}web.1",
      "line\u{2028}line\u{2029}line\u{85}line", "\u{E0041}\u{E007F}", "nul\u{0}nul",
      "日本語のとても長い名前のアプリケーションです", "e\u{301}\u{301}\u{301}\u{301}x",
      "👩\u{200D}👩\u{200D}👧\u{200D}👦 family 🇩🇪", String(repeating: "x", count: 200),
      String(repeating: "語", count: 80), String(repeating: "\u{1B}", count: 60),
      // What is not UTF-8, as it is repaired, and a name that was cut in the middle of a character.
      String(decoding: [0x63, 0x61, 0x66, 0xE9, 0xFF, 0xC3, 0x28], as: UTF8.self),
      String(
        decoding: Array("\(String(repeating: "é", count: 31))語".utf8).prefix(63), as: UTF8.self),
      "e\u{301}\u{34F}\u{301}", "שלום עולם (web)", "\u{1112}\u{1161}\u{11AB}", "👍🏽 ok", "葛\u{E0100}",
      "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "=cmd|' /C calc'!A0",
      "\u{FF1D}1+1",
      "\"=1", ",=1", ";=1", "x\"\u{301},=1", "x\"\u{301}} 1\\\u{301}", "|", "-", "",
      "'; drop table x; --",
      "</script><script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>",
      "' onmouseover='alert(1)", "</style></title></td></table>", "<!--", "]]>", "&lt;b&gt;&#0;",
      "<b>bold", "{{7*7}}", "javascript:alert(1)", "<meta http-equiv=refresh content=0>",
      "\\x1b[31m", "a\\nb", "\\", "\\\"", "%s%n", " leading and trailing ", "\"quoted\\\"",
    ]
}
