/// Whether a session's last query shows that it listens: LISTEN, or UNLISTEN of one channel, which
/// speaks of others, as a command of its own, and in a DO block wherever it stands. Quotes, comments
/// and names that hold the word say nothing.
///
/// Every session of every look is asked, and next to none listens: what has no such word anywhere,
/// as one pass finds that skips most bytes, is read no further.
struct Listening {
  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  static func shows(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard hasWord(bytes) else { return false }
    var reader = Listening(bytes: bytes)
    return reader.isLeftListening()
  }

  private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Whether the letters of "listen" stand anywhere, whatever their case. (Horspool: the byte at the
  /// word's end tells how far the word can be moved on.)
  private static func hasWord(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var end = 5
    while end < bytes.count {
      switch bytes[end] | 0x20 {
      case UInt8(ascii: "n"):
        if bytes[end - 1] | 0x20 == UInt8(ascii: "e"), bytes[end - 2] | 0x20 == UInt8(ascii: "t"),
          bytes[end - 3] | 0x20 == UInt8(ascii: "s"), bytes[end - 4] | 0x20 == UInt8(ascii: "i"),
          bytes[end - 5] | 0x20 == UInt8(ascii: "l")
        {
          return true
        }
        end += 6
      case UInt8(ascii: "e"): end += 1
      case UInt8(ascii: "t"): end += 2
      case UInt8(ascii: "s"): end += 3
      case UInt8(ascii: "i"): end += 4
      case UInt8(ascii: "l"): end += 5
      default: end += 6
      }
    }
    return false
  }

  // MARK: - Commands

  private mutating func isLeftListening() -> Bool {
    var listens = false
    var isStart = true
    while place < bytes.count {
      let byte = bytes[place]
      if byte == UInt8(ascii: ";") {
        place += 1
        isStart = true
      } else if skipBlankOrComment() {
        continue
      } else if isStart, byte == UInt8(ascii: "(") {
        place += 1
      } else if isStart {
        isStart = false
        switch word() {
        case .listen: listens = true
        case .unlisten: listens = !skipsToStar()
        // Its body says when, and under what conditions, is run what.
        case .do: if bodyListens() { listens = true }
        case .other: break
        }
      } else {
        skipToken()
      }
    }
    return listens
  }

  private enum Word { case listen, unlisten, `do`, other }

  /// Reads the word that begins here; what is none is left to be skipped.
  private mutating func word() -> Word {
    let start = place
    while place < bytes.count, Self.isOfName(bytes[place]) { place += 1 }
    return switch place - start {
    case 2 where equals("do", from: start): .do
    case 6 where equals("listen", from: start): .listen
    case 8 where equals("unlisten", from: start): .unlisten
    default: .other
    }
  }

  /// Whether the UNLISTEN just read is one of everything.
  private mutating func skipsToStar() -> Bool {
    while place < bytes.count, skipBlankOrComment() {}
    return place < bytes.count && bytes[place] == UInt8(ascii: "*")
  }

  /// Searches the rest of this command, quotes and all.
  private mutating func bodyListens() -> Bool {
    let start = place
    while place < bytes.count, bytes[place] != UInt8(ascii: ";") {
      if !skipBlankOrComment() { skipToken() }
    }
    var body = Listening(
      bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<min(place, bytes.count)]))
    while body.place < body.bytes.count {
      // A dollar may be the end of the quote's tag.
      let byte = body.bytes[body.place]
      guard Self.isOfName(byte), byte != UInt8(ascii: "$") else {
        body.place += 1
        continue
      }
      switch body.word() {
      case .listen: return true
      case .unlisten: if !body.skipsToStar() { return true }
      case .do, .other: break
      }
    }
    return false
  }

  // MARK: - What is passed over

  /// A blank, or a comment, which may have others in it.
  private mutating func skipBlankOrComment() -> Bool {
    if bytes[place] <= 0x20 {
      place += 1
    } else if isAt("--") {
      while place < bytes.count, bytes[place] != 0x0A, bytes[place] != 0x0D { place += 1 }
    } else if isAt("/*") {
      var depth = 0
      repeat {
        let step = isAt("/*") ? 1 : isAt("*/") ? -1 : 0
        depth += step
        place += step == 0 ? 1 : 2
      } while depth > 0 && place < bytes.count
    } else {
      return false
    }
    return true
  }

  /// A quoted text or name, a name, a number or a sign.
  private mutating func skipToken() {
    switch bytes[place] {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): skipQuoted(escapes: false)
    case UInt8(ascii: "$"): skipDollarQuoted()
    case let byte where Self.isOfName(byte):
      let start = place
      while place < bytes.count, Self.isOfName(bytes[place]) { place += 1 }
      if place - start == 1, byte | 0x20 == UInt8(ascii: "e"), isAt("'") {
        skipQuoted(escapes: true)
      }
    default: place += 1
    }
  }

  /// A doubled quote is one of the text.
  private mutating func skipQuoted(escapes: Bool) {
    let quote = bytes[place]
    repeat {
      place += 1
      while place < bytes.count, bytes[place] != quote {
        place += escapes && bytes[place] == UInt8(ascii: "\\") ? 2 : 1
      }
      place += 1
    } while place < bytes.count && bytes[place] == quote
  }

  private mutating func skipDollarQuoted() {
    let start = place
    place += 1
    while place < bytes.count, Self.isOfName(bytes[place]), bytes[place] != UInt8(ascii: "$") {
      place += 1
    }
    let isParameter = start + 1 < bytes.count && Self.isDigit(bytes[start + 1])
    guard place < bytes.count, bytes[place] == UInt8(ascii: "$"), !isParameter else { return }
    let tag = bytes[start...place]
    place += 1
    while place < bytes.count {
      if bytes[place] == UInt8(ascii: "$"), bytes[place...].starts(with: tag) {
        place += tag.count
        return
      }
      place += 1
    }
  }

  // MARK: - Bytes

  private func isAt(_ text: StaticString) -> Bool {
    bytes.count - place >= text.utf8CodeUnitCount
      && text.withUTF8Buffer { bytes[place...].starts(with: $0) }
  }

  /// - Parameter word: in small letters, and as long as what is read.
  private func equals(_ word: StaticString, from start: Int) -> Bool {
    word.withUTF8Buffer { letters in
      zip(bytes[start...], letters).allSatisfy { $0 | 0x20 == $1 }
    }
  }

  /// Names go on with digits, underscores and dollars, and with all that is not ASCII.
  private static func isOfName(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || isDigit(byte)
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$") || byte >= 0x80
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
