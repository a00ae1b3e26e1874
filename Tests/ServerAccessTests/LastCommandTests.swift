import TestRandom
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
    "SELECT now(), ((pg_backup_start(", "select pg_backup_start ('x', true)",
    "SELECT pg_backup_start\n('x')", "SET lock_timeout = 0; SELECT pg_start_backup('x')",
    "WITH b AS (SELECT pg_backup_start('x') l) SELECT l FROM b", "CALL pg_backup_start('x')",
    #"SELECT "pg_backup_start"('x')"#, "DO $$BEGIN PERFORM pg_backup_start('x'); END$$",
  ])
  func aBackupBegins(_ query: String) {
    #expect(read(query).beginsBackup)
  }

  @Test(arguments: [
    "SELECT 1", "SELECT", "SELECT pg_backup_stop()", "SELECT f(1), (2)",
    "SELECT pg_backups_start(1)",
    "SELECT pg_backup_star(1)", "SELECT pg_backup\u{7F}start(1)", "(", "SELECT (",
    "SELECT backup_start(1)",
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

  @Test(arguments: [
    "LISTEN x", "listen x", "LiStEn x;", "  /* me */ -- you\n LISTEN x", ";;LISTEN x",
    "SET application_name='set-listen'; LISTEN x;", "SELECT 1; LISTEN x", "BEGIN; LISTEN x; COMMIT",
    "SELECT ';', \"a;\"; LISTEN x", "SELECT 'it''s'; LISTEN x", "SELECT E'\\';'; LISTEN x",
    "SELECT e'''\\''; LISTEN x", "SELECT 'a\\'; LISTEN x", "SELECT $a$; LISTEN$a$; LISTEN x",
    "SELECT $1, a$b$ FROM t; LISTEN x", "/* a /* b */ ; */ SELECT 1; LISTEN x", "LISTEN\"x\"",
    "UNLISTEN \"room_1\"", "unlisten a; UNLISTEN b", "UNLISTEN *; LISTEN x", "SELECT 1;UNLISTEN a",
    "DO $$BEGIN LISTEN x; END$$", "DO $$LISTEN x$$", "do $a$BEGIN EXECUTE 'LISTEN ' || c; END$a$",
    "DO 'BEGIN UNLISTEN a; END'", "DO LANGUAGE plpgsql $$BEGIN PERFORM 1; LISTEN x;",
    "SELECT 1; DO $$BEGIN LISTEN x; END$$; SELECT 2",
  ])
  func itListens(_ query: String) {
    #expect(read(query).mayListen)
  }

  @Test(arguments: [
    "", "listen_x", "LISTENER x", "SELECT listen FROM songs", "SELECT 'LISTEN x'",
    "SELECT '; LISTEN x'",
    "SELECT \"; LISTEN\"", "SELECT 1 /* ; LISTEN x */", "SELECT 1 -- ; LISTEN x",
    "SELECT 1; --\nSELECT 2",
    "-- LISTEN x\nSELECT 1", "SELECT $$; LISTEN x$$", "SELECT $tag$; LISTEN $a$ x $tag$",
    "SELECT E'\\'; LISTEN x'", "SELECT 'a''; LISTEN x'", "/* /* */ ; LISTEN x */",
    "UPDATE t SET listen = 1",
    "UNLISTEN *", "unlisten /* all */ *;", "LISTEN x; UNLISTEN *", "DO $$BEGIN UNLISTEN *; END$$",
    "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$BEGIN LISTEN x; END$$",
    "DO $$BEGIN END$$; SELECT 'LISTEN'", "SELECT 1; SELECT listen", "NOTIFY listen",
    "CALL listen()",
    "PREPARE listen AS SELECT 1", "UNLISTENING x", "LISTE", "isten", "SELECT 'unfinished; LISTEN x",
  ])
  func nothingSaysThatItListens(_ query: String) {
    #expect(!read(query).mayListen)
  }

  /// Whatever stands before, in whatever order the bytes come.
  @Test func noTextIsTooStrange() {
    let parts = [
      "'", "''", "\"", "$", "$$", "$a$", "--", "\n", "/*", "*/", ";", "E'", "\\", "LISTEN x",
      "UNLISTEN",
      "*", "DO", " ", "\u{E9}", "(", "listen", "$1", "é$",
    ]
    var random = Seeded.printed("LastCommand")
    var listened = 0
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in
        parts[Int.random(in: 0..<parts.count, using: &random)]
      }.joined()
      if read(text).mayListen { listened += 1 }
      // A command of its own behind a text that is whole is seen, whatever that is.
      #expect(read("SELECT 1;\(text.filter { $0 == " " || $0 == ";" });LISTEN x").mayListen)
    }
    #expect(listened > 100)
    // Many quotes take no room.
    #expect(!read("SELECT E" + String(repeating: "'", count: 1 << 20) + " listen").mayListen)
  }

  @Test(arguments: [
    "COMMIT", "commit;", "END", "ROLLBACK", "ABORT", "/* me */ COMMIT", "COMMIT AND NO CHAIN",
    "INSERT INTO t VALUES (1); COMMIT", "SELECT 1;end ; ",
  ])
  func aTransactionEnds(_ query: String) {
    #expect(read(query).endsTransaction && !read(query).mayListen)
  }

  @Test(arguments: [
    "", "SELECT 1", "SELECT CASE WHEN a THEN 1 END", "BEGIN; SELECT 1; COMMIT",
    "START TRANSACTION; COMMIT", "SELECT 1; SELECT commit", "COMMITTED", "SELECT '; COMMIT'",
  ])
  func noTransactionEnds(_ query: String) {
    #expect(!read(query).endsTransaction)
  }
}
