import SessionAudit
import TestPages
import Testing

@testable import Rendering

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

struct TimelineTests {
  /// To the last digits: places in the page are rounded.
  @Test func hasTheLogarithmOfTheCLibrary() {
    var values: [Double] = [0, 1e-300, 1, 0.41, 0.42, 0.5, 2, 3, 7, 1e9, 1e300]
    for exponent in stride(from: -20.0, through: 20, by: 0.013) { values.append(pow(10, exponent)) }
    for x in values {
      let right = log1p(x)
      #expect(abs(TimelineScale.log1p(x) - right) <= 4 * right.ulp, "\(x)")
    }
  }

  @Test func isStraightWhereAgesAreAlike() {
    let scale = TimelineScale(ages: [.hours(5), .hours(4), .hours(3)])
    #expect(scale.bend == nil)
    #expect(scale.place(ofAge: .hours(5)) == 0)
    #expect(scale.place(ofAge: .zero) == 1)
    #expect(abs(scale.place(ofAge: .hours(1)) - 0.8) < 0.001)
    #expect(scale.ticks.map(\.age) == [.hours(1), .hours(2), .hours(3), .hours(4)])
  }

  @Test func bendsWhereOneIsFarOlder() {
    let scale = TimelineScale(ages: [.days(30), .hours(1), .hours(1), .hours(1)])
    #expect(abs(scale.place(ofAge: .hours(1)) - 0.65) < 0.001)
    #expect(scale.place(ofAge: .days(30)) == 0)
    let places = scale.ticks.map(\.place)
    #expect(places == places.sorted(by: >))
    #expect(places.count >= 3)
  }

  @Test func standsWithoutSessionsAndWithNewOnes() {
    #expect(TimelineScale(ages: []).place(ofAge: .zero) == 1)
    #expect(TimelineScale(ages: [.zero]).place(ofAge: .zero) == 1)
    #expect(TimelineScale(ages: [.zero]).ticks.isEmpty)
  }

  /// Each session that was seen to begin is drawn once, whatever lanes there are.
  @Test(arguments: [1, 100, 1000, 5000])
  func drawsEachSessionOnce(_ count: Int) {
    let report = SampleReport.make(sessions: count)
    let timeline = Timeline(of: report)
    let drawn = timeline.blocks.flatMap(\.lanes).flatMap(\.sessions)
    #expect(Set(drawn).count == drawn.count)
    #expect(drawn.count + timeline.undrawn == report.sessions.count)
    #expect(timeline.undrawn == report.totals.hidden)
    #expect(timeline.blocks.count <= 13)
  }

  /// `web.2` stands before `web.10`, and of one application the oldest life first.
  @Test func keepsGenerationsInOrder() {
    let sessions: [Session] = [
      .client(pid: 1, .idle, silent: .zero, open: .hours(1), application: "web.10"),
      .client(pid: 2, .idle, silent: .zero, open: .hours(1), application: "web.2") {
        $0.clientAddress = "10.0.0.9"
      },
      .client(pid: 3, .idle, silent: .hours(2), open: .hours(5), application: "web.2"),
    ]
    let lanes = Timeline(of: SmallServer.report(sessions)).blocks.flatMap(\.lanes)
    #expect(lanes.map(\.application) == ["web.2", "web.2", "web.10"])
    #expect(lanes.map(\.address) == ["10.0.0.7", "10.0.0.9", "10.0.0.7"])
  }
}
