import SessionAudit
import TestPages
import Testing

@testable import Rendering

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct JSONWriterTests {
  private func json(_ write: (inout JSONWriter) -> Void) -> String {
    String(decoding: collected(write), as: UTF8.self)
  }

  @Test func nestsWithItsCommasInPlace() {
    let text = json {
      $0.object {
        $0.value("a", 1)
        $0.array("b") {
          $0.object { _ in }
          $0.array { $0.value(nil, 2) }
          $0.null()
        }
        $0.object("c") { $0.value("d", true) }
        $0.value(dynamicKey: "e\n", "f")
        $0.value(dynamicKey: "h", String?.none)
      }
    }
    #expect(
      text
        == #"{"a":1,"b":[{},[2],null],"c":{"d":true},"e\n":"f","h":null}"#)
  }

  @Test func indentsForPeople() {
    let bytes = collected(indents: true) {
      $0.object {
        $0.value("a", 1)
        $0.array("b") { $0.value(nil, "c") }
        $0.array("none") { _ in }
        $0.value(dynamicKey: "d", 2)
      }
    }
    #expect(
      String(decoding: bytes, as: UTF8.self) == """
        {
          "a": 1,
          "b": [
            "c"
          ],
          "none": [],
          "d": 2
        }
        """)
  }

  @Test func writesUnknownAsNull() {
    let text = json {
      $0.array {
        $0.value(nil, String?.none)
        $0.value(nil, Bool?.none)
        $0.value(nil, Int32?.none)
        $0.value(nil, Duration?.none)
        $0.value(nil, Timestamp?.none)
        $0.ratio(nil, nil)
      }
    }
    #expect(text == "[null,null,null,null,null,null]")
  }

  private static let durations: [(Duration, String)] = [
    (.zero, "0"), (.seconds(1), "1"), (.seconds(10), "10"), (.seconds(3600), "3600"),
    (.milliseconds(1500), "1.5"), (.microseconds(1), "0.000001"), (.microseconds(-1), "-0.000001"),
    (.milliseconds(-1500), "-1.5"), (.microseconds(100_000), "0.1"), (.seconds(-60), "-60"),
    (.microseconds(123_456_789), "123.456789"), (.nanoseconds(999), "0"),
    (.microseconds(Int64.max), "9223372036854.775807"),
    (.microseconds(Int64.min), "-9223372036854.775808"),
  ]

  @Test(arguments: durations)
  func writesSeconds(_ duration: Duration, _ text: String) {
    #expect(json { $0.value(nil, duration) } == text)
  }

  private static let ratios: [(Double, String)] = [
    (0, "0"), (1, "1"), (0.5, "0.5"), (1.0 / 3, "0.3333"), (2.0 / 3, "0.6667"), (0.00004, "0"),
    (0.99996, "1"), (0.07, "0.07"),
  ]

  @Test(arguments: ratios)
  func writesRatiosToFourDecimals(_ ratio: Double, _ text: String) {
    #expect(json { $0.ratio(nil, ratio) } == text)
  }

  @Test func writesIntegersOfEveryWidth() {
    let text = json {
      $0.array {
        $0.value(nil, 0)
        $0.value(nil, Int32.min)
        $0.value(nil, UInt32.max)
        $0.value(nil, Int64.max)
        $0.value(nil, Int64.min)
      }
    }
    #expect(text == "[0,-2147483648,4294967295,9223372036854775807,-9223372036854775808]")
  }

  @Test func writesMomentsInUTC() {
    #expect(json { $0.value(nil, Timestamp.now) } == #""2026-03-01T12:00:00.000000Z""#)
  }

  private static let strings: [(String, String)] = [
    ("", ""), ("plain", "plain"), (#"say "hi""#, #"say \"hi\""#), (#"c:\x"#, #"c:\\x"#),
    ("a\nb\r\nc\td", #"a\nb\r\nc\td"#), ("\u{0}\u{1B}[31m\u{7F}", #"\u0000\u001b[31m\u007f"#),
    ("\u{85}\u{9B}", #"\u0085\u009b"#), ("\u{202E}evil\u{2066}", #"\u202eevil\u2066"#),
    ("\u{2028}\u{2029}", #"\u2028\u2029"#), ("\u{FEFF}", #"\ufeff"#),
    // Tags lie beyond the basic plane: a surrogate pair.
    ("\u{E0041}", #"\udb40\udc41"#), ("é日😀/", "é日😀/"),
  ]

  @Test(arguments: strings)
  func escapesWhatHarms(_ text: String, _ escaped: String) {
    #expect(json { $0.value(nil, text) } == "\"\(escaped)\"")
  }

  @Test func isReadBackAsItWas() throws {
    var random = SystemRandomNumberGenerator()
    let special = Hostile.scalars + Array("\"\\/\n\r\tab 日😀é\u{301}\u{10FFFF}".unicodeScalars)
    for _ in 0..<3000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        text.unicodeScalars.append(
          Bool.random(using: &random)
            ? special.randomElement(using: &random)!
            : Unicode.Scalar(UInt32.random(in: 0...0xD7FF, using: &random))!)
      }
      let bytes = collected { $0.object { $0.value(dynamicKey: text, text) } }
      let raw = String(decoding: bytes, as: UTF8.self)
      #expect(!raw.unicodeScalars.contains(where: HostileText.isHostile), "\(raw)")
      let read = try JSONDecoder().decode([String: String].self, from: Data(bytes))
      // By scalars: == would take a letter for the same letter with its accent apart.
      let (key, value) = try #require(read.first)
      #expect(Array(key.unicodeScalars) == Array(text.unicodeScalars))
      #expect(Array(value.unicodeScalars) == Array(text.unicodeScalars))
    }
  }
}
