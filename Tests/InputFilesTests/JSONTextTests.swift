import Testing

@testable import InputFiles

struct JSONTextTests {
  private func parsed(_ text: String) throws -> JSONNode { try JSONText.parse(bytes(text)) }

  @Test(
    arguments: [
      ("null", .null), (" true\n", .bool(true)), ("false", .bool(false)), ("0", .number("0")),
      ("-0.5e+10", .number("-0.5e+10")), ("1E5", .number("1E5")), ("[]", .array([])),
      ("{ }", .object([])), (#""""#, .string("")), ("\u{FEFF}null", .null),
    ] as [(String, JSONNode.Value)])
  func readsEachKindOfValue(_ text: String, _ value: JSONNode.Value) throws {
    #expect(try parsed(text).value == value)
  }

  @Test(arguments: [
    (#""web.1""#, "web.1"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
    (#""\u00e9\u00E9é""#, "ééé"), (#""\ud83d\ude00""#, "😀"), (#""a\ud83dz""#, "a\u{FFFD}z"),
    (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"), (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
    (#""\ud83d\n""#, "\u{FFFD}\n"), (#""\u0000""#, "\0"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
    ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"),
  ])
  func readsStrings(_ text: String, _ string: String) throws {
    guard case .string(let read) = try parsed(text).value else {
      Issue.record("is no string")
      return
    }
    #expect(Array(read.utf8) == Array(string.utf8))
  }

  @Test func repairsWhatIsNotUTF8() throws {
    let quote = UInt8(ascii: "\"")
    #expect(try JSONText.parse([quote, 0xFF, 0x41, quote]).value == .string("\u{FFFD}A"))
    let withEscape = [quote, 0xFF] + bytes(#"\n"#) + [0xC3, quote]
    #expect(try JSONText.parse(withEscape).value == .string("\u{FFFD}\n\u{FFFD}"))
  }

  @Test func keepsOrderAndLetsTheLastOfTwoKeysWin() throws {
    let node = try parsed(#"{"b": 1, "a": 2, "b": 3}"#)
    guard case .object(let members) = node.value else {
      Issue.record("is no object")
      return
    }
    #expect(members.map(\.key) == ["b", "a", "b"])
    #expect(node["b"]?.int == 3)
    #expect(node["c"] == nil)
  }

  @Test func knowsLines() throws {
    let node = try parsed("\n{\r\n  \"a\": [\n1,\n\n2], \"b\":\n{}\n}")
    #expect(node.line == 2)
    #expect(node["a"]?.line == 3)
    guard case .array(let elements) = node["a"]?.value else {
      Issue.record("is no array")
      return
    }
    #expect(elements.map(\.line) == [4, 6])
    #expect(node["b"]?.line == 7)
  }

  @Test(
    arguments: [
      ("12", 12), ("-12", -12), ("1e3", 1000), ("1.0", 1), ("1.5", nil), ("1e300", nil),
      ("1e999", nil), ("9223372036854775807", .max), ("-9223372036854775808", .min),
      ("9223372036854775808", nil), ("true", nil), (#""12""#, nil),
    ] as [(String, Int?)])
  func takesWholeNumbersThatFit(_ text: String, _ int: Int?) throws {
    #expect(try parsed(text).int == int)
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "True", "NaN", "Infinity", "+1", "01", "-", "1.", ".5", "1e", "1e+",
    "0x10", "1 2", "[1,]", "[,1]", "[1 2]", "[1", "]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#,
    #"{"a":1 "b":2}"#, #"{a:1}"#, #"{'a':1}"#, #"{"a":1"#, #"{"a"#, #"""#, #""\"#, #""\x""#,
    #""\u12"#, #""\u12g4""#, #""\u+123""#, #""\ud83d\u12""#, "\"a\nb\"", "\"\t\"", "// a\n1",
    "/* a */ 1", "1;", "{}{}", "[]\n[]", "\u{A0}1", "'a'", "\u{FEFF}\u{FEFF}1", "\"\\u１234\"",
  ])
  func isStrict(_ text: String) {
    _ = refusal { () throws(InputFileError) in try JSONText.parse(bytes(text)) }
  }

  @Test func refusesDepthRatherThanOverflow() throws {
    func nested(_ depth: Int) -> [UInt8] {
      bytes(String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
    }
    _ = try JSONText.parse(nested(JSONText.deepest))
    let error = refusal { () throws(InputFileError) in try JSONText.parse(nested(200_000)) }
    #expect(error.problem == "is nested too deep")
    let objects = bytes(String(repeating: #"{"a":"#, count: 200_000))
    _ = refusal { () throws(InputFileError) in try JSONText.parse(objects) }
  }

  @Test func pointsAtWhatIsWrong() {
    let text = "{\n\"items\": [{}, {},\n{\"metadata\": {\"name\": \"a\n\"}}]}"
    #expect(
      refusal { () throws(InputFileError) in try JSONText.parse(bytes(text)) }
        == InputFileError(
          line: 3, field: "items[2].metadata.name",
          "is not JSON: a string holds an unescaped control character"))
    let cut = refusal { () throws(InputFileError) in try JSONText.parse(bytes(#"{"a": [1, 2"#)) }
    #expect(cut == InputFileError(line: 1, field: "a", "ends in the middle of its JSON"))
    let odd = #"{"\u001b[2J": nil}"#
    #expect(
      refusal { () throws(InputFileError) in try JSONText.parse(bytes(odd)) }.field
        == "(another key)")
  }

  @Test func readersPointAtWhatTheyMiss() throws {
    let text = "{\"a\": {\n\"b\": [null, {\n\"c\": \"2026-11-22T09:41\"}]}, \"n\": null}"
    let json = JSONField(try parsed(text))
    #expect(try json["n"]["x"].string() == nil)
    #expect(try json["zz"].int(in: 0...9) == nil)
    #expect(try json["n"].isThere && json["n"].isNull)
    let moment = try #require(try json["a"]["b"].elements()?[1])["c"]
    #expect(
      refusal(moment.time)
        == InputFileError(line: 3, field: "a.b[1].c", "needs a zone: 2026-11-22T09:41Z"))
    let (object, missing, null) = (try json["a"], try json["a"]["d"], try json["n"])
    #expect(refusal(object.string).problem == "is not a string")
    #expect(refusal(missing.requiredString).problem == "is missing")
    #expect(refusal(null.requiredString).problem == "is null")
    let inside = refusal { () throws(InputFileError) in try moment["x"] }
    #expect(inside.problem == "is not an object")
  }
}
