import InputFiles
import OperatingSystem
import PostgresClient
import ServerAccess
import SessionAudit

/// What the judge is told, up to what only a target and its snapshot can settle.
package struct JudgeSettings: Sendable {
  /// As far as it is known before any server has been asked; of a target that the policy file does
  /// not name.
  package var policy: Policy
  /// Of the roster that options name; by the clock of this machine.
  package var rosterTakenAt: Timestamp?
  package var loaded: LoadedPolicy?
  /// What the options declare; it wins over what the file does.
  var declared: Policy
  /// `--roster-covers` and `--roster-complete`, which may speak of the file's roster.
  package var rosterCovers: [String] = []
  package var rosterIsComplete = false

  package init(policy: Policy, loaded: LoadedPolicy?, declared: Policy) {
    (self.policy, self.loaded, self.declared) = (policy, loaded, declared)
  }

  /// What holds of one target: with its own applications and roster, which is read now.
  /// - Parameters:
  ///   - limit: how long a roster's command may take.
  ///   - interruption: ends it early.
  /// - Throws: `ExitError` with status 64 to 66.
  func of(
    _ target: ResolvedTarget, within limit: Duration, interruption: Interruption? = nil
  ) throws -> JudgeSettings {
    if let problem = target.problem { throw ExitError.usage(problem) }
    guard let loaded else { return self }
    var judging = self
    judging.policy.declare(of: loaded, target: target.policyPlace, then: declared)
    guard policy.roster == nil, let roster = loaded.roster(of: target.policyPlace) else {
      return judging
    }
    var input: RosterInput
    switch roster.origin {
    case .file(let path):
      input = try RosterInput.read(
        loaded.resolved(path), by: judging.policy, within: limit, interruption: interruption)
    case .command(let command):
      input = try RosterInput.run(
        command, saidAt: loaded.place(roster.line), timeout: limit, interruption: interruption,
        by: judging.policy)
    }
    try input.cover(roster.covers.map(\.value) + rosterCovers)
    input.roster.isComplete = roster.isComplete || rosterIsComplete
    (judging.policy.roster, judging.rosterTakenAt) = (input.roster, input.takenAt)
    return judging
  }

  /// What a saved report was judged with and would not be now, as options.
  func forgotten(of standards: SavedReport.Standards) -> [String] {
    var options = zip(standards.thresholds, policy.thresholds).compactMap { then, now in
      then.flatMap { then in
        guard then != now.value else { return String?.none }
        let name = "\(now.key)".split(separator: "_").dropLast().joined(separator: "-")
        return "--\(name) \(DurationText.exact(then))"
      }
    }
    if standards.hasRoster && policy.roster == nil { options.append("a roster") }
    if standards.hasDeclarations && !policy.hasDeclarations {
      options.append("declarations (judged_with has them)")
    }
    return options
  }

  /// The policy for one snapshot.
  /// - Parameter isSaved: it comes from a file, perhaps of another day.
  /// - Throws: `ExitError` for a restart in the future.
  func policy(for snapshot: Snapshot, isSaved: Bool) throws -> Policy {
    let now = snapshot.capturedAt
    var policy = policy
    for restart in policy.restarts {
      guard case .at(let moment) = restart.value, moment > now else { continue }
      throw ExitError.usage(
        "--restarted-at \(moment.readable) is in the future: "
          + (isSaved ? "the report was made at " : "the server's clock says ") + now.readable,
        next: "Declare a restart when it is completed.")
    }
    if let rosterTakenAt {
      // A live roster's age is the same on both clocks, however far they are apart.
      policy.roster?.takenAt =
        isSaved ? min(rosterTakenAt, now) : now - max(.zero, LocalClock.now - rosterTakenAt)
    }
    return policy
  }
}

extension Policy {
  /// Takes in what a policy file says of a target's applications, and then the options.
  package mutating func declare(of loaded: LoadedPolicy, target: Int?, then options: Policy) {
    let applications = loaded.applications(of: target)
    maxAges = loaded.declarations(applications, \.maxAge) + options.maxAges
    closesItself = loaded.declarations(applications, \.closesItself)
    poolSizes = loaded.declarations(applications, \.poolSize) + options.poolSizes
    pooled = loaded.declarations(applications, \.pooled)
    instances = loaded.declarations(applications, \.instances) + options.instances
    oneInstance = loaded.declarations(applications, \.oneInstance) + options.oneInstance
    protected = loaded.declarations(applications, \.protect) { $0 }
    staleAfters =
      options.staleAfters.isEmpty ? loaded.declarations(applications, \.staleAfter) : []
  }
}
