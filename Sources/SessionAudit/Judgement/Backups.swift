/// Programs that make or restore backups, told by the name that they give their sessions. A name of
/// another's choosing (PGAPPNAME) hides them.
enum Backups {
  private static let programs: [(word: StaticString, name: String)] = [
    ("pg_dump", "pg_dump"), ("pg_dumpall", "pg_dumpall"), ("pg_restore", "pg_restore"),
    ("pg_basebackup", "pg_basebackup"), ("barman", "Barman"), ("wal-g", "WAL-G"),
    ("pgbackrest", "pgBackRest"),
  ]

  /// - Returns: the program whose name this begins with, whatever its case, and behind which no
  ///   letter goes on.
  static func program(named applicationName: String) -> String? {
    let name = applicationName.utf8
    // Every session of every audit comes through here, and next to none is one.
    guard let first = name.first.map(lowercased),
      first == UInt8(ascii: "p") || first == UInt8(ascii: "b") || first == UInt8(ascii: "w")
    else { return nil }
    return programs.first { program in
      program.word.withUTF8Buffer { word in
        let isWord = name.prefix(word.count).elementsEqual(word) { lowercased($0) == $1 }
        let next = name.dropFirst(word.count).first
        return isWord && next.map { !isLetter($0) } ?? true
      }
    }?.name
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lowercased(byte))
  }
}

extension Session {
  /// Why it is a backup's, as a clause; nil where nothing says so.
  public var backup: String? {
    if let program = Backups.program(named: applicationName) { return "it is \(program)'s" }
    return beginsBackup ? "it has begun a base backup" : nil
  }
}
