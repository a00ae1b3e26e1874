import OperatingSystem
import PostgresClient
import TestSupport
import TestTraits
import Testing

/// What goes to the server comes back the same.
@Suite(.serialized, .sideBySide)
struct ConnectionParametersTests {
  private func value<Value: ColumnValue>(
    _ sql: String, _ parameters: [Parameter], as type: Value.Type
  ) throws -> Value? {
    let connection = try ThrowawayServer.shared.connect()
    let result = try connection.query(
      Statement(name: "value", sql: "SELECT \(sql) AS value", parameters: parameters),
      deadline: Deadline(after: .seconds(10)))
    return try result.onlyRow()[try result.column("value", as: Value.self)]
  }

  @Test(arguments: ["", "plain", "it's \"quoted\" \\ \n", "ünï → 🐘", "$1 %s"])
  func textComesBack(_ text: String) throws {
    #expect(try value("$1", [.text(text)], as: String.self) == text)
    #expect(try value("octet_length($1)", [.text(text)], as: Int32.self) == Int32(text.utf8.count))
  }

  @Test func nullIsNoEmptyText() throws {
    #expect(try value("$1 IS NULL", [.text(nil)], as: Bool.self) == true)
    #expect(try value("$1 IS NULL", [.text("")], as: Bool.self) == false)
    #expect(try value("$1", [.text(nil)], as: String.self) == nil)
    #expect(try value("$1", [.int32(nil)], as: Int32.self) == nil)
    #expect(try value("$1", [.timestamp(microseconds: nil)], as: Int64.self) == nil)
    // Beside others, in every order.
    let three: [Parameter] = [.text(""), .text(nil), .int32(7)]
    #expect(try value("format('%s|%s|%s', $1, $2, $3)", three, as: String.self) == "||7")
  }

  @Test(arguments: [0, 1, -1, .max, .min] as [Int32])
  func numbersComeBack(_ number: Int32) throws {
    #expect(try value("$1", [.int32(number)], as: Int32.self) == number)
  }

  @Test(arguments: [[], [5], [1, -2, .max, .min]] as [[Int32]])
  func arraysComeBack(_ numbers: [Int32]) throws {
    let text = "{" + numbers.map(String.init).joined(separator: ",") + "}"
    #expect(try value("$1::text", [.int32Array(numbers)], as: String.self) == text)
    let count = try value("cardinality($1)", [.int32Array(numbers)], as: Int32.self)
    #expect(count == Int32(numbers.count))
  }

  @Test(
    arguments: [
      (0, "2000-01-01 00:00:00.000000"), (1, "2000-01-01 00:00:00.000001"),
      (-1, "1999-12-31 23:59:59.999999"), (846_000_000_123_456, "2026-10-22 16:00:00.123456"),
    ] as [(Int64, String)])
  func timesComeBackToTheMicrosecond(_ microseconds: Int64, _ text: String) throws {
    let time = Parameter.timestamp(microseconds: microseconds)
    #expect(try value("$1", [time], as: Int64.self) == microseconds)
    let format = "to_char($1 AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    #expect(try value(format, [time], as: String.self) == text)
  }

  /// The server's own time goes back and compares equal, as the check of an identity needs.
  @Test func aTimeReadComparesEqual() throws {
    let connection = try ThrowawayServer.shared.connect()
    let deadline = Deadline(after: .seconds(10))
    let backend = "FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    let read = try connection.query(
      Statement(name: "read", sql: "SELECT backend_start \(backend)"), deadline: deadline)
    let start = try read.onlyRow()[try read.column("backend_start", as: Int64.self)]
    let found = try connection.query(
      Statement(
        name: "compare",
        sql: "SELECT (backend_start IS NOT DISTINCT FROM $1) AS same \(backend)",
        parameters: [.timestamp(microseconds: start)]), deadline: deadline)
    #expect(try found.onlyRow()[try found.column("same", as: Bool.self)] == true)
  }

  @Test func columnsAreChecked() throws {
    let connection = try ThrowawayServer.shared.connect()
    let result = try connection.execute(
      "SELECT 1::int4 AS a, NULL::text AS b, oid AS c FROM pg_class")
    func expectUnexpected(_ body: () throws -> Void) {
      let error = #expect(throws: PostgresError.self, performing: body)
      guard case .unexpectedResult? = error else {
        Issue.record("\(String(describing: error)) is no unexpectedResult")
        return
      }
    }
    expectUnexpected { _ = try result.column("a", as: String.self) }
    expectUnexpected { _ = try result.column("a", as: Int64.self) }
    expectUnexpected { _ = try result.column("missing", as: Int32.self) }
    expectUnexpected { _ = try result.onlyRow() }
    let (a, b) = (try result.column("a", as: Int32.self), try result.column("b", as: String.self))
    let c = try result.column("c", as: UInt32.self)
    let first = try #require(result.rows.first { _ in true })
    #expect(try first.required(a) == 1)
    #expect(first[b] == nil)
    #expect(first[c].map { $0 > 0 } == true)
    expectUnexpected { _ = try first.required(b) }
  }
}
