/// A moment on the server's clock: microseconds since 2000-01-01 00:00 UTC, which is
/// timestamptz's own form, so that nothing is lost between reading and comparing.
public struct Timestamp: Hashable, Comparable, Sendable {
  public let microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }

  /// The time from `b` to `a`; negative where `b` is later.
  public static func - (a: Timestamp, b: Timestamp) -> Duration {
    .microseconds(saturatingDifference(a.microseconds, b.microseconds))
  }

  public static func + (a: Timestamp, b: Duration) -> Timestamp { a - (.zero - b) }

  public static func - (a: Timestamp, b: Duration) -> Timestamp {
    Timestamp(microseconds: saturatingDifference(a.microseconds, b.wholeMicroseconds))
  }

  /// `2026-11-22T09:41:07.000123Z`.
  public var iso8601: String {
    "\(date)T\(time).\(padded(dayAndMicroseconds.microseconds % 1_000_000, to: 6))Z"
  }

  /// `2026-11-22 09:41:07 UTC`, for people.
  public var readable: String { "\(date) \(time) UTC" }

  /// `2026-11-22`.
  public var date: String {
    let (year, month, day) = civil(daysSince2000: dayAndMicroseconds.day)
    return "\(padded(year, to: 4))-\(padded(month, to: 2))-\(padded(day, to: 2))"
  }

  /// Days since 2000-01-01, and microseconds since that day began, in UTC.
  public var dayAndMicroseconds: (day: Int64, microseconds: Int64) {
    let perDay: Int64 = 86_400_000_000
    let remainder = microseconds % perDay
    return (floorDivide(microseconds, perDay), remainder < 0 ? remainder + perDay : remainder)
  }

  /// `09:41:07`.
  var time: String {
    let second = dayAndMicroseconds.microseconds / 1_000_000
    return
      "\(padded(second / 3600, to: 2)):\(padded(second / 60 % 60, to: 2)):\(padded(second % 60, to: 2))"
  }
}

extension Duration {
  /// Microseconds, towards zero; the resolution of Postgres's clock. The largest or smallest there
  /// are where a duration has more.
  public var wholeMicroseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000)
    if overflows { return seconds < 0 ? .min : .max }
    let (sum, sumOverflows) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
    return sumOverflows ? (seconds < 0 ? .min : .max) : sum
  }
}

/// The proleptic Gregorian date of a day number, by counting in 400-year eras that begin on
/// 1 March (Howard Hinnant's civil_from_days).
private func civil(daysSince2000: Int64) -> (year: Int64, month: Int64, day: Int64) {
  let z = daysSince2000 + 10_957 + 719_468
  let era = floorDivide(z, 146_097)
  let dayOfEra = z - era * 146_097
  let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let shiftedMonth = (5 * dayOfYear + 2) / 153
  let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return (
    yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
    dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
  )
}

/// A server may send any 64 bits for a moment, infinity among them: that is no reason to trap.
private func saturatingDifference(_ a: Int64, _ b: Int64) -> Int64 {
  let (difference, overflows) = a.subtractingReportingOverflow(b)
  return overflows ? (b < 0 ? .max : .min) : difference
}

private func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
  a / b - (a % b < 0 ? 1 : 0)
}

private func padded(_ value: Int64, to width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
