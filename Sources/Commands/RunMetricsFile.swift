import Rendering
import SessionAudit

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where `--metrics` puts the figures of a run, in the place of those of the run before.
struct RunMetricsFile {
  let file: OutputFile

  /// - Throws: status 73.
  init(_ path: String) throws(ExitError) {
    var status = stat()
    guard stat(path, &status) != 0 || [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else {
      throw ExitError(
        status: .cannotCreate, sentence: "--metrics \(path): it is no file",
        nextStep: "Name a file that ends in .prom, in the folder that node exporter reads.")
    }
    // It is another user's to read, and cron and systemd may have a umask that shuts him out.
    file = try OutputFile(path, option: "--metrics", mode: 0o644)
  }

  /// Puts all of it in its place, once.
  /// - Throws: status 74.
  func write(_ runs: [TargetRun<TerminationReport>]) throws(ExitError) {
    // What can't be read tells of no earlier success.
    let earlier = (try? InputFile.read(file.path))?.bytes ?? []
    var outcome = Output.Outcome.written
    let descriptor = file.descriptor
    let sink = ByteSink {
      if case .written = outcome { outcome = Output.write($0, to: descriptor) }
    }
    PrometheusReport.terminations(
      runs, now: LocalClock.now, earlier: String(decoding: earlier, as: UTF8.self), to: sink)
    sink.flush()
    if let failure = Output.failure(outcome, of: file.path) { throw failure }
    try file.finish()
  }
}
