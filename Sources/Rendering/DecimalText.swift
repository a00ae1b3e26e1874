import SessionAudit

/// Numbers as text that programs read.
enum DecimalText {
  /// Seconds, to the microsecond, without trailing zeros.
  static func seconds(_ duration: Duration) -> String {
    let microseconds = duration.wholeMicroseconds
    let (whole, rest) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    let sign = microseconds < 0 ? "-" : ""
    guard rest > 0 else { return "\(sign)\(whole)" }
    var digits = String(rest)
    digits = String(repeating: "0", count: 6 - digits.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return "\(sign)\(whole).\(digits)"
  }
}
