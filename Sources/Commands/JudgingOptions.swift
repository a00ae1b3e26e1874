import ArgumentParser
import SessionAudit

/// What the judge is told.
struct JudgingOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "An idle session silent for this long is suspect (1h).", valueName: "duration"),
    transform: Parsing.positiveDuration)
  var staleAfter: Duration?

  func policy() -> Policy {
    var policy = Policy()
    if let staleAfter { policy.staleAfter = staleAfter }
    return policy
  }
}
