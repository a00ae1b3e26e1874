import TestSupport

/// What was found to hold, and what not.
struct Checks {
  private(set) var passed = 0
  private(set) var failed = 0

  mutating func expect(_ holds: Bool, _ what: String, _ facts: @autoclosure () -> String = "") {
    if holds {
      passed += 1
    } else {
      failed += 1
      print("package-check: not so: \(what)\n\(facts())")
    }
  }

  /// A command ended with status 0, and wrote something with these words on stdout.
  mutating func expect(_ outcome: ProcessOutcome, _ what: String, says words: [String] = []) {
    expect(
      outcome.status == 0 && words.allSatisfy { outcome.stdout.contains($0) }, what,
      "status \(outcome.status), wanted \(words)\n\(outcome.stderr)\(outcome.stdout.suffix(2000))")
  }
}
