import SessionAudit
import TestRandom
import Testing

struct TimestampISO8601Tests {
  private static let read: [(String, String)] = [
    ("2026-11-22T09:41Z", "2026-11-22T09:41:00.000000Z"),
    ("2026-11-22 09:41Z", "2026-11-22T09:41:00.000000Z"),
    ("2026-11-22T09:41:07Z", "2026-11-22T09:41:07.000000Z"),
    ("2026-11-22T09:41:07.1Z", "2026-11-22T09:41:07.100000Z"),
    ("2026-11-22T09:41:07.000123Z", "2026-11-22T09:41:07.000123Z"),
    ("2026-11-22T09:41:07.123456999Z", "2026-11-22T09:41:07.123456Z"),
    ("2026-11-22T09:41:07+02:00", "2026-11-22T07:41:07.000000Z"),
    ("2026-11-22T09:41:07+0200", "2026-11-22T07:41:07.000000Z"),
    ("2026-11-22T09:41+02", "2026-11-22T07:41:00.000000Z"),
    ("2026-11-22 09:41:07.5-05:30", "2026-11-22T15:11:07.500000Z"),
    ("2026-11-22T09:41-00:00", "2026-11-22T09:41:00.000000Z"),
    ("2026-01-01T00:00:00+00:01", "2025-12-31T23:59:00.000000Z"),
    ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59.000000Z"),
    ("2000-02-29T00:00Z", "2000-02-29T00:00:00.000000Z"),
    ("0001-01-01T00:00:00.000000Z", "0001-01-01T00:00:00.000000Z"),
    ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    // Beyond the years that can be written, and yet no reason to trap.
    ("0001-01-01T00:00+23:59", "0000-12-31T00:01:00.000000Z"),
    ("9999-12-31T23:59-23:59", "10000-01-01T23:58:00.000000Z"),
  ]

  @Test(arguments: read)
  func readsISO8601(_ text: String, _ moment: String) throws {
    #expect(try Timestamp(iso8601: text).iso8601 == moment)
  }

  @Test func readsPartOfAText() throws {
    let line = "web.1,2026-11-22T09:41Z"
    #expect(
      try Timestamp(iso8601: line.dropFirst(6)) == Timestamp(iso8601: "2026-11-22T09:41:00Z"))
  }

  @Test(arguments: [
    "", "Z", "now", "2026", "2026-11-22", "2026-11-22Z", "2026-11-22T09Z", "2026-11-22T9:41Z",
    "2026-11-22T09:41 Z", "2026-11-22T09:41z", "2026-11-22t09:41Z", "2026-11-22  09:41Z",
    " 2026-11-22T09:41Z", "2026-11-22T09:41Z ", "2026-11-22T09:41ZZ", "2026-11-22T09:41:Z",
    "2026-11-22T09:41:07.Z", "2026-11-22T09:41:07.1234567890Z", "2026-11-22T09:41.5Z",
    "2026-11-22T09:41:07,5Z", "2026-1-22T09:41Z", "26-11-22T09:41Z", "20261122T094107Z",
    "0000-01-01T00:00Z", "-001-01-01T00:00Z", "10000-01-01T00:00Z", "2026-00-10T00:00Z",
    "2026-13-10T00:00Z", "2026-01-00T00:00Z", "2026-01-32T00:00Z", "2026-04-31T00:00Z",
    "2026-02-29T00:00Z", "2100-02-29T00:00Z", "1900-02-29T00:00Z", "2024-02-30T00:00Z",
    "2026-11-22T24:00Z", "2026-11-22T23:60Z", "2026-11-22T23:59:60Z", "2026-11-22T09:41+2",
    "2026-11-22T09:41+02:", "2026-11-22T09:41+02:0", "2026-11-22T09:41+02:60",
    "2026-11-22T09:41+24:00", "2026-11-22T09:41+020", "2026-11-22T09:41+02:00:00",
    "2026-11-22T09:41+02Z", "2026-11-22T09:41 CET", "2026-11-22T09:41Europe/Berlin",
    "2026-11-22T09:41\u{2212}02", "２０２６-11-22T09:41Z", "2026-11-22T09:41:07.１Z",
    "2026-11-22T09:41\0Z", "2026-11-31T09:41",
  ])
  func refusesWhatIsNoMoment(_ text: String) {
    #expect(throws: Timestamp.ParseError.malformed) { try Timestamp(iso8601: text) }
  }

  @Test(arguments: [
    "2026-11-22T09:41", "2026-11-22 09:41:07", "2026-11-22T09:41:07.5", "2024-02-29T00:00",
  ])
  func tellsThatTheZoneIsMissing(_ text: String) {
    #expect(throws: Timestamp.ParseError.noZone) { try Timestamp(iso8601: text) }
  }

  @Test func readsWhatIsWritten() throws {
    var random = Seeded.printed("readsWhatIsWritten")
    let first = try Timestamp(iso8601: "0001-01-01T00:00Z").microseconds
    let last = try Timestamp(iso8601: "9999-12-31T23:59:59.999999Z").microseconds
    for _ in 0..<20_000 {
      let moment = Timestamp(microseconds: .random(in: first...last, using: &random))
      #expect(try Timestamp(iso8601: moment.iso8601) == moment)
    }
  }

  @Test func knowsEveryDayOfTheCalendar() throws {
    // 400 years are one period of the Gregorian calendar.
    for day: Int64 in 0..<146_097 {
      let moment = Timestamp(microseconds: day * 86_400_000_000)
      guard try Timestamp(iso8601: moment.iso8601) == moment else {
        Issue.record("\(moment.iso8601) is not read back")
        return
      }
    }
  }

  @Test func neverTrapsOnMutilatedText() {
    var random = Seeded.printed("neverTrapsOnMutilatedText")
    let valid = Array("2026-11-22T09:41:07.123456789+02:30".utf8)
    for _ in 0..<20_000 {
      var bytes = valid.prefix(.random(in: 0...valid.count, using: &random))
      for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
        bytes[Int.random(in: bytes.indices, using: &random)] =
          random.one(of: Array("0123456789-+:.TZ \u{FF}".utf8))
      }
      _ = try? Timestamp(iso8601: String(decoding: bytes, as: UTF8.self))
    }
  }
}
