/// One SQL statement with its values. Values travel beside the text, never inside it.
public struct Statement: Sendable {
  /// What errors call it, such as `audit/sessions`.
  public let name: String
  public let sql: String
  public let parameters: [Parameter]
  /// The server keeps it parsed under its name: for what a session runs many times. Not through a
  /// transaction pooler, where the next time may be another session's.
  public let isKept: Bool

  public init(name: String, sql: String, parameters: [Parameter] = [], isKept: Bool = false) {
    self.name = name
    self.sql = sql
    self.parameters = parameters
    self.isKept = isKept
  }
}

/// A value in Postgres's binary format, with its type. A nil value is NULL.
public struct Parameter: Sendable {
  let type: UInt32
  let bytes: [UInt8]?

  public static func text(_ value: String?) -> Parameter {
    Parameter(type: PostgresType.text, bytes: value.map { Array($0.utf8) })
  }

  public static func bool(_ value: Bool?) -> Parameter {
    Parameter(type: PostgresType.bool, bytes: value.map { [$0 ? 1 : 0] })
  }

  public static func int32(_ value: Int32?) -> Parameter {
    Parameter(type: PostgresType.int4, bytes: value.map(bigEndian))
  }

  /// A timestamptz: microseconds since 2000-01-01 00:00 UTC, the server's own form, so that a
  /// value read from a server compares equal when it goes back.
  public static func timestamp(microseconds value: Int64?) -> Parameter {
    Parameter(type: PostgresType.timestamptz, bytes: value.map(bigEndian))
  }

  /// An int4[] of one dimension.
  public static func int32Array(_ values: [Int32]) -> Parameter {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(20 + values.count * 8)
    let dimensions: Int32 = values.isEmpty ? 0 : 1
    for header in [dimensions, 0, Int32(PostgresType.int4)] { bytes += bigEndian(header) }
    if !values.isEmpty {
      bytes += bigEndian(Int32(values.count)) + bigEndian(Int32(1))
      for value in values { bytes += bigEndian(Int32(4)) + bigEndian(value) }
    }
    return Parameter(type: PostgresType.int4Array, bytes: bytes)
  }
}

/// Object ids of built-in types; they never change (pg_type.dat).
enum PostgresType {
  static let bool: UInt32 = 16
  static let name: UInt32 = 19
  static let int8: UInt32 = 20
  static let int4: UInt32 = 23
  static let text: UInt32 = 25
  static let oid: UInt32 = 26
  static let varchar: UInt32 = 1043
  static let int4Array: UInt32 = 1007
  static let timestamptz: UInt32 = 1184
}

private func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.bigEndian) { Array($0) }
}
