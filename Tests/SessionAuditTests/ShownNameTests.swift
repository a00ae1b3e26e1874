import Testing

@testable import SessionAudit

/// Names as a server shows them: cut at 63 bytes, and not as they were given where they are no ASCII.
struct ShownNameTests {
  private static let nightly = "отчёты-ночные"

  private static func escaped(_ name: String) -> String {
    name.utf8.map { byte in
      byte < 0x80
        ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  private static func marked(_ name: String) -> String {
    name.utf8.map { $0 < 0x80 ? String(UnicodeScalar($0)) : "?" }.joined()
  }

  /// What Postgres 16 and later, and what those before show of it.
  private static func shown(_ name: String) -> [String] {
    [escaped(name), marked(name)].map { String($0.prefix(63)) }
  }

  @Test(arguments: [
    nightly, "отчёты*", "от?ёты*", "[о]тчёты-*", "[а-я]*", "*-ночные", "*ночные", "о*е", "?*",
    "[!x]*",
  ])
  func whatProtectsSpeaksOfAllThatMayBeMeant(pattern: String) {
    #expect(Glob(pattern).matches(Self.nightly))
    for name in Self.shown(Self.nightly) {
      #expect(name.utf8.count <= 63)
      #expect(Glob(pattern).matches(shown: name, .possible), "\(name)")
    }
  }

  @Test(arguments: ["отчёты", "от?ёты", "[о]тчёты", "??????", "о*ы", "[!a]тчёт[ы]"])
  func aWholeNameIsRead(pattern: String) {
    let name = Self.shown("отчёты")
    #expect(Glob(pattern).matches(shown: name[0], .certain))
    #expect(Glob(pattern).matches(shown: name[1], .likely))
    // A `?` stands for any byte: whom it names is not sure. But for `?` itself, which is itself.
    #expect(!Glob("отчёты").matches(shown: name[1], .certain))
  }

  @Test(arguments: ["отчёт", "отчёты?", "отчёты-", "x*", "продажи", "отчёты-ночные-1"])
  func anotherNameIsNot(pattern: String) {
    for name in Self.shown("отчёты") {
      #expect(!Glob(pattern).matches(shown: name, .possible), "\(name)")
    }
  }

  @Test func whatWasCutOffMayHaveBeenAnything() {
    let name = String(repeating: "a", count: 63)
    #expect(Glob("*-kept").matches(shown: name, .possible))
    #expect(Glob(name + "-kept").matches(shown: name, .possible))
    #expect(!Glob("*-kept").matches(shown: name, .likely))
    #expect(!Glob("b*-kept").matches(shown: name, .possible))
    // With a character of four bytes; what is shorter was not cut.
    #expect(Glob("*-kept").matches(shown: String(name.dropLast(3)), .possible))
    #expect(!Glob("*-kept").matches(shown: String(name.dropLast(4)), .possible))
  }

  /// A role from a LATIN1 database, and one that a LATIN1 database shows.
  @Test func whatIsNoUTF8MayBeMeant() {
    for name in ["m\u{FFFD}ller", "m\\xfcller"] {
      #expect(Glob("müller").matches(shown: name, .possible))
      #expect(Glob("m?ller").matches(shown: name, .possible))
      #expect(!Glob("muller").matches(shown: name, .possible))
      #expect(!Glob("mülle").matches(shown: name, .possible))
    }
    #expect(!Glob("müller").matches(shown: "m\u{FFFD}ller", .certain), "it may be möller")
    #expect(!Glob("müller").matches(shown: "m\\xf6ller", .certain))
  }

  @Test func plainNamesAreReadAsEver() {
    for (pattern, name, matches) in [
      ("web.*", "web.1", true), ("web.?", "web.11", false), ("a?c", "a?c", true),
      ("a\\xd0", "a\\xd0", false), ("*", "", true), ("", "", true), ("x", "", false),
      ("ab", "a?", false), ("?", "??", false),
    ] {
      #expect(Glob(pattern).matches(shown: name, .certain) == matches, "\(pattern) \(name)")
      #expect(Glob(pattern).matches(shown: name, .possible) == (matches || name == "??"))
    }
  }

  @Test func namesThatNoServerShowsAreTold() {
    for pattern in [
      Self.nightly, String(repeating: "a", count: 64), String(repeating: "a", count: 70) + "*",
      String(repeating: "[ab]", count: 64),
    ] {
      #expect(Glob(pattern).tooLong?.contains("63 bytes") == true, "\(pattern)")
    }
    for pattern in [
      "отчёты*", "*", String(repeating: "a", count: 63), String(repeating: "*a", count: 63),
      String(repeating: "[abc]", count: 63), String(repeating: "\\*", count: 63),
    ] {
      #expect(Glob(pattern).tooLong == nil, "\(pattern)")
    }
  }
}
