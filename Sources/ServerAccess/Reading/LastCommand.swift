import PostgresClient

/// What matters of a session's last query, read without making a string of the whole.
struct LastCommand: ColumnValue {
  static let types = String.types
  /// The first word in capitals; nil where the query is empty, or begins with something else.
  let word: String?
  /// The query is `DISCARD ALL` and nothing else.
  let isDiscardAll: Bool
  /// It shows that the session listens: see `Listening`.
  let mayListen: Bool
  /// It ends a transaction of which it does not show the other commands.
  let endsTransaction: Bool
  /// It names what begins a base backup.
  let beginsBackup: Bool

  init(postgresBytes bytes: UnsafeRawBufferPointer) {
    let rest = Self.skipComments(bytes[...])
    // The longest command word is DEALLOCATE; what is longer is no command.
    let letters = rest.prefix(24).prefix { Self.isLetter($0) }
    word =
      letters.isEmpty
      ? nil : String(decoding: letters.map { $0 & ~0x20 }, as: UTF8.self)
    isDiscardAll = word == "DISCARD" && Self.isDiscardAll(bytes[...])
    mayListen = Listening.shows(bytes)
    endsTransaction = Self.mayBeCut(bytes) || Self.endsTransaction(bytes, word)
    beginsBackup = Self.namesBackupStart(bytes)
  }

  /// Whether its first command is one of those that end a transaction, or its last of several, none
  /// of which begins one.
  private static func endsTransaction(_ bytes: UnsafeRawBufferPointer, _ word: String?) -> Bool {
    func isEnd(_ word: Slice<UnsafeRawBufferPointer>) -> Bool {
      equals(word, "commit") || equals(word, "end") || equals(word, "rollback")
        || equals(word, "abort")
    }
    switch word {
    case "COMMIT", "END", "ROLLBACK", "ABORT": return true
    case nil, "BEGIN", "START": return false
    default: break
    }
    // From behind, as only what comes after a semicolon is a command: CASE has an END as well.
    func isPadding(_ byte: UInt8) -> Bool { byte <= 0x20 || byte == UInt8(ascii: ";") }
    guard let last = bytes.lastIndex(where: { !isPadding($0) }), isLetter(bytes[last]) else {
      return false
    }
    let rest = bytes[...last]
    guard let before = rest.lastIndex(where: { !isLetter($0) }),
      isEnd(rest[(before + 1)...]),
      let separator = rest[...before].lastIndex(where: { $0 > 0x20 })
    else { return false }
    return bytes[separator] == UInt8(ascii: ";")
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  /// What follows leading blanks, parentheses and comments (which frameworks put first to say
  /// which line of code a query comes from).
  private static func skipComments(
    _ bytes: Slice<UnsafeRawBufferPointer>
  ) -> Slice<UnsafeRawBufferPointer> {
    var rest = bytes
    while let byte = rest.first {
      if byte <= 0x20 || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ";") {
        rest = rest.dropFirst()
      } else if rest.starts(with: "--".utf8) {
        rest = rest.drop { $0 != UInt8(ascii: "\n") }
      } else if rest.starts(with: "/*".utf8) {
        rest = rest.dropFirst(2)
        while !rest.isEmpty && !rest.starts(with: "*/".utf8) { rest = rest.dropFirst() }
        rest = rest.dropFirst(2)
      } else {
        break
      }
    }
    return rest
  }

  /// Two words with blanks around them, and semicolons at the end: what a pooler sends. A comment
  /// makes it somebody else's.
  private static func isDiscardAll(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    var end = bytes.endIndex
    while end > bytes.startIndex, bytes[end - 1] <= 0x20 || bytes[end - 1] == UInt8(ascii: ";") {
      end -= 1
    }
    let words = bytes[..<end].split { $0 <= 0x20 }
    return words.count == 2 && equals(words[0], "discard") && equals(words[1], "all")
  }

  /// Whether the text is as long as a server may keep of one: track_activity_query_size, 1 kB or
  /// some of them, less the end and what is left of a character.
  private static func mayBeCut(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 1020 && bytes.count % 1024 >= 1020
  }

  /// Whether it speaks of what begins a base backup, in whatever way it is called. Both names, the
  /// one before 15 and the one since, have "backup" in them, which the search looks for by its last
  /// byte (Horspool, as in `Listening`).
  private static func namesBackupStart(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var end = 5
    while end < bytes.count {
      switch bytes[end] | 0x20 {
      case UInt8(ascii: "p"):
        if equals(bytes[(end - 5)...end], "backup") {
          let (before, behind) = (bytes[..<(end - 5)], bytes[(end + 1)...])
          if equals(before.suffix(3), "pg_") && equals(behind.prefix(6), "_start")
            || equals(before.suffix(9), "pg_start_")
          {
            return true
          }
        }
        end += 6
      case UInt8(ascii: "u"): end += 1
      case UInt8(ascii: "k"): end += 2
      case UInt8(ascii: "c"): end += 3
      case UInt8(ascii: "a"): end += 4
      case UInt8(ascii: "b"): end += 5
      default: end += 6
      }
    }
    return false
  }

  /// Whether these are the letters of `word`, which is in small ones.
  private static func equals(_ bytes: Slice<UnsafeRawBufferPointer>, _ word: StaticString) -> Bool {
    guard bytes.count == word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { letters in
      zip(bytes, letters).allSatisfy { $0 == $1 || $0 | 0x20 == $1 && isLetter($0) }
    }
  }
}
