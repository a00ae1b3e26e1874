import OperatingSystem
import PostgresClient
import Queries
import SessionAudit

/// Ends the sessions of a plan: one statement each, which checks once more that the session is
/// still as it was judged, then one wait in which all are watched until they are gone.
public struct Terminator {
  private let connection: Connection
  private let options: Options
  private let record: (TerminationEvent) -> Bool

  public struct Options: Sendable {
    /// How long a signalled session is given to leave.
    public var verifyWithin: Duration
    /// How long the query of an active session may take to end once it is cancelled, before its
    /// session is ended; nil: no query is cancelled first.
    public var cancelGrace: Duration?
    /// Raised: nothing more is signalled. What was, is watched all the same.
    public var stop: Interruption?

    public init(
      verifyWithin: Duration, cancelGrace: Duration? = nil, stop: Interruption? = nil
    ) {
      self.verifyWithin = verifyWithin
      self.cancelGrace = cancelGrace
      self.stop = stop
    }
  }

  /// What became of the victims.
  public struct Result {
    /// One for each, in the plan's order.
    public internal(set) var outcomes: [TerminationOutcome]
    /// Why the run stopped before all were tried, or seen to be gone.
    public internal(set) var earlyEnd: EarlyEnd?
  }

  public enum EarlyEnd: Error {
    case failed(PostgresError)
    /// Another server answers than the one that was judged.
    case notTheSameServer
    case notRecorded
    case interrupted
  }

  /// - Parameter record: told of each intent before the signal and of each outcome. False: it could
  ///   not be written down, so nothing more may be done.
  public init(
    _ connection: Connection, _ options: Options,
    record: @escaping (TerminationEvent) -> Bool = { _ in true }
  ) {
    self.connection = connection
    self.options = options
    self.record = record
  }

  /// Settings for the session, which from now on runs statements outside any transaction, each with
  /// a fresh picture; with them it never becomes an orphan itself.
  /// - Parameter deadline: bounds every statement.
  public static func prepare(
    _ connection: Connection, deadline: Deadline
  ) throws(PostgresError) {
    let version = connection.serverVersion
    _ = try connection.run(
      [
        Statement(.begin, serverVersion: version),
        Statement(.safePath, serverVersion: version),
        Statement(.isolation, serverVersion: version),
        Statement(
          .guards, serverVersion: version, Guards.parameters(local: false, deadline: deadline)),
        Statement(.commit, serverVersion: version),
      ], deadline: deadline)
  }

  /// Carries out a plan on a connection that has been prepared.
  public func end(
    _ plan: TerminationPlan, of report: AuditReport, deadline: Deadline
  ) -> Result {
    var execution = Execution(
      plan.selected, of: report, on: connection, options, deadline: deadline, record: record)
    do throws(EarlyEnd) {
      if let grace = options.cancelGrace { try execution.cancelActive(within: grace) }
      for step in plan.steps(in: report) { try execution.carryOut(step) }
    } catch {
      execution.earlyEnd = error
    }
    do throws(EarlyEnd) {
      try execution.watch()
    } catch {
      // The first of two ends says more.
      execution.earlyEnd = execution.earlyEnd ?? error
    }
    return Result(outcomes: execution.outcomes, earlyEnd: execution.earlyEnd)
  }
}
