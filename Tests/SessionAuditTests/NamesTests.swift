import Testing

@testable import SessionAudit

struct NamesTests {
  /// Of every length about a word's, with a difference at each place.
  @Test func differAtAnyByte() {
    for count in 0...40 {
      let name = [UInt8](repeating: UInt8(ascii: "x"), count: count)
      let text = String(decoding: name, as: UTF8.self)
      #expect(text.hasSameBytes(as: String(decoding: name, as: UTF8.self)))
      #expect(!text.hasSameBytes(as: text + "x") && !(text + "x").hasSameBytes(as: text))
      for place in 0..<count {
        var other = name
        other[place] = UInt8(ascii: "y")
        #expect(!text.hasSameBytes(as: String(decoding: other, as: UTF8.self)))
      }
    }
  }

  @Test func lookAlikesAreTwo() {
    #expect("é" == "e\u{301}" && !"é".hasSameBytes(as: "e\u{301}"))
    #expect(NameKey("é") != NameKey("e\u{301}") && NameKey("é") == NameKey("é"))
  }
}
