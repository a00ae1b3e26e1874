/// A value of a JSON text and the line that it begins on.
struct JSONNode: Equatable, Sendable {
  enum Value: Equatable, Sendable {
    /// In the order of the text, duplicate keys included.
    case object([JSONMember])
    case array([JSONNode])
    case string(String)
    /// As it is written.
    case number(String)
    case bool(Bool)
    case null
  }

  var line: Int
  var value: Value

  /// A member of an object; of those with the same key the last. nil where there is none.
  subscript(key: String) -> JSONNode? {
    guard case .object(let members) = value else { return nil }
    return members.last { $0.key == key }?.value
  }

  /// A whole number that fits, written in whatever way.
  var int: Int? {
    guard case .number(let text) = value else { return nil }
    return Int(text) ?? double.flatMap { Int(exactly: $0) }
  }

  /// nil for what is beyond a Double's range, too.
  var double: Double? {
    guard case .number(let text) = value, let double = Double(text), double.isFinite else {
      return nil
    }
    return double
  }

  /// What it is, for people.
  var kindName: String {
    switch value {
    case .object: "an object"
    case .array: "an array"
    case .string: "a string"
    case .number: "a number"
    case .bool: "true or false"
    case .null: "null"
    }
  }
}

struct JSONMember: Equatable, Sendable {
  var key: String
  var value: JSONNode
}
