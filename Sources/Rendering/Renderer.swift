import SessionAudit

/// Writes what came of targets in one format; there is one for a format and a report.
package protocol Renderer<Report> {
  associatedtype Report: TargetReport

  /// One target's.
  /// - Returns: false where there is nothing to show but the error: then nothing was written.
  func write(_ result: TargetResult<Report>, to sink: ByteSink) -> Bool

  /// Those of several targets in one, in the order given.
  func write(_ results: [TargetResult<Report>], to sink: ByteSink) -> Bool
}

extension Renderer {
  /// All that it writes of one target.
  package func bytes(of result: TargetResult<Report>) -> [UInt8] {
    Self.gathered { write(result, to: $0) }
  }

  /// All that it writes of several targets.
  package func bytes(of results: [TargetResult<Report>]) -> [UInt8] {
    Self.gathered { write(results, to: $0) }
  }

  private static func gathered(_ write: (ByteSink) -> Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    let sink = ByteSink { bytes += $0 }
    _ = write(sink)
    sink.flush()
    return bytes
  }
}
