import CLibpq

/// The rows of one answer, in binary format; frees them when it goes.
///
/// What reads a field is inlinable: a row has many, and each would cost a generic call otherwise.
public final class QueryResult {
  @usableFromInline let result: OpaquePointer
  public let query: String
  public let rowCount: Int

  init(owning result: OpaquePointer, query: String) {
    self.result = result
    self.query = query
    rowCount = Int(PQntuples(result))
  }

  deinit { PQclear(result) }

  /// Finds a column by name and checks its type once, so that reading a row needs no check.
  public func column<Value: ColumnValue>(
    _ name: String, as type: Value.Type = Value.self
  ) throws(PostgresError) -> Column<Value> {
    let index = PQfnumber(result, name)
    guard index >= 0 else {
      throw .unexpectedResult("has no column \(name)", query: query)
    }
    guard Value.types.contains(PQftype(result, index)) else {
      throw .unexpectedResult("column \(name) has type \(PQftype(result, index))", query: query)
    }
    return Column(index: index)
  }

  /// The one row of an answer that must have exactly one.
  public func onlyRow() throws(PostgresError) -> Row {
    guard rowCount == 1 else {
      throw .unexpectedResult("has \(rowCount) rows instead of one", query: query)
    }
    return Row(result: self, index: 0)
  }

  public var rows: some Sequence<Row> {
    (0..<rowCount).lazy.map { [self] in Row(result: self, index: Int32($0)) }
  }

  /// The bytes of a field, nil for NULL. Valid while this object lives.
  @inlinable
  func bytes(row: Int32, column: Int32) -> UnsafeRawBufferPointer? {
    guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else {
      return nil
    }
    return UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column)))
  }
}

/// A column of one result, of a type that has been checked.
public struct Column<Value: ColumnValue>: Sendable {
  @usableFromInline let index: Int32
}

/// One row of a `QueryResult`.
public struct Row {
  @usableFromInline let result: QueryResult
  @usableFromInline let index: Int32

  /// The value, nil for NULL or for bytes that are none of `Value` (a server that lies).
  @inlinable
  public subscript<Value: ColumnValue>(column: Column<Value>) -> Value? {
    guard let bytes = result.bytes(row: index, column: column.index) else { return nil }
    return Value(postgresBytes: bytes)
  }

  /// The value of a column that can't be NULL.
  @inlinable
  public func required<Value: ColumnValue>(_ column: Column<Value>) throws(PostgresError) -> Value {
    guard let value = self[column] else {
      throw .unexpectedResult(
        "column \(column.index + 1) is NULL or malformed", query: result.query)
    }
    return value
  }
}

/// A Swift type that a column of certain Postgres types is read as.
public protocol ColumnValue {
  static var types: Set<UInt32> { get }
  init?(postgresBytes bytes: UnsafeRawBufferPointer)
}

extension FixedWidthInteger {
  @inlinable
  init?(bigEndianBytes bytes: UnsafeRawBufferPointer) {
    guard bytes.count == MemoryLayout<Self>.size else { return nil }
    self = Self(bigEndian: bytes.loadUnaligned(as: Self.self))
  }
}

extension Int32: ColumnValue {
  public static let types = [PostgresType.int4] as Set
  @inlinable
  public init?(postgresBytes bytes: UnsafeRawBufferPointer) { self.init(bigEndianBytes: bytes) }
}

extension UInt32: ColumnValue {
  public static let types = [PostgresType.oid] as Set
  @inlinable
  public init?(postgresBytes bytes: UnsafeRawBufferPointer) { self.init(bigEndianBytes: bytes) }
}

/// int8 and timestamptz (microseconds since 2000-01-01 00:00 UTC).
extension Int64: ColumnValue {
  public static let types = [PostgresType.int8, PostgresType.timestamptz] as Set
  @inlinable
  public init?(postgresBytes bytes: UnsafeRawBufferPointer) { self.init(bigEndianBytes: bytes) }
}

extension Bool: ColumnValue {
  public static let types = [PostgresType.bool] as Set
  @inlinable
  public init?(postgresBytes bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 1 else { return nil }
    self = bytes[0] != 0
  }
}

/// Text as the server holds it: under client_encoding SQL_ASCII bytes may be no UTF-8, and each
/// such sequence becomes U+FFFD.
extension String: ColumnValue {
  public static let types = [PostgresType.text, PostgresType.name, PostgresType.varchar] as Set
  @inlinable
  public init?(postgresBytes bytes: UnsafeRawBufferPointer) {
    self = String(decoding: bytes, as: UTF8.self)
  }
}
