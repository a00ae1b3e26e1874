/// Reads JSON (RFC 8259, strictly) into a tree that knows its lines, so that what is wrong in a
/// file can be pointed at.
struct JSONText {
  /// Deeper texts are refused: each level takes a piece of the stack.
  static let deepest = 100

  let bytes: [UInt8]
  var place: Int
  var line = 1

  static func parse(_ bytes: [UInt8]) throws(InputFileError) -> JSONNode {
    var text = JSONText(bytes: bytes, place: bytes.placeAfterByteOrderMark)
    let node = try text.value(depth: 0)
    text.skipBlanks()
    guard text.next == nil else { throw text.error("goes on after the end of its JSON") }
    return node
  }

  /// One value or more, one after the other, as in JSON lines.
  static func parseAll(_ bytes: [UInt8]) throws(InputFileError) -> [JSONNode] {
    var text = JSONText(bytes: bytes, place: bytes.placeAfterByteOrderMark)
    var nodes: [JSONNode] = []
    repeat {
      nodes.append(try text.value(depth: 0))
      text.skipBlanks()
    } while text.next != nil
    return nodes
  }

  /// nil at the end.
  var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  func error(_ problem: String) -> InputFileError { InputFileError(line: line, problem) }

  /// The byte in the way, or the end, is the error.
  func unexpected(_ wanted: String) -> InputFileError {
    error(next == nil ? "ends in the middle of its JSON" : "is not JSON: \(wanted) is expected")
  }

  private mutating func value(depth: Int) throws(InputFileError) -> JSONNode {
    skipBlanks()
    let line = line
    let value: JSONNode.Value =
      switch next {
      case UInt8(ascii: "{"): .object(try members(depth: depth + 1))
      case UInt8(ascii: "["): .array(try elements(depth: depth + 1))
      case UInt8(ascii: "\""): .string(try string())
      case UInt8(ascii: "t"): .bool(try word("true", meaning: true))
      case UInt8(ascii: "f"): .bool(try word("false", meaning: false))
      case UInt8(ascii: "n"): try word("null", meaning: .null)
      case let byte? where byte == UInt8(ascii: "-") || isDigit(byte): .number(try number())
      default: throw unexpected("a value")
      }
    return JSONNode(line: line, value: value)
  }

  private mutating func members(depth: Int) throws(InputFileError) -> [JSONMember] {
    try open(depth)
    var members: [JSONMember] = []
    skipBlanks()
    if take("}") { return members }
    repeat {
      skipBlanks()
      guard next == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
      let key = try string()
      skipBlanks()
      guard take(":") else { throw unexpected("a colon") }
      do throws(InputFileError) {
        members.append(JSONMember(key: key, value: try value(depth: depth)))
      } catch {
        throw error.inside(JSONPath.shown(key: key))
      }
      skipBlanks()
    } while take(",")
    guard take("}") else { throw unexpected("a comma or }") }
    return members
  }

  private mutating func elements(depth: Int) throws(InputFileError) -> [JSONNode] {
    try open(depth)
    var elements: [JSONNode] = []
    skipBlanks()
    if take("]") { return elements }
    repeat {
      do throws(InputFileError) {
        elements.append(try value(depth: depth))
      } catch {
        throw error.inside("[\(elements.count)]")
      }
      skipBlanks()
    } while take(",")
    guard take("]") else { throw unexpected("a comma or ]") }
    return elements
  }

  private mutating func open(_ depth: Int) throws(InputFileError) {
    guard depth <= Self.deepest else { throw error("is nested too deep") }
    place += 1
  }

  private mutating func word<T>(
    _ word: StaticString, meaning: T
  ) throws(InputFileError) -> T {
    let end = place + word.utf8CodeUnitCount
    let written = bytes[place..<min(end, bytes.count)]
    guard written.elementsEqual(word.description.utf8) else {
      throw error("is not JSON: a value is expected")
    }
    place = end
    return meaning
  }

  /// `-`, digits without a leading zero, a fraction, an exponent.
  private mutating func number() throws(InputFileError) -> String {
    let start = place
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  private mutating func digits() throws(InputFileError) {
    let start = place
    while let byte = next, isDigit(byte) { place += 1 }
    guard place > start else { throw unexpected("a digit") }
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  @inline(__always)
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\n"): line += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
      default: return
      }
      place += 1
    }
  }
}

extension [UInt8] {
  /// Some programs on Windows put the mark first in every text.
  var placeAfterByteOrderMark: Int { starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }
}
