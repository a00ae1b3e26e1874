import SessionAudit

/// Writes the steps of a run to its log, where it has one. After the first line that could not be
/// written it says no to every further step.
final class LogRecorder {
  private let log: LogFile?
  private let run = LogFile.newRunID()
  private var hasBegun = false
  private(set) var failure: ExitError?

  init(_ log: LogFile?) { self.log = log }

  func record(_ event: TerminationEvent) -> Bool {
    guard let log else { return true }
    guard failure == nil else { return false }
    if case .begin = event { hasBegun = true }
    do throws(ExitError) {
      try log.append(event, run: run)
      return true
    } catch {
      failure = error
      return false
    }
  }

  /// The last line, where there was a first one; and all of it to the disk.
  func finish(_ answer: TargetResult<TerminationReport>) {
    guard let log, hasBegun, failure == nil, case .report(let report) = answer,
      record(.end(report))
    else { return }
    do throws(ExitError) {
      try log.finish()
    } catch {
      failure = error
    }
  }
}
