import SessionAudit

/// The way to a value from the top of its text; written out only when something is wrong.
indirect enum JSONPath {
  case top
  case member(JSONPath, String)
  case element(JSONPath, Int)

  /// `items[3].metadata.name`; nil at the top.
  var text: String? {
    switch self {
    case .top: nil
    case .member(let parent, let key):
      (parent.text.map { $0 + "." } ?? "") + Self.shown(key: key)
    case .element(let parent, let index): (parent.text ?? "") + "[\(index)]"
    }
  }

  /// A key that a file made up could be as long as the file, or play tricks on a terminal.
  static func shown(key: String) -> String {
    let isPlain = key.utf8.allSatisfy { byte in
      (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
    return isPlain && (1...60).contains(key.utf8.count) ? key : "(another key)"
  }
}

/// A value, or the want of one, and its place: what readers of JSON files read with. A missing
/// member and null are the same to them, nil, unless they ask `isThere`.
struct JSONField {
  /// nil where the key is missing.
  let node: JSONNode?
  let path: JSONPath
  /// Of the value, or of the object that lacks it.
  let line: Int

  init(_ node: JSONNode) { self.init(node: node, path: .top, line: node.line) }

  private init(node: JSONNode?, path: JSONPath, line: Int) {
    self.node = node
    self.path = path
    self.line = line
  }

  var isThere: Bool { node != nil }
  var isNull: Bool {
    switch node?.value {
    case nil, .null: true
    default: false
    }
  }

  func error(_ problem: String) -> InputFileError {
    InputFileError(line: line, field: path.text, problem)
  }

  /// A member; missing also where there is no object at all.
  subscript(key: String) -> JSONField {
    get throws(InputFileError) {
      if let node, !isNull, case .object = node.value {
        let member = node[key]
        return JSONField(node: member, path: .member(path, key), line: member?.line ?? line)
      }
      guard isNull else { throw error("is not an object") }
      return JSONField(node: nil, path: .member(path, key), line: line)
    }
  }

  func elements() throws(InputFileError) -> [JSONField]? {
    guard let node, !isNull else { return nil }
    guard case .array(let elements) = node.value else { throw error("is not an array") }
    return elements.enumerated().map { index, element in
      JSONField(node: element, path: .element(path, index), line: element.line)
    }
  }

  func string() throws(InputFileError) -> String? {
    guard let node, !isNull else { return nil }
    guard case .string(let text) = node.value else { throw error("is not a string") }
    return text
  }

  func bool() throws(InputFileError) -> Bool? {
    guard let node, !isNull else { return nil }
    guard case .bool(let value) = node.value else { throw error("is neither true nor false") }
    return value
  }

  func int<T: FixedWidthInteger>(in range: ClosedRange<T>) throws(InputFileError) -> T? {
    guard let node, !isNull else { return nil }
    guard let int = node.int else { throw error("is not a whole number") }
    guard let value = T(exactly: int), range.contains(value) else {
      throw error("is not within \(range.lowerBound) and \(range.upperBound)")
    }
    return value
  }

  /// Seconds, up to a hundred years.
  func seconds() throws(InputFileError) -> Duration? {
    guard let node, !isNull else { return nil }
    guard let seconds = node.double else { throw error("is not a number") }
    guard 0...3_200_000_000 ~= seconds else { throw error("is no duration") }
    return .microseconds(Int64((seconds * 1_000_000).rounded()))
  }

  func time() throws(InputFileError) -> Timestamp? {
    guard let text = try string() else { return nil }
    do throws(Timestamp.ParseError) {
      return try Timestamp(iso8601: text)
    } catch {
      throw self.error(error.problem)
    }
  }

  // MARK: - What must be there

  func requiredString() throws(InputFileError) -> String { try required(string()) }
  func requiredTime() throws(InputFileError) -> Timestamp { try required(time()) }
  func requiredElements() throws(InputFileError) -> [JSONField] { try required(elements()) }
  func requiredInt<T: FixedWidthInteger>(in range: ClosedRange<T>) throws(InputFileError) -> T {
    try required(int(in: range))
  }

  private func required<T>(_ value: T?) throws(InputFileError) -> T {
    guard let value else { throw error(isThere ? "is null" : "is missing") }
    return value
  }
}

extension Timestamp.ParseError {
  /// As a clause about the text.
  var problem: String {
    switch self {
    case .malformed: "is not a time with a zone, such as 2026-11-22T09:41Z"
    case .noZone: "needs a zone: 2026-11-22T09:41Z"
    }
  }
}

extension InputFileError {
  /// The same error as seen from the value around it.
  func inside(_ parent: String) -> InputFileError {
    let joint = field.map { $0.hasPrefix("[") ? $0 : "." + $0 } ?? ""
    return InputFileError(line: line, field: parent + joint, problem)
  }
}
