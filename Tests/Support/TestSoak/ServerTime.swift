import TestStress

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Seconds from 1970 to Postgres's own epoch.
private let epoch = 946_684_800.0

extension Moment {
  /// In the server's microseconds, which runs by this machine's clock.
  var serverTime: Int64 { Int64((wall - epoch) * 1e6) }
}

/// The server's microseconds as seconds since 1970.
func wallSeconds(_ serverTime: Int64) -> Double { Double(serverTime) / 1e6 + epoch }

/// The server's microseconds in ISO 8601.
func isoText(_ serverTime: Int64) -> String {
  var seconds = time_t(serverTime / 1_000_000) + time_t(epoch)
  var fields = tm()
  gmtime_r(&seconds, &fields)
  func padded(_ number: some BinaryInteger, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
  let day = "\(fields.tm_year + 1900)-\(padded(fields.tm_mon + 1, 2))-\(padded(fields.tm_mday, 2))"
  let time = [fields.tm_hour, fields.tm_min, fields.tm_sec].map { padded($0, 2) }
  return "\(day)T\(time.joined(separator: ":")).\(padded(serverTime % 1_000_000, 6))Z"
}
