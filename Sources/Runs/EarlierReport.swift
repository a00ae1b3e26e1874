import InputFiles
import OperatingSystem
import Rendering
import SessionAudit

/// The report that `--earlier` names: what the same server showed before.
package struct EarlierReport: Sendable {
  /// As messages have it.
  private let name: String
  private let snapshot: Snapshot

  private static let use =
    "Save one with pgsessions audit --json -o earlier.json, and judge a later one with "
    + "--earlier earlier.json."

  /// - Throws: `ExitError` with status 65 or 66.
  package static func read(_ path: String) throws -> EarlierReport {
    let file = try InputFile.read(path)
    let parts = try file.savedReports()
    guard parts.count == 1 else {
      throw wrong(file.wrong("has the reports of \(parts.count) targets, and one is compared"))
    }
    guard case .snapshot(let snapshot, _) = parts[0] else {
      throw wrong(file.wrong("is a refused report: there is nothing to compare"))
    }
    return EarlierReport(name: InputFile.name(path), snapshot: snapshot)
  }

  /// - Throws: `ExitError` with status 65 where it is no earlier look at that server.
  func look(before later: Snapshot) throws -> EarlierLook {
    if let began = snapshot.target.postmasterStartTime,
      let begins = later.target.postmasterStartTime, began != begins
    {
      throw Self.wrong(
        problem(
          "is of another server, or of before it restarted: that one began at \(began.readable), this "
            + "one at \(begins.readable)"))
    }
    guard snapshot.capturedAt < later.capturedAt else {
      throw Self.wrong(
        problem(
          "was made at \(snapshot.capturedAt.readable), and is no earlier than what it is compared "
            + "with, of \(later.capturedAt.readable)"))
    }
    return EarlierLook(capturedAt: snapshot.capturedAt, sessions: snapshot.sessions)
  }

  /// Between looks that far apart more than one connection may have come and gone.
  func warn(ofWhatItCannotProve later: Snapshot, by policy: Policy) {
    let apart = later.capturedAt - snapshot.capturedAt
    guard let longest = policy.maxAges.map(\.value).max(), apart > longest else { return }
    Diagnostics.warn(
      "--earlier \(name) is \(DurationText.brief(apart)) older, which is longer than the max age of "
        + "\(DurationText.exact(longest)): it proves nothing of what was closed")
  }

  private func problem(_ clause: String) -> ExitError {
    ExitError(status: .wrongFile, sentence: "\(name): \(clause)")
  }

  private static func wrong(_ failure: ExitError) -> ExitError {
    var failure = failure
    failure.nextStep = use
    return failure
  }
}
