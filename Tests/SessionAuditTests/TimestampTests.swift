import SessionAudit
import TestRandom
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct TimestampTests {
  private static func day(_ number: Int64, plus microseconds: Int64 = 0) -> Timestamp {
    Timestamp(microseconds: number * 86_400_000_000 + microseconds)
  }

  private static let known: [(Timestamp, String)] = [
    (Timestamp(microseconds: 0), "2000-01-01T00:00:00.000000Z"),
    (Timestamp(microseconds: -1), "1999-12-31T23:59:59.999999Z"),
    (Timestamp(microseconds: 1), "2000-01-01T00:00:00.000001Z"),
    (Timestamp(microseconds: -946_684_800_000_000), "1970-01-01T00:00:00.000000Z"),
    (Timestamp(microseconds: 1_200_798_848_000_000), "2038-01-19T03:14:08.000000Z"),
    // 2000 is a leap year, 1900 and 2100 are none.
    (day(58), "2000-02-28T00:00:00.000000Z"),
    (day(59), "2000-02-29T00:00:00.000000Z"),
    (day(60), "2000-03-01T00:00:00.000000Z"),
    (day(-36_524 + 58), "1900-02-28T00:00:00.000000Z"),
    (day(-36_524 + 59), "1900-03-01T00:00:00.000000Z"),
    (day(36_525 + 58), "2100-02-28T00:00:00.000000Z"),
    (day(36_525 + 59), "2100-03-01T00:00:00.000000Z"),
    (day(8766 + 59), "2024-02-29T00:00:00.000000Z"),
    (day(9862, plus: -1), "2026-12-31T23:59:59.999999Z"),
    (day(9862), "2027-01-01T00:00:00.000000Z"),
    (day(-730_119), "0001-01-01T00:00:00.000000Z"),
    (Timestamp.now, "2026-03-01T12:00:00.000000Z"),
  ]

  @Test(arguments: known)
  func writesISO8601(_ timestamp: Timestamp, _ text: String) {
    #expect(timestamp.iso8601 == text)
    #expect(timestamp.readable == text.prefix(10) + " " + text.dropFirst(11).prefix(8) + " UTC")
  }

  @Test func agreesWithFoundation() throws {
    var random = Seeded.printed("Timestamp against Foundation")
    // From 1600 (before, Foundation's calendar turns Julian) to 9999.
    let days = Int64(-146_097)...2_921_939
    for _ in 0..<5000 {
      let seconds =
        Int64.random(in: days, using: &random) * 86_400
        + Int64.random(in: 0..<86_400, using: &random)
      let fraction = Int64.random(in: 0..<1_000_000, using: &random)
      let text = Timestamp(microseconds: seconds * 1_000_000 + fraction).iso8601
      let foundation = Date(timeIntervalSince1970: Double(seconds + 946_684_800))
        .formatted(.iso8601)
      #expect(text.prefix(19) + "Z" == foundation, "seed \(random.seed)")
      #expect(Int64(text.dropFirst(20).prefix(6)) == fraction, "seed \(random.seed)")
    }
  }

  /// A server that sends nonsense (or Postgres's own infinity) must not end the program.
  @Test func survivesTheEndsOfTime() {
    let (first, last) = (Timestamp(microseconds: .min), Timestamp(microseconds: .max))
    #expect(first.iso8601.hasSuffix("Z") && last.iso8601.hasSuffix("Z"))
    #expect(last - first > .days(36_600))
    #expect(first - last < .days(-36_600))
    #expect(first - Duration.seconds(1) == first)
    let session = Session.client(pid: 2, .idle) {
      $0.backendStart = first
      $0.queryStart = last
      $0.stateChange = first
    }
    let times = SessionTimes(of: session, at: .now, staleAfter: .hours(1))
    #expect(times.silent == .zero)
    #expect(times.stateAge.map { $0 > .days(36_600) } == true)
  }

  @Test func keepsMicroseconds() {
    #expect(Timestamp(microseconds: 5) - Timestamp(microseconds: 8) == .microseconds(-3))
    #expect(Timestamp.now - Duration.microseconds(1) < .now)
    #expect(Duration.nanoseconds(1999).wholeMicroseconds == 1)
    #expect(Duration.nanoseconds(-1999).wholeMicroseconds == -1)
    #expect(Duration.days(36_600).wholeMicroseconds == 36_600 * 86_400_000_000)
  }
}
