import TestSoak
import TestSupport
import TestTraits
import Testing

/// The simulated week in a form that takes seconds; `make soak` runs the long one.
@Suite(.sideBySide)
struct SoakTests {
  /// On a machine that has no time for the job a client may find no slot, and then the week is played
  /// again, three times at most; that one who lives is ended is never forgiven.
  @Test(.timeLimit(.minutes(4))) func whatIsLeftIsEndedWithinTwoRunsAndNothingElse() throws {
    // A week in which enough is left behind that the server must run out without the job.
    let seed: UInt64 = 10_825_810_612_935_185_753
    // Both at once: they wait for the clock most of the time.
    let control = Background { try SoakRun(.short, executable: nil, seed: seed).run() }
    var week: SoakResult
    var weeks = 0
    repeat {
      week = try SoakRun(.short, executable: Build.executable("pgsessions"), seed: seed).run()
      print(week)
      weeks += 1
    } while week.refusals > 0 && week.liveEnded.isEmpty && week.complaints.isEmpty && weeks < 3
    #expect(week.isClean, "\(week)\n\(week.failures)")
    #expect(week.endedByJob > 20 && week.quiet > 0, "\(week)")
    let without = try control.value(timeout: .seconds(120))
    print(without)
    #expect(without.ranOut != nil, "\(without)\n\(without.failures)")
  }

  /// Or the count of living sessions that were ended is worth nothing. On a machine that has no time
  /// for the job, a day may pass with few runs: then another day is played, three at most.
  @Test(.timeLimit(.minutes(3))) func aJobThatIsToldAWrongNumberIsFoundGuilty() throws {
    var form = SoakForm.short
    (form.days, form.toldInstances) = (1, 1)
    var weeks: [SoakResult] = []
    var isFound = false
    while !isFound, weeks.count < 3 {
      let week = try SoakRun(
        form, executable: Build.executable("pgsessions"), seed: 7 + UInt64(weeks.count)
      ).run()
      print(week)
      weeks.append(week)
      let byLog = week.liveEnded.count { $0.hasPrefix("by the server's log") }
      isFound = byLog > 0 && week.liveEnded.count > byLog
    }
    #expect(isFound, "\(weeks)")
  }
}
