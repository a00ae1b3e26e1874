import Testing

@testable import ServerAccess

/// What is read from the bytes of a session's last query.
struct LastCommandTests {
  private func read(_ query: String) -> LastCommand {
    var query = query
    return query.withUTF8 { LastCommand(postgresBytes: UnsafeRawBufferPointer($0)) }
  }

  @Test(arguments: [
    "DISCARD ALL", "discard all", " Discard  aLL ; ", "DISCARD\n\tALL;;", "DISCARD ALL ; ;\n",
  ])
  func discardAllIsAPoolers(_ query: String) {
    #expect(read(query).isDiscardAll && read(query).word == "DISCARD")
  }

  @Test(arguments: [
    "", "DISCARD", "DISCARD TEMP", "DISCARD ALL; SELECT 1", "SELECT 1; DISCARD ALL",
    "/* me */ DISCARD ALL", "DISCARD ALL -- me", "DISCARDALL", "DISCARD ALLE", "ALL DISCARD",
    "; DISCARD ALL", "(DISCARD ALL)", "DISCARD A\u{0C}LL", "DISCARD 'ALL'", "DISCARD A\u{17F}L",
  ])
  func anythingElseIsNot(_ query: String) {
    #expect(!read(query).isDiscardAll)
  }

  @Test(arguments: [
    "SELECT pg_backup_start('x', true)", "select pg_start_backup('x', true, false)",
    "SELECT lsn FROM pg_catalog.PG_BACKUP_START($1, $2) AS lsn",
    "/* pgBackRest */ select to_char(now(), 'SS'), (pg_start_backup('x'))",
    "SELECT now(), ((pg_backup_start(",
  ])
  func aBackupBegins(_ query: String) {
    #expect(read(query).beginsBackup)
  }

  @Test(arguments: [
    "SELECT 1", "SELECT", "SELECT pg_backup_stop()", "SELECT pg_backup_start", "SELECT f(1), (2)",
    "SELECT pg_backup_star(1)", "SELECT pg_backup\u{7F}start(1)", "(", "SELECT (",
    "CALL pg_backup_start('x')", "CREATE FUNCTION f() AS 'SELECT pg_backup_start(1)'",
  ])
  func noBackupBegins(_ query: String) {
    #expect(!read(query).beginsBackup)
  }

  @Test func bytesThatAreNoTextFailNothing() {
    for bytes in [[], [0xFF], Array("SELECT caf\u{E9}(".utf8.dropLast(2)) + [0xE9, 0x28]] {
      let command = bytes.withUnsafeBytes { LastCommand(postgresBytes: $0) }
      #expect(!command.isDiscardAll && !command.beginsBackup)
    }
    let none = LastCommand(postgresBytes: UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(none.word == nil && !none.beginsBackup)
  }
}
