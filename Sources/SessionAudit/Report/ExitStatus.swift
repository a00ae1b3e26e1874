/// What the program's exit statuses mean; the numbers of 64 and above are sysexits.h's.
/// docs/exit-statuses.md is the users' version.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  case done = 0
  /// `--fail-on` found what it names.
  case found = 1
  /// Some victims survived, were refused or not attempted.
  case partlyDone = 2
  /// A breaker stopped the plan: nothing was ended.
  case stoppedByBreaker = 3
  case usage = 64
  /// A roster or saved report is not what it should be.
  case wrongFile = 65
  case fileNotReadable = 66
  /// No server, or none that takes us.
  case unavailable = 69
  case bug = 70
  /// The log or the file for the report can't be created or opened; nothing was done.
  case cannotCreate = 73
  /// The report or the log could not be written.
  case writeFailed = 74
  /// Another run holds the lock.
  case lockHeld = 75
  case notPermitted = 77
  /// By SIGINT.
  case interrupted = 130
  /// By SIGTERM.
  case terminated = 143

  package init(_ kind: Failure.Kind) {
    self =
      switch kind {
      case .authentication, .permission: .notPermitted
      case .tooManyConnections, .serverStartingOrStopping, .unknownDatabase, .unreachable,
        .timeout, .tls, .lost, .query, .unknown:
        .unavailable
      }
  }

  package init(_ report: TerminationReport) {
    if let failure = report.failure {
      let signalled = report.count(.gone) + report.count(.survived)
      self = signalled > 0 ? .partlyDone : ExitStatus(failure.kind)
    } else if report.isPartial {
      self = .partlyDone
    } else {
      self = report.executed && report.plan.isBarred ? .notPermitted : .done
    }
    // Then nothing has been signalled.
    if report.plan.breaker != nil && report.failure == nil { self = .stoppedByBreaker }
  }
}

extension ExitStatus {
  /// Of several targets.
  package init(ofAll statuses: [ExitStatus]) {
    let inOrder: [ExitStatus] = [
      .interrupted, .terminated, .writeFailed, .stoppedByBreaker, .partlyDone,
    ]
    let failed = statuses.filter { $0.rawValue >= ExitStatus.usage.rawValue }
    if let first = inOrder.first(where: statuses.contains) {
      self = first
    } else if failed.isEmpty {
      self = statuses.contains(.found) ? .found : .done
    } else if failed.count < statuses.count {
      self = .partlyDone
    } else {
      self = Set(failed).count == 1 ? failed[0] : .unavailable
    }
  }
}

/// An error that ends the program: what went wrong in one sentence, and what to do next.
package struct ExitError: Error, Equatable {
  package var status: ExitStatus
  package var sentence: String
  package var nextStep: String?

  package init(status: ExitStatus, sentence: String, nextStep: String? = nil) {
    (self.status, self.sentence, self.nextStep) = (status, sentence, nextStep)
  }

  package static func usage(_ sentence: String, next: String? = nil) -> ExitError {
    ExitError(status: .usage, sentence: sentence, nextStep: next)
  }
}
