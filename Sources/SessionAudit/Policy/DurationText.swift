/// Durations as people write and read them.
public enum DurationText {
  private static let units: [(name: String, microseconds: Int64)] = [
    ("w", 604_800_000_000), ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000),
    ("s", 1_000_000), ("ms", 1_000),
  ]

  public enum ParseError: Error, Hashable, Sendable {
    case unitMissing
    case negative
    case malformed
    case tooLong

    /// What to write instead.
    public func clause(about text: String) -> String {
      switch self {
      case .unitMissing: "a duration needs a unit: write \(text)s, \(text)m or \(text)h"
      case .negative: "a duration can't be negative"
      case .malformed: "a duration is written like 500ms, 90s, 15m, 1h30m or 2d"
      case .tooLong: "that is longer than 100 years"
      }
    }
  }

  /// Reads `500ms`, `90s`, `1h30m`: whole numbers, each with a unit, units falling, no spaces.
  public static func parse(_ text: some StringProtocol) throws(ParseError) -> Duration {
    if text.hasPrefix("-") { throw .negative }
    if !text.isEmpty && text.utf8.allSatisfy(isDigit) { throw .unitMissing }
    var rest = Substring(text)
    var total: Int64 = 0
    var smallest = Int64.max
    guard !rest.isEmpty else { throw .malformed }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isWholeNumber }
      rest = rest.dropFirst(digits.count)
      let name = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(name.count)
      guard !digits.isEmpty, let unit = units.first(where: { $0.name == name }),
        unit.microseconds < smallest
      else { throw .malformed }
      smallest = unit.microseconds
      guard let count = Int64(digits) else { throw .tooLong }
      let (product, productOverflows) = count.multipliedReportingOverflow(by: unit.microseconds)
      let (sum, sumOverflows) = total.addingReportingOverflow(product)
      // 100 years is beyond any session and far from the end of Int64 and of poll(2).
      guard !productOverflows, !sumOverflows, sum <= 100 * 366 * 86_400_000_000 else {
        throw .tooLong
      }
      total = sum
    }
    return .microseconds(total)
  }

  /// The two largest units that say something: `2d 3h`, `41m 7s`, `3s`, `120ms`, `0s`.
  public static func brief(_ duration: Duration) -> String {
    text(duration, units: 2, separator: " ")
  }

  /// The form that `parse` reads back: `1h30m`.
  public static func exact(_ duration: Duration) -> String {
    text(duration, units: units.count, separator: "")
  }

  private static func text(_ duration: Duration, units limit: Int, separator: String) -> String {
    var rest = max(0, duration.wholeMicroseconds)
    var (text, parts) = ("", 0)
    // Weeks are read but never written: "17d" says more than "2w 3d".
    for unit in units.dropFirst() {
      let count = rest / unit.microseconds
      // Above a second the milliseconds are noise.
      if limit == 2, parts > 0, unit.name == "ms" { break }
      if count > 0 {
        if parts > 0 { text += separator }
        text += String(count)
        text += unit.name
        rest %= unit.microseconds
        parts += 1
      }
      // A minute that follows days tells nobody anything: stop at the neighbouring unit.
      if rest == 0 || parts >= limit || parts > 0 && count == 0 && limit == 2 { break }
    }
    return parts == 0 ? "0s" : text
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
