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

  public static func - (a: Timestamp, b: Duration) -> Timestamp {
    Timestamp(microseconds: saturatingDifference(a.microseconds, b.wholeMicroseconds))
  }

  /// `2026-11-22T09:41:07.000123Z`.
  public var iso8601: String {
    let fields = fields
    return "\(fields.date)T\(fields.time).\(padded(fields.microsecond, to: 6))Z"
  }

  /// `2026-11-22 09:41:07 UTC`, for people.
  public var readable: String {
    let fields = fields
    return "\(fields.date) \(fields.time) UTC"
  }

  /// The moment by the calendar and the clock, in UTC.
  public struct Fields: Sendable {
    public var year, month, day, hour, minute, second, microsecond: Int64

    fileprivate var date: String {
      "\(padded(year, to: 4))-\(padded(month, to: 2))-\(padded(day, to: 2))"
    }
    fileprivate var time: String {
      "\(padded(hour, to: 2)):\(padded(minute, to: 2)):\(padded(second, to: 2))"
    }
  }

  public var fields: Fields {
    let perDay: Int64 = 86_400_000_000
    let dayNumber = floorDivide(microseconds, perDay)
    let remainder = microseconds % perDay
    let withinDay = remainder < 0 ? remainder + perDay : remainder
    let (year, month, day) = civil(daysSince2000: dayNumber)
    let second = withinDay / 1_000_000
    return Fields(
      year: year, month: month, day: day, hour: second / 3600, minute: second / 60 % 60,
      second: second % 60, microsecond: withinDay % 1_000_000)
  }
}

extension Duration {
  /// Microseconds, towards zero; the resolution of Postgres's clock.
  public var wholeMicroseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
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
