import SessionAudit
import TestRandom
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

struct GlobTests {
  private static let patterns: [(String, KeyValuePairs<String, Bool>)] = [
    ("", ["": true, "a": false]),
    ("*", ["": true, "web.1": true, "ü\n": true]),
    ("?", ["": false, "a": true, "ab": false, "日": true]),
    ("web.*", ["web.1": true, "web.": true, "web": false, "my-web.1": false, "Web.1": false]),
    ("*.1", ["web.1": true, ".1": true, "web.11": false]),
    ("w*b*1", ["web.1": true, "wb1": true, "w1b": false]),
    ("web.[12]", ["web.1": true, "web.2": true, "web.3": false, "web.12": false]),
    ("web.[0-9]", ["web.7": true, "web.x": false]),
    ("[!a]", ["b": true, "a": false, "": false]),
    ("[^a-c]", ["d": true, "b": false]),
    ("[]]", ["]": true, "[": false]),
    ("[!]]", ["]": false, "x": true]),
    ("[a-]", ["-": true, "a": true, "b": false]),
    ("[z-a]", ["m": false]),
    // What is not closed is no class.
    ("[", ["[": true, "": false]),
    ("[ab", ["[ab": true, "a": false]),
    ("a]", ["a]": true]),
    (#"\*"#, ["*": true, "x": false, #"\*"#: false]),
    (#"\["#, ["[": true]),
    (#"a\"#, [#"a\"#: true, "a": false]),
    ("ä*ü", ["äöü": true, "ä": false]),
    ("[ä-ü]", ["ö": true, "a": false]),
    ("???", ["日本語": true, "日本": false]),
    // Scalars, not what looks alike: e + combining accent is two.
    ("??", ["e\u{301}": true, "\u{E9}": false]),
    ("\u{E9}", ["\u{E9}": true, "e\u{301}": false]),
    ("[e]*", ["e\u{301}": true]),
  ]

  @Test(arguments: patterns)
  func matches(_ pattern: String, _ names: KeyValuePairs<String, Bool>) {
    for (name, expected) in names {
      #expect(Glob(pattern).matches(name) == expected, "\(pattern) on \(name.debugDescription)")
    }
  }

  @Test(arguments: ["*a*a*a*a*a*a*a*a*b", "*[a]*[a]*[a]*[a]*b", "*?*?*?*?*b"])
  func staysFastOnPatternsThatExplode(_ pattern: String) {
    let name = String(repeating: "a", count: 2000)
    let clock = ContinuousClock()
    let time = clock.measure { #expect(!Glob(pattern).matches(name)) }
    // Milliseconds; a backtracking matcher would take longer than the machine will live.
    #expect(time < .seconds(5))
  }

  @Test func staysFastOnClassesThatNeverClose() {
    let brackets = String(repeating: "[", count: 1000)
    #expect(Glob(brackets).matches(brackets))
  }

  /// The C library's matcher is the judge for ASCII. Left out is what the two read differently: a
  /// backslash at the end or within a class.
  @Test func agreesWithTheCLibrary() {
    var random = Seeded.printed("Glob against fnmatch")
    let elements = [
      "a", "b", "c", "-", "!", "*", "*", "?", "]", #"\*"#, #"\a"#, #"\["#, "[ab]", "[!a]", "[^b]",
      "[a-c]", "[!a-b]", "[]a]", "[!]]", "[a-]", "[-a]", "[?*]",
    ]
    let letters = ["a", "b", "c", "*", "[", "]", "-", "!", "?"]
    var matched = 0
    for _ in 0..<50_000 {
      let pattern = (0..<Int.random(in: 0...6, using: &random))
        .map { _ in random.one(of: elements) }.joined()
      let name = (0..<Int.random(in: 0...6, using: &random))
        .map { _ in random.one(of: letters) }.joined()
      let expected = fnmatch(pattern, name, 0) == 0
      matched += expected ? 1 : 0
      #expect(Glob(pattern).matches(name) == expected, "'\(pattern)' on '\(name)'")
    }
    #expect(matched > 1000, "patterns that never match would test nothing")
  }
}
