import TestStress
import TestSupport
import TestTraits
import Testing

/// No session that is busy or was used of late is ever ended, in a form that takes seconds;
/// `make stress` runs the long one.
@Suite(.serialized, .sideBySide)
struct StressTests {
  @Test(.timeLimit(.minutes(5)), arguments: [false, true])
  func noLiveSessionIsEnded(reconnecting: Bool) throws {
    func run() throws -> StressResult {
      let result = try StressRun(
        reconnecting ? "stress, reconnecting" : "stress", .short,
        .program(Build.executable("pgsessions")), reconnecting: reconnecting
      ).run()
      print(result)
      return result
    }
    var result = try run()
    // Something else had the machine, and too little came about to prove anything.
    for _ in 0..<2 where result.endedNoneAlive && !result.isClean { result = try run() }
    #expect(result.isClean, "seed \(result.seed)\n\(result.complaints)")
  }

  @Test(.timeLimit(.minutes(2))) func aSweepThatActsOnItsFirstPictureIsFoundGuilty() throws {
    var form = StressForm.short
    (form.flippers, form.flips, form.sweeps) = (160, 0, 1)
    let result = try StressRun("control", form, .firstPicture, endsAtFirstFailure: true).run()
    print(result)
    #expect(!result.liveEnded.isEmpty, "seed \(result.seed)\n\(result)")
  }
}
