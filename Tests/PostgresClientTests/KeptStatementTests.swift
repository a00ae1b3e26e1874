import OperatingSystem
import PostgresClient
import TestSupport
import Testing

/// Statements that the server keeps.
struct KeptStatementTests {
  private func quotient(_ divisor: Int32) -> Statement {
    Statement(
      name: "test/quotient", sql: "SELECT 12 / $1 AS v", parameters: [.int32(divisor)], isKept: true
    )
  }

  private func value(_ result: QueryResult) throws -> Int32? {
    try result.onlyRow()[result.column("v", as: Int32.self)]
  }

  @Test func aKeptStatementIsParsedOnceAndTakesOtherValues() throws {
    let connection = try ThrowawayServer.shared.connect()
    let deadline = Deadline(after: .seconds(10))
    #expect(
      try connection.run([quotient(3), quotient(4)], deadline: deadline).map(value) == [4, 3])
    #expect(try value(connection.query(quotient(6), deadline: deadline)) == 2)
    #expect(
      try connection.text("(SELECT count(*) FROM pg_prepared_statements WHERE from_sql = false)")
        == "1")
  }

  @Test func whatFailsToBePreparedMayBeTriedAgain() throws {
    let connection = try ThrowawayServer.shared.connect()
    let deadline = Deadline(after: .seconds(10))
    let statement = Statement(
      name: "test/missing", sql: "SELECT v FROM kept_statement_test", isKept: true)
    #expect(throws: PostgresError.self) { try connection.query(statement, deadline: deadline) }
    try connection.execute("CREATE TEMPORARY TABLE kept_statement_test AS SELECT 7 AS v")
    #expect(try value(connection.query(statement, deadline: deadline)) == 7)
  }
}
