/// Names of which a part is new at each start (a pid, a counter, a UUID), and that part folded:
/// `puma: cluster worker *: * [shop]`, `citus_internal gpid=*`, `metabase-*`. Such a name never
/// comes back, so it tells no instance from another.
enum NameFolding {
  /// nil: nothing of the name looks new at each start.
  static func family(of name: Substring.UTF8View) -> String? {
    let bytes = Array(name)
    let isTitle = bytes.contains { titleMarks.contains($0) }
    let parts = self.parts(of: bytes, isTitle: isTitle)
    guard parts.contains(where: \.isNewAtEachStart) else { return nil }
    var folded: [UInt8] = []
    var next = 0
    for part in parts {
      folded += bytes[next..<part.range.lowerBound]
      folded.append(UInt8(ascii: "*"))
      next = part.range.upperBound
    }
    return String(decoding: folded + bytes[next...], as: UTF8.self)
  }

  /// What a process title has and a plain name hasn't.
  private static let titleMarks: Set<UInt8> = [0x20, 0x3A, 0x3D, 0x5B, 0x28]  // blank : = [ (

  private struct Part {
    var range: Range<Int>
    /// Others are only folded beside one that is.
    var isNewAtEachStart: Bool
  }

  /// Runs of letters and digits that stand alone and are a number, a UUID or a long hexadecimal.
  private static func parts(of bytes: [UInt8], isTitle: Bool) -> [Part] {
    var parts: [Part] = []
    var next = 0
    var depth = 0
    while next < bytes.count {
      if let end = uuid(bytes, at: next) {
        parts.append(Part(range: next..<end, isNewAtEachStart: true))
        next = end
        continue
      }
      guard isWord(bytes[next]) else {
        switch bytes[next] {
        case UInt8(ascii: "["), UInt8(ascii: "("): depth += 1
        case UInt8(ascii: "]"), UInt8(ascii: ")"): depth -= 1
        default: break
        }
        next += 1
        continue
      }
      let start = next
      while next < bytes.count, isWord(bytes[next]) { next += 1 }
      let run = bytes[start..<next]
      // `6.4.1` is a version, and `0.0.0.0` an address.
      guard !isDecimalPoint(bytes, start - 1), !isDecimalPoint(bytes, next) else { continue }
      if run.allSatisfy(isDigit) {
        parts.append(
          Part(
            range: start..<next,
            isNewAtEachStart: run.count >= 4 && !isYear(run)
              || isTitle && (run.count == 3 || depth > 0)))
      } else if run.count >= 8, run.allSatisfy(isHex), run.contains(where: isDigit) {
        parts.append(Part(range: start..<next, isNewAtEachStart: true))
      }
    }
    return parts
  }

  private static func isYear(_ run: ArraySlice<UInt8>) -> Bool {
    run.count == 4 && (run.starts(with: "19".utf8) || run.starts(with: "20".utf8))
  }

  /// Whether it is a point with a digit on either side.
  private static func isDecimalPoint(_ bytes: [UInt8], _ index: Int) -> Bool {
    index > 0 && index + 1 < bytes.count && bytes[index] == UInt8(ascii: ".")
      && isDigit(bytes[index - 1]) && isDigit(bytes[index + 1])
  }

  /// Behind a UUID's 36 bytes that begin here, where nothing else of the word stands before or after.
  private static func uuid(_ bytes: [UInt8], at start: Int) -> Int? {
    let end = start + 36
    guard end <= bytes.count, start == 0 || !isWord(bytes[start - 1]),
      end == bytes.count || !isWord(bytes[end])
    else { return nil }
    for offset in 0..<36 {
      let byte = bytes[start + offset]
      let fits = [8, 13, 18, 23].contains(offset) ? byte == UInt8(ascii: "-") : isHex(byte | 0x20)
      guard fits else { return nil }
    }
    return end
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  private static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || byte >= 0x61 && byte <= 0x66 }
  private static func isWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x80
  }
}
