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

/// An audit's JSON, kept for the schemas.
func auditJSON(
  _ outcome: TargetResult<AuditReport>, summary: Bool = false, showQuery: Bool = false,
  indents: Bool = false, from origin: String = #fileID
) -> [UInt8] {
  let bytes = JSONReport<AuditReport>(
    version: "1.2.3", summary: summary, showQuery: showQuery, indents: indents
  ).bytes(of: outcome)
  ProducedJSON.keep(bytes, from: origin)
  return bytes
}

/// The JSON of a termination, kept for the schemas.
func terminationJSON(
  _ outcome: TargetResult<TerminationReport>, indents: Bool = false, from origin: String = #fileID
) -> [UInt8] {
  let bytes = JSONReport<TerminationReport>(version: "1.2.3", indents: indents).bytes(of: outcome)
  ProducedJSON.keep(bytes, from: origin)
  return bytes
}

func auditPage(
  _ outcome: TargetResult<AuditReport>, version: String = "1.2.3", summary: Bool = false,
  showQuery: Bool = false
) -> String {
  String(
    decoding: HTMLReport(version: version, summary: summary, showQuery: showQuery)
      .bytes(of: outcome), as: UTF8.self)
}
