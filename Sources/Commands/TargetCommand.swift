import ArgumentParser
import OperatingSystem
import PostgresClient
import Rendering
import Runs
import ServerAccess
import SessionAudit

/// A command that does the same on one target or many: settings, output, a run on each target, the
/// report, the status, and who is told.
protocol TargetCommand: ParsableCommand {
  associatedtype Report: TargetReport

  var connection: ConnectionOptions { get }
  var judging: JudgingOptions { get }

  /// Reads what else the command is told and opens what it writes to; nothing has been asked yet.
  /// - Throws: `ExitError` for what it can't go on with.
  func operation(_ settings: Settings) throws -> Operation<Report>
}

extension TargetCommand {
  func run() throws {
    let loaded = try judging.loadedPolicy()
    let operation = try operation(
      Settings(
        loaded: loaded,
        environment: Environment.variables(and: connection.urlVariables(loaded))))
    let status: ExitStatus
    do {
      status = try operation.run()
    } catch let failure as ExitError {
      status = try operation.failed(failure)
    }
    if status != .done { throw ExitCode(status.rawValue) }
  }
}

/// All that a command is to do.
struct Operation<Report: TargetReport> {
  enum Source {
    /// Asked side by side; one alone without a thread, and what it throws ends the program.
    case servers(Fleet<Report>)
    /// Read from a file.
    case saved([TargetResult<Report>])
  }

  var source: Source
  var delivery: Delivery
  var renderer: any Renderer<Report>
  /// Tells of errors on stderr.
  /// - Parameter name: of one of several targets.
  /// - Returns: what the result says.
  var status: (_ result: TargetResult<Report>, _ name: String?) -> ExitStatus
  var interrupts: Interrupts?
  /// Tells others of runs that are over and reported, and of the status of all.
  /// - Returns: what that is then.
  var tell: (_ runs: [TargetRun<Report>], _ status: ExitStatus) -> ExitStatus = { $1 }
  /// Tells of what ended the program before there was a report.
  /// - Throws: the failure, where nobody was told.
  var failed: (ExitError) throws -> ExitStatus = { throw $0 }

  /// - Returns: the status of all.
  func run() throws -> ExitStatus {
    let done: [TargetRun<Report>]
    var written = ExitStatus.done
    switch source {
    case .servers(let fleet) where fleet.targets.count == 1:
      done = [settled(try fleet.work(fleet.targets[0]), nil)]
      written = write(done)
    case .servers(let fleet):
      var runs: [TargetRun<Report>] = []
      if delivery.format == .ndjson {
        written = delivery.write { sink in
          runs = fleet.runs { _ = renderer.write($0.result, to: sink) }
          return true
        }
      } else {
        runs = fleet.runs()
        written = write(runs)
      }
      done = zip(runs, fleet.targets).map { settled($0, $1.name) }
    case .saved(let results):
      done = results.map { result in
        settled(
          TargetRun(result), results.count > 1 ? Wording.title(of: result.target) : nil)
      }
      written = write(done)
    }
    // Never freed: the process ends next, and taking thousands of sessions apart would only keep
    // whoever waits for it.
    _ = Unmanaged.passRetained(Kept(done))
    return finish(done, written)
  }

  private func write(_ runs: [TargetRun<Report>]) -> ExitStatus {
    delivery.write { sink in
      if runs.count == 1 { return renderer.write(runs[0].result, to: sink) }
      guard delivery.format == .ndjson else { return renderer.write(runs.map(\.result), to: sink) }
      for run in runs { _ = renderer.write(run.result, to: sink) }
      return true
    }
  }

  /// Says what went wrong, and which status it makes.
  private func settled(_ run: TargetRun<Report>, _ name: String?) -> TargetRun<Report> {
    var run = run
    let said = status(run.result, name)
    if let failure = run.logFailure { Diagnostics.report(failure, of: name) }
    run.status = interrupts?.status ?? run.logFailure?.status ?? run.status ?? said
    return run
  }

  /// An interruption goes before what could not be written, and that before all else.
  private func finish(_ runs: [TargetRun<Report>], _ written: ExitStatus) -> ExitStatus {
    let all = ExitStatus(ofAll: runs.compactMap(\.status))
    let status = interrupts?.status ?? (written == .done ? all : written)
    return tell(
      runs.map { run in
        var run = run
        // What could not be written is so of all.
        if status == .writeFailed { run.status = status }
        return run
      }, status)
  }

  private final class Kept {
    let runs: [TargetRun<Report>]
    init(_ runs: [TargetRun<Report>]) { self.runs = runs }
  }
}
