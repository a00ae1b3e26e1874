import SessionAudit
import TestRandom
import Testing

struct DurationTextTests {
  private static let readable: [(String, Duration)] = [
    ("500ms", Duration.milliseconds(500)),
    ("90s", .seconds(90)),
    ("15m", .minutes(15)),
    ("3h", .hours(3)),
    ("2d", .days(2)),
    ("1w", .days(7)),
    ("1h30m", .minutes(90)),
    ("1m500ms", .milliseconds(60_500)),
    ("1w2d3h4m5s6ms", .days(9) + .hours(3) + .minutes(4) + .milliseconds(5006)),
    ("0s", .zero),
    ("007m", .minutes(7)),
    // What has fewer of a larger unit than would fit is no mistake: people write 90m and 36h.
    ("1d36h90m", .days(1) + .hours(36) + .minutes(90)),
    ("36600d", .days(36_600)),
  ]

  @Test(arguments: readable)
  func reads(_ text: String, _ duration: Duration) throws {
    #expect(try DurationText.parse(text) == duration)
    #expect(try DurationText.parse("<\(text)>".dropFirst().dropLast()) == duration)
  }

  private static let refused: [([String], DurationText.ParseError)] = [
    (["5", "0", "007", "99999999999999999999"], DurationText.ParseError.unitMissing),
    (["-", "-5m", "-5", "-1h30m", "--1s"], .negative),
    (["", " ", "m", "ms", "h5", "5x", "5y", "5us", "5min", "5sec", "1.5h", "1,5h"], .malformed),
    (
      ["5 m", " 5m", "5m ", "1h 30m", "1h\t30m", "5m\n", "5\nm", "+5m", "1h-30m", " -5m"],
      .malformed
    ),
    (["30m1h", "1h1h", "1s1m", "1ms1s", "1d1w", "5M", "5H", "5MS", "1hm", "1h30"], .malformed),
    // Digits and letters of other scripts that look or count like ours.
    (["٥", "٥m", "５m", "5ｍ", "1h٣٠m", "²s", "½h", "5µs", "5m\u{0}", "5m\u{301}"], .malformed),
    (["36600d1ms", "5229w", "9223372036854775807w", "9223372036854775807ms"], .tooLong),
    (["9223372036854775808ms", "99999999999999999999d", "36600d24h"], .tooLong),
  ]

  @Test(arguments: refused)
  func refuses(_ texts: [String], _ error: DurationText.ParseError) {
    for text in texts {
      #expect(throws: error, "\(text.debugDescription)") { try DurationText.parse(text) }
    }
  }

  private static let written: [(Duration, String, String)] = [
    (Duration.zero, "0s", "0s"),
    (.microseconds(999), "0s", "0s"),
    (.milliseconds(120), "120ms", "120ms"),
    (.milliseconds(1500), "1s", "1s500ms"),
    (.milliseconds(59_999), "59s", "59s999ms"),
    (.seconds(60), "1m", "1m"),
    (.seconds(41 * 60 + 7), "41m 7s", "41m7s"),
    (.seconds(3607), "1h", "1h7s"),
    (.minutes(90), "1h 30m", "1h30m"),
    (.days(2) + .hours(3) + .minutes(59), "2d 3h", "2d3h59m"),
    (.days(1) + .minutes(5), "1d", "1d5m"),
    (.days(17), "17d", "17d"),
    (.days(400), "400d", "400d"),
    // An age is never negative; what comes in negative is no reason to print nonsense.
    (.seconds(-5), "0s", "0s"),
  ]

  @Test(arguments: written)
  func writes(_ duration: Duration, _ brief: String, _ exact: String) {
    #expect(DurationText.brief(duration) == brief)
    #expect(DurationText.exact(duration) == exact)
  }

  @Test func readsBackWhatItWrites() throws {
    var random = Seeded.printed("DurationText round trip")
    for _ in 0..<20_000 {
      // Many magnitudes: a uniform number would hardly ever be short.
      let bound = Int64(1) << Int64.random(in: 0...41, using: &random)
      let duration = Duration.milliseconds(Int64.random(in: 0..<bound, using: &random))
      let text = DurationText.exact(duration)
      #expect(try DurationText.parse(text) == duration, "\(text), seed \(random.seed)")
    }
  }
}
