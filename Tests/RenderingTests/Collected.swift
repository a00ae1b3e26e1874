import TestJSON

@testable import Rendering
@testable import SessionAudit

/// What a writer hands on, block by block, put together; the small block makes every test cross
/// its end many times.
func collected(
  indents: Bool = false, blockSize: Int = 32, _ write: (inout JSONWriter) -> Void
) -> [UInt8] {
  var bytes: [UInt8] = []
  let sink = ByteSink(capacity: blockSize) { bytes += $0 }
  var writer = JSONWriter(into: sink, indents: indents)
  write(&writer)
  sink.flush()
  return bytes
}

extension JSONReport {
  static func audit(
    _ outcome: TargetResult<AuditReport>, version: String, summary: Bool = false,
    showQuery: Bool = false,
    indents: Bool = false, from origin: String = #fileID
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    audit(
      outcome, version: version, summary: summary, showQuery: showQuery, indents: indents,
      handOn: { bytes += $0 })
    ProducedJSON.keep(bytes, from: origin)
    return bytes
  }

  static func termination(
    _ answer: TargetResult<TerminationReport>, version: String, indents: Bool = false,
    from origin: String = #fileID
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    termination(answer, version: version, indents: indents, handOn: { bytes += $0 })
    ProducedJSON.keep(bytes, from: origin)
    return bytes
  }
}

extension HTMLReport {
  static func audit(
    _ outcome: TargetResult<AuditReport>, version: String = "1.2.3", summary: Bool = false,
    showQuery: Bool = false
  ) -> String {
    var bytes: [UInt8] = []
    audit(
      outcome, version: version, summary: summary, showQuery: showQuery,
      handOn: { bytes += $0 })
    return String(decoding: bytes, as: UTF8.self)
  }
}
