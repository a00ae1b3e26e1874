import OperatingSystem
import Rendering
import SessionAudit

/// Where `--metrics` puts the figures of a run, in the place of those of the run before.
struct RunMetricsFile {
  let file: OutputFile

  /// - Throws: status 73.
  init(_ path: String) throws(ExitError) {
    let there = FileStatus(path: path)?.kind
    guard there == nil || there == .file || there == .folder else {
      throw ExitError(
        status: .cannotCreate, sentence: "--metrics \(path): it is no file",
        nextStep: "Name a file that ends in .prom, in the folder that node exporter reads.")
    }
    // It is another user's to read, and cron and systemd may have a umask that shuts him out.
    do throws(SystemError) {
      file = try OutputFile(path, permissions: 0o644)
    } catch {
      throw ExitError(error, of: .output(option: "--metrics"))
    }
  }

  /// Puts all of it in its place, once.
  /// - Throws: status 74.
  func write(_ runs: [TargetRun<TerminationReport>]) throws(ExitError) {
    // What can't be read tells of no earlier success.
    let earlier = (try? InputFile.read(file.path))?.bytes ?? []
    var failure: SystemError?
    let sink = ByteSink { failure = failure ?? file.write($0) }
    PrometheusReport.terminations(
      runs, now: LocalClock.now, earlier: String(decoding: earlier, as: UTF8.self), to: sink)
    sink.flush()
    do throws(SystemError) {
      if let failure { throw failure }
      try file.finish()
    } catch {
      throw ExitError(error, of: .output(option: "--metrics"))
    }
  }
}
