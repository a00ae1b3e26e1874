/// Any JSON value, to look into by key and place.
public enum JSON: Codable, Equatable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSON].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSON].self))
    }
  }

  public subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }

  public subscript(place: Int) -> JSON? { items.indices.contains(place) ? items[place] : nil }

  /// What is at `totals.orphan` or `groups.0.sessions`.
  public func value(at path: String) -> JSON? {
    path.split(separator: ".").reduce(Optional(self)) { value, step in
      Int(step).map { value?[$0] } ?? value?[String(step)]
    }
  }

  public var text: String? { if case .string(let value) = self { value } else { nil } }
  public var int: Int? { if case .number(let value) = self { Int(value) } else { nil } }
  public var number: Double? { if case .number(let value) = self { value } else { nil } }
  public var items: [JSON] { if case .array(let items) = self { items } else { [] } }
  public var keys: Set<String> {
    if case .object(let members) = self { Set(members.keys) } else { [] }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}
