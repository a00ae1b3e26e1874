extension Timestamp {
  /// Why a text is no moment.
  public enum ParseError: Error, Sendable {
    /// No real date and time in ISO 8601.
    case malformed
    /// A date and time that would do with `Z` or an offset behind it.
    case noZone
  }

  /// Reads `2026-11-22T09:41Z`, with seconds and 1–9 digits of a fraction if wanted, a blank in the
  /// place of the T, and `Z`, `+02:00`, `+0200` or `+02` for the zone; years are 0001 to 9999.
  ///
  /// Microseconds are kept, what is finer is cut off.
  public init(iso8601 text: some StringProtocol) throws(ParseError) {
    var reader = Reader(rest: Array(text.utf8)[...])
    guard let local = reader.localTime() else { throw .malformed }
    guard !reader.rest.isEmpty else { throw .noZone }
    guard let offset = reader.zone(), reader.rest.isEmpty else { throw .malformed }
    // Ten thousand years of microseconds are far from the ends of 64 bits.
    self.init(microseconds: local - offset)
  }
}

private struct Reader {
  var rest: ArraySlice<UInt8>

  /// Microseconds since 2000-01-01 00:00, as if in UTC.
  mutating func localTime() -> Int64? {
    guard let year = number(digits: 4), year >= 1, take("-"),
      let month = number(digits: 2), (1...12).contains(month), take("-"),
      let day = number(digits: 2), (1...daysOfMonth(month, year: year)).contains(day),
      take("T") || take(" "),
      let hour = number(digits: 2), hour <= 23, take(":"),
      let minute = number(digits: 2), minute <= 59
    else { return nil }
    var second: Int64 = 0
    var microsecond: Int64 = 0
    if take(":") {
      guard let whole = number(digits: 2), whole <= 59 else { return nil }
      second = whole
      if take(".") {
        guard let fraction = fraction() else { return nil }
        microsecond = fraction
      }
    }
    let seconds =
      daysSince2000(year: year, month: month, day: day) * 86_400
      + hour * 3600 + minute * 60 + second
    return seconds * 1_000_000 + microsecond
  }

  /// Microseconds that the zone is ahead of UTC.
  mutating func zone() -> Int64? {
    if take("Z") { return 0 }
    let isBehind = take("-")
    guard isBehind || take("+"), let hours = number(digits: 2), hours <= 23 else { return nil }
    var minutes: Int64 = 0
    if take(":") || !rest.isEmpty {
      guard let count = number(digits: 2), count <= 59 else { return nil }
      minutes = count
    }
    return (isBehind ? -1 : 1) * (hours * 3600 + minutes * 60) * 1_000_000
  }

  /// 1–9 digits behind the point, as microseconds.
  private mutating func fraction() -> Int64? {
    let digits = rest.prefix { isDigit($0) }
    guard (1...9).contains(digits.count) else { return nil }
    rest = rest.dropFirst(digits.count)
    return (0..<6).reduce(0) { sum, place in
      let digit = place < digits.count ? digits[digits.startIndex + place] : UInt8(ascii: "0")
      return sum * 10 + value(ofDigit: digit)
    }
  }

  private mutating func number(digits count: Int) -> Int64? {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy(isDigit) else { return nil }
    rest = rest.dropFirst(count)
    return digits.reduce(0) { $0 * 10 + value(ofDigit: $1) }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private func value(ofDigit byte: UInt8) -> Int64 { Int64(byte - UInt8(ascii: "0")) }
}

private func daysOfMonth(_ month: Int64, year: Int64) -> Int64 {
  switch month {
  case 4, 6, 9, 11: 30
  case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
  default: 31
  }
}

/// The day number of a date, by counting in 400-year eras that begin on 1 March (Howard Hinnant's
/// days_from_civil); `year` is at least 1.
private func daysSince2000(year: Int64, month: Int64, day: Int64) -> Int64 {
  let shiftedYear = month <= 2 ? year - 1 : year
  let (era, yearOfEra) = shiftedYear.quotientAndRemainder(dividingBy: 400)
  let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
  let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return era * 146_097 + dayOfEra - 719_468 - 10_957
}
